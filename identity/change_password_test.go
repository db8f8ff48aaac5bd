package identity_test

import (
	"testing"

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
	if a := saved.copy().post("/v1/client/sessions/" + id + "/tokens"); a.cookie("__client") == nil {
		t.Error("a stale cookie is left after sign-out")
	}
}
