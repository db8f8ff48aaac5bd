package authctx

import "net/http"

// Public marks a handler as open to everybody, below [ProtectByDefault]. It changes nothing
// else. Mark the sign-in page, what it needs, and what strangers may see. No guard looks at
// where its requests come from: a public handler that changes something for a signed-in
// person has to, for instance with [http.CrossOriginProtection].
func Public(next http.Handler) http.Handler { return public{next} }

type public struct{ http.Handler }

// marked is a handler that says by itself who may use it.
type marked interface{ decides() }

func (public) decides() {}
func (*gate) decides()  {}
func (*byMux) decides() {}

// ProtectByDefault puts [Require] in front of every handler that does not say by itself who
// may use it: that is not wrapped in [Public] and has no guard of its own. A route that
// somebody adds and forgets to mark asks for sign-in, and its handler does not run before.
//
// There is no list of paths and no reading of them (security rows M01, M02): the mark is on
// the handler that the router has chosen. For that the router has to hand each handler to
// this function. A chi router does for the routes of a Group that uses it:
//
//	r.Group(func(r chi.Router) {
//		r.Use(authctx.ProtectByDefault)
//		r.With(authctx.Public).Get("/", home)
//		r.Get("/dashboard", dashboard)
//	})
//
// and so does [http.ServeMux] when the whole of it is wrapped:
//
//	mux.Handle("/{$}", authctx.Public(home))
//	mux.Handle("/dashboard", dashboard)
//	server.Handler = auth.Handler(authctx.ProtectByDefault(mux))
//
// Whatever hides the mark closes the route, never opens it: Use on a chi router itself
// instead of a Group, a mounted router, and middleware between this one and Public all
// leave it with a handler that says nothing. Where a ServeMux has no route, or none for
// the method, its own answer is sent; where it would only redirect to another spelling of
// a path, strangers are asked to sign in.
func ProtectByDefault(next http.Handler) http.Handler {
	if decided(next) {
		return next
	}
	if mux, ok := next.(lookup); ok {
		return &byMux{mux: mux, guard: Require()(next)}
	}
	return Require()(next)
}

// decided reports a handler that says by itself who may use it. KeepForms leaves that to the
// handler below.
func decided(h http.Handler) bool {
	if k, ok := h.(keepsForms); ok {
		return decided(k.next)
	}
	_, ok := h.(marked)
	return ok
}

// lookup is the part of [http.ServeMux] that tells which handler will serve a request.
type lookup interface {
	http.Handler
	Handler(r *http.Request) (h http.Handler, pattern string)
}

// byMux asks the mux itself, request by request.
type byMux struct {
	mux   lookup
	guard http.Handler
}

// ServeHTTP implements [http.Handler].
func (b *byMux) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	mustOwn(r)
	h, pattern := b.mux.Handler(r)
	if decided(h) || pattern == "" {
		b.mux.ServeHTTP(w, r)
		return
	}
	b.guard.ServeHTTP(w, r)
}
