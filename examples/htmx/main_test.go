package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/usherauth/usher/authctx"
	"github.com/usherauth/usher/authtest"
	"github.com/usherauth/usher/handlers"
	"github.com/usherauth/usher/internal/walk"
)

func newApp(t *testing.T) http.Handler {
	t.Helper()
	auth, err := authctx.New(authtest.Config(t))
	if err != nil {
		t.Fatal(err)
	}
	forms, err := handlers.New(handlers.Config{
		PublishableKey: authtest.PublishableKey, SecretKey: "sk_test_of_nobody", PublicOrigin: authtest.Origin,
	})
	if err != nil {
		t.Fatal(err)
	}
	return routes(auth, forms)
}

// ask requests path as htmx does, or as a browser does.
func ask(t *testing.T, app http.Handler, path string, htmx bool, who authtest.Option) *httptest.ResponseRecorder {
	t.Helper()
	r := authtest.NewRequest(t, "GET", path, who)
	if htmx {
		r.Header.Set("HX-Request", "true")
		r.Header.Set("HX-Current-URL", authtest.Origin+"/")
	}
	rec := httptest.NewRecorder()
	app.ServeHTTP(rec, r)
	return rec
}

func TestAPartOpensForWhoeverIsSignedIn(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	if rec := ask(t, app, "/", false, authtest.SignedOut()); rec.Code != 200 || !strings.Contains(rec.Body.String(), `hx-get="/orders"`) {
		t.Errorf("/: %d %q", rec.Code, rec.Body)
	}
	if rec := ask(t, app, "/htmx.min.js", false, authtest.SignedOut()); rec.Code != 200 || rec.Body.Len() < 10_000 {
		t.Errorf("the script: %d, %d bytes", rec.Code, rec.Body.Len())
	}
	part := ask(t, app, "/orders", true, authtest.User("user_ada"))
	if part.Code != 200 || part.Body.String() != `<p hx-history="false">No orders of user_ada yet.</p>` {
		t.Errorf("the part: %d %q", part.Code, part.Body)
	}
	if got := strings.Join(part.Header().Values("Vary"), ", "); !strings.Contains(got, "HX-Request") || !strings.Contains(got, "Cookie") {
		t.Errorf("the part varies by %q, want HX-Request and Cookie", got)
	}
	whole := ask(t, app, "/orders", false, authtest.User("user_ada"))
	if whole.Code != 200 || !strings.Contains(whole.Body.String(), "<h1>Shop</h1>") || !strings.Contains(whole.Body.String(), part.Body.String()) {
		t.Errorf("the page: %d %q", whole.Code, whole.Body)
	}
}

func TestSignedOutHtmxIsLedToTheSignInPage(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	rec := ask(t, app, "/orders", true, authtest.SignedOut())
	if to := rec.Header().Get("HX-Redirect"); !strings.HasPrefix(to, "/sign-in?redirect_url=") || rec.Header().Get("Location") != "" {
		t.Errorf("status %d, HX-Redirect %q, Location %q", rec.Code, to, rec.Header().Get("Location"))
	}
	if rec := ask(t, app, "/orders", false, authtest.SignedOut()); rec.Code != 303 {
		t.Errorf("a browser gets %d, want 303", rec.Code)
	}
}

func TestAPersonWalksThroughIt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const origin = "http://localhost:8080"
		n := walk.NewNetwork(t)
		n.Serve(origin, app(t.Context(), origin))
		walk.Walk(walk.NewPerson(t, n), walk.App{Origin: origin, Page: "/orders", Greeting: "No orders of user_", Proxy: "/__clerk"})
	})
}
