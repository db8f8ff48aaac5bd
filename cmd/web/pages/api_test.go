package pages_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/usherauth/usher/authctx"
)

type failure struct {
	Error  string `json:"error"`
	Errors []struct{ Code, Message string }
	Trace  string `json:"clerk_trace_id"`
}

func TestAPIAnswers(t *testing.T) {
	t.Parallel()
	up, down := newSite(t, answer(200, ada)), newSite(t, answer(500, `{}`))
	gone := newSite(t, answer(404, `{"errors":[{"code":"resource_not_found","message":"canary"}]}`))
	busy := newSite(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "30")
		w.WriteHeader(http.StatusTooManyRequests)
	})
	blind := newSiteWith(t, answer(200, ada), authctx.Config{SecretKey: secretKey, Transport: noKeys{}})
	in := mint(t, nil)
	tests := []struct {
		name      string
		site      *site
		jwt       string
		status    int
		code      string
		challenge string
		after     string
	}{
		{"nobody is signed in", up, "", 401, "authentication_invalid", "Bearer", ""},
		{"the token is bad", up, in + "x", 401, "authentication_invalid", `Bearer error="invalid_token"`, ""},
		{"the Backend API is broken", down, in, 503, "service_unavailable", "", "10"},
		{"the Backend API has had enough", busy, in, 503, "service_unavailable", "", "30"},
		{"the user was deleted", gone, in, 404, "resource_not_found", "", ""},
		{"the keys cannot be reached", blind, in, 503, "service_unavailable", "", "10"},
	}
	for _, tt := range tests {
		for _, path := range []string{"/api/user", "/api/auth", "/api/bare"} {
			t.Run(tt.name+" "+path, func(t *testing.T) {
				t.Parallel()
				rec := tt.site.get(path, tt.jwt)
				var got failure
				if err := json.Unmarshal(rec.Body.Bytes(), &got); err != nil {
					t.Fatal(err)
				}
				if rec.Code != tt.status || len(got.Errors) != 1 || got.Errors[0].Code != tt.code || got.Trace == "" {
					t.Errorf("status %d, body %s", rec.Code, rec.Body)
				}
				if path != "/api/user" && got.Error != http.StatusText(tt.status) {
					t.Errorf("error is %q", got.Error)
				}
				for name, want := range map[string]string{
					"Content-Type": "application/json", "WWW-Authenticate": tt.challenge, "Retry-After": tt.after,
					"Cache-Control": "private, no-store",
				} {
					if got := rec.Header().Get(name); got != want {
						t.Errorf("%s: %q, want %q", name, got, want)
					}
				}
				if strings.Contains(rec.Body.String(), "canary") {
					t.Errorf("body repeats the upstream's words: %s", rec.Body)
				}
			})
		}
	}
}

// Both APIs read the session from the cookie or from a Bearer token.
func TestAPIUserIsAnAllowList(t *testing.T) {
	t.Parallel()
	s := newSite(t, answer(200, ada))
	jwt := mint(t, nil)
	byCookie := httptest.NewRequest(http.MethodGet, origin+"/api/user", nil)
	byCookie.Header.Set("Cookie", cookies(jwt))
	for name, rec := range map[string]*httptest.ResponseRecorder{"bearer": s.get("/api/user", jwt), "cookie": s.serve(byCookie)} {
		var got map[string]map[string]any
		if err := json.Unmarshal(rec.Body.Bytes(), &got); err != nil || rec.Code != http.StatusOK {
			t.Fatalf("%s: status %d, body %s", name, rec.Code, rec.Body)
		}
		want := []string{
			"created_at", "email_addresses", "first_name", "has_image", "id", "image_url", "last_name", "last_sign_in_at",
			"object", "primary_email_address_id", "public_metadata", "updated_at", "username",
		}
		if fields := slices.Sorted(maps.Keys(got["user"])); !slices.Equal(fields, want) {
			t.Errorf("%s: fields %q, want %q", name, fields, want)
		}
		if got["user"]["first_name"] != "Ada" || got["user"]["id"] != "user_1" || got["user"]["username"] != nil {
			t.Errorf("%s: user %v", name, got["user"])
		}
	}
}

func TestAPIAuthNamesSessionAndUser(t *testing.T) {
	t.Parallel()
	rec := newSite(t, answer(200, ada)).get("/api/auth", mint(t, nil))
	var got struct {
		UserID    string `json:"userId"`
		SessionID string `json:"sessionId"`
		User      struct {
			FirstName string `json:"first_name"`
		} `json:"user"`
	}
	if err := json.Unmarshal(rec.Body.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if rec.Code != http.StatusOK || got.UserID != "user_1" || got.SessionID != "sess_1" || got.User.FirstName != "Ada" {
		t.Errorf("status %d, body %s", rec.Code, rec.Body)
	}
}

func TestUnknownAPIGetsTheEnvelope(t *testing.T) {
	t.Parallel()
	s := newSite(t, answer(200, ada))
	for rec, want := range map[*httptest.ResponseRecorder]string{
		s.get("/api/nowhere", ""): "resource_not_found",
		s.serve(httptest.NewRequest(http.MethodPost, origin+"/api/user", nil)): "method_not_allowed",
	} {
		var got failure
		if err := json.Unmarshal(rec.Body.Bytes(), &got); err != nil || len(got.Errors) != 1 || got.Errors[0].Code != want {
			t.Errorf("status %d, body %s", rec.Code, rec.Body)
		}
	}
}
