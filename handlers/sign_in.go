package handlers

import (
	"net/http"

	"github.com/usherauth/usher/authctx"
	"github.com/usherauth/usher/internal/fapi"
	"github.com/usherauth/usher/views"
	"github.com/usherauth/usher/wire"
)

// SignIn shows the sign-in form and takes it. With Config.EmailCodes it offers a code by
// mail too, to sign in with or to choose a new password; these steps are at the same path.
// Whoever is signed in already is led on to the return address. Fields: identifier,
// password, or ticket, and redirect_url; of the other steps action ("email_code" and
// "reset_password_email_code" with identifier, "code" with code, "resend", "password" with
// password and sign_out_of_other_sessions), attempt_id, redirect_url.
func (h *Handlers) SignIn(w http.ResponseWriter, r *http.Request) {
	switch r.Method {
	case http.MethodGet, http.MethodHead:
		back := r.URL.Query().Get(wire.ParamRedirectURL)
		if authctx.FromContext(r.Context()).SignedIn() {
			redirect(w, h.leadTo(back))
			return
		}
		if !h.showSignInStep(w, r, r.URL.Query().Get(paramStep), h.returnTo(back)) {
			h.showSignIn(w, r, http.StatusOK, views.SignInForm{RedirectURL: h.returnTo(back), Ticket: r.URL.Query().Get(wire.ParamTicket)})
		}
	case http.MethodPost:
		h.takeSignIn(w, r)
	default:
		h.methodNotAllowed(w, r, "GET, HEAD, POST")
	}
}

func (h *Handlers) showSignIn(w http.ResponseWriter, r *http.Request, status int, f views.SignInForm) {
	if f.Ticket != "" {
		w.Header().Set("Referrer-Policy", "same-origin") // it may be in the address; with none, the form's Origin would be null
	}
	if h.cfg.EmailCodes {
		f.CodeURL = stepURL(h.cfg.SignInURL, stepEmail, f.RedirectURL)
	}
	h.page(w, r, status, "Sign in", views.SignIn(f))
}

func (h *Handlers) takeSignIn(w http.ResponseWriter, r *http.Request) {
	form, bad := h.readForm(w, r)
	if bad != nil {
		h.showSignIn(w, r, bad.status, views.SignInForm{Error: bad.text})
		return
	}
	if action := form.Get("action"); action != "" {
		h.takeSignInStep(w, r, form, action)
		return
	}
	typed := views.SignInForm{Identifier: form.Get("identifier"), RedirectURL: h.returnTo(form.Get(wire.ParamRedirectURL))}
	ticket := form.Get("ticket")
	if missing := missingFields(form, "identifier", "password"); missing != nil && ticket == "" {
		typed.Errors = missing
		h.showSignIn(w, r, http.StatusUnprocessableEntity, typed)
		return
	}
	answer, err := h.sendSignIn(r, ticket, typed.Identifier, form.Get("password"))
	if err != nil {
		no := h.refused(w, r, err, "identifier", "password")
		typed.Error, typed.Errors = no.text, no.fields
		h.showSignIn(w, r, no.status, typed)
		return
	}
	if answer.Resource.Status != wire.StatusComplete {
		h.secondStep(w, r, answer, typed)
		return
	}
	h.remember(w, answer.SetCookies, answer.Token(string(answer.Resource.CreatedSessionID)))
	redirect(w, h.leadTo(typed.RedirectURL))
}

// sendSignIn signs in by a ticket, which is not shown again when it was refused, or by a
// password.
func (h *Handlers) sendSignIn(r *http.Request, ticket, identifier, password string) (*fapi.Answer[wire.SignIn], error) {
	b := fapi.FromRequest(r)
	if ticket != "" {
		return h.fapi.SignInWithTicket(r.Context(), b, ticket)
	}
	return h.fapi.SignIn(r.Context(), b, identifier, password)
}

// refused explains err, tells the operator if the API was not reached, and sets the
// headers that come with it.
func (h *Handlers) refused(w http.ResponseWriter, r *http.Request, err error, fields ...string) refusal {
	no := explain(err, fields...)
	if no.status == http.StatusServiceUnavailable {
		h.log.WarnContext(r.Context(), "frontend api unavailable", "err", err)
	}
	relay(w, no.setCookies)
	setRetryAfter(w, no.retryAfter)
	return no
}

// missingFields names empty fields without asking the API; nil if there are none.
func missingFields(form map[string][]string, names ...string) map[string]string {
	var missing map[string]string
	for _, name := range names {
		if len(form[name]) == 0 || form[name][0] == "" {
			if missing == nil {
				missing = map[string]string{}
			}
			missing[name] = texts[wire.CodeParamMissing+" "+name]
		}
	}
	return missing
}
