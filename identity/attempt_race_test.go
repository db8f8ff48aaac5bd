package identity_test

import (
	"sync/atomic"
	"testing"

	"github.com/usherauth/usher/identity"
	"github.com/usherauth/usher/wire"
)

// I16: a sign-up that is finished by several requests at the same time, each with another
// address, makes one account, whether or not a browser can hold several.
func TestI16_OneAccountForOneAttempt(t *testing.T) {
	t.Parallel()
	for _, multi := range []bool{false, true} {
		app := newApp(t, func(c *identity.Config) { c.MultiSession = multi })
		for run := range 20 {
			v := app.visitor()
			a := v.post("/v1/client/sign_ups", "password", password)
			path := "/v1/client/sign_ups/" + decode[wire.Response[wire.SignUp]](t, a.body).Response.ID
			var turn atomic.Int64
			made := parallel(8, func() bool {
				address := "u" + decimal(run) + "-" + decimal(int(turn.Add(1))) + "@example.com"
				return v.copy().post(path+"?_method=PATCH", "email_address", address).StatusCode == 200
			})
			if made != 1 {
				t.Errorf("multi-session %v, run %d: %d of 8 requests made an account, want 1", multi, run, made)
			}
		}
		if n := decode[wire.TotalCount](t, app.backend("GET", "/v1/users/count", "").body).TotalCount; n != 20 {
			t.Errorf("multi-session %v: %d users of 20 attempts", multi, n)
		}
	}
}

// I16: what comes late to a sign-up that was finished in the meantime changes nothing, and
// takes the browser's new cookies from it least of all.
func TestI16_LateFieldsReopenNoSignUp(t *testing.T) {
	t.Parallel()
	var hook *hookStore
	app := newApp(t, func(c *identity.Config) { hook = &hookStore{Store: c.Store}; c.Store = hook })
	v := app.visitor()
	a := v.post("/v1/client/sign_ups", "password", password)
	path := "/v1/client/sign_ups/" + decode[wire.Response[wire.SignUp]](t, a.body).Response.ID
	late := v.copy()
	var first answer
	hook.between(1, func() { first = v.post(path+"?_method=PATCH", "email_address", "ada@example.com") })
	b := late.post(path+"?_method=PATCH", "first_name", "Ada")
	first.want(t, 200, "")
	b.want(t, 404, wire.CodeResourceNotFound)
	if len(b.Cookies()) != 0 {
		t.Errorf("the late request sets %v", b.Cookies())
	}
	if got := decode[wire.Response[wire.SignUp]](t, v.get(path).body).Response; got.Status != wire.StatusComplete {
		t.Errorf("the attempt is %s after all", got.Status)
	}
}

// I16: the right password, given several times at once to one sign-in, opens one session.
func TestI16_OneSessionForOneSignIn(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	app.visitor().signUp("ada@example.com")
	for run := range 20 {
		v := app.visitor()
		path, _ := v.begin("ada@example.com")
		opened := parallel(8, func() bool {
			return v.copy().post(path+"/attempt_first_factor", "password", password).StatusCode == 200
		})
		if opened != 1 {
			t.Errorf("run %d: %d of 8 requests opened a session, want 1", run, opened)
		}
	}
}
