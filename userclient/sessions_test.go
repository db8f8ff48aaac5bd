package userclient_test

import (
	"errors"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/usherauth/usher/internal/reqscope"
	"github.com/usherauth/usher/userclient"
	"github.com/usherauth/usher/wire"
)

const session = `{"object":"session","id":"sess_1","client_id":"client_1","user_id":"user_1","status":"active","expire_at":1}`

func TestSessions(t *testing.T) {
	t.Parallel()
	want := userclient.Session{Object: "session", ID: "sess_1", ClientID: "client_1", UserID: "user_1", Status: wire.SessionActive, ExpireAt: 1}
	tests := []struct {
		name string
		call func(*testing.T, userclient.Sessions) (any, error)
		body string
		want any
		req  string
	}{
		{"Get", func(t *testing.T, s userclient.Sessions) (any, error) { return s.Get(t.Context(), "sess_1") },
			session, &want, "GET /v1/sessions/sess_1"},
		{"Revoke", func(t *testing.T, s userclient.Sessions) (any, error) { return s.Revoke(t.Context(), "sess_1") },
			session, &want, "POST /v1/sessions/sess_1/revoke"},
		{"List all", func(t *testing.T, s userclient.Sessions) (any, error) {
			return s.List(t.Context(), userclient.SessionListParams{})
		}, "[]", []userclient.Session{}, "GET /v1/sessions"},
		{"List some", func(t *testing.T, s userclient.Sessions) (any, error) {
			return s.List(t.Context(), userclient.SessionListParams{UserID: "user_1", ClientID: "client_1", Status: wire.SessionActive, Limit: 2, Offset: 3})
		}, "[" + session + "]", []userclient.Session{want}, "GET /v1/sessions?client_id=client_1&limit=2&offset=3&status=active&user_id=user_1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := client(t, transport(func(r *http.Request) (*http.Response, error) {
				if got := r.Method + " " + r.URL.RequestURI(); got != tt.req {
					t.Errorf("request is %s, want %s", got, tt.req)
				}
				return answer(200, tt.body), nil
			}))
			got, err := tt.call(t, c.Sessions)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestSessionsOfSomebodyElseAreRefused(t *testing.T) {
	t.Parallel()
	c := client(t, transportOf(ok(session)))
	if s, err := c.Sessions.Get(t.Context(), "sess_2"); !errors.Is(err, userclient.ErrUnavailable) {
		t.Errorf("Get(sess_2) = %+v, %v, want ErrUnavailable", s, err)
	}
	if s, err := c.Sessions.Revoke(t.Context(), "sess_2"); !errors.Is(err, userclient.ErrUnavailable) {
		t.Errorf("Revoke(sess_2) = %+v, %v, want ErrUnavailable", s, err)
	}
}

func TestSessionsAreNotRemembered(t *testing.T) {
	t.Parallel()
	rt, calls := script(ok(session))
	c, ctx := client(t, rt), reqscope.New(t.Context())
	for range 3 {
		if _, err := c.Sessions.Get(ctx, "sess_1"); err != nil {
			t.Fatal(err)
		}
	}
	if n := calls.Load(); n != 3 {
		t.Errorf("%d requests, want 3", n)
	}
}
