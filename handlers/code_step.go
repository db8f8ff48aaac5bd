package handlers

import (
	"errors"
	"net/http"
	"net/url"

	"github.com/usherauth/usher/internal/fapi"
	"github.com/usherauth/usher/internal/web"
	"github.com/usherauth/usher/views"
	"github.com/usherauth/usher/wire"
)

// The later steps of sign-in and sign-up are at the same path, by this query parameter.
// Their addresses say nothing of the person: who that is, and how far they have come, the
// Frontend API keeps in the browser's client.
const (
	paramStep    = "step"
	stepEmail    = "email"    // where to send a code
	stepCode     = "code"     // the code
	stepPassword = "password" // a new password, after the code
)

func stepURL(page, step, returnTo string) string {
	query := url.Values{paramStep: {step}}
	if returnTo != "" {
		query.Set(wire.ParamRedirectURL, returnTo)
	}
	return page + "?" + query.Encode()
}

const codeDigits = 6 // of a code by mail

// codeStep is the step of sign-in or sign-up that takes a code.
type codeStep struct {
	title string
	page  func(*http.Request) string // its address
	// begin shows the first step with a text above it.
	begin func(w http.ResponseWriter, r *http.Request, text, returnTo string)
	// pending is the client's attempt that waits for a code; nil if there is none.
	pending func(c *wire.Client, returnTo string) *pendingCode
}

// pendingCode is an attempt that waits for a code.
type pendingCode struct {
	form views.AttemptForm
	sent *wire.Verification // of the code; nil if the API does not say
	send func(*http.Request) (*outcome, error)
	try  func(r *http.Request, code string) (*outcome, error)
}

// outcome is what an attempt has come to.
type outcome struct {
	status  string
	cookies []string
	token   string
}

// client reads the browser's client, an empty one if it has none. After an error the
// answer was written.
func (h *Handlers) client(w http.ResponseWriter, r *http.Request, title string) (*wire.Client, bool) {
	a, err := h.fapi.Client(r.Context(), h.browser(r))
	if err != nil && !isSignedOut(err) {
		no := h.refused(w, r, err)
		h.message(w, r, no.status, title, no.text)
		return nil, false
	}
	if err != nil || a.Client == nil {
		return &wire.Client{}, true
	}
	return a.Client, true
}

// showCode asks for the code that the browser's attempt waits for.
func (h *Handlers) showCode(w http.ResponseWriter, r *http.Request, step codeStep, returnTo string) {
	client, ok := h.client(w, r, step.title)
	if !ok {
		return
	}
	p := step.pending(client, returnTo)
	if p == nil {
		if !h.resume(w, r, entry{returnTo: returnTo}) { // another tab may have finished it
			step.begin(w, r, textAttemptGone, returnTo)
		}
		return
	}
	switch {
	case p.sent != nil && p.sent.Status == "expired":
		p.form.Error = texts[wire.CodeVerificationExpired]
	case p.sent != nil && p.sent.Status == "failed":
		p.form.Error = texts[wire.CodeVerificationFailed]
	case p.sent != nil && p.sent.NextAction == "needs_prepare":
		p.form.Error = "No code was sent yet. Request one."
	case r.URL.Query().Get(paramDone) == "resend":
		p.form.Notice = "We sent another code. The earlier one no longer works."
	}
	h.page(w, r, http.StatusOK, step.title, views.EnterCode(p.form))
}

// takeCode tries a code, or has another one sent. A form of an attempt that is no longer the
// browser's, because another tab has begun or finished one, is led to what is.
func (h *Handlers) takeCode(w http.ResponseWriter, r *http.Request, step codeStep, form url.Values, action string) {
	returnTo := h.returnTo(r, form.Get(wire.ParamRedirectURL))
	client, ok := h.client(w, r, step.title)
	if !ok {
		return
	}
	here := stepURL(step.page(r), stepCode, returnTo)
	p := step.pending(client, returnTo)
	if p == nil || p.form.AttemptID != form.Get("attempt_id") {
		undone(w, here)
		return
	}
	if action == "resend" {
		if done, err := p.send(r); err != nil {
			h.refuseCode(w, r, step, p, here, err)
		} else {
			relay(w, done.cookies)
			redirect(w, here+"&"+paramDone+"=resend")
		}
		return
	}
	code := web.Digits(form.Get("code"))
	if len(code) != codeDigits { // not a guess: the API would count it as one
		p.form.Errors = missingFields(form, "code")
		if p.form.Errors == nil {
			p.form.Errors = map[string]string{"code": texts[wire.CodeParamFormatInvalid+" code"]}
		}
		h.page(w, r, http.StatusUnprocessableEntity, step.title, views.EnterCode(p.form))
		return
	}
	done, err := p.try(r, code)
	if err != nil {
		h.refuseCode(w, r, step, p, here, err)
		return
	}
	h.goOn(w, r, step, p, done)
}

// goOn leads to where an attempt stands after a right code.
func (h *Handlers) goOn(w http.ResponseWriter, r *http.Request, step codeStep, p *pendingCode, done *outcome) {
	switch done.status {
	case wire.StatusComplete:
		h.remember(w, done.cookies, done.token)
		redirect(w, h.leadTo(r, p.form.RedirectURL))
	case wire.StatusNeedsNewPassword:
		relay(w, done.cookies)
		redirect(w, stepURL(step.page(r), stepPassword, p.form.RedirectURL))
	default:
		relay(w, done.cookies)
		p.form.Error = textMoreSteps
		h.page(w, r, http.StatusUnprocessableEntity, step.title, views.EnterCode(p.form))
	}
}

func (h *Handlers) refuseCode(w http.ResponseWriter, r *http.Request, step codeStep, p *pendingCode, here string, err error) {
	no := h.refused(w, r, err, "code")
	if overtaken(err) {
		undone(w, here)
		return
	}
	p.form.Error, p.form.Errors = no.text, no.fields
	h.page(w, r, no.status, step.title, views.EnterCode(p.form))
}

// overtaken reports an attempt that another request has ended in the meantime.
func overtaken(err error) bool {
	var refused *fapi.Error
	return errors.As(err, &refused) && (refused.Has(wire.CodeClientStateInvalid) || refused.Has(wire.CodeVerificationDone) ||
		refused.Has(wire.CodeResourceNotFound) || refused.Has(wire.CodeSignedOut))
}
