package identity_test

import (
	"reflect"
	"testing"

	"github.com/usherauth/usher/identity"
)

// I02: what a try for nobody reads and writes, to be the same work, stays as it is. Without
// anybody there is nothing to write, and the answer is the same.
func TestI02_TriesForNobodyChangeNobody(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	tryNobody := func() {
		t.Helper()
		app.visitor().post("/v1/client/sign_ins", "identifier", "nobody@example.com", "password", "not the password").
			want(t, 422, "form_password_or_identifier_incorrect")
	}
	tryNobody()
	v := app.visitor()
	v.signUp("ada@example.com").want(t, 200, "")
	id := v.userID()
	app.visitor().post("/v1/client/sign_ins", "identifier", "ada@example.com", "password", "not the password")
	before := app.stored(t, id)
	tryNobody()
	if after := app.stored(t, id); !reflect.DeepEqual(before, after) {
		t.Errorf("the decoy became %+v, was %+v", after, before)
	}
	app.update(func(tx identity.Tx) error { return tx.DeleteUser(id) })
	tryNobody()
	app.visitor().signUp("bob@example.com").want(t, 200, "")
	tryNobody()
}
