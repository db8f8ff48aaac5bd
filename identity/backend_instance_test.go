package identity_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/usherauth/usher/identity"
	"github.com/usherauth/usher/wire"
)

func TestBackendInstance(t *testing.T) {
	t.Parallel()
	app := newApp(t, func(c *identity.Config) { c.AllowedOrigins = []string{"https://other.example"} })
	a := app.backend("GET", "/v1/instance", "")
	a.want(t, 200, "")
	i := decode[wire.Instance](t, a.body)
	if i.Object != "instance" || !strings.HasPrefix(i.ID, "ins_") || i.EnvironmentType != "production" || len(i.AllowedOrigins) != 1 {
		t.Errorf("instance = %s", a.body)
	}
	same := app.backend("PATCH", "/v1/instance", `{"test_mode":false,"hibp":null,"allowed_origins":["https://other.example"],"support_email":"","preferred_sign_in_strategy_when_password_required":"password"}`)
	same.want(t, 204, "")
	if same.body != "" {
		t.Errorf("body = %q, want none", same.body)
	}
	for _, body := range []string{`{"hibp":true}`, `{"test_mode":true}`, `{"allowed_origins":[]}`, `{"allowed_origins":["https://evil.example"]}`, `{"support_email":"a@example.com"}`} {
		app.backend("PATCH", "/v1/instance", body).want(t, 501, wire.CodeNotImplemented)
	}
	app.backend("PATCH", "/v1/instance", `{"colour":"red"}`).want(t, 422, wire.CodeParamUnknown)
	r := decode[wire.InstanceRestrictions](t, app.backend("PATCH", "/v1/instance/restrictions", `{"allowlist":false}`).body)
	if r.Object != "instance_restrictions" || r.Allowlist {
		t.Errorf("restrictions = %+v", r)
	}
	app.backend("PATCH", "/v1/instance/restrictions", `{"blocklist":true}`).want(t, 501, wire.CodeNotImplemented)
	app.backend("GET", "/v1/domains", "").want(t, 501, wire.CodeNotImplemented)
	app.backend("GET", "/v1/allowlist_identifiers", "").want(t, 501, wire.CodeNotImplemented)

	token := app.backend("POST", "/v1/testing_tokens", "")
	token.want(t, 200, "")
	if got := decode[wire.TestingToken](t, token.body); got.Object != "testing_token" || got.Token == "" || got.ExpiresAt != app.clock.Now().Unix()+3600 {
		t.Errorf("testing token = %s", token.body)
	}
}

// Whatever the endpoint: the content type is exact, errors are the envelope, and methods
// that a route does not have are refused by name.
func TestBackendAnswersAreExact(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	for _, path := range []string{
		"/v1/users", "/v1/users/user_x", "/v1/users/user_x/ban", "/v1/users/user_x/metadata", "/v1/email_addresses", "/v1/sessions",
		"/v1/sessions/sess_x/verify", "/v1/clients", "/v1/clients/verify", "/v1/invitations", "/v1/sign_in_tokens", "/v1/actor_tokens",
		"/v1/jwt_templates", "/v1/testing_tokens", "/v1/instance", "/v1/jwks", "/v1/users/ban", "/v1/nothing", "/", "/v1/users/",
	} {
		allowed := ""
		for _, method := range []string{"GET", "POST", "PUT", "PATCH", "DELETE", "TRACE", "BREW"} {
			a := app.backend(method, path, "")
			if a.StatusCode == 204 && a.body == "" {
				continue
			}
			if ct := a.Header.Get("Content-Type"); ct != "application/json" {
				t.Errorf("%s %s: content type %q", method, path, ct)
			}
			if a.Header.Get("Clerk-Trace-Id") == "" || a.Header.Get("Cache-Control") != "private, no-store" {
				t.Errorf("%s %s: headers %v", method, path, a.Header)
			}
			switch a.StatusCode {
			case 405:
				a.want(t, 405, wire.CodeMethodNotAllowed)
				if allowed = a.Header.Get("Allow"); allowed == "" || strings.Contains(allowed, method) {
					t.Errorf("%s %s: Allow %q", method, path, allowed)
				}
			case 404:
				a.want(t, 404, wire.CodeResourceNotFound)
			case 200, 400, 422:
			default:
				t.Errorf("%s %s: status %d: %s", method, path, a.StatusCode, a.body)
			}
		}
	}
}

// Bodies of another type are refused before they are read as JSON.
func TestBackendBodiesMustBeJSON(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	for contentType, status := range map[string]int{
		"application/json": 200, "application/json; charset=utf-8": 200, "text/plain": 415, "application/x-www-form-urlencoded": 415, "": 415, "application/jsonp": 415,
	} {
		r := httptest.NewRequest("POST", identity.BackendURL+"/v1/users", strings.NewReader(`{"skip_password_requirement":true,"skip_user_requirement":true}`))
		r.Header.Set("Authorization", "Bearer "+app.SecretKey().Reveal())
		if contentType != "" {
			r.Header.Set("Content-Type", contentType)
		}
		w := httptest.NewRecorder()
		app.Backend().ServeHTTP(w, r)
		if w.Code != status {
			t.Errorf("content type %q: status %d, want %d", contentType, w.Code, status)
		}
	}
}

// Other processes are limited, each object apart; the app itself, which asks through the
// transport in memory, is not.
func TestBackendLimits(t *testing.T) {
	t.Parallel()
	limited := func(l identity.Limits) *app {
		l.Creations, l.Attempts = -1, -1
		return newApp(t, func(c *identity.Config) { c.Limits = l })
	}
	t.Run("requests", func(t *testing.T) {
		app := limited(identity.Limits{Backend: 3, Updates: -1, Invitations: -1})
		for range 3 {
			app.backend("GET", "/v1/users", "").want(t, 200, "")
		}
		a := app.backend("GET", "/v1/users/count", "")
		a.want(t, 429, wire.CodeTooManyRequests)
		if got := a.Header.Get("Retry-After"); got != "10" {
			t.Errorf("Retry-After = %q, want 10", got)
		}
		app.backend("GET", "/v1/jwks", "").want(t, 200, "")
		client := &http.Client{Transport: app.Transport()}
		for range 10 {
			r, err := http.NewRequestWithContext(t.Context(), "GET", identity.BackendURL+"/v1/users", nil)
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Authorization", "Bearer "+app.SecretKey().Reveal())
			resp, err := client.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			if _ = resp.Body.Close(); resp.StatusCode != 200 {
				t.Fatalf("in memory: status %d, want 200", resp.StatusCode)
			}
		}
	})
	t.Run("updates", func(t *testing.T) {
		app := limited(identity.Limits{Backend: -1, Updates: 2, Invitations: -1})
		a, b := app.person(t, "a@example.com"), app.person(t, "b@example.com")
		app.backend("PATCH", "/v1/users/"+a.ID, `{}`).want(t, 200, "")
		app.backend("PUT", "/v1/users/"+a.ID+"/metadata", `{}`).want(t, 200, "")
		app.backend("PATCH", "/v1/users/"+a.ID+"/metadata", `{}`).want(t, 429, wire.CodeTooManyRequests)
		app.backend("GET", "/v1/users/"+a.ID, "").want(t, 200, "")
		app.backend("PATCH", "/v1/users/"+b.ID, `{}`).want(t, 200, "")
	})
	t.Run("invitations", func(t *testing.T) {
		app := limited(identity.Limits{Backend: -1, Updates: -1, Invitations: 4})
		app.backend("POST", "/v1/invitations/bulk", `[{"email_address":"z@example.com"}]`).want(t, 200, "")
		a := app.backend("POST", "/v1/invitations/bulk", `[{"email_address":"y@example.com"}]`)
		a.want(t, 429, wire.CodeTooManyRequests)
		if got := a.Header.Get("Retry-After"); got != "3600" {
			t.Errorf("Retry-After = %q, want 3600", got)
		}
		for _, name := range []string{"a", "b", "c", "d"} {
			app.backend("POST", "/v1/invitations", `{"email_address":"`+name+`@example.com"}`).want(t, 200, "")
		}
		app.backend("POST", "/v1/invitations", `{"email_address":"e@example.com"}`).want(t, 429, wire.CodeTooManyRequests)
		app.backend("GET", "/v1/invitations", "").want(t, 200, "")
	})
}
