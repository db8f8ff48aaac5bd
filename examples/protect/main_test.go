package main

import (
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/usherauth/usher/authctx"
	"github.com/usherauth/usher/authtest"
	"github.com/usherauth/usher/handlers"
	"github.com/usherauth/usher/internal/walk"
)

func TestEachRouteIsForWhomItSays(t *testing.T) {
	t.Parallel()
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
	shop := routes(auth, forms)

	nobody := []authtest.Option{authtest.SignedOut()}
	ada := []authtest.Option{authtest.User("user_ada")}
	admin := []authtest.Option{authtest.User("user_ada"), authtest.Org("org_1", "org:admin")}
	member := []authtest.Option{authtest.User("user_ada"), authtest.Org("org_1", "org:member")}
	for _, tt := range []struct {
		name, path string
		who        []authtest.Option
		status     int
		location   string
	}{
		{"the home page is for everybody", "/", nobody, 200, ""},
		{"a page leads to sign-in and back", "/orders", nobody, 303, "/sign-in?redirect_url=%2Forders"},
		{"a page opens for whoever is signed in", "/orders", ada, 200, ""},
		{"a role is not asked of nobody", "/admin", nobody, 303, "/sign-in?redirect_url=%2Fadmin"},
		{"a role is held in an organisation", "/admin", ada, 403, ""},
		{"another role is not enough", "/admin", member, 403, ""},
		{"the role opens the page", "/admin", admin, 200, ""},
		{"an API says 401", "/api/orders", nobody, 401, ""},
		{"an API takes cookies", "/api/orders", ada, 200, ""},
		{"an API takes a Bearer token", "/api/orders", append(ada, authtest.Bearer()), 200, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			rec := httptest.NewRecorder()
			shop.ServeHTTP(rec, authtest.NewRequest(t, "GET", tt.path, tt.who...))
			if got := rec.Header().Get("Location"); rec.Code != tt.status || got != tt.location {
				t.Errorf("%s: status %d to %q, want %d to %q", tt.path, rec.Code, got, tt.status, tt.location)
			}
		})
	}
}

// TestA17_AdminsSeeTheirOwnOrganizationOnly: everybody is an admin of some organization.
func TestA17_AdminsSeeTheirOwnOrganizationOnly(t *testing.T) {
	t.Parallel()
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
	for organization, want := range map[string]bool{"org_example": true, "org_other": false} {
		rec := httptest.NewRecorder()
		routes(auth, forms).ServeHTTP(rec, authtest.NewRequest(t, "GET", "/admin", authtest.Org(organization, "org:admin")))
		if got := strings.Contains(rec.Body.String(), "difference engine"); rec.Code != 200 || got != want {
			t.Errorf("%s: %d, sees the order: %v", organization, rec.Code, got)
		}
	}
}

func TestWhoeverMakesAnOrganizationIsItsAdministrator(t *testing.T) {
	t.Parallel()
	srv := httptest.NewUnstartedServer(nil)
	origin := "http://" + srv.Listener.Addr().String()
	srv.Config.Handler = app(t.Context(), origin)
	srv.Start()
	defer srv.Close()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	browser := srv.Client()
	browser.Jar = jar
	ask := func(method, path string, form url.Values) int {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), method, origin+path, strings.NewReader(form.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		res, err := browser.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = res.Body.Close() }()
		return res.StatusCode
	}
	ask("POST", "/sign-up", url.Values{"email_address": {"ada@example.com"}, "password": {"correct horse battery"}})
	if got := ask("GET", "/admin", nil); got != http.StatusForbidden {
		t.Errorf("without an organization: status %d, want 403", got)
	}
	ask("POST", "/organizations", url.Values{"action": {"create"}, "name": {"Engines"}})
	if got := ask("GET", "/admin", nil); got != http.StatusOK {
		t.Errorf("with an organization: status %d, want 200", got)
	}
}

func TestAPersonWalksThroughIt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const origin = "http://localhost:8080"
		n := walk.NewNetwork(t)
		n.Serve(origin, app(t.Context(), origin))
		walk.Walk(walk.NewPerson(t, n), walk.App{
			Origin: origin, Page: "/orders", Greeting: "Orders of user_", Form: "/organizations", Field: "name", API: "/api/orders", Proxy: "/__clerk",
		})
	})
}
