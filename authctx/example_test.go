package authctx_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/usherauth/usher/authctx"
	"github.com/usherauth/usher/authtest"
	"github.com/usherauth/usher/wire"
)

// The middleware goes in front of everything, a guard in front of what is not for
// everybody, and FromContext asks who it is.
func Example() {
	t := new(testing.T) // tests take their configuration and requests from authtest
	auth, err := authctx.New(authtest.Config(t))
	if err != nil {
		fmt.Println(err)
		return
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		_, _ = fmt.Fprint(w, "signed in: ", authctx.FromContext(r.Context()).SignedIn())
	})
	mux.Handle("/admin", authctx.RequirePage(authctx.Role("org:admin"))(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = fmt.Fprint(w, "the accounts")
	})))
	app := auth.Handler(mux)

	admin := []authtest.Option{authtest.User("user_ada"), authtest.Org("org_1", "org:admin")}
	for _, r := range []*http.Request{
		authtest.NewRequest(t, "GET", "/", authtest.SignedOut()),
		authtest.NewRequest(t, "GET", "/", authtest.User("user_ada")),
		authtest.NewRequest(t, "GET", "/admin", authtest.User("user_ada")),
		authtest.NewRequest(t, "GET", "/admin", admin...),
	} {
		rec := httptest.NewRecorder()
		app.ServeHTTP(rec, r)
		fmt.Println(rec.Code, rec.Body)
	}
	// Output:
	// 200 signed in: false
	// 200 signed in: true
	// 403 You are signed in, but not allowed to do this.
	//
	// 200 the accounts
}

// A guard without the middleware in front of it would guard nothing. It panics at the
// first request, signed in or not, so that no test misses it.
func ExampleRequirePage_incorrect() {
	guarded := authctx.RequirePage()(http.NotFoundHandler()) // no auth.Handler around it
	defer func() { fmt.Println(recover() != nil) }()
	guarded.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", http.NoBody))
	// Output: true
}

// WithUser takes the person who is signed in. Nobody is here, so the user stays out.
func ExampleWithUser_incorrect() {
	props := authctx.BuildAuthProps(context.Background(), authctx.WithUser(&wire.User{ID: "user_grace", FirstName: "Grace"}))
	text, err := props.MarshalJSON()
	fmt.Println(string(text), err)
	// Output: {"__clerk_ssr_state":{"tokenType":"session_token","sessionClaims":null,"sessionId":null,"sessionStatus":null,"userId":null,"actor":null,"orgId":null,"orgRole":null,"orgSlug":null,"orgPermissions":null,"factorVerificationAge":null,"isAuthenticated":false}} <nil>
}
