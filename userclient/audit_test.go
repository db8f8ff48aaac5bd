package userclient_test

import (
	"errors"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/usherauth/usher/userclient"
)

const auditEvent = `{"object":"audit_event","id":"aud_1","type":"password.changed","user_id":"user_1","actor_id":null}`

func TestAuditEvents(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		limit int
		body  string
		want  []userclient.AuditEvent
		req   string
	}{
		{"none", 0, "[]", []userclient.AuditEvent{}, "GET /v1/audit_events?user_id=user_1"},
		{
			"one", 7, "[" + auditEvent + "]",
			[]userclient.AuditEvent{{Object: "audit_event", ID: "aud_1", Type: "password.changed", UserID: "user_1"}},
			"GET /v1/audit_events?limit=7&user_id=user_1",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := client(t, transport(func(r *http.Request) (*http.Response, error) {
				if got := r.Method + " " + r.URL.RequestURI(); got != tt.req {
					t.Errorf("request is %s, want %s", got, tt.req)
				}
				return answer(200, tt.body), nil
			}))
			got, err := c.Users.AuditEvents(t.Context(), "user_1", tt.limit)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestAuditEventsOfSomebodyElseAreRefused(t *testing.T) {
	t.Parallel()
	c := client(t, transportOf(ok("["+auditEvent+"]")))
	if list, err := c.Users.AuditEvents(t.Context(), "user_2", 0); !errors.Is(err, userclient.ErrUnavailable) {
		t.Errorf("AuditEvents(user_2) = %+v, %v, want ErrUnavailable", list, err)
	}
	if _, err := c.Users.AuditEvents(t.Context(), "../users", 0); !errors.Is(err, userclient.ErrNotFound) {
		t.Errorf("AuditEvents(../users) = %v, want ErrNotFound", err)
	}
	if _, err := c.Users.AuditEvents(t.Context(), "user_1", 501); err == nil {
		t.Error("AuditEvents takes a limit of 501")
	}
}

func TestAHostedInstanceHasNoAuditEvents(t *testing.T) {
	t.Parallel()
	c := client(t, transport(func(*http.Request) (*http.Response, error) { return answer(404, `{"errors":[]}`), nil }))
	if _, err := c.Users.AuditEvents(t.Context(), "user_1", 0); !errors.Is(err, userclient.ErrNotFound) {
		t.Errorf("AuditEvents = %v, want ErrNotFound", err)
	}
}
