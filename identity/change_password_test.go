package identity_test

import (
	"testing"

	"github.com/usherauth/usher/identity"
	"github.com/usherauth/usher/wire"
)

// C06: a password is changed because somebody else may be in. A copy of this browser's
// cookie is no other session to end, so the secret in it is replaced.
func TestC06_PasswordChangeReplacesTheClientSecret(t *testing.T) {
	t.Parallel()
	v := newApp(t).visitor()
	v.signUp("ada@example.com")
	id, saved := v.sessionID(), v.copy()
	const next = "a whole new battery staple"
	v.post("/v1/me/change_password", "current_password", "not the password", "new_password", next).want(t, 422, wire.CodePasswordIncorrect)
	saved.copy().post("/v1/client/sessions/"+id+"/tokens").want(t, 200, "")
	v.post("/v1/me/change_password", "current_password", password, "new_password", next).want(t, 200, "")
	v.token(id)
	a := saved.copy().post("/v1/client/sessions/" + id + "/tokens")
	a.want(t, 401, wire.CodeSignedOut)
	// The browser itself may have sent that one a moment before the change: its new
	// cookies have to survive the answer.
	if lines := a.Header["Set-Cookie"]; len(lines) > 0 {
		t.Errorf("a request that was overtaken takes cookies away: %q", lines)
	}
	v.signOut()
	if a := saved.copy().post("/v1/client/sessions/" + id + "/tokens"); a.cookie(clientName()) == nil {
		t.Error("a stale cookie is left after sign-out")
	}
}

// twoPeople is a browser of Ada and Bob, in which Ada was active last. Bob is signed in
// elsewhere too.
type twoPeople struct {
	*visitor
	hook      *hookStore
	ada, bob  string // their sessions here
	elsewhere *visitor
}

func newTwoPeople(t *testing.T) (p twoPeople) {
	t.Helper()
	app, _ := newMailApp(t, multiSession, func(c *identity.Config) { p.hook = &hookStore{Store: c.Store}; c.Store = p.hook })
	app.person(t, "ada@example.com")
	app.person(t, "bob@example.com")
	p.visitor, p.elsewhere = app.visitor(), app.visitor()
	p.elsewhere.enter("bob@example.com")
	p.enter("bob@example.com")
	p.bob = string(p.client().LastActiveSessionID)
	p.enter("ada@example.com")
	p.ada = string(p.client().LastActiveSessionID)
	return p
}

func (p twoPeople) switchToBob() {
	p.t.Helper()
	p.post("/v1/client/sessions/"+p.bob+"/touch", "active_organization_id", "").want(p.t, 200, "")
}

// wantDoneBy fails unless the last event of a type is Ada's, of her session here.
func (p twoPeople) wantDoneBy(kind string) {
	p.t.Helper()
	all := p.app.logged(identity.AuditQuery{Types: []string{kind}})
	if len(all) != 1 || all[0].SessionID != p.ada {
		p.t.Errorf("%s: %+v, want one of session %s", kind, all, p.ada)
	}
}

// C06: whoever becomes active while a password is hashed has nothing to do with it.
func TestC06_APasswordIsChangedInTheSessionThatBegan(t *testing.T) {
	t.Parallel()
	for path, done := range map[string]string{"/v1/me/change_password": "password.changed", "/v1/me/remove_password": "password.removed"} {
		p := newTwoPeople(t)
		late := p.copy()
		p.hook.between(2, p.switchToBob) // the first counts the try
		late.post(path, "current_password", password, "new_password", nextWords).want(t, 200, "")
		p.wantDoneBy(done)
		p.elsewhere.get("/v1/me").want(t, 200, "")
	}
}

// C06: a session that ended while a password was hashed changes none.
func TestC06_EndedSessionsChangeNoPassword(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"/v1/me/change_password", "/v1/me/remove_password"} {
		p := newTwoPeople(t)
		late := p.copy()
		p.hook.between(2, func() { p.post("/v1/client/sessions/"+p.ada+"/end").want(t, 200, "") })
		late.post(path, "current_password", password, "new_password", nextWords).want(t, 401, wire.CodeAuthenticationInvalid)
		p.elsewhere.get("/v1/me").want(t, 200, "")
		p.app.visitor().enter("ada@example.com")
	}
}

// A picture is of whoever began to send it.
func TestPicturesAreOfTheSessionThatBegan(t *testing.T) {
	t.Parallel()
	p := newTwoPeople(t)
	late := p.copy()
	p.hook.between(1, p.switchToBob)
	late.upload(profileImage, "file", encodePNG(t, sample(4, 4))).want(t, 200, "")
	p.wantDoneBy("user.updated")
}
