package handlers

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/usherauth/usher/authctx"
	"github.com/usherauth/usher/internal/fapi"
	"github.com/usherauth/usher/internal/web"
	"github.com/usherauth/usher/views"
	"github.com/usherauth/usher/wire"
)

const actionSignOut = "sign_out"

// entry is the page that a sign-in or sign-up begins on, as one submission or visit needs it.
type entry struct {
	signUp     bool
	identifier string // whom somebody wants to sign in as, or the address of a sign-up; "" is not known
	returnTo   string // checked
}

// entryURL is the address of the page, for redirects within the app.
func (h *Handlers) entryURL(r *http.Request, e entry) string {
	page := h.signInURL(r)
	if e.signUp {
		page = h.signUpURL(r)
	}
	query := url.Values{}
	if e.returnTo != "" {
		query.Set(wire.ParamRedirectURL, e.returnTo)
	}
	if len(query) == 0 {
		return page
	}
	return page + "?" + query.Encode()
}

// activeSession is the active session of the person with that identifier, or, for "" and
// for somebody who has none, the session that the client used last.
func activeSession(c *wire.Client, identifier string) (found *wire.Session, theirs bool) {
	if c == nil {
		return nil, false
	}
	for i := range c.Sessions {
		s := &c.Sessions[i]
		if s.Status != wire.SessionActive || s.User == nil {
			continue
		}
		if identifier != "" && identifies(s.User, identifier) {
			return s, true
		}
		if found == nil || s.ID == string(c.LastActiveSessionID) {
			found = s
		}
	}
	return found, false
}

func identifies(u *wire.User, identifier string) bool {
	identifier = strings.TrimSpace(identifier)
	return string(u.Username) != "" && strings.EqualFold(string(u.Username), identifier) ||
		slices.ContainsFunc(u.EmailAddresses, func(e wire.EmailAddress) bool { return strings.EqualFold(e.EmailAddress, identifier) })
}

// resume signs a browser in again that has lost its session cookies while its client still
// has a session, and redirects it. It reports whether it has answered.
func (h *Handlers) resume(w http.ResponseWriter, r *http.Request, e entry) bool {
	b := h.browser(r)
	if b.ClientCookie == "" {
		return false
	}
	a, err := h.fapi.Client(r.Context(), b)
	if err != nil {
		return false // the form is of use all the same
	}
	s, _ := activeSession(a.Client, "")
	if s == nil || !h.renew(w, r, b, s.ID) {
		return false
	}
	if h.bounced(w, r) {
		h.breakLoop(w, r, e, s.User)
		return true
	}
	redirect(w, h.leadTo(r, e.returnTo))
	return true
}

// renew gives the browser a token of the session.
func (h *Handlers) renew(w http.ResponseWriter, r *http.Request, b fapi.Browser, sessionID string) bool {
	touched, err := h.fapi.Touch(r.Context(), b, sessionID)
	if err != nil {
		h.log.WarnContext(r.Context(), "session not renewed on the sign-in page", "err", err)
		return false
	}
	token := touched.Token(sessionID)
	h.remember(w, touched.SetCookies, token)
	return token != ""
}

// alreadySignedIn answers a form that the Frontend API refused because somebody is signed
// in with this browser. If it is the same person, another tab was faster, and the answer is
// the same as for that one. Another person has the choice. It reports whether it has
// answered.
func (h *Handlers) alreadySignedIn(w http.ResponseWriter, r *http.Request, e entry, err error) bool {
	var refused *fapi.Error
	if !errors.As(err, &refused) || !refused.Has(wire.CodeSessionExists) && !refused.Has(wire.CodeIdentifierSignedIn) {
		return false
	}
	b := h.browser(r).With(refused.SetCookies)
	a, err := h.fapi.Client(r.Context(), b)
	if err != nil {
		return false
	}
	s, theirs := activeSession(a.Client, e.identifier)
	if s == nil || !h.renew(w, r, b, s.ID) {
		return false
	}
	relay(w, refused.SetCookies)
	if theirs || refused.Has(wire.CodeIdentifierSignedIn) {
		redirect(w, h.leadTo(r, e.returnTo))
		return true
	}
	h.offerChoice(w, r, http.StatusUnprocessableEntity, e, s.User, "")
	return true
}

// offerChoice shows who is signed in, with the ways to continue.
func (h *Handlers) offerChoice(w http.ResponseWriter, r *http.Request, status int, e entry, user *wire.User, text string) {
	h.page(w, r, status, "You are already signed in", views.AlreadySignedIn(views.AlreadySignedInForm{
		Person: user.Public(), ContinueURL: h.leadTo(r, e.returnTo), Identifier: e.identifier, SignUp: e.signUp,
		RedirectURL: e.returnTo, Error: text,
	}))
}

// signOutFirst ends the sessions of this browser and shows the page again.
func (h *Handlers) signOutFirst(w http.ResponseWriter, r *http.Request, e entry) {
	if h.signOutHere(w, r) {
		redirect(w, h.entryURL(r, e))
	}
}

// missesCookies reports a form that came without the cookie that was sent with it, from a
// browser that has none of the instance's cookies.
func (h *Handlers) missesCookies(r *http.Request, form url.Values) bool {
	return form.Get(paramFormID) != "" && len(r.CookiesNamed(h.visitCookie())) == 0 && h.browser(r).ClientCookie == "" &&
		!authctx.FromContext(r.Context()).SignedIn()
}

// askForCookies shows the form again with what was typed.
func (h *Handlers) askForCookies(w http.ResponseWriter, r *http.Request, form url.Values, signUp bool) {
	returnTo, id := h.returnTo(r, form.Get(wire.ParamRedirectURL)), h.identify(w, r, form.Get(paramFormID))
	switch ticket := form.Get("ticket"); {
	case ticket != "":
		no := refusal{status: http.StatusForbidden, text: textCookies}
		h.showTicket(w, r, ticketRequest{ticket: ticket, returnTo: returnTo, formID: id, signUp: signUp, status: no.status, refusal: no})
	case signUp:
		h.showSignUp(w, r, http.StatusForbidden, views.SignUpForm{
			EmailAddress: form.Get("email_address"), FirstName: form.Get("first_name"), LastName: form.Get("last_name"),
			RedirectURL: returnTo, FormID: id, Error: textCookies,
		})
	case form.Get("action") == wire.StrategyEmailCode, form.Get("action") == wire.StrategyResetPasswordCode:
		h.page(w, r, http.StatusForbidden, "Sign in", views.AskForCode(views.SignInForm{
			Identifier: form.Get("identifier"), RedirectURL: returnTo, FormID: id, Error: textCookies,
		}))
	default:
		h.showSignIn(w, r, http.StatusForbidden, views.SignInForm{
			Identifier: form.Get("identifier"), RedirectURL: returnTo, FormID: id, Error: textCookies,
		})
	}
}

// bounceCookie counts how often in a row a browser that is signed in came to the sign-in
// page and was redirected.
func (h *Handlers) bounceCookie() string { return "__usher_bounce_" + h.suffix }

const (
	maxBounces    = 3
	bounceSeconds = 10 // after the last redirect; people are slower than loops
)

// bounced counts a redirect of the sign-in page, and reports that it was one too many: the
// page that it leads to sends the browser back.
func (h *Handlers) bounced(w http.ResponseWriter, r *http.Request) bool {
	name := h.bounceCookie()
	digest := sha256.Sum256([]byte(r.URL.Query().Get(wire.ParamRedirectURL)))
	target := hex.EncodeToString(digest[:8])
	count := 0
	if c, err := r.Cookie(name); err == nil {
		if n, ok := strings.CutSuffix(c.Value, "."+target); ok {
			count, _ = strconv.Atoi(n)
		}
	}
	count = min(max(count, 0), maxBounces)
	c := &http.Cookie{ //nolint:gosec // Secure wherever the app is served encrypted
		Name: name, Value: strconv.Itoa(count+1) + "." + target, Path: "/", MaxAge: bounceSeconds,
		HttpOnly: true, Secure: h.secure, SameSite: http.SameSiteLaxMode,
	}
	if count == maxBounces {
		c.Value, c.MaxAge = "", -1 // the person may try again
	}
	web.SetCookies(w.Header(), c)
	return count == maxBounces
}

// leadOn redirects somebody who is signed in away from the sign-in or sign-up page.
func (h *Handlers) leadOn(w http.ResponseWriter, r *http.Request, e entry) {
	if !h.bounced(w, r) {
		redirect(w, h.leadTo(r, e.returnTo))
		return
	}
	user := &wire.User{ID: authctx.FromContext(r.Context()).UserID()}
	if h.fapi != nil {
		b := h.acting(r)
		if a, err := h.fapi.Client(r.Context(), b); err == nil {
			if s := sessionOf(a.Client, b.SessionID); s != nil && s.User != nil {
				user = s.User
			}
		}
	}
	h.breakLoop(w, r, e, user)
}

// breakLoop ends a circle of redirects with a page. What exactly is wrong is for the
// operator: the log says it, and the page does in development.
func (h *Handlers) breakLoop(w http.ResponseWriter, r *http.Request, e entry, user *wire.User) {
	target := h.leadTo(r, e.returnTo)
	reason := authctx.FromContext(r.Context()).Reason()
	if now, last := h.now().Unix(), h.loopSaid.Load(); now-last >= 60 && h.loopSaid.CompareAndSwap(last, now) {
		h.log.WarnContext(r.Context(), "redirect loop stopped: the page sends people who are signed in back to the sign-in page; if it belongs to another app, add public_origin to that app's authorized parties",
			"page", withoutQuery(target), "public_origin", h.cfg.PublicOrigin, "reason", string(reason))
	}
	text := "You are signed in, but the page that you want to open does not accept it and sends you back here. Sign out and sign in again. If that does not help, tell the people who run this site."
	if authctx.InstanceFromContext(r.Context()).Development {
		text += " In development: the page is " + target + ", and this app's origin is " + h.cfg.PublicOrigin + ". "
		if x := authctx.Explain(r.Context()); reason != "" {
			text += x.Why + " " + x.Do
		} else {
			text += "If the page belongs to another app, add " + h.cfg.PublicOrigin + " to that app's AuthorizedParties."
		}
	}
	h.offerChoice(w, r, http.StatusUnprocessableEntity, e, user, text)
}

// withoutQuery is an address for logs: what a query holds may be nobody's business.
func withoutQuery(target string) string {
	target, _, _ = strings.Cut(target, "?")
	target, _, _ = strings.Cut(target, "#")
	return target[:min(len(target), 200)]
}
