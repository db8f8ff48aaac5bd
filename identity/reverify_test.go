package identity_test

import (
	"strings"
	"testing"
	"time"

	"github.com/usherauth/usher/wire"
)

func TestReverification(t *testing.T) {
	t.Parallel()
	app, box := newMailApp(t)
	v := app.visitor()
	v.signUp("ada@example.com")
	path := "/v1/client/sessions/" + v.sessionID() + "/verify"
	app.clock.Add(25 * time.Minute)
	if age := v.client().Sessions[0].FactorVerificationAge; age[0] != 25 || age[1] != -1 {
		t.Fatalf("factor ages = %v", age)
	}
	v.post(path+"/attempt_first_factor", "strategy", "password", "password", password).want(t, 400, wire.CodeClientStateInvalid)
	v.post(path, "level", "every_factor").want(t, 422, wire.CodeParamValueInvalid)
	for _, level := range []string{"", "first_factor", "second_factor", "multi_factor"} {
		a := v.post(path, "level", level)
		a.want(t, 200, "")
		got := decode[wire.Response[wire.SessionVerification]](t, a.body).Response
		want := level
		if level == "" {
			want = "first_factor"
		}
		if got.Object != "session_reverification" || got.Status != wire.StatusNeedsFirstFactor || got.Level != want || got.Session.User == nil ||
			len(got.SupportedFirstFactors) != 1 || got.SupportedFirstFactors[0].Strategy != "password" {
			t.Errorf("level %q: %+v", level, got)
		}
	}
	v.post(path+"/attempt_first_factor", "strategy", "password").want(t, 422, wire.CodeParamMissing)
	v.post(path+"/attempt_first_factor", "strategy", "passkey").want(t, 400, wire.CodeStrategyInvalid)
	v.post(path+"/attempt_first_factor", "strategy", resetCode).want(t, 422, wire.CodeParamValueInvalid)
	wrongOne := v.post(path+"/attempt_first_factor", "strategy", "password", "password", "not the password")
	wrongOne.want(t, 422, wire.CodePasswordIncorrect)
	if wrongOne.param(t) != "password" {
		t.Errorf("param_name = %q", wrongOne.param(t))
	}
	a := v.post(path+"/attempt_first_factor", "strategy", "password", "password", password)
	a.want(t, 200, "")
	got := decode[wire.Response[wire.SessionVerification]](t, a.body)
	if got.Response.Status != wire.StatusComplete || got.Response.Session.FactorVerificationAge[0] != 0 ||
		got.Client.Sessions[0].FactorVerificationAge[0] != 0 || got.Response.FirstFactorVerification.Status != "verified" {
		t.Errorf("complete = %+v", got.Response)
	}
	if !strings.Contains(payloadOf(t, got.Response.Session.LastActiveToken.JWT), `"fva":[0,-1]`) {
		t.Error("the token of the answer has an old factor")
	}
	v.post(path+"/attempt_first_factor", "strategy", "password", "password", password).want(t, 400, wire.CodeClientStateInvalid)

	// With a code, once there is an address to send it to.
	v.verifyAddress(box)
	app.clock.Add(time.Hour)
	a = v.post(path, "level", "first_factor")
	factors := decode[wire.Response[wire.SessionVerification]](t, a.body).Response.SupportedFirstFactors
	if len(factors) != 2 || factors[1].Strategy != emailCode {
		t.Fatalf("factors = %+v", factors)
	}
	v.post(path+"/attempt_first_factor", "strategy", emailCode, "code", "123456").want(t, 400, wire.CodeClientStateInvalid)
	v.post(path+"/prepare_first_factor", "strategy", emailCode).want(t, 422, wire.CodeParamMissing)
	v.post(path+"/prepare_first_factor", "strategy", emailCode, "email_address_id", "idn_other").want(t, 404, wire.CodeResourceNotFound)
	v.post(path+"/prepare_first_factor", "strategy", emailCode, "email_address_id", factors[1].EmailAddressID).want(t, 200, "")
	code := box.code("ada@example.com")
	v.post(path+"/attempt_first_factor", "strategy", emailCode, "code", other(code)).want(t, 422, wire.CodeCodeIncorrect)
	v.post(path+"/attempt_first_factor", "strategy", emailCode, "code", code).want(t, 200, "")
	if age := v.client().Sessions[0].FactorVerificationAge; age[0] != 0 {
		t.Errorf("factor ages = %v", age)
	}
	v.post(path+"/prepare_second_factor", "strategy", "totp").want(t, 501, wire.CodeNotImplemented)
}

func TestReverificationOfOthers(t *testing.T) {
	t.Parallel()
	app, _ := newMailApp(t)
	v, thief := app.visitor(), app.visitor()
	v.signUp("ada@example.com")
	path := "/v1/client/sessions/" + v.sessionID() + "/verify"
	thief.post(path, "level", "first_factor").want(t, 401, wire.CodeSignedOut)
	thief.signUp("eve@example.com")
	thief.post(path, "level", "first_factor").want(t, 404, wire.CodeResourceNotFound)
	v.post(path, "level", "first_factor").want(t, 200, "")
	thief.post(path+"/attempt_first_factor", "strategy", "password", "password", password).want(t, 404, wire.CodeResourceNotFound)
	app.clock.Add(10 * time.Minute)
	v.post(path+"/attempt_first_factor", "strategy", "password", "password", password).want(t, 400, wire.CodeClientStateInvalid)
}

// Guesses in a reverification count like those of a sign-in.
func TestI04_ReverificationIsLimited(t *testing.T) {
	t.Parallel()
	app, _ := newMailApp(t)
	v := app.visitor()
	v.signUp("ada@example.com")
	path := "/v1/client/sessions/" + v.sessionID() + "/verify"
	v.post(path, "level", "first_factor").want(t, 200, "")
	for range 10 {
		v.post(path+"/attempt_first_factor", "strategy", "password", "password", "a wrong password").want(t, 422, wire.CodePasswordIncorrect)
	}
	v.post(path+"/attempt_first_factor", "strategy", "password", "password", password).want(t, 422, wire.CodePasswordIncorrect)
	app.clock.Add(2 * time.Minute)
	v.post(path+"/attempt_first_factor", "strategy", "password", "password", password).want(t, 200, "")
}
