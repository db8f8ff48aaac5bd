package handlers

import (
	"net/http"
	"net/url"

	"github.com/usherauth/usher/authctx"
	"github.com/usherauth/usher/views"
	"github.com/usherauth/usher/wire"
)

// SignIn shows the sign-in form and takes it. With Config.EmailCodes it offers a code by
// mail too, to sign in with or to choose a new password; these steps are at the same path.
// Somebody who is signed in already is redirected to the return address; a form of another
// person shows who is signed in, and offers to sign out first. A link with a
// ticket opens a page that says what it is for, to everybody, and uses it by a form. Fields:
// identifier, password, or ticket, and redirect_url; of that page action "accept" or "switch"
// with ticket; of the other steps action ("email_code" and
// "reset_password_email_code" with identifier, "code" with code, "resend", "password" with
// password and sign_out_of_other_sessions), attempt_id, redirect_url; and action "sign_out".
//
// Every form has a field form_id, its identity. A form that is sent twice has one effect, and
// both requests get the same answer, within a process and for up to two minutes.
func (h *Handlers) SignIn(w http.ResponseWriter, r *http.Request) {
	w = shown(w, r, false)
	switch r.Method {
	case http.MethodGet, http.MethodHead:
		query := r.URL.Query()
		back := query.Get(wire.ParamRedirectURL)
		if query.Has(wire.ParamTicket) {
			h.showTicket(w, r, ticketRequest{ticket: query.Get(wire.ParamTicket), returnTo: h.returnTo(r, back)})
			return
		}
		e := entry{returnTo: h.returnTo(r, back)}
		if authctx.FromContext(r.Context()).SignedIn() {
			h.leadOn(w, r, e)
			return
		}
		if h.showSignInStep(w, r, query.Get(paramStep), e.returnTo) || h.resume(w, r, e) {
			return
		}
		h.showSignIn(w, r, http.StatusOK, views.SignInForm{RedirectURL: e.returnTo})
	case http.MethodPost:
		h.takeSignIn(w, r)
	default:
		h.methodNotAllowed(w, r, "GET, HEAD, POST")
	}
}

func (h *Handlers) showSignIn(w http.ResponseWriter, r *http.Request, status int, f views.SignInForm) {
	f.FormID = h.identify(w, r, f.FormID)
	if h.cfg.EmailCodes {
		f.CodeURL = stepURL(h.signInURL(r), stepEmail, f.RedirectURL)
	}
	h.page(w, r, status, "Sign in", views.SignIn(f))
}

func (h *Handlers) takeSignIn(w http.ResponseWriter, r *http.Request) {
	form, bad := h.readForm(w, r)
	if bad != nil {
		h.showSignIn(w, r, bad.status, views.SignInForm{Error: bad.text})
		return
	}
	h.once(w, r, form, rememberedBriefly, func(w http.ResponseWriter, r *http.Request) {
		h.takeSignInForm(w, r, form)
	})
}

func (h *Handlers) takeSignInForm(w http.ResponseWriter, r *http.Request, form url.Values) {
	typed := views.SignInForm{
		Identifier: form.Get("identifier"), RedirectURL: h.returnTo(r, form.Get(wire.ParamRedirectURL)), FormID: form.Get(paramFormID),
	}
	e := entry{identifier: typed.Identifier, returnTo: typed.RedirectURL}
	switch action := form.Get("action"); {
	case h.missesCookies(r, form):
		h.askForCookies(w, r, form, false)
	case action == actionAccept, action == actionSwitch:
		h.takeTicketAction(w, r, form)
	case action == actionSignOut:
		h.signOutFirst(w, r, e)
	case action != "":
		h.takeSignInStep(w, r, form, action)
	case form.Get("ticket") != "":
		h.useTicket(w, r, form)
	default:
		h.takePassword(w, r, form, e, typed)
	}
}

func (h *Handlers) takePassword(w http.ResponseWriter, r *http.Request, form url.Values, e entry, typed views.SignInForm) {
	if missing := missingFields(form, "identifier", "password"); missing != nil {
		typed.Errors = missing
		h.showSignIn(w, r, http.StatusUnprocessableEntity, typed)
		return
	}
	answer, err := h.fapi.SignIn(r.Context(), h.browser(r), typed.Identifier, form.Get("password"))
	if err != nil {
		if h.alreadySignedIn(w, r, e, err) {
			return
		}
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
	redirect(w, h.leadTo(r, typed.RedirectURL))
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
