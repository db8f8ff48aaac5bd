package handlers_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/usherauth/usher/authtest"
	"github.com/usherauth/usher/handlers"
	"github.com/usherauth/usher/userclient"
)

const signedInClient = `{"response":{"object":"client","id":"client_1","sessions":[{"object":"session","id":"sess_1","status":"active",
	"user":{"object":"user","id":"user_1","email_addresses":[]}}]},"client":null}`

// profilePage asks for the profile of user_1, with the given audit log behind it.
func profilePage(t *testing.T, log upstream) (page func() string) {
	t.Helper()
	users, err := userclient.New(userclient.Config{SecretKey: secret, APIURL: "https://api.example.com", Transport: log})
	if err != nil {
		t.Fatal(err)
	}
	h, err := handlers.New(handlers.Config{
		PublishableKey: publishable, SecretKey: secret, PublicOrigin: origin, Users: users,
		Transport: upstream(func(r *http.Request) (*http.Response, error) {
			if strings.HasSuffix(r.URL.Path, "/sessions/active") {
				return response(200, "[]"), nil
			}
			return response(200, signedInClient), nil
		}),
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx := authtest.Context(t, authtest.User("user_1"), authtest.Session("sess_1"))
	return func() string {
		t.Helper()
		r := httptest.NewRequestWithContext(context.WithoutCancel(ctx), http.MethodGet, origin+"/user", nil)
		r.AddCookie(&http.Cookie{Name: "__client", Value: "sealed"})
		rec := httptest.NewRecorder()
		h.Profile(rec, r)
		if rec.Code != 200 || !strings.Contains(rec.Body.String(), "Change password") {
			t.Fatalf("%d\n%s", rec.Code, rec.Body)
		}
		return rec.Body.String()
	}
}

func TestProfileShowsWhatHappenedToTheAccount(t *testing.T) {
	t.Parallel()
	asked := ""
	page := profilePage(t, func(r *http.Request) (*http.Response, error) {
		asked = r.URL.RequestURI()
		return response(200, `[
			{"object":"audit_event","id":"aud_1","type":"password.changed","user_id":"user_1","actor_id":"user_1","activity":{"ip_address":"192.0.2.1"}},
			{"object":"audit_event","id":"aud_2","type":"password.refused","user_id":"user_1","actor_id":null,"activity":{"ip_address":"192.0.2.2"}},
			{"object":"audit_event","id":"aud_3","type":"membership.created","user_id":"user_1","actor_id":"user_2","activity":{"ip_address":"192.0.2.3"}},
			{"object":"audit_event","id":"aud_4","type":"user.updated","user_id":"user_1","actor_id":null,"activity":{"ip_address":"192.0.2.4"}}]`), nil
	})()
	if asked != "/v1/audit_events?limit=100&user_id=user_1" {
		t.Errorf("asked for %s", asked)
	}
	for _, want := range []string{"Recent activity", "Password changed", "192.0.2.1", "A wrong password was entered", "192.0.2.2", "Joined an organization"} {
		if !strings.Contains(page, want) {
			t.Errorf("no %q in\n%s", want, page)
		}
	}
	for _, private := range []string{"192.0.2.3", "192.0.2.4", "user_2"} {
		if strings.Contains(page, private) {
			t.Errorf("the page tells %s, which is somebody else's", private)
		}
	}
}

func TestProfileWithoutAnAuditLog(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		log  upstream
		asks int // in three views
	}{
		"a hosted instance is asked once": {answers(404, `{"errors":[{"code":"resource_not_found","message":"x"}]}`), 1},
		"nothing happened yet":            {answers(200, "[]"), 3},
		"it cannot be read":               {answers(422, `{"errors":[]}`), 3},
		"somebody else's events":          {answers(200, `[{"object":"audit_event","id":"aud_1","user_id":"user_2","type":"x"}]`), 3},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			asks := 0
			page := profilePage(t, func(r *http.Request) (*http.Response, error) { asks++; return tt.log(r) })
			for range 3 {
				if strings.Contains(page(), "Recent activity") {
					t.Error("there is a section all the same")
				}
			}
			if asks != tt.asks {
				t.Errorf("asked %d times, want %d", asks, tt.asks)
			}
		})
	}
}
