package authtest_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/usherauth/usher/authctx"
	"github.com/usherauth/usher/authtest"
)

func app(t *testing.T, reqs ...authctx.Requirement) http.Handler {
	t.Helper()
	auth, err := authctx.New(authtest.Config(t))
	if err != nil {
		t.Fatal(err)
	}
	return auth.Handler(authctx.RequireAPI(reqs...)(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a := authctx.FromContext(r.Context())
		_, _ = fmt.Fprint(w, a.UserID(), " ", a.OrgID())
	})))
}

func TestNewRequest(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		opts   []authtest.Option
		status int
		body   string
	}{
		"by cookie":     {[]authtest.Option{authtest.User("user_1")}, 200, "user_1 "},
		"by bearer":     {[]authtest.Option{authtest.User("user_1"), authtest.Bearer()}, 200, "user_1 "},
		"in an org":     {[]authtest.Option{authtest.Org("org_1", "org:admin")}, 200, "user_test org_1"},
		"signed out":    {[]authtest.Option{authtest.SignedOut()}, 401, ""},
		"an hour ago":   {[]authtest.Option{authtest.At(time.Now().Add(-time.Hour))}, 401, ""},
		"without a sub": {[]authtest.Option{authtest.Claim("sub", nil)}, 401, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rec := httptest.NewRecorder()
			app(t).ServeHTTP(rec, authtest.NewRequest(t, "GET", "/", tt.opts...))
			if rec.Code != tt.status || tt.body != "" && rec.Body.String() != tt.body {
				t.Errorf("got %d %q, want %d %q", rec.Code, rec.Body, tt.status, tt.body)
			}
		})
	}
}

func TestContext(t *testing.T) {
	t.Parallel()
	ctx := authtest.Context(t, authtest.Org("org_1", "org:admin", "org:docs:read", "org:docs:write", "org:bills:read"))
	a := authctx.FromContext(ctx)
	for _, r := range []authctx.Requirement{
		authctx.Role("org:admin"), authctx.Permission("org:docs:read"), authctx.Permission("docs:write"), authctx.Permission("org:bills:read"),
	} {
		if !a.Has(r) {
			t.Errorf("permissions %v do not satisfy a requirement", a.OrgPermissions())
		}
	}
	if a.Has(authctx.Permission("org:bills:write")) {
		t.Error("a permission was invented")
	}
	if authctx.FromContext(authtest.Context(t, authtest.SignedOut())).SignedIn() {
		t.Error("signed out reads as signed in")
	}
}
