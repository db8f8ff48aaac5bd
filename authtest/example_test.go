package authtest_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/usherauth/usher/authctx"
	"github.com/usherauth/usher/authtest"
)

// newApp is an app's own function: it takes its configuration from whoever starts it.
func newApp(cfg authctx.Config) http.Handler {
	auth, err := authctx.New(cfg)
	if err != nil {
		panic(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/dashboard", authctx.RequirePage()(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = fmt.Fprintf(w, "hello, %s", authctx.FromContext(r.Context()).UserID())
	})))
	return auth.Handler(mux)
}

func Example() {
	t := new(testing.T) // the argument of a test

	app := newApp(authtest.Config(t))
	for _, who := range []authtest.Option{authtest.User("user_ada"), authtest.SignedOut()} {
		rec := httptest.NewRecorder()
		app.ServeHTTP(rec, authtest.NewRequest(t, "GET", "/dashboard", who))
		fmt.Println(rec.Code, rec.Header().Get("Location"), strings.TrimSpace(rec.Body.String()))
	}
	// Output:
	// 200  hello, user_ada
	// 303 /sign-in?redirect_url=%2Fdashboard <a href="/sign-in?redirect_url=%2Fdashboard">See Other</a>.
}

// An app that brings keys of its own does not accept this package's tokens, and should
// not: everybody is signed out. Start from Config and change what the app needs.
func ExampleConfig_incorrect() {
	t := new(testing.T)

	cfg := authtest.Config(t)
	cfg.PublishableKey = "pk_live_Y2xlcmsuZXhhbXBsZS5jb20k" // the app's own
	rec := httptest.NewRecorder()
	newApp(cfg).ServeHTTP(rec, authtest.NewRequest(t, "GET", "/dashboard", authtest.User("user_ada")))
	fmt.Println(rec.Code, rec.Header().Get("Location"))
	// Output: 303 /sign-in?redirect_url=%2Fdashboard
}
