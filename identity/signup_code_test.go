package identity_test

import (
	"reflect"
	"testing"

	"github.com/usherauth/usher/identity"
	"github.com/usherauth/usher/wire"
)

// beginSignUp begins a sign-up and returns the path of the attempt.
func (v *visitor) beginSignUp(fields ...string) (path string, got wire.Response[wire.SignUp]) {
	v.t.Helper()
	a := v.post("/v1/client/sign_ups", fields...)
	a.want(v.t, 200, "")
	got = decode[wire.Response[wire.SignUp]](v.t, a.body)
	return "/v1/client/sign_ups/" + got.Response.ID, got
}

func (v *visitor) patchSignUp(path string, fields ...string) wire.SignUp {
	v.t.Helper()
	a := v.post(path+"?_method=PATCH", fields...)
	a.want(v.t, 200, "")
	return decode[wire.Response[wire.SignUp]](v.t, a.body).Response
}

func TestSignUpInEveryState(t *testing.T) {
	t.Parallel()
	app, box := newMailApp(t, verifyEmail)
	if a := decode[wire.Environment](t, app.visitor().get("/v1/environment").body).UserSettings.Attributes["email_address"]; !a.VerifyAtSignUp {
		t.Errorf("environment = %+v", a)
	}
	v := app.visitor()
	path, got := v.beginSignUp("first_name", "Ada")
	state := func(s wire.SignUp, status string, missing, unverified []string, next string) {
		t.Helper()
		if s.Status != status || !reflect.DeepEqual(s.MissingFields, missing) || !reflect.DeepEqual(s.UnverifiedFields, unverified) {
			t.Errorf("sign-up is %s, missing %v, unverified %v; want %s, %v, %v", s.Status, s.MissingFields, s.UnverifiedFields, status, missing, unverified)
		}
		if e := s.Verifications["email_address"]; next == "-" && e != nil || next != "-" && (e == nil || e.NextAction != next || e.SupportedStrategies[0] != emailCode) {
			t.Errorf("verification = %+v, want the next action %q", e, next)
		}
	}
	state(got.Response, wire.StatusMissingRequirements, []string{"email_address", "password"}, []string{}, "-")
	if got.Client.SignUp == nil || got.Client.SignUp.ID != got.Response.ID {
		t.Errorf("client.sign_up = %+v", got.Client.SignUp)
	}
	v.post(path+"/prepare_verification", "strategy", emailCode).want(t, 422, wire.CodeParamMissing) // of what?
	state(v.patchSignUp(path, "email_address", "ada@exmaple.com"), wire.StatusMissingRequirements, []string{"password"}, []string{"email_address"}, "needs_prepare")
	v.post(path+"/prepare_verification").want(t, 422, wire.CodeParamMissing)
	v.post(path+"/prepare_verification", "strategy", "email_link").want(t, 400, wire.CodeStrategyInvalid)
	v.post(path+"/attempt_verification", "strategy", emailCode, "code", "123456").want(t, 400, wire.CodeClientStateInvalid)
	a := v.post(path+"/prepare_verification", "strategy", emailCode)
	a.want(t, 200, "")
	state(decode[wire.Response[wire.SignUp]](t, a.body).Response, wire.StatusMissingRequirements, []string{"password"}, []string{"email_address"}, "needs_attempt")
	stale := box.code("ada@exmaple.com")

	// The typing error is corrected: its code proves nothing about the right address,
	// which need not wait for its own.
	state(v.patchSignUp(path, "email_address", "ada@example.com"), wire.StatusMissingRequirements, []string{"password"}, []string{"email_address"}, "needs_prepare")
	v.post(path+"/attempt_verification", "strategy", emailCode, "code", stale).want(t, 400, wire.CodeClientStateInvalid)
	v.post(path+"/prepare_verification", "strategy", emailCode).want(t, 200, "")
	v.post(path+"/prepare_verification", "strategy", emailCode).want(t, 429, wire.CodeVerificationTooMany)
	code := box.code("ada@example.com")
	v.post(path+"/attempt_verification", "strategy", emailCode, "code", other(code)).want(t, 422, wire.CodeCodeIncorrect)
	v.post(path+"/attempt_verification", "strategy", emailCode).want(t, 422, wire.CodeParamMissing)
	app.visitor().post(path+"/attempt_verification", "strategy", emailCode, "code", code).want(t, 404, wire.CodeResourceNotFound)
	a = v.post(path+"/attempt_verification", "strategy", emailCode, "code", code)
	a.want(t, 200, "")
	state(decode[wire.Response[wire.SignUp]](t, a.body).Response, wire.StatusMissingRequirements, []string{"password"}, []string{}, "")
	v.post(path+"/attempt_verification", "strategy", emailCode, "code", code).want(t, 400, wire.CodeVerificationDone)
	v.post(path+"/prepare_verification", "strategy", emailCode).want(t, 400, wire.CodeVerificationDone)

	// Another address is not proven by the first one's code.
	state(v.patchSignUp(path, "email_address", "grace@example.com"), wire.StatusMissingRequirements, []string{"password"}, []string{"email_address"}, "needs_prepare")
	v.post(path+"/prepare_verification", "strategy", emailCode).want(t, 200, "")
	last := box.code("grace@example.com")
	state(v.patchSignUp(path, "password", password), wire.StatusMissingRequirements, []string{}, []string{"email_address"}, "needs_attempt")
	a = v.post(path+"/attempt_verification", "strategy", emailCode, "code", last)
	a.want(t, 200, "")
	done := decode[wire.Response[wire.SignUp]](t, a.body)
	state(done.Response, wire.StatusComplete, []string{}, []string{}, "")
	if c := done.Client; c.SignUp != nil || len(c.Sessions) != 1 || c.Sessions[0].ID != string(done.Response.CreatedSessionID) ||
		c.Sessions[0].LastActiveToken == nil || c.Sessions[0].User.EmailAddresses[0].Verification.Status != "verified" {
		t.Errorf("client = %+v", c)
	}
	v.post(path+"/attempt_verification", "strategy", emailCode, "code", last).want(t, 400, wire.CodeClientStateInvalid)
	v.post(path+"?_method=PATCH", "first_name", "A").want(t, 400, wire.CodeClientStateInvalid)
	finished := v.get(path)
	finished.want(t, 200, "")
	if s := decode[wire.Response[wire.SignUp]](t, finished.body).Response; s.Status != wire.StatusComplete || s.CreatedUserID == "" {
		t.Errorf("finished = %+v", s)
	}
}

func TestSignUpFinishesWithTheLastField(t *testing.T) {
	t.Parallel()
	app, box := newMailApp(t, verifyEmail)
	v := app.visitor()
	path, _ := v.beginSignUp("email_address", "ada@example.com")
	v.post(path+"/prepare_verification", "strategy", emailCode).want(t, 200, "")
	v.post(path+"/attempt_verification", "strategy", emailCode, "code", box.code("ada@example.com")).want(t, 200, "")
	if s := v.patchSignUp(path, "password", password); s.Status != wire.StatusComplete {
		t.Errorf("sign-up = %+v", s)
	}
	v.sessionID()
}

// I16: a hundred connections make one account.
func TestI16_OneSignUpForOneCode(t *testing.T) {
	t.Parallel()
	app, box := newMailApp(t, verifyEmail)
	v := app.visitor()
	path, _ := v.beginSignUp("email_address", "ada@example.com", "password", password)
	v.post(path+"/prepare_verification", "strategy", emailCode).want(t, 200, "")
	code := box.code("ada@example.com")
	n := parallel(100, func() bool {
		return v.copy().post(path+"/attempt_verification", "strategy", emailCode, "code", code).StatusCode == 200
	})
	if n != 1 {
		t.Errorf("%d of 100 succeeded, want 1", n)
	}
}

// Two people type the same address: whoever proves it has it.
func TestRivalsForAnAddress(t *testing.T) {
	t.Parallel()
	app, box := newMailApp(t, verifyEmail)
	first, second := app.visitor(), app.visitor()
	a, _ := first.beginSignUp("email_address", "ada@example.com", "password", password)
	b, _ := second.beginSignUp("email_address", "Ada@example.com", "password", nextWords)
	first.post(a+"/prepare_verification", "strategy", emailCode).want(t, 200, "")
	second.post(b+"/prepare_verification", "strategy", emailCode).want(t, 200, "")
	codes := map[string]string{}
	for range 2 {
		m := <-box.ch
		codes[m.To] = m.Code.Reveal()
	}
	second.post(b+"/attempt_verification", "strategy", emailCode, "code", codes["Ada@example.com"]).want(t, 200, "")
	first.post(a+"/attempt_verification", "strategy", emailCode, "code", codes["ada@example.com"]).want(t, 422, wire.CodeIdentifierExists)
	first.post(a+"/prepare_verification", "strategy", emailCode).want(t, 422, wire.CodeIdentifierExists)
	if first.client().SignUp == nil || len(first.client().Sessions) != 0 {
		t.Error("the loser's sign-up is gone, or signed in")
	}
}

// I03: where accounts are hidden, a taken address signs up like a free one as far as the
// browser sees; its owner gets a mail.
func TestI03_HiddenAccounts(t *testing.T) {
	t.Parallel()
	app, box := newMailApp(t, hideAccounts)
	owner := app.visitor()
	path, _ := owner.beginSignUp("email_address", "Ada@example.com", "password", password)
	owner.post(path+"/prepare_verification", "strategy", emailCode).want(t, 200, "")
	owner.post(path+"/attempt_verification", "strategy", emailCode, "code", box.code("Ada@example.com")).want(t, 200, "")

	walk := func(address string) (bodies []string) {
		v := app.visitor()
		path, got := v.beginSignUp("email_address", address, "password", password)
		keep := func(a answer) {
			bodies = append(bodies, decimal(a.StatusCode)+scrub(replaceAll(a.body, address, got.Response.ID)))
		}
		keep(v.get(path))
		keep(v.post(path+"/prepare_verification", "strategy", emailCode))
		keep(v.post(path+"/prepare_verification", "strategy", emailCode))
		for range identity.CodeTries + 1 {
			keep(v.post(path+"/attempt_verification", "strategy", emailCode, "code", "000000"))
		}
		return bodies
	}
	taken, free := walk("ada@example.com"), walk("eve@example.com")
	if !reflect.DeepEqual(taken, free) {
		t.Errorf("answers differ:\ntaken %v\nfree  %v", taken, free)
	}
	kinds := map[string]string{}
	for range 2 {
		m := <-box.ch
		kinds[m.To] = m.Kind
		if m.Kind == "account_exists" && m.Code.Reveal() != "" {
			t.Error("the owner's notice has a code")
		}
	}
	if want := map[string]string{"Ada@example.com": "account_exists", "eve@example.com": "verification_code"}; !reflect.DeepEqual(kinds, want) {
		t.Errorf("mails = %v, want %v", kinds, want)
	}
}
