package authctx

import (
	"net/http"

	"github.com/usherauth/usher/internal/web"
	"github.com/usherauth/usher/wire"
)

// RequirePage guards pages. Signed out: 303 to the sign-in page with the way back in
// redirect_url. Signed in without what reqs ask: 403. Keys unreachable: 503, because
// signing in would not help. Requests of htmx get the sign-in page in HX-Redirect, which
// leads the whole document there. It panics, on the first request, when the route is not
// behind [Authenticator.Handler]: such a guard would guard nothing.
func RequirePage(reqs ...Requirement) func(http.Handler) http.Handler {
	return require(reqs, denyPage)
}

// RequireAPI guards APIs. Signed out: 401 with WWW-Authenticate. Signed in without what
// reqs ask: 403. Keys unreachable: 503. All with the error envelope. It panics like
// [RequirePage] when it guards nothing.
func RequireAPI(reqs ...Requirement) func(http.Handler) http.Handler {
	return require(reqs, denyAPI)
}

func require(reqs []Requirement, deny func(http.ResponseWriter, *http.Request, int)) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if ownerOf(r.Context()) == nil {
				panic("authctx: RequirePage or RequireAPI without Authenticator.Handler in front of it: add r.Use(auth.Handler) to the router")
			}
			auth := FromContext(r.Context())
			switch {
			case auth.Has(reqs...):
				next.ServeHTTP(w, r)
			case auth.SignedIn():
				deny(w, r, http.StatusForbidden)
			case auth.Unknown():
				w.Header().Set("Retry-After", "10") // the least time between two key fetches
				deny(w, r, http.StatusServiceUnavailable)
			default:
				deny(w, r, http.StatusUnauthorized)
			}
		})
	}
}

func denyPage(w http.ResponseWriter, r *http.Request, status int) {
	if status != http.StatusUnauthorized {
		http.Error(w, deniedText[status], status)
		return
	}
	back := ""
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		back = r.URL.RequestURI()
	}
	target := SignInURL(r.Context(), back)
	if r.Header.Get("HX-Request") == "true" {
		w.Header().Set("HX-Redirect", target)
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	http.Redirect(w, r, target, http.StatusSeeOther)
}

var deniedText = map[int]string{
	http.StatusUnauthorized:       "Sign in to continue.",
	http.StatusForbidden:          "You are signed in, but not allowed to do this.",
	http.StatusServiceUnavailable: "Who you are cannot be checked right now. Try again in a moment.",
}

var deniedCode = map[int]string{
	http.StatusUnauthorized:       wire.CodeAuthenticationInvalid,
	http.StatusForbidden:          wire.CodeAuthorizationInvalid,
	http.StatusServiceUnavailable: wire.CodeUnavailable,
}

func denyAPI(w http.ResponseWriter, r *http.Request, status int) {
	if status == http.StatusUnauthorized { // RFC 6750 §3
		challenge := "Bearer"
		if r.Header.Get("Authorization") != "" {
			challenge = `Bearer error="invalid_token"`
		}
		w.Header().Set("WWW-Authenticate", challenge)
	}
	web.WriteErrors(w, status, web.NewTraceID(), wire.Error{Code: deniedCode[status], Message: deniedText[status]})
}
