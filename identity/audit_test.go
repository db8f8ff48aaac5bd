package identity_test

import (
	"context"
	"errors"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/usherauth/usher/identity"
	"github.com/usherauth/usher/wire"
)

// events are the types in the audit log, oldest first.
func (a *app) events(q identity.AuditQuery) (types []string) {
	a.t.Helper()
	for _, e := range slices.Backward(a.logged(q)) {
		types = append(types, e.Type)
	}
	return types
}

// logged are the events in the audit log, newest first.
func (a *app) logged(q identity.AuditQuery) (all []identity.AuditEvent) {
	a.t.Helper()
	err := a.store.View(a.t.Context(), func(tx identity.Tx) (err error) {
		all, err = tx.AuditEvents(q)
		return err
	})
	if err != nil {
		a.t.Fatal(err)
	}
	return all
}

// I28: what happens to an account is written down with it, in order and without secrets.
func TestI28_EventsOfAnAccount(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	v := a.visitor()
	v.signUp("ada@example.com").want(t, 200, "")
	a.clock.Add(1e9)
	v.signOut()
	a.clock.Add(1e9)
	a.visitor().post("/v1/client/sign_ins", "identifier", "ada@example.com", "password", "not the password at all")
	a.clock.Add(1e9)
	a.visitor().post("/v1/client/sign_ins", "identifier", "nobody@example.com", "password", "not the password at all")
	want := []string{"user.created", "session.created", "session.removed", "password.refused", "password.refused"}
	if got := a.events(identity.AuditQuery{}); !slices.Equal(got, want) { // the first two in one millisecond
		t.Errorf("events %v, want %v", got, want)
	}
}

// I28: a change that is undone leaves no event behind.
func TestI28_NothingHappenedNothingIsWritten(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	v := a.visitor()
	v.signUp("ada@example.com").want(t, 200, "")
	before := len(a.events(identity.AuditQuery{}))
	a.visitor().post("/v1/client/sign_ups", "email_address", "ada@example.com", "password", password).want(t, 422, "form_identifier_exists")
	if after := a.events(identity.AuditQuery{}); len(after) != before {
		t.Errorf("a refused sign-up wrote %s", strings.Join(after[before:], ", "))
	}
}

// I28: a wrong password is written down even if whoever tried it goes away before the answer,
// and if it cannot be, the answer is not that of a try.
func TestI28_NoTryIsLeftOut(t *testing.T) {
	t.Parallel()
	var hook *hookStore
	var spy *spyStore
	a := newApp(t, func(c *identity.Config) {
		spy = &spyStore{Store: c.Store}
		hook = &hookStore{Store: spy}
		c.Store = hook
	})
	a.visitor().signUp("ada@example.com")
	fields := []string{"identifier", "ada@example.com", "password", "a wrong password"}
	ctx, leave := context.WithCancel(t.Context())
	r := httptest.NewRequestWithContext(ctx, "POST", "https://"+a.PublishableKey().Host()+"/v1/client/sign_ins", strings.NewReader(encode(fields)))
	r.Header.Set("Content-Type", formType)
	hook.between(2, leave) // after the try was counted
	a.Frontend().ServeHTTP(httptest.NewRecorder(), r)
	if got := a.events(identity.AuditQuery{Types: []string{"password.refused"}}); len(got) != 1 || ctx.Err() == nil {
		t.Errorf("%d refusals in the audit log, want 1", len(got))
	}
	hook.between(2, func() { spy.breakWith(errors.New("disk full")) })
	a.visitor().post("/v1/client/sign_ins", fields...).want(t, 503, wire.CodeUnavailable)
	if !strings.Contains(a.logs.String(), "disk full") {
		t.Error("nobody is told that an event could not be written")
	}
}

// I28: whoever gave the right password or ticket and was not let in leaves a trace, too.
func TestI28_WhoeverIsTurnedAwayLeavesATrace(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	u := a.person(t, "ada@example.com")
	ticket := decode[wire.Ticket](t, a.backend("POST", "/v1/sign_in_tokens", `{"user_id":"`+u.ID+`"}`).body).Token
	try := func(status int, code string) {
		t.Helper()
		a.visitor().post("/v1/client/sign_ins", "identifier", "ada@example.com", "password", password).want(t, status, code)
	}
	a.backend("POST", "/v1/users/"+u.ID+"/password/set_compromised", "").want(t, 200, "")
	try(422, wire.CodePasswordCompromised)
	a.backend("POST", "/v1/users/"+u.ID+"/lock", "").want(t, 200, "")
	a.visitor().ticket(ticket).want(t, 403, wire.CodeUserLocked)
	a.backend("POST", "/v1/users/"+u.ID+"/unlock", "").want(t, 200, "")
	a.backend("POST", "/v1/users/"+u.ID+"/ban", "").want(t, 200, "")
	try(403, wire.CodeUserBanned)
	a.visitor().ticket(ticket).want(t, 403, wire.CodeUserBanned)
	var reasons []string
	for _, e := range decode[[]wire.AuditEvent](t, a.backend("GET", "/v1/audit_events?type=sign_in.refused", "").body) {
		reasons = append(reasons, string(e.Data))
		if string(e.UserID) != u.ID || e.Activity == nil {
			t.Errorf("event = %+v", e)
		}
	}
	slices.Sort(reasons)
	if want := []string{wire.CodePasswordCompromised, wire.CodeUserBanned, wire.CodeUserBanned, wire.CodeUserLocked}; len(reasons) != 4 ||
		!strings.Contains(strings.Join(reasons, " "), want[0]) || !strings.Contains(reasons[1], want[1]) || !strings.Contains(reasons[2], want[2]) || !strings.Contains(reasons[3], want[3]) {
		t.Errorf("reasons = %v, want %v", reasons, want)
	}
}

// I28: whoever ends a session somewhere else is named, with the place they did it from.
func TestI28_WhoEndedASessionIsKnown(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(v *visitor, session string) answer{
		"revoked": func(v *visitor, session string) answer { return v.post("/v1/me/sessions/" + session + "/revoke") },
		"password changed": func(v *visitor, _ string) answer {
			return v.post("/v1/me/change_password", "current_password", password, "new_password", nextWords)
		},
	} {
		a := newApp(t)
		id := a.person(t, "ada@example.com").ID
		here, away := a.visitor(), a.visitor()
		here.enter("ada@example.com")
		away.enter("ada@example.com")
		away.remote = "198.51.100.7:4000"
		away.header.Set("User-Agent", "Elsewhere/1")
		ended := here.sessionID()
		end(away, ended).want(t, 200, "")
		got := a.logged(identity.AuditQuery{Types: []string{"session.revoked"}})
		if len(got) != 1 || got[0].UserID != id || got[0].ActorID != id || got[0].SessionID != ended ||
			got[0].IPAddress != "198.51.100.7" || got[0].UserAgent != "Elsewhere/1" {
			t.Errorf("%s: %+v", name, got)
		}
	}
}
