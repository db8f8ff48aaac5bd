package handlers

import (
	"net/http"
	"net/url"

	"github.com/usherauth/usher/internal/fapi"
	"github.com/usherauth/usher/views"
	"github.com/usherauth/usher/wire"
)

// showSignInStep shows a later step of a sign-in; false for an address that names none.
func (h *Handlers) showSignInStep(w http.ResponseWriter, r *http.Request, step, returnTo string) bool {
	switch {
	case step == stepEmail && h.cfg.EmailCodes:
		h.page(w, r, http.StatusOK, "Sign in", views.AskForCode(views.SignInForm{RedirectURL: returnTo, FormID: h.identify(w, r, "")}))
	case step == stepCode:
		h.showCode(w, r, h.signInCodes(), returnTo)
	case step == stepPassword:
		h.showNewPassword(w, r, returnTo)
	default:
		return false
	}
	return true
}

// takeSignInStep takes the form of a later step.
func (h *Handlers) takeSignInStep(w http.ResponseWriter, r *http.Request, form url.Values, action string) {
	switch action {
	case wire.StrategyEmailCode, wire.StrategyResetPasswordCode:
		h.askForCode(w, r, form, action)
	case stepPassword:
		h.takeNewPassword(w, r, form)
	default:
		h.takeCode(w, r, h.signInCodes(), form, action)
	}
}

// askForCode begins a sign-in and has its code sent.
func (h *Handlers) askForCode(w http.ResponseWriter, r *http.Request, form url.Values, strategy string) {
	typed := views.SignInForm{Identifier: form.Get("identifier"), RedirectURL: h.returnTo(r, form.Get(wire.ParamRedirectURL))}
	refuse := func(status int, text string, fields map[string]string) {
		typed.Error, typed.Errors, typed.FormID = text, fields, h.identify(w, r, form.Get(paramFormID))
		h.page(w, r, status, "Sign in", views.AskForCode(typed))
	}
	if missing := missingFields(form, "identifier"); missing != nil {
		refuse(http.StatusUnprocessableEntity, "", missing)
		return
	}
	b := h.browser(r)
	begun, err := h.fapi.BeginSignIn(r.Context(), b, typed.Identifier)
	if err != nil {
		if h.alreadySignedIn(w, r, entry{identifier: typed.Identifier, returnTo: typed.RedirectURL}, err) {
			return
		}
		no := h.refused(w, r, err, "identifier")
		if no.text == texts[wire.CodeIdentifierNotFound] {
			no.text = textNoCodes
		}
		refuse(no.status, no.text, no.fields)
		return
	}
	relay(w, begun.SetCookies)
	factor, ok := factorOf(begun.Resource.SupportedFirstFactors, strategy)
	if !ok {
		refuse(http.StatusUnprocessableEntity, textNoCodes, nil)
		return
	}
	sent, err := h.fapi.PrepareFirstFactor(r.Context(), b.With(begun.SetCookies), begun.Resource.ID, factor)
	if err != nil {
		no := h.refused(w, r, err)
		refuse(no.status, no.text, nil)
		return
	}
	relay(w, sent.SetCookies)
	redirect(w, stepURL(h.signInURL(r), stepCode, typed.RedirectURL))
}

// secondStep leads on from a right password that is not enough: the instance wants a code
// by mail too, as hosted ones do in a browser that is new to them, or another password.
func (h *Handlers) secondStep(w http.ResponseWriter, r *http.Request, begun *fapi.Answer[wire.SignIn], typed views.SignInForm) {
	relay(w, begun.SetCookies)
	s := &begun.Resource
	if s.Status == wire.StatusNeedsNewPassword {
		redirect(w, stepURL(h.signInURL(r), stepPassword, typed.RedirectURL))
		return
	}
	factor, ok := factorOf(s.SupportedSecondFactors, wire.StrategyEmailCode)
	if !ok || !needsSecondFactor(s) {
		typed.Error = textMoreSteps
		h.showSignIn(w, r, http.StatusUnprocessableEntity, typed)
		return
	}
	sent, err := h.fapi.PrepareSecondFactor(r.Context(), h.browser(r).With(begun.SetCookies), s.ID, factor)
	if err != nil {
		no := h.refused(w, r, err)
		typed.Error = no.text
		h.showSignIn(w, r, no.status, typed)
		return
	}
	relay(w, sent.SetCookies)
	redirect(w, stepURL(h.signInURL(r), stepCode, typed.RedirectURL))
}

func needsSecondFactor(s *wire.SignIn) bool {
	return s.Status == wire.StatusNeedsSecondFactor || s.Status == wire.StatusNeedsClientTrust
}

// factorOf is the factor with a strategy; of several addresses the primary one.
func factorOf(factors []wire.Factor, strategy string) (found wire.Factor, ok bool) {
	for _, f := range factors {
		if f.Strategy == strategy && (!ok || f.Primary) {
			found, ok = f, true
		}
	}
	return found, ok
}

// signInCodes is the step of a sign-in that takes its code.
func (h *Handlers) signInCodes() codeStep {
	return codeStep{
		page: h.signInURL, title: "Sign in",
		begin: func(w http.ResponseWriter, r *http.Request, text, returnTo string) {
			h.showSignIn(w, r, http.StatusOK, views.SignInForm{Error: text, RedirectURL: returnTo})
		},
		pending: h.pendingSignIn,
	}
}

// pendingSignIn is the client's sign-in that waits for a code, of whichever factor.
func (h *Handlers) pendingSignIn(c *wire.Client, returnTo string) *pendingCode {
	s := c.SignIn
	if s == nil {
		return nil
	}
	sent, factors, prepare, attempt := s.FirstFactorVerification, s.SupportedFirstFactors, h.fapi.PrepareFirstFactor, h.fapi.AttemptFirstFactor
	switch {
	case needsSecondFactor(s):
		sent, factors, prepare, attempt = s.SecondFactorVerification, s.SupportedSecondFactors, h.fapi.PrepareSecondFactor, h.fapi.AttemptSecondFactor
	case s.Status != wire.StatusNeedsFirstFactor:
		return nil
	}
	if sent == nil || sent.Strategy != wire.StrategyEmailCode && sent.Strategy != wire.StrategyResetPasswordCode {
		return nil
	}
	factor, ok := factorOf(factors, sent.Strategy)
	if !ok {
		return nil
	}
	return &pendingCode{
		form: signInStep(s, returnTo), sent: sent,
		send: func(r *http.Request) (*outcome, error) {
			a, err := prepare(r.Context(), h.browser(r), s.ID, factor)
			return signInOutcome(a), err
		},
		try: func(r *http.Request, code string) (*outcome, error) {
			a, err := attempt(r.Context(), h.browser(r), s.ID, factor.Strategy, code)
			return signInOutcome(a), err
		},
	}
}

func signInStep(s *wire.SignIn, returnTo string) views.AttemptForm {
	return views.AttemptForm{AttemptID: s.ID, EmailAddress: string(s.Identifier), RedirectURL: returnTo}
}

func signInOutcome(a *fapi.Answer[wire.SignIn]) *outcome {
	if a == nil {
		return nil
	}
	return &outcome{a.Resource.Status, a.SetCookies, a.Token(string(a.Resource.CreatedSessionID))}
}
