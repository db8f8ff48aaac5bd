package identity_test

import (
	"testing"
	"time"

	"github.com/usherauth/usher/wire"
)

// I19: a forgotten password is replaced by whoever reads the address; other sessions end,
// and the owner is told.
func TestI19_ResetPassword(t *testing.T) {
	t.Parallel()
	app, box := newMailApp(t)
	there := app.visitor()
	there.signUp("ada@example.com")
	there.verifyAddress(box)
	other := there.sessionID()

	v := app.visitor()
	path, _ := v.begin("ada@example.com", "strategy", resetCode)
	v.post(path+"/reset_password", "password", nextWords).want(t, 400, wire.CodeClientStateInvalid)
	right := v.attempt(path, resetCode, box.resetCode("ada@example.com"))
	right.want(t, 200, "")
	got := decode[wire.Response[wire.SignIn]](t, right.body)
	if got.Response.Status != wire.StatusNeedsNewPassword || got.Client.SignIn.Status != wire.StatusNeedsNewPassword || len(got.Client.Sessions) != 0 {
		t.Fatalf("after the code: %+v, client %+v", got.Response, got.Client)
	}
	v.prepare(path, emailCode).want(t, 400, wire.CodeClientStateInvalid)
	v.attempt(path, "password", "", "password", password).want(t, 400, wire.CodeClientStateInvalid)
	app.visitor().post(path+"/reset_password", "password", nextWords).want(t, 404, wire.CodeResourceNotFound)
	v.post(path+"/reset_password").want(t, 422, wire.CodeParamMissing)
	weak := v.post(path+"/reset_password", "password", "password1")
	weak.want(t, 422, wire.CodePasswordPwned)
	if weak.param(t) != "password" {
		t.Errorf("param_name = %q", weak.param(t))
	}
	v.post(path+"/reset_password", "password", "ada@example.com").want(t, 422, wire.CodePasswordNotStrong)
	done := v.post(path+"/reset_password", "password", nextWords)
	done.want(t, 200, "")
	if s := decode[wire.Response[wire.SignIn]](t, done.body); s.Response.Status != wire.StatusComplete || len(s.Client.Sessions) != 1 || s.Client.SignIn != nil {
		t.Errorf("complete = %+v", s.Response)
	}
	box.next("password_changed", "ada@example.com")
	there.post("/v1/client/sessions/"+other+"/tokens").want(t, 401, wire.CodeSignedOut)
	v.post(path+"/reset_password", "password", "yet another horse").want(t, 400, wire.CodeClientStateInvalid)
	app.visitor().post("/v1/client/sign_ins", "identifier", "ada@example.com", "password", password).want(t, 422, wire.CodePasswordOrIdentifier)
	app.visitor().post("/v1/client/sign_ins", "identifier", "ada@example.com", "password", nextWords).want(t, 200, "")
}

func TestResetPasswordInOneStep(t *testing.T) {
	t.Parallel()
	app, box := newMailApp(t)
	there := app.visitor()
	there.signUp("ada@example.com")
	there.verifyAddress(box)
	other := there.sessionID()
	v := app.visitor()
	path, _ := v.begin("ada@example.com", "strategy", resetCode)
	code := box.resetCode("ada@example.com")
	v.attempt(path, resetCode, code, "password", "short").want(t, 422, wire.CodePasswordTooShort)
	v.attempt(path, resetCode, code, "password", nextWords, "sign_out_of_other_sessions", "false").want(t, 200, "")
	box.next("password_changed", "ada@example.com")
	there.post("/v1/client/sessions/"+other+"/tokens").want(t, 200, "")
	v.sessionID()
}

// A password that was locked by guesses is open again to the owner's new one (I05).
func TestI05_ResetOpensALockedAccount(t *testing.T) {
	t.Parallel()
	app, box := newMailApp(t)
	member(t, app, box, "ada@example.com")
	for range 10 {
		app.visitor().post("/v1/client/sign_ins", "identifier", "ada@example.com", "password", "a wrong password").want(t, 422, wire.CodePasswordOrIdentifier)
	}
	app.visitor().post("/v1/client/sign_ins", "identifier", "ada@example.com", "password", password).want(t, 422, wire.CodePasswordOrIdentifier)
	v := app.visitor()
	path, _ := v.begin("ada@example.com", "strategy", resetCode)
	v.attempt(path, resetCode, box.resetCode("ada@example.com"), "password", nextWords).want(t, 200, "")
	app.visitor().post("/v1/client/sign_ins", "identifier", "ada@example.com", "password", nextWords).want(t, 200, "")
}

// I23: no session before every step of one attempt was done, in order, for its own account.
func TestI23_NoStepIsSkipped(t *testing.T) {
	t.Parallel()
	app, box := newMailApp(t)
	member(t, app, box, "ada@example.com")
	member(t, app, box, "eve@example.com")
	v := app.visitor()

	// The code of one account is none for another, in the same browser.
	mine, _ := v.begin("eve@example.com", "strategy", resetCode)
	code := box.resetCode("eve@example.com")
	theirs, _ := v.begin("ada@example.com", "strategy", resetCode)
	box.resetCode("ada@example.com")
	v.attempt(mine, resetCode, code).want(t, 404, wire.CodeResourceNotFound) // replaced by the next attempt
	if a := v.attempt(theirs, resetCode, code); a.StatusCode == 200 {
		t.Fatal("the code of another account was accepted")
	}
	v.post(theirs+"/reset_password", "password", nextWords).want(t, 400, wire.CodeClientStateInvalid)

	// A right code without a new password opens nothing, by no way.
	mine, a := v.begin("eve@example.com", "strategy", resetCode)
	v.attempt(mine, resetCode, box.resetCode("eve@example.com")).want(t, 200, "")
	v.post(mine+"/attempt_first_factor", "identifier", "ada@example.com", "password", password).want(t, 400, wire.CodeClientStateInvalid)
	v.post("/v1/client/sessions/"+a.ID+"/tokens").want(t, 401, wire.CodeSignedOut)
	v.get("/v1/me").want(t, 401, wire.CodeSignedOut)
	if c := v.client(); len(c.Sessions) != 0 {
		t.Fatal("a session before the last step")
	}
	v.post(mine+"/reset_password", "password", nextWords, "identifier", "ada@example.com").want(t, 200, "")
	if u := v.client().Sessions[0].User; u.EmailAddresses[0].EmailAddress != "eve@example.com" {
		t.Errorf("signed in as %s", u.EmailAddresses[0].EmailAddress)
	}
	app.visitor().post("/v1/client/sign_ins", "identifier", "ada@example.com", "password", password).want(t, 200, "")

	// What waits for its password does not wait for ever.
	w := app.visitor()
	late, _ := w.begin("ada@example.com", "strategy", resetCode)
	w.attempt(late, resetCode, box.nextReset("ada@example.com")).want(t, 200, "")
	app.clock.Add(10 * time.Minute)
	w.post(late+"/reset_password", "password", nextWords).want(t, 404, wire.CodeResourceNotFound)
}

// nextReset skips notices.
func (b *mailbox) nextReset(to string) string {
	b.t.Helper()
	for {
		select {
		case m := <-b.ch:
			if m.Kind == "reset_password_code" && m.To == to {
				return m.Code.Reveal()
			}
		case <-time.After(10 * time.Second):
			b.t.Fatal("no mail")
		}
	}
}

// I16: a hundred new passwords for one right code: one of them counts.
func TestI16_OneNewPassword(t *testing.T) {
	t.Parallel()
	app, box := newMailApp(t)
	member(t, app, box, "ada@example.com")
	v := app.visitor()
	path, _ := v.begin("ada@example.com", "strategy", resetCode)
	v.attempt(path, resetCode, box.resetCode("ada@example.com")).want(t, 200, "")
	if n := parallel(20, func() bool { return v.copy().post(path+"/reset_password", "password", nextWords).StatusCode == 200 }); n != 1 {
		t.Errorf("%d of 20 succeeded, want 1", n)
	}
}

// I24: who made an account with somebody else's address loses it to the address's owner:
// the password, the sessions and the other addresses go with the first proof.
func TestI24_TheOwnerOfTheAddressTakesTheAccount(t *testing.T) {
	t.Parallel()
	for _, strategy := range []string{emailCode, resetCode} {
		t.Run(strategy, func(t *testing.T) {
			t.Parallel()
			app, box := newMailApp(t)
			thief := app.visitor()
			thief.signUp("ada@example.com")
			thief.post("/v1/me/email_addresses", "email_address", "thief@example.com").want(t, 200, "")
			session := thief.sessionID()

			owner := app.visitor()
			path, _ := owner.begin("ada@example.com", "strategy", strategy)
			if strategy == resetCode {
				owner.attempt(path, strategy, box.resetCode("ada@example.com"), "password", nextWords, "sign_out_of_other_sessions", "false").want(t, 200, "")
			} else {
				owner.attempt(path, strategy, box.code("ada@example.com")).want(t, 200, "")
			}
			thief.post("/v1/client/sessions/"+session+"/tokens").want(t, 401, wire.CodeSignedOut)
			for _, address := range []string{"ada@example.com", "thief@example.com"} {
				app.visitor().post("/v1/client/sign_ins", "identifier", address, "password", password).want(t, 422, wire.CodePasswordOrIdentifier)
			}
			u := owner.client().Sessions[0].User
			if len(u.EmailAddresses) != 1 || u.EmailAddresses[0].Verification.Status != "verified" || u.PasswordEnabled != (strategy == resetCode) {
				t.Errorf("the account has %+v, password %v", u.EmailAddresses, u.PasswordEnabled)
			}
		})
	}
}

// I24: an address that was added and never proven opens nothing and keeps nobody out.
func TestI24_UnprovenAddressesAreNobodys(t *testing.T) {
	t.Parallel()
	app, box := newMailApp(t)
	v := app.visitor()
	v.signUp("ada@example.com")
	v.verifyAddress(box)
	v.post("/v1/me/email_addresses", "email_address", "bob@example.com").want(t, 200, "")
	app.visitor().post("/v1/client/sign_ins", "identifier", "bob@example.com", "password", password).want(t, 422, wire.CodePasswordOrIdentifier)
	app.visitor().begin("bob@example.com", "strategy", emailCode)
	box.none(app)
	bob := app.visitor()
	bob.signUp("bob@example.com")
	if u := v.client().Sessions[0].User; len(u.EmailAddresses) != 1 {
		t.Errorf("ada still has %+v", u.EmailAddresses)
	}

	// Who mistyped their address and added the right one later does not lose the account
	// to the reader of the wrong one.
	typo := app.visitor()
	typo.signUp("mistyped@example.com")
	second := decode[wire.Response[wire.EmailAddress]](t, typo.post("/v1/me/email_addresses", "email_address", "right@example.com").body).Response
	typo.post("/v1/me/email_addresses/"+second.ID+"/prepare_verification", "strategy", emailCode).want(t, 200, "")
	typo.post("/v1/me/email_addresses/"+second.ID+"/attempt_verification", "code", box.code("right@example.com")).want(t, 200, "")
	reader := app.visitor()
	reader.begin("mistyped@example.com", "strategy", resetCode)
	box.none(app)
	app.visitor().post("/v1/client/sign_ins", "identifier", "right@example.com", "password", password).want(t, 200, "")
	app.visitor().post("/v1/client/sign_ins", "identifier", "mistyped@example.com", "password", password).want(t, 200, "")

	// Yet that reader is not kept from an account of their own.
	reader.signUp("mistyped@example.com")
	reader.verifyAddress(box)
	if u := typo.client().Sessions[0].User; len(u.EmailAddresses) != 1 || u.EmailAddresses[0].EmailAddress != "right@example.com" ||
		string(u.PrimaryEmailAddressID) != u.EmailAddresses[0].ID {
		t.Errorf("the mistaken account has %+v", u.EmailAddresses)
	}
	app.visitor().post("/v1/client/sign_ins", "identifier", "right@example.com", "password", password).want(t, 200, "")
}
