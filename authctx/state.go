package authctx

import (
	"net/http"

	"github.com/usherauth/usher/internal/web"
	"github.com/usherauth/usher/wire"
)

// State is what authenticating one request came to (protocol reference 4.2).
type State struct {
	// Status is wire.StatusSignedIn, StatusSignedOut or StatusHandshake.
	Status string
	// Reason says why not signed in; "" when signed in.
	Reason wire.Reason
	// Auth is never nil. It is signed out unless Status is signed-in, and for a session
	// that is pending.
	Auth *Auth
	// Header holds what the answer must carry: Set-Cookie lines, X-Clerk-Auth-Status and
	// -Reason unless signed in, and, when it has a Location, everything of a 307 that has
	// to be sent instead of the app's own answer.
	Header http.Header
}

// Authenticate decides who sent r without answering it, for programs that do not use
// [Authenticator.Handler]. It is safe for concurrent use and does not change r.
func (a *Authenticator) Authenticate(r *http.Request) State {
	var c credentials
	a.read(r, &c)
	d, _ := a.observed(r, &c)
	s := State{Status: d.status, Reason: d.reason, Auth: d.auth, Header: http.Header{}}
	if s.Auth == nil {
		s.Auth = signedOutAuth(d.reason)
	}
	d.describe(s.Header)
	web.SetCookies(s.Header, d.cookies...)
	if c.tossed() {
		a.deleteTossed(s.Header, r, &c, d.status == wire.StatusHandshake)
	}
	if d.location != "" {
		d.direct(s.Header)
	}
	return s
}

// describe says how the request was decided.
func (d *decision) describe(h http.Header) {
	if d.status == wire.StatusSignedIn {
		return
	}
	h.Set(wire.HeaderAuthStatus, d.status)
	h.Set(wire.HeaderAuthReason, string(d.reason))
}

// direct sends the browser elsewhere.
func (d *decision) direct(h http.Header) {
	web.PrivateHeaders(h)
	h.Set("Location", d.location)
	h.Set("Referrer-Policy", "no-referrer") // the address may hold a token about to be spent
}
