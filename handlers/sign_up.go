package handlers

import (
	"net/http"
	"net/url"
	"slices"

	"github.com/usherauth/usher/authctx"
	"github.com/usherauth/usher/internal/fapi"
	"github.com/usherauth/usher/views"
	"github.com/usherauth/usher/wire"
)

// SignUp shows the sign-up form and takes it. Where the instance asks for a code by mail, a
// second step at the same path takes that. Whoever is signed in already is led on to the
// return address, and an invited person is asked for no address. Fields: email_address,
// password, first_name, last_name, ticket, redirect_url; of the second step action ("code"
// or "resend"), attempt_id, code, redirect_url.
func (h *Handlers) SignUp(w http.ResponseWriter, r *http.Request) {
	w = shown(w, r, false)
	switch r.Method {
	case http.MethodGet, http.MethodHead:
		query := r.URL.Query()
		back := query.Get(wire.ParamRedirectURL)
		if query.Has(wire.ParamTicket) {
			h.showTicket(w, r, ticketRequest{ticket: query.Get(wire.ParamTicket), returnTo: h.returnTo(r, back), signUp: true})
			return
		}
		e := entry{signUp: true, returnTo: h.returnTo(r, back)}
		if authctx.FromContext(r.Context()).SignedIn() {
			h.leadOn(w, r, e)
			return
		}
		if query.Get(paramStep) == stepCode {
			h.showCode(w, r, h.signUpCodes(), e.returnTo)
			return
		}
		if !h.resume(w, r, e) {
			h.showSignUp(w, r, http.StatusOK, views.SignUpForm{RedirectURL: e.returnTo})
		}
	case http.MethodPost:
		h.takeSignUp(w, r)
	default:
		h.methodNotAllowed(w, r, "GET, HEAD, POST")
	}
}

func (h *Handlers) showSignUp(w http.ResponseWriter, r *http.Request, status int, f views.SignUpForm) {
	if f.Ticket != "" {
		w.Header().Set("Referrer-Policy", "same-origin")
		h.describeInvited(r, &f)
	}
	f.FormID = h.identify(w, r, f.FormID)
	h.page(w, r, status, "Sign up", views.SignUp(f))
}

func (h *Handlers) takeSignUp(w http.ResponseWriter, r *http.Request) {
	form, bad := h.readForm(w, r)
	if bad != nil {
		h.showSignUp(w, r, bad.status, views.SignUpForm{Error: bad.text})
		return
	}
	h.once(w, r, form, rememberedLonger, func(w http.ResponseWriter, r *http.Request) {
		h.takeSignUpForm(w, r, form)
	})
}

func (h *Handlers) takeSignUpForm(w http.ResponseWriter, r *http.Request, form url.Values) {
	switch action := form.Get("action"); {
	case h.missesCookies(r, form):
		h.askForCookies(w, r, form, true)
	case action == actionSignOut:
		h.signOutFirst(w, r, entry{signUp: true, returnTo: h.returnTo(r, form.Get(wire.ParamRedirectURL))})
	case action != "":
		h.takeCode(w, r, h.signUpCodes(), form, action)
	default:
		h.takeNewAccount(w, r, form)
	}
}

func (h *Handlers) takeNewAccount(w http.ResponseWriter, r *http.Request, form url.Values) {
	typed := views.SignUpForm{
		EmailAddress: form.Get("email_address"), FirstName: form.Get("first_name"), LastName: form.Get("last_name"),
		RedirectURL: h.returnTo(r, form.Get(wire.ParamRedirectURL)), Ticket: form.Get("ticket"),
		FormID: form.Get(paramFormID),
	}
	needed := []string{"email_address", "password"}
	if typed.Ticket != "" {
		needed = needed[1:]
	}
	if missing := missingFields(form, needed...); missing != nil {
		typed.Errors = missing
		h.showSignUp(w, r, http.StatusUnprocessableEntity, typed)
		return
	}
	answer, err := h.sendSignUp(r, typed, form.Get("password"))
	if err != nil {
		if typed.Ticket != "" && ticketRefused(err) {
			h.refuseTicket(w, r, ticketRequest{ticket: typed.Ticket, returnTo: typed.RedirectURL, formID: typed.FormID, signUp: true}, err)
			return
		}
		if h.alreadySignedIn(w, r, entry{signUp: true, identifier: typed.EmailAddress, returnTo: typed.RedirectURL}, err) {
			return
		}
		no := h.refused(w, r, err, "email_address", "password", "first_name", "last_name")
		typed.Error, typed.Errors = no.text, no.fields
		h.showSignUp(w, r, no.status, typed)
		return
	}
	if answer.Resource.Status != wire.StatusComplete {
		h.proveSignUp(w, r, answer, typed)
		return
	}
	h.remember(w, answer.SetCookies, answer.Token(string(answer.Resource.CreatedSessionID)))
	redirect(w, h.leadTo(r, typed.RedirectURL))
}

func (h *Handlers) sendSignUp(r *http.Request, f views.SignUpForm, password string) (*fapi.Answer[wire.SignUp], error) {
	b := h.browser(r)
	if f.Ticket != "" {
		return h.fapi.SignUpInvited(r.Context(), b, f.Ticket, password, f.FirstName, f.LastName)
	}
	return h.fapi.SignUp(r.Context(), b, f.EmailAddress, password, f.FirstName, f.LastName)
}

// proveSignUp has a code sent for a sign-up that waits for one, and leads to its step.
func (h *Handlers) proveSignUp(w http.ResponseWriter, r *http.Request, begun *fapi.Answer[wire.SignUp], typed views.SignUpForm) {
	relay(w, begun.SetCookies)
	if !awaitsCode(&begun.Resource) {
		typed.Error = "This instance asks for more than this form has. Whoever runs it has to say how to sign up."
		h.showSignUp(w, r, http.StatusUnprocessableEntity, typed)
		return
	}
	sent, err := h.fapi.PrepareSignUp(r.Context(), h.browser(r).With(begun.SetCookies), begun.Resource.ID)
	if err != nil {
		no := h.refused(w, r, err, "email_address")
		if len(no.fields) > 0 {
			typed.Error, typed.Errors = no.text, no.fields
			h.showSignUp(w, r, no.status, typed)
			return
		}
		f := signUpStep(&begun.Resource, typed.RedirectURL)
		f.Error = no.text
		h.page(w, r, no.status, "Sign up", views.EnterCode(f))
		return
	}
	relay(w, sent.SetCookies)
	redirect(w, stepURL(h.signUpURL(r), stepCode, typed.RedirectURL))
}

// awaitsCode reports whether a code to its address is all that a sign-up lacks.
func awaitsCode(s *wire.SignUp) bool {
	if s.Status != wire.StatusMissingRequirements || len(s.MissingFields) > 0 || !slices.Equal(s.UnverifiedFields, []string{"email_address"}) {
		return false
	}
	v := s.Verifications["email_address"]
	return v == nil || len(v.SupportedStrategies) == 0 || slices.Contains(v.SupportedStrategies, wire.StrategyEmailCode)
}

func signUpStep(s *wire.SignUp, returnTo string) views.AttemptForm {
	return views.AttemptForm{SignUp: true, AttemptID: s.ID, EmailAddress: string(s.EmailAddress), RedirectURL: returnTo}
}

// signUpCodes is the step of a sign-up that takes its code.
func (h *Handlers) signUpCodes() codeStep {
	return codeStep{
		page: h.signUpURL, title: "Sign up",
		begin: func(w http.ResponseWriter, r *http.Request, text, returnTo string) {
			h.showSignUp(w, r, http.StatusOK, views.SignUpForm{Error: text, RedirectURL: returnTo})
		},
		pending: func(c *wire.Client, returnTo string) *pendingCode {
			s := c.SignUp
			if s == nil || !awaitsCode(s) {
				return nil
			}
			return &pendingCode{
				form: signUpStep(s, returnTo), sent: s.Verifications["email_address"],
				send: func(r *http.Request) (*outcome, error) {
					a, err := h.fapi.PrepareSignUp(r.Context(), h.browser(r), s.ID)
					return signUpOutcome(a), err
				},
				try: func(r *http.Request, code string) (*outcome, error) {
					a, err := h.fapi.AttemptSignUp(r.Context(), h.browser(r), s.ID, code)
					return signUpOutcome(a), err
				},
			}
		},
	}
}

func signUpOutcome(a *fapi.Answer[wire.SignUp]) *outcome {
	if a == nil {
		return nil
	}
	return &outcome{a.Resource.Status, a.SetCookies, a.Token(string(a.Resource.CreatedSessionID))}
}
