package identity_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/usherauth/usher/identity"
)

// events are the types in the audit log, oldest first.
func (a *app) events(q identity.AuditQuery) (types []string) {
	a.t.Helper()
	var all []identity.AuditEvent
	err := a.store.View(a.t.Context(), func(tx identity.Tx) (err error) {
		all, err = tx.AuditEvents(q)
		return err
	})
	if err != nil {
		a.t.Fatal(err)
	}
	for _, e := range slices.Backward(all) {
		types = append(types, e.Type)
	}
	return types
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
