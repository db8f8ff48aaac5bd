package authctx

import (
	"context"
	"net/http"
	"strings"
	"sync"

	"github.com/usherauth/usher/internal/reqscope"
)

// ctxKey finds the state of a request. The type is private, so nothing that another
// package leaves in a context can pass for an identity.
type ctxKey struct{}

// request is the context of one request and all that Usher keeps for it, with the copy of
// the request that goes on with it: one allocation, kept within one of the allocator's
// sizes (TestRequestSize).
type request struct {
	context.Context
	http  http.Request
	guard guard
	owner *Authenticator
	auth  *Auth
	scope reqscope.Scope
	more  *more // nil when there is nothing to know
}

// more is what few requests have.
type more struct {
	form   string  // the browser's half of a form kept by [KeepForms]
	record *Record // nil unless somebody looks
}

func (r *request) form() string {
	if r.more == nil {
		return ""
	}
	return r.more.form
}

func (r *request) record() *Record {
	if r.more == nil {
		return nil
	}
	return r.more.record
}

// sheet holds the states of requests that nobody is said to have sent, each of them used
// once: five share an allocation. What such a request leaves behind keeps the memory of its
// four neighbours, so those that may last, and those with credentials, have one of their own.
type sheet struct {
	states [5]request
	used   int
}

// brief is false for a request that has a body, or that asks for an answer without an end.
func brief(r *http.Request) bool {
	return (r.Body == nil || r.Body == http.NoBody) && len(r.Header["Upgrade"]) == 0 &&
		!strings.HasPrefix(field(r.Header, "Accept"), "text/event-stream")
}

var sheets = sync.Pool{New: func() any { return new(sheet) }}

// newRequest returns a zero state, on a sheet with others or by itself.
func newRequest(shared bool) *request {
	if !shared {
		return new(request)
	}
	s, _ := sheets.Get().(*sheet)
	state := &s.states[s.used]
	if s.used++; s.used < len(s.states) {
		sheets.Put(s)
	}
	return state
}

// Value answers for the request itself and leaves the rest to its parent.
func (r *request) Value(key any) any {
	switch key.(type) {
	case ctxKey:
		return r
	case reqscope.Key:
		return &r.scope
	}
	return r.Context.Value(key)
}

func fromContext(ctx context.Context) *request {
	r, _ := ctx.Value(ctxKey{}).(*request)
	return r
}

// FromContext returns who sent the request that ctx belongs to. Behind
// [Authenticator.Handler] it is never nil; without it, it is nil, which reads as signed
// out. Reading marks the response as private; read it before the first byte of a response
// that sets Cache-Control, because headers that have left cannot be changed. It allocates
// nothing.
func FromContext(ctx context.Context) *Auth {
	r := fromContext(ctx)
	if r == nil {
		return nil
	}
	if r.guard.state.Load()&identityRead == 0 {
		r.markRead()
	}
	return r.auth
}

// NewContext returns a context that carries auth as its identity, for tests of code
// that reads it and for work that a request leaves behind. A nil auth is signed out.
// Requests get theirs from [Authenticator.Handler]. The response of the request that ctx
// belongs to, if any, is marked as private, as [FromContext] does.
func NewContext(ctx context.Context, auth *Auth) context.Context {
	FromContext(ctx)
	r := &request{Context: ctx, auth: auth, owner: ownerOf(ctx)}
	if parent := fromContext(ctx); parent != nil {
		r.guard.guarded, r.guard.keepsForms = parent.guard.guarded, parent.guard.keepsForms
	}
	return r
}

func ownerOf(ctx context.Context) *Authenticator {
	if r := fromContext(ctx); r != nil {
		return r.owner
	}
	return nil
}

// Instance is what pages may know of the configuration. All of it is public.
type Instance struct {
	PublishableKey, ProxyURL, CookieSuffix, SignInURL, SignUpURL string
	// SignOutURL, ProfileURL and OrganizationsURL are the Config's or their defaults.
	SignOutURL, ProfileURL, OrganizationsURL string
	// Development is the Config's: pages may show what helps developers, see [Explain].
	Development bool
}

// InstanceFromContext describes the instance that guards the request of ctx; the zero
// value without [Authenticator.Handler].
func InstanceFromContext(ctx context.Context) Instance {
	owner := ownerOf(ctx)
	if owner == nil {
		return Instance{}
	}
	in := owner.inst
	return Instance{
		in.key.String(), in.proxyURL, in.suffix, in.signIn, in.signUp, in.signOut, in.profile, in.organizationsPage, owner.development,
	}
}
