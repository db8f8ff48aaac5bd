package identity_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/usherauth/usher/identity"
	"github.com/usherauth/usher/wire"
)

func TestSignInInOneStep(t *testing.T) {
	t.Parallel()
	v := newApp(t).visitor()
	v.signUp("ada@example.com")
	v.signOut()
	if c := v.client(); c != nil {
		t.Fatalf("client after sign-out = %+v, want none", c)
	}
	a := v.post("/v1/client/sign_ins", "identifier", "ADA@example.com ", "password", password, "locale", "en-GB")
	a.want(t, 200, "")
	got := decode[wire.Response[wire.SignIn]](t, a.body)
	if got.Response.Status != wire.StatusComplete || got.Client == nil || got.Client.SignIn != nil {
		t.Fatalf("sign-in = %+v, client %+v, want complete and no attempt left", got.Response, got.Client)
	}
	if s := got.Client.Sessions; len(s) != 1 || s[0].ID != string(got.Response.CreatedSessionID) || s[0].LastActiveToken == nil {
		t.Errorf("sessions = %+v, want the created one with a token", s)
	}
}

func TestSignInInTwoSteps(t *testing.T) {
	t.Parallel()
	v := newApp(t).visitor()
	v.signUp("ada@example.com")
	v.signOut()
	a := v.post("/v1/client/sign_ins", "identifier", "ada@example.com")
	a.want(t, 200, "")
	first := decode[wire.Response[wire.SignIn]](t, a.body).Response
	if first.Status != wire.StatusNeedsFirstFactor || len(first.SupportedFirstFactors) != 1 || first.SupportedFirstFactors[0].Strategy != "password" {
		t.Fatalf("first step = %+v, want a password asked for", first)
	}
	path := "/v1/client/sign_ins/" + first.ID
	v.get(path).want(t, 200, "")
	v.app.visitor().get(path).want(t, 404, wire.CodeResourceNotFound)
	v.post(path+"/attempt_first_factor", "strategy", "password").want(t, 422, wire.CodeParamMissing)
	v.post(path+"/attempt_first_factor", "strategy", "passkey", "password", password).want(t, 400, wire.CodeStrategyInvalid)
	v.post(path+"/attempt_first_factor", "strategy", "password", "password", "wrong password").want(t, 422, wire.CodePasswordOrIdentifier)
	v.post(path+"/attempt_first_factor", "strategy", "password", "password", password).want(t, 200, "")
	v.post(path+"/attempt_first_factor", "strategy", "password", "password", password).want(t, 400, wire.CodeClientStateInvalid)
	finished := v.get(path)
	finished.want(t, 200, "")
	if s := decode[wire.Response[wire.SignIn]](t, finished.body).Response; s.Status != wire.StatusComplete || s.CreatedSessionID == "" {
		t.Errorf("finished attempt = %+v", s)
	}
	v.app.visitor().get(path).want(t, 404, wire.CodeResourceNotFound)
	if len(v.client().Sessions) != 1 {
		t.Error("want one session")
	}
}

func TestSignInAttemptRunsOut(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	v := app.visitor()
	a := v.post("/v1/client/sign_ins", "identifier", "ada@example.com")
	id := decode[wire.Response[wire.SignIn]](t, a.body).Response.ID
	app.clock.Add(identity.AttemptLifetime)
	v.get("/v1/client/sign_ins/"+id).want(t, 404, wire.CodeResourceNotFound)
	if c := v.client(); c.SignIn != nil {
		t.Errorf("client.sign_in = %+v, want none", c.SignIn)
	}
}

func TestSignInRefuses(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	app.visitor().signUp("ada@example.com")
	tests := []struct {
		name   string
		fields []string
		status int
		code   string
	}{
		{"no identifier", []string{"password", password}, 422, wire.CodeParamMissing},
		{"malformed identifier", []string{"identifier", "ada", "password", password}, 422, wire.CodeParamFormatInvalid},
		{"wrong password", []string{"identifier", "ada@example.com", "password", "not the password"}, 422, wire.CodePasswordOrIdentifier},
		{"unknown address", []string{"identifier", "bob@example.com", "password", password}, 422, wire.CodePasswordOrIdentifier},
		{"password with control characters", []string{"identifier", "ada@example.com", "password", "a\x00b"}, 422, wire.CodePasswordOrIdentifier},
		{"huge password", []string{"identifier", "ada@example.com", "password", strings.Repeat("p", 5000)}, 422, wire.CodePasswordOrIdentifier},
		{"strategy that is not offered", []string{"identifier", "ada@example.com", "strategy", "oauth_google"}, 400, wire.CodeStrategyInvalid},
		{"identifier twice", []string{"identifier", "ada@example.com", "identifier", "bob@example.com", "password", password}, 422, wire.CodeParamFormatInvalid},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			app.visitor().post("/v1/client/sign_ins", tt.fields...).want(t, tt.status, tt.code)
		})
	}
}

// I02: nothing in the answers tells an unknown account from a wrong password, in either step.
func TestI02_UnknownAccountAnswersLikeWrongPassword(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	app.visitor().signUp("ada@example.com")
	answers := func(address string) (identify, attempt, direct string) {
		v := app.visitor()
		a := v.post("/v1/client/sign_ins", "identifier", address)
		id := decode[wire.Response[wire.SignIn]](t, a.body).Response.ID
		b := v.post("/v1/client/sign_ins/"+id+"/attempt_first_factor", "password", "not the password")
		c := app.visitor().post("/v1/client/sign_ins", "identifier", address, "password", "not the password")
		shape := func(a answer) string {
			body := a.body
			for _, secret := range []string{id, address, a.Header.Get("Clerk-Trace-Id")} {
				body = strings.ReplaceAll(body, secret, "X")
			}
			if client := decode[wire.Response[any]](t, a.body).Client; client != nil {
				body = strings.ReplaceAll(body, client.ID, "X")
			}
			var names []string
			for _, c := range a.Cookies() {
				names = append(names, c.Name)
			}
			return fmt.Sprint(a.StatusCode, len(a.Header), names, body)
		}
		return shape(a), shape(b), shape(c)
	}
	k1, k2, k3 := answers("ada@example.com")
	u1, u2, u3 := answers("bob@example.com")
	for _, pair := range [][2]string{{k1, u1}, {k2, u2}, {k3, u3}} {
		if pair[0] != pair[1] {
			t.Errorf("known:   %s\nunknown: %s", pair[0], pair[1])
		}
	}
}

// I02: an unknown, a locked and a known account cost two durable writes, the try and the
// event, and one hash each.
func TestI02_SameWork(t *testing.T) {
	t.Parallel()
	var spy *spyStore
	app := newApp(t, func(c *identity.Config) { spy = &spyStore{Store: c.Store}; c.Store = spy })
	app.visitor().signUp("ada@example.com")
	writes := func(address string) int64 {
		before := spy.updates.Load()
		app.visitor().post("/v1/client/sign_ins", "identifier", address, "password", "not the password").want(t, 422, wire.CodePasswordOrIdentifier)
		return spy.updates.Load() - before
	}
	for range 10 {
		if n := writes("ada@example.com"); n != 2 {
			t.Fatalf("known account: %d transactions, want 2", n)
		}
	}
	if n := writes("ada@example.com"); n != 2 {
		t.Errorf("locked account: %d transactions, want 2", n)
	}
	if n := writes("bob@example.com"); n != 2 {
		t.Errorf("unknown account: %d transactions, want 2", n)
	}
	// The least of many turns, taken alternately, is free of what else the machine does.
	account, none := time.Hour, time.Hour
	stored := identity.HashPassword("x")
	for range 40 {
		account = min(account, timeOf(func() { identity.VerifyPassword(stored, "not the password") }))
		none = min(none, timeOf(func() { identity.VerifyPassword("", "not the password") }))
	}
	if none < account/2 || account < none/2 {
		t.Errorf("verifying took %v for an account and %v without one", account, none)
	}
}

func timeOf(f func()) time.Duration {
	start := time.Now()
	f()
	return time.Since(start)
}

// A password changed while the old one is being checked is not accepted any more.
func TestPasswordChangesDuringSignIn(t *testing.T) {
	t.Parallel()
	var hook *hookStore
	app := newApp(t, func(c *identity.Config) { hook = &hookStore{Store: c.Store}; c.Store = hook })
	app.visitor().signUp("ada@example.com")
	hook.beforeUpdate(2, func(tx identity.Tx) error {
		u, err := tx.UserByEmail("ada@example.com")
		if err != nil {
			return err
		}
		u.PasswordHash, u.PasswordAt = identity.HashPassword("another horse"), u.PasswordAt.Add(time.Second)
		return tx.PutUser(u)
	})
	app.visitor().post("/v1/client/sign_ins", "identifier", "ada@example.com", "password", password).want(t, 422, wire.CodePasswordOrIdentifier)
	app.visitor().post("/v1/client/sign_ins", "identifier", "ada@example.com", "password", "another horse").want(t, 200, "")
}

// I04: after ten failures the right password is not looked at either, until the lock ends;
// the answer does not say so. The lock outlives the process because it is stored.
func TestI04_AccountRestsAfterTenFailures(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	app.visitor().signUp("ada@example.com")
	for range 10 {
		app.visitor().post("/v1/client/sign_ins", "identifier", "ada@example.com", "password", "not the password").want(t, 422, wire.CodePasswordOrIdentifier)
	}
	again := newApp(t, func(c *identity.Config) { c.Store = app.store; c.Now = app.clock.Now })
	again.visitor().post("/v1/client/sign_ins", "identifier", "ada@example.com", "password", password).want(t, 422, wire.CodePasswordOrIdentifier)
	app.clock.Add(time.Minute)
	again.visitor().post("/v1/client/sign_ins", "identifier", "ada@example.com", "password", password).want(t, 200, "")
	u := decode[[]wire.User](t, app.backend("GET", "/v1/users", "").body)[0]
	if u.Locked {
		t.Error("user is locked after signing in")
	}
}

// L11: a lock that was set while the clock was years ahead ends once it is right again.
func TestL11_LockOfAWrongClockIsVoid(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	app.visitor().signUp("ada@example.com")
	const years = 10 * 365 * 24 * time.Hour
	app.clock.Add(years)
	for range 10 {
		app.visitor().post("/v1/client/sign_ins", "identifier", "ada@example.com", "password", "not the password").want(t, 422, wire.CodePasswordOrIdentifier)
	}
	app.clock.Add(-years)
	if u := decode[[]wire.User](t, app.backend("GET", "/v1/users", "").body)[0]; u.Locked {
		t.Errorf("locked for %d seconds", *u.LockoutExpiresInSeconds)
	}
	app.visitor().post("/v1/client/sign_ins", "identifier", "ada@example.com", "password", password).want(t, 200, "")
}

func TestI04_LocksGrowAndEnd(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]time.Duration{
		1: 0, 9: 0, 10: time.Minute, 11: 0, 20: 2 * time.Minute, 50: 16 * time.Minute,
		70: time.Hour, 100: time.Hour, 101: time.Hour, 1 << 30: time.Hour,
	} {
		if got := identity.LockAfter(n); got != want {
			t.Errorf("LockAfter(%d) = %v, want %v", n, got, want)
		}
	}
}

func TestSignInOfBannedUser(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	v := app.visitor()
	v.signUp("ada@example.com")
	id := v.sessionID()
	err := app.store.Update(t.Context(), func(tx identity.Tx) error {
		u, err := tx.UserByEmail("ada@example.com")
		if err != nil {
			return err
		}
		u.Banned = true
		return tx.PutUser(u)
	})
	if err != nil {
		t.Fatal(err)
	}
	v.post("/v1/client/sessions/"+id+"/tokens").want(t, 401, wire.CodeSignedOut)
	app.visitor().post("/v1/client/sign_ins", "identifier", "ada@example.com", "password", password).want(t, 403, wire.CodeUserBanned)
}

// Ways to sign in that are not built come without an identifier: that is not what is wrong.
func TestSignInsInOtherWaysNameTheStrategy(t *testing.T) {
	t.Parallel()
	v := newApp(t).visitor()
	for _, tt := range []struct {
		code, param string
		fields      []string
	}{
		{wire.CodeParamValueInvalid, "strategy", []string{"strategy", "oauth_google", "redirect_url", "/a"}},
		{wire.CodeParamValueInvalid, "strategy", []string{"strategy", "passkey"}},
		{wire.CodeParamValueInvalid, "strategy", []string{"strategy", "google_one_tap", "token", "x"}},
		{wire.CodeParamValueInvalid, "strategy", []string{"transfer", "true"}},
		{wire.CodeParamMissing, "identifier", []string{"strategy", "password", "password", password}},
		{wire.CodeParamMissing, "identifier", []string{"strategy", "email_code"}},
		{wire.CodeParamMissing, "identifier", []string{"transfer", "false"}},
		{wire.CodeParamMissing, "identifier", nil},
		{wire.CodeParamFormatInvalid, "strategy", []string{"strategy", "passkey", "strategy", "password"}},
	} {
		a := v.post("/v1/client/sign_ins", tt.fields...)
		a.want(t, 422, tt.code)
		if got := a.param(t); got != tt.param {
			t.Errorf("%v: param_name = %q, want %q", tt.fields, got, tt.param)
		}
	}
}
