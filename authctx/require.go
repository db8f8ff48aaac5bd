package authctx

import (
	"net/http"
	"strings"
	"sync/atomic"

	"github.com/usherauth/usher/internal/web"
	"github.com/usherauth/usher/wire"
)

// Require guards a handler for every kind of request: who is turned away is answered as
// the request can understand it, see [Kind]. Signed out is 401, or 303 to the sign-in page
// for documents; signed in without what reqs ask is 403; keys unreachable is 503, because
// signing in would not help. A request that can change something, is signed in by a cookie
// and comes from a page of another origin is 403, too, as is a WebSocket, unless
// Config.TrustedOrigins has the origin; GET must not change anything. It panics, on the first request, when the route is not behind
// [Authenticator.Handler]: such a guard would guard nothing.
func Require(reqs ...Requirement) func(http.Handler) http.Handler { return require(reqs, kindOf) }

// RequirePage is [Require] for routes that serve pages: signed out is 303 to the sign-in
// page with the way back in redirect_url, also for requests that do not say what they are.
// Requests of scripts are answered as their library shows it, see [Kind], and the whole
// document is redirected: a redirect would put the sign-in page into a part of the page.
// Those of no library that is known get what programs get.
func RequirePage(reqs ...Requirement) func(http.Handler) http.Handler { return require(reqs, pageKind) }

// RequireAPI is [Require] for routes that serve programs: signed out is 401 with
// WWW-Authenticate, and every answer is the error envelope.
func RequireAPI(reqs ...Requirement) func(http.Handler) http.Handler {
	return require(reqs, func(*http.Request) Kind { return KindAPI })
}

// RequireReverification is [Require] with [Reverification]: who proved long ago who they
// are gets 403 and is told how to prove it again. Programs get the body that the
// reference's useReverification hook understands (protocol reference 6.10), documents a
// page in words. [Require] answers the same when a [Reverification] is all that is missing.
func RequireReverification(p Preset) func(http.Handler) http.Handler {
	return Require(Reverification(p))
}

// Hide makes a guard answer 404, as for an address that does not exist, to everybody it
// turns away, signed out or not, so that nobody learns what is there. 503 stays, since
// those who may come in have to know that they were not refused. Nobody is led to the
// sign-in page: put a link to it elsewhere. It counts directly in a guard; inside [Any]
// and [Auth.Has] it is a requirement that nobody meets.
func Hide() Requirement { return hidden{} }

type hidden struct{}

func (hidden) met(*Auth) bool { return false }

// gate is a guarded handler.
type gate struct {
	next http.Handler
	reqs []Requirement
	hide bool
	kind func(*http.Request) Kind
	said *atomic.Bool // a developer was told what the guard asks for
}

// String says what a route audit has to know: that people can meet the guard's
// requirements by creating an organization.
func (g *gate) String() string {
	if asked := askedOfOrganization(g.reqs); len(asked) > 0 {
		return "guard: " + strings.Join(asked, ", ") + " of the active organization, which everybody has who creates one"
	}
	return "guard"
}

// tell says it in development.
func (g *gate) tell(r *http.Request, owner *Authenticator) {
	if len(askedOfOrganization(g.reqs)) > 0 && g.said.CompareAndSwap(false, true) {
		owner.log.InfoContext(r.Context(), "everybody who creates an organization passes this guard: show only what belongs to that organization", "guard", g.String(), "path", printable(web.Requested(r).Path))
	}
}

func require(reqs []Requirement, kind func(*http.Request) Kind) func(http.Handler) http.Handler {
	g := gate{kind: kind}
	for _, r := range reqs {
		if _, ok := r.(hidden); ok {
			g.hide = true
			continue
		}
		g.reqs = append(g.reqs, r)
	}
	return func(next http.Handler) http.Handler {
		if k, ok := next.(keepsForms); ok { // the guard would lose what it is to keep
			return keepsForms{require(reqs, kind)(k.next)}
		}
		guarded := g
		guarded.next, guarded.said = next, new(atomic.Bool)
		return &guarded
	}
}

// ServeHTTP implements [http.Handler].
func (g *gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	state := mustFind(r)
	owner, auth := state.owner, FromContext(r.Context())
	if owner.development {
		g.tell(r, owner)
	}
	if auth.Has(g.reqs...) && !owner.forged(r) {
		state.guard.guarded = true
		g.next.ServeHTTP(w, r)
		return
	}
	if d := g.denied(r, auth); !owner.keepForm(w, r, d) {
		owner.deny(w, r, d)
	}
}

func mustOwn(r *http.Request) *Authenticator { return mustFind(r).owner }

// mustFind is the state of a request that [Authenticator.Handler] has seen.
func mustFind(r *http.Request) *request {
	state := fromContext(r.Context())
	if state == nil || state.owner == nil {
		panic("authctx: a guard such as RequirePage without Authenticator.Handler in front of it: add r.Use(auth.Handler) to the router")
	}
	return state
}

// denied says why auth does not pass.
func (g *gate) denied(r *http.Request, auth *Auth) Denied {
	d := Denied{Kind: g.kind(r), Auth: auth, Reason: auth.Reason()}
	switch {
	case auth.Unknown():
		d.Status = http.StatusServiceUnavailable
	case g.hide:
		d.Status = http.StatusNotFound
	case auth.Has(g.reqs...):
		d.Status, d.CrossOrigin = http.StatusForbidden, true // nothing else stands in the way
	case auth.presents(g.reqs):
		d.Status, d.Reverification = http.StatusForbidden, unproven(auth, g.reqs)
	default:
		d.Status = http.StatusUnauthorized
		if takesSessions(g.reqs) {
			d.SignInURL = signInFor(r, d.Kind)
		}
	}
	return d
}

// takesSessions is false where only machine tokens pass. The sign-in page would not help
// there, and would lead who is signed in straight back (protocol reference 6.3).
func takesSessions(reqs []Requirement) bool {
	for _, r := range reqs {
		if t, ok := r.(accept); ok && !tokenTypes(t).accept(wire.TokenSession) {
			return false
		}
	}
	return true
}

// unproven is the preset that is all that stands between auth and reqs, the first one of
// several; "" when anything else is missing too.
func unproven(auth *Auth, reqs []Requirement) (p Preset) {
	for _, r := range reqs {
		if r != nil && r.met(auth) {
			continue
		}
		missing, ok := r.(reverification)
		if !ok {
			return ""
		}
		if p == "" {
			p = missing.preset
		}
	}
	return p
}
