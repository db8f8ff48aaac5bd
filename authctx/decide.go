package authctx

import (
	"errors"
	"net/http"

	"github.com/usherauth/usher/wire"
)

// decision is the answer to one request (protocol reference 4.2). With a location the
// request ends there; otherwise auth goes on with it.
type decision struct {
	status   string
	reason   wire.Reason
	auth     *Auth
	location string
	cookies  []*http.Cookie
}

func signedIn(a *Auth) decision {
	if a.status == wire.SessionPending {
		a = a.demoted()
	}
	return decision{status: wire.StatusSignedIn, auth: a}
}

func (a *Authenticator) signedOut(reason wire.Reason) decision {
	return decision{status: wire.StatusSignedOut, reason: reason, auth: signedOutAuth(reason)}
}

// decide runs the reference's algorithm (protocol reference 4.4). A token in the header
// decides alone; cookies count only without one.
func (a *Authenticator) decide(r *http.Request, c *credentials) decision {
	if auth := a.recognized(r, c); auth != nil {
		return decision{status: wire.StatusSignedIn, auth: auth}
	}
	if a.machines != nil {
		if d, done := a.decideMachine(r, c); done {
			return d
		}
	}
	if c.bearer != "" {
		auth, err := a.verify(r.Context(), c.bearer)
		if err != nil {
			return a.refused(r, c, c.bearer, err)
		}
		return signedIn(auth)
	}
	return a.decideByCookie(r, c)
}

// recognized is the short way for what nearly all requests are: somebody whose token was
// verified before, sent by a browser that nobody has led anywhere. Who that is depends on the
// time alone, on the keys, and on where the browser came from. It returns nil for all
// other requests, and whoever it returns is whom the steps of decide would come to. It is
// one short function because a page is made by code that leaves little of the processor's
// memory to this.
func (a *Authenticator) recognized(r *http.Request, c *credentials) *Auth {
	if !c.ordinary || c.bearer != "" || !a.inst.ordinary || r.URL.RawQuery != "" {
		return nil
	}
	now := a.now()
	set := a.keys.current(now)
	if set == nil || c.known.set.Load() != set || c.known.timely(now, a.inst.skew) != nil || a.fromElsewhere(r, c) {
		return nil
	}
	return &c.known.auth
}

// decideByCookie is part D of the algorithm, in its order.
func (a *Authenticator) decideByCookie(r *http.Request, c *credentials) decision {
	if a.inst.key.IsZero() {
		return a.decideByToken(r, c)
	}
	if c.known == nil {
		a.inst.dropForeign(c)
	}
	if d, done := a.resolveHandshake(r, c); done {
		return d
	}
	if d, done := a.decideBySync(r, c); done {
		return d
	}
	if d, done := a.decideByDevBrowser(r, c); done {
		return d
	}
	switch {
	case c.session == "" && c.clash.any(sessionCookie, uatCookie):
		return a.maybeHandshake(r, c, wire.ReasonUATButNoSession, "") // which sets them again
	case c.uat == 0 && c.session == "":
		return a.signedOut(wire.ReasonSessionAndUATMissing)
	case c.uat == 0:
		return a.maybeHandshake(r, c, wire.ReasonSessionButNoUAT, c.session)
	case c.session == "":
		return a.maybeHandshake(r, c, wire.ReasonUATButNoSession, "")
	}
	return a.decideByToken(r, c)
}

// decideByDevBrowser keeps development browsers in step with the Frontend API, which
// lives on another site and cannot use cookies of its own (protocol reference 4.4, D4
// and D5).
func (a *Authenticator) decideByDevBrowser(r *http.Request, c *credentials) (decision, bool) {
	if a.inst.key.Live() {
		return decision{}, false
	}
	if hasParam(r, wire.ParamDevBrowser) {
		return a.maybeHandshake(r, c, wire.ReasonDevBrowserSync, c.session), true
	}
	if devBrowser(r, c) == "" {
		return a.maybeHandshake(r, c, wire.ReasonDevBrowserMissing, c.session), true
	}
	return decision{}, false
}

// devBrowser is what a development instance knows the browser by: the one of the address
// before that of a cookie (protocol reference 4.1).
func devBrowser(r *http.Request, c *credentials) string {
	return first(queryParam(r, wire.ParamDevBrowser), c.devBrowser)
}

// decideByToken verifies the session cookie. A token older than the client's last change
// was made before a sign-in or sign-out elsewhere and is renewed, not believed.
func (a *Authenticator) decideByToken(r *http.Request, c *credentials) decision {
	if c.session == "" {
		return a.signedOut(wire.ReasonSessionAndUATMissing)
	}
	now := a.now()
	v, err := a.trusted(r.Context(), c.known, c.session, now)
	if err != nil {
		return a.refused(r, c, c.session, err)
	}
	known := !a.inst.key.IsZero()
	if known && v.iat < float64(c.uat) {
		return a.maybeHandshake(r, c, wire.ReasonSessionBeforeUAT, c.session)
	}
	if err := v.timely(now, a.inst.skew); err != nil {
		return a.refused(r, c, c.session, err)
	}
	if known && a.fromElsewhere(r, c) {
		return a.maybeHandshake(r, c, wire.ReasonCrossOriginSync, c.session)
	}
	if known && a.wantsOther(r, c, &v.auth) {
		return a.maybeHandshake(r, c, wire.ReasonActiveOrgMismatch, c.session)
	}
	return signedIn(&v.auth)
}

// refused maps a failed verification: what only time has spoilt is renewed, anything
// else is signed out (protocol reference 4.4, handleTokenError).
func (a *Authenticator) refused(r *http.Request, c *credentials, token string, err error) decision {
	var v *VerifyError
	if !errors.As(err, &v) {
		v = refuse(wire.ReasonUnexpected, err)
	}
	if errors.Is(err, errAccessToken) {
		v = refuse(wire.ReasonTokenTypeMismatch, err)
	}
	a.log.DebugContext(r.Context(), "token refused", "reason", string(v.Reason), "err", v.Err)
	if party := wrongParty(""); errors.As(v.Err, &party) {
		a.sayParty(r.Context(), party)
	}
	switch v.Reason {
	case wire.ReasonTokenExpired:
		d, tail := a.refresh(r, c, token)
		if tail == "" {
			return d
		}
		return a.maybeHandshake(r, c, wire.ReasonSessionExpired+wire.Reason("-refresh-"+tail), token)
	case wire.ReasonTokenNotActiveYet:
		return a.maybeHandshake(r, c, wire.ReasonSessionNotActiveYet, token)
	case wire.ReasonTokenIATInFuture:
		return a.maybeHandshake(r, c, wire.ReasonSessionIATInFuture, token)
	}
	return a.signedOut(v.Reason)
}
