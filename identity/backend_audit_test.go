package identity_test

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/usherauth/usher/identity"
	"github.com/usherauth/usher/wire"
)

// eventIDs asks the Backend API for events.
func (a *app) eventIDs(query string) (ids []string) {
	a.t.Helper()
	got := a.backend("GET", "/v1/audit_events?"+query, "")
	got.want(a.t, 200, "")
	for _, e := range decode[[]wire.AuditEvent](a.t, got.body) {
		ids = append(ids, strings.TrimPrefix(e.ID, "aud_"))
	}
	return ids
}

func TestAuditEventsByUserOrganizationTypeAndTime(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	start := a.clock.Now()
	a.update(func(tx identity.Tx) (err error) {
		for i := range 12 {
			err = errors.Join(err, tx.PutAuditEvent(identity.AuditEvent{
				ID: "aud_" + strconv.Itoa(i), Type: []string{"session.created", "password.refused"}[i%2],
				UserID: []string{"user_1", "user_2", ""}[i%3], OrgID: []string{"", "org_1"}[i/6], At: start.Add(-time.Duration(i) * time.Minute),
			}))
		}
		return err
	})
	ms := func(minutes int) string {
		return strconv.FormatInt(start.Add(-time.Duration(minutes)*time.Minute).UnixMilli(), 10)
	}
	for query, want := range map[string]string{
		"limit=500":                           "0 1 2 3 4 5 6 7 8 9 10 11",
		"":                                    "0 1 2 3 4 5 6 7 8 9",
		"user_id=user_1":                      "0 3 6 9",
		"user_id=user_1&type=session.created": "0 6",
		"type=password.refused&type=session.created&limit=3": "0 1 2",
		"organization_id=org_1&limit=2&offset=1":             "7 8",
		"since=" + ms(3) + "&until=" + ms(1):                 "2 3",
		"user_id=user_nobody":                                "",
		"user_id=%27+OR+1%3D1":                               "",
	} {
		if got := strings.Join(a.eventIDs(query), " "); got != want {
			t.Errorf("%s: events %s, want %s", query, got, want)
		}
	}
}

func TestAuditEventOnTheWire(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	v := a.visitor()
	v.remote = "198.51.100.7:4000"
	v.header.Set("User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:141.0) Gecko/20100101 Firefox/141.0")
	v.signUp("ada@example.com")
	user := v.client().Sessions[0].User.ID
	got := a.backend("GET", "/v1/audit_events?type=session.created&user_id="+user, "")
	e := decode[[]wire.AuditEvent](t, got.body)[0]
	want := wire.AuditEvent{
		Object: "audit_event", ID: e.ID, Type: "session.created", ActorID: wire.NullString(user), UserID: wire.NullString(user),
		SessionID: wire.NullString(v.sessionID()), UserAgent: wire.NullString(v.header.Get("User-Agent")), Data: []byte("{}"),
		Activity: &wire.SessionActivity{
			Object: "session_activity", ID: "sess_activity_" + strings.TrimPrefix(e.ID, "aud_"), DeviceType: "Linux",
			BrowserName: "Firefox", BrowserVersion: "141.0", IPAddress: "198.51.100.7",
		},
		CreatedAt: a.clock.Now().UnixMilli(),
	}
	if !equalJSON(t, e, want) {
		t.Errorf("event %s, want %+v", got.body, want)
	}
	for _, key := range []string{`"organization_id":null`, `"data":{}`} {
		if !strings.Contains(got.body, key) {
			t.Errorf("no %s in %s", key, got.body)
		}
	}
}

func TestAuditEventsRefuseWhatTheyCannotRead(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	for query, param := range map[string]string{
		"limit=0": "limit", "limit=501": "limit", "offset=-1": "offset", "since=yesterday": "since", "until=-1": "until",
		"since=999999999999999": "since", strings.Repeat("type=x&", 101): "type",
	} {
		got := a.backend("GET", "/v1/audit_events?"+query, "")
		got.want(t, 422, wire.CodeParamFormatInvalid)
		if got.param(t) != param {
			t.Errorf("%s: about %q, want %q", query, got.param(t), param)
		}
	}
	a.backend("POST", "/v1/audit_events", "").want(t, 405, wire.CodeMethodNotAllowed)
	a.backend("DELETE", "/v1/audit_events", "").want(t, 405, wire.CodeMethodNotAllowed)
	a.backendAs("", "GET", "/v1/audit_events", "").want(t, 401, wire.CodeAuthenticationInvalid)
	a.backendAs("Bearer sk_live_wrong", "GET", "/v1/audit_events", "").want(t, 401, wire.CodeSecretKeyInvalid)
	a.visitor().get("/v1/audit_events").want(t, 404, wire.CodeResourceNotFound)
}

// I28: a text that a client sends about itself comes back as data, whatever is in it.
func TestI28_UserAgentsAreDataInEvents(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	v := a.visitor()
	hostile := "\"},{\"type\":\"user.deleted\"} \x1b[31m <script>" + strings.Repeat("x", 600)
	v.header.Set("User-Agent", hostile)
	v.signUp("ada@example.com")
	got := decode[[]wire.AuditEvent](t, a.backend("GET", "/v1/audit_events", "").body)
	if len(got) == 0 || slices.ContainsFunc(got, func(e wire.AuditEvent) bool { return e.Type == "user.deleted" }) {
		t.Errorf("events %+v", got)
	}
	if kept := string(got[0].UserAgent); kept != hostile[:512] {
		t.Errorf("kept %d octets: %q", len(kept), kept)
	}
}
