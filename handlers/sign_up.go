package handlers

import (
	"net/http"

	"github.com/usherauth/usher/authctx"
	"github.com/usherauth/usher/internal/fapi"
	"github.com/usherauth/usher/views"
	"github.com/usherauth/usher/wire"
)

// SignUp shows the sign-up form and takes it. Whoever is signed in already is led on to
// the return address. Fields: email_address, password, first_name, last_name, redirect_url.
func (h *Handlers) SignUp(w http.ResponseWriter, r *http.Request) {
	switch r.Method {
	case http.MethodGet, http.MethodHead:
		back := r.URL.Query().Get(wire.ParamRedirectURL)
		if authctx.FromContext(r.Context()).SignedIn() {
			redirect(w, h.leadTo(back))
			return
		}
		h.showSignUp(w, r, http.StatusOK, views.SignUpForm{RedirectURL: h.returnTo(back)})
	case http.MethodPost:
		h.takeSignUp(w, r)
	default:
		h.methodNotAllowed(w, r, "GET, HEAD, POST")
	}
}

func (h *Handlers) showSignUp(w http.ResponseWriter, r *http.Request, status int, f views.SignUpForm) {
	h.page(w, r, status, "Sign up", views.SignUp(f))
}

func (h *Handlers) takeSignUp(w http.ResponseWriter, r *http.Request) {
	form, bad := h.readForm(w, r)
	if bad != nil {
		h.showSignUp(w, r, bad.status, views.SignUpForm{Error: bad.text})
		return
	}
	typed := views.SignUpForm{
		EmailAddress: form.Get("email_address"), FirstName: form.Get("first_name"), LastName: form.Get("last_name"),
		RedirectURL: h.returnTo(form.Get(wire.ParamRedirectURL)),
	}
	if missing := missingFields(form, "email_address", "password"); missing != nil {
		typed.Errors = missing
		h.showSignUp(w, r, http.StatusUnprocessableEntity, typed)
		return
	}
	answer, err := h.fapi.SignUp(r.Context(), fapi.FromRequest(r), typed.EmailAddress, form.Get("password"), typed.FirstName, typed.LastName)
	if err != nil {
		no := h.refused(w, r, err, "email_address", "password", "first_name", "last_name")
		typed.Error, typed.Errors = no.text, no.fields
		h.showSignUp(w, r, no.status, typed)
		return
	}
	if answer.Resource.Status != wire.StatusComplete {
		relay(w, answer.SetCookies)
		typed.Error = "This instance asks for one more step, such as a code by mail, which this form does not offer."
		h.showSignUp(w, r, http.StatusUnprocessableEntity, typed)
		return
	}
	h.remember(w, answer.SetCookies, answer.Token(string(answer.Resource.CreatedSessionID)))
	redirect(w, h.leadTo(typed.RedirectURL))
}
