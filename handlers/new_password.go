package handlers

import (
	"net/http"
	"net/url"

	"github.com/usherauth/usher/views"
	"github.com/usherauth/usher/wire"
)

const titleNewPassword = "Choose a new password"

// awaitsPassword is the client's sign-in that waits for a new password; nil if there is none.
func awaitsPassword(c *wire.Client) *wire.SignIn {
	if c.SignIn == nil || c.SignIn.Status != wire.StatusNeedsNewPassword {
		return nil
	}
	return c.SignIn
}

// showNewPassword asks for the password that the browser's sign-in waits for.
func (h *Handlers) showNewPassword(w http.ResponseWriter, r *http.Request, returnTo string) {
	client, ok := h.client(w, r, titleNewPassword)
	if !ok {
		return
	}
	s := awaitsPassword(client)
	if s == nil {
		if !h.resume(w, r, entry{returnTo: returnTo}) {
			h.signInCodes().begin(w, r, textAttemptGone, returnTo)
		}
		return
	}
	h.page(w, r, http.StatusOK, titleNewPassword, views.NewPassword(signInStep(s, returnTo)))
}

// takeNewPassword stores the password in the place of a forgotten one, which signs in.
func (h *Handlers) takeNewPassword(w http.ResponseWriter, r *http.Request, form url.Values) {
	returnTo := h.returnTo(r, form.Get(wire.ParamRedirectURL))
	client, ok := h.client(w, r, titleNewPassword)
	if !ok {
		return
	}
	here := stepURL(h.signInURL(r), stepPassword, returnTo)
	s := awaitsPassword(client)
	if s == nil || s.ID != form.Get("attempt_id") {
		undone(w, here)
		return
	}
	f := signInStep(s, returnTo)
	if f.Errors = missingFields(form, "password"); f.Errors != nil {
		h.page(w, r, http.StatusUnprocessableEntity, titleNewPassword, views.NewPassword(f))
		return
	}
	others := form.Get("sign_out_of_other_sessions") != ""
	answer, err := h.fapi.ResetPassword(r.Context(), h.browser(r), s.ID, form.Get("password"), others)
	switch {
	case err != nil && overtaken(err):
		undone(w, here)
	case err != nil:
		no := h.refused(w, r, err, "password")
		f.Error, f.Errors = no.text, no.fields
		h.page(w, r, no.status, titleNewPassword, views.NewPassword(f))
	case answer.Resource.Status != wire.StatusComplete:
		relay(w, answer.SetCookies)
		f.Error = textMoreSteps
		h.page(w, r, http.StatusUnprocessableEntity, titleNewPassword, views.NewPassword(f))
	default:
		h.remember(w, answer.SetCookies, answer.Token(string(answer.Resource.CreatedSessionID)))
		redirect(w, h.leadTo(r, returnTo))
	}
}
