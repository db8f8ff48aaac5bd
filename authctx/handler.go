package authctx

import (
	"log/slog"
	"net/http"
	"time"

	"github.com/usherauth/usher/internal/web"
	"github.com/usherauth/usher/wire"
)

// Authenticator verifies requests against one instance. It is safe for concurrent use.
type Authenticator struct {
	inst      *instance
	keys      keySource
	tokens    *tokenCache
	backend   *backend
	machines  *machines // nil when only sessions are accepted
	constants []byte    // props that are the same for everybody, encoded
	log       *slog.Logger
	now       func() time.Time
	onDeny    func(http.ResponseWriter, *http.Request, Denied) // nil is the default answers
	forms     keeper
	noisy     sampled
	nonces    nonces
	refreshes refreshes
	lateReads lateReads

	refusedParties parties

	development bool
}

func newAuthenticator(cfg Config, inst *instance, keys keySource) *Authenticator {
	a := &Authenticator{inst: inst, keys: keys, backend: newBackend(cfg), log: web.SampledLogger(cfg.Logger, cfg.Now), now: cfg.Now, development: cfg.Development}
	if a.now == nil {
		a.now = time.Now //nolint:forbidigo // the default clock
	}
	a.tokens = newTokenCache(cfg.TokenCacheBytes, inst.skew)
	a.machines = newMachines(cfg, inst.skew, a.now)
	a.onDeny = cfg.Deny
	a.constants = encodeConstants(inst)
	if inst.key.Live() && len(inst.parties) == 0 {
		a.log.Warn("no authorized parties are configured; tokens of every app of the instance are accepted")
	}
	return a
}

// Handler attaches the request's [*Auth] to its context and calls next, signed in or
// not. It answers by itself only when the browser has to go and renew its session: a
// 307 to the Frontend API's handshake, which leads back to the same address (protocol
// reference 4.3 to 4.6). Header fields that the reference uses between its own parts
// are removed from the request, for nothing here may be believed because a client says
// so. Mounted twice, the outer one counts.
func (a *Authenticator) Handler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { a.serve(w, r, next) })
}

// serve keeps little on the stack while the page is made: connections whose stacks have to
// grow for it pay more than for authentication.
func (a *Authenticator) serve(w http.ResponseWriter, r *http.Request, next http.Handler) {
	if owner := ownerOf(r.Context()); owner == a {
		next.ServeHTTP(w, r)
		return
	}
	if state := a.authenticate(w, r); state != nil {
		next.ServeHTTP(&state.guard, &state.http)
		state.guard.finish()
		if a.development {
			a.tellLostCookies(state)
		}
	}
}

// authenticate returns the state that a request goes on with, or nil when it has answered.
func (a *Authenticator) authenticate(w http.ResponseWriter, r *http.Request) *request {
	var c credentials
	a.read(r, &c)
	if c.internal {
		dropInternalHeaders(r.Header)
	}
	shared, personal := c.nobody() && brief(r), c.personal()
	d, rec := a.observed(r, &c)
	if a.development {
		rec.reveal(w.Header())
	}
	if d.location != "" {
		if c.tossed() {
			a.deleteTossed(w.Header(), r, &c, d.status == wire.StatusHandshake)
		}
		d.redirect(w)
		return nil
	}
	web.SetCookies(w.Header(), d.cookies...)
	if c.tossed() {
		a.deleteTossed(w.Header(), r, &c, false)
	}
	state := newRequest(shared)
	state.Context, state.owner, state.auth = r.Context(), a, d.auth
	state.guard.writer, state.guard.personal = w, personal
	if c.form != "" || rec != nil {
		state.more = &more{form: c.form, record: rec}
	}
	state.http = *r.WithContext(state) // inlined, so its own copy stays on the stack
	return state
}

// redirect answers with the decision's location and cookies.
func (d *decision) redirect(w http.ResponseWriter) {
	h := w.Header()
	web.SetCookies(h, d.cookies...)
	d.describe(h)
	d.direct(h)
	w.WriteHeader(http.StatusTemporaryRedirect)
}

// internalHeaders are fields that the reference's parts tell each other, so that nothing
// from outside may be believed in them (P02).
var internalHeaders = [...]string{
	wire.HeaderAuthStatus, wire.HeaderAuthReason, wire.HeaderAuthMessage, "X-Clerk-Auth-Token",
	"X-Clerk-Auth-Signature", "X-Clerk-Clerk-Url", "X-Clerk-Request-Data", "X-Middleware-Subrequest",
}

func dropInternalHeaders(h http.Header) {
	for _, name := range internalHeaders {
		delete(h, name)
	}
}
