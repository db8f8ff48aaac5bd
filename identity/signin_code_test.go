package identity_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/usherauth/usher/identity"
	"github.com/usherauth/usher/wire"
)

const (
	emailCode = wire.StrategyEmailCode
	resetCode = wire.StrategyResetPasswordCode
	nextWords = "another horse entirely"
)

// member signs somebody up, proves the address and signs out again.
func member(t *testing.T, app *app, box *mailbox, address string) {
	t.Helper()
	v := app.visitor()
	v.signUp(address)
	v.verifyAddress(box)
	v.signOut()
}

func TestSignInWithACode(t *testing.T) {
	t.Parallel()
	app, box := newMailApp(t)
	member(t, app, box, "ada@example.com")
	v := app.visitor()
	path, a := v.begin("Ada@Example.com")
	want := []string{"password", emailCode, resetCode}
	var got []string
	for _, f := range a.SupportedFirstFactors {
		got = append(got, f.Strategy)
	}
	if !reflect.DeepEqual(got, want) || a.SupportedFirstFactors[1].SafeIdentifier != "Ada@Example.com" {
		t.Fatalf("factors = %+v", a.SupportedFirstFactors)
	}
	v.attempt(path, emailCode, "123456").want(t, 400, wire.CodeClientStateInvalid) // none was sent
	id := a.SupportedFirstFactors[1].EmailAddressID
	v.post(path+"/prepare_first_factor", "strategy", emailCode, "email_address_id", "idn_other").want(t, 404, wire.CodeResourceNotFound)
	prepared := v.post(path+"/prepare_first_factor", "strategy", emailCode, "email_address_id", id)
	prepared.want(t, 200, "")
	f := decode[wire.Response[wire.SignIn]](t, prepared.body)
	if p := f.Response.FirstFactorVerification; p == nil || p.Status != "unverified" || p.Strategy != emailCode || *p.Attempts != 0 || p.ExpireAt == nil {
		t.Errorf("verification = %+v", p)
	}
	if f.Client.SignIn == nil || f.Client.SignIn.ID != a.ID || f.Client.SignIn.FirstFactorVerification == nil {
		t.Errorf("client.sign_in = %+v", f.Client.SignIn)
	}
	code := box.code("ada@example.com") // as it was typed when the account was made
	v.attempt(path, emailCode, other(code)).want(t, 422, wire.CodeCodeIncorrect)
	v.attempt(path, resetCode, code).want(t, 400, wire.CodeClientStateInvalid) // for something else
	done := v.attempt(path, emailCode, " "+code+" ")
	done.want(t, 200, "")
	s := decode[wire.Response[wire.SignIn]](t, done.body)
	if s.Response.Status != wire.StatusComplete || s.Client.SignIn != nil || len(s.Client.Sessions) != 1 ||
		s.Client.Sessions[0].ID != string(s.Response.CreatedSessionID) || s.Client.Sessions[0].LastActiveToken == nil {
		t.Errorf("complete = %+v, client %+v", s.Response, s.Client)
	}
	if p := s.Response.FirstFactorVerification; p == nil || p.Status != "verified" || p.Strategy != emailCode {
		t.Errorf("verification = %+v", p)
	}
	v.attempt(path, emailCode, code).want(t, 400, wire.CodeClientStateInvalid)
	if u := userByEmail(t, app, "ada@example.com"); u.PasswordHash == "" {
		t.Error("a code to a proven address took the password away")
	}
}

func TestCodesWithoutMail(t *testing.T) {
	t.Parallel()
	v := newApp(t).visitor()
	path, a := v.begin("ada@example.com")
	if len(a.SupportedFirstFactors) != 1 {
		t.Errorf("factors = %+v, want the password alone", a.SupportedFirstFactors)
	}
	for _, strategy := range []string{emailCode, resetCode} {
		v.prepare(path, strategy).want(t, 400, wire.CodeStrategyInvalid)
		v.attempt(path, strategy, "123456").want(t, 400, wire.CodeStrategyInvalid)
		v.post("/v1/client/sign_ins", "identifier", "ada@example.com", "strategy", strategy).want(t, 400, wire.CodeStrategyInvalid)
	}
	v.prepare(path, "").want(t, 422, wire.CodeParamMissing)
	v.prepare(path, "password").want(t, 422, wire.CodeParamValueInvalid)
	v.prepare(path, "email_link").want(t, 400, wire.CodeStrategyInvalid)
}

// I02, I03: whether an address has an account shows neither in the answers nor in what is
// written, whatever is asked and tried.
func TestI02_I03_CodesLookAlikeForEverybody(t *testing.T) {
	t.Parallel()
	var spy *spyStore
	app, box := newMailApp(t, func(c *identity.Config) { spy = &spyStore{Store: c.Store}; c.Store = spy })
	member(t, app, box, "ada@example.com")
	type seen struct {
		status          int
		body            string
		updates, lookup int64
	}
	walk := func(address string) (all []seen) {
		v := app.visitor()
		path, a := v.begin(address)
		step := func(send func() answer) {
			updates, views := spy.updates.Load(), spy.views.Load()
			got := send()
			body := got.body
			for _, secret := range []string{a.ID, address, strings.Split(address, "@")[0]} {
				body = strings.ReplaceAll(body, secret, "~")
			}
			all = append(all, seen{got.StatusCode, scrub(body), spy.updates.Load() - updates, spy.views.Load() - views})
		}
		for _, strategy := range []string{emailCode, resetCode} {
			step(func() answer { return v.prepare(path, strategy) })
			step(func() answer { return v.prepare(path, strategy) })
			for range 2 {
				step(func() answer { return v.attempt(path, strategy, "000000") })
			}
			step(func() answer { return v.attempt(path, strategy, "000000", "password", nextWords) })
			app.clock.Add(identity.CodeCoolDown)
		}
		step(func() answer { return v.post("/v1/client/sign_ins", "identifier", address, "strategy", emailCode) })
		for range 12 { // until the address has had enough
			step(func() answer { return v.post("/v1/client/sign_ins", "identifier", address, "strategy", resetCode) })
		}
		return all
	}
	known, unknown := walk("ada@example.com"), walk("eve@example.com")
	for i := range known {
		if !reflect.DeepEqual(known[i], unknown[i]) {
			t.Errorf("step %d differs:\nknown   %+v\nunknown %+v", i, known[i], unknown[i])
		}
	}
	for len(box.ch) > 0 {
		if m := <-box.ch; m.To != "ada@example.com" {
			t.Errorf("mail to %q", m.To)
		}
	}
}

// I15: five tries for a code; a new one sent in the same attempt keeps the count.
func TestI15_CodesAreSixDigitsWithFiveTries(t *testing.T) {
	t.Parallel()
	app, box := newMailApp(t)
	member(t, app, box, "ada@example.com")
	v := app.visitor()
	path, _ := v.begin("ada@example.com")
	v.prepare(path, emailCode).want(t, 200, "")
	code := box.code("ada@example.com")
	if len(code) != 6 || strings.Trim(code, "0123456789") != "" {
		t.Fatalf("code = %q, want six digits", code)
	}
	for range 2 {
		v.attempt(path, emailCode, other(code)).want(t, 422, wire.CodeCodeIncorrect)
	}
	app.clock.Add(identity.CodeCoolDown)
	v.prepare(path, emailCode).want(t, 200, "")
	old := code
	code = box.code("ada@example.com")
	if old != code {
		v.attempt(path, emailCode, old).want(t, 422, wire.CodeCodeIncorrect)
	}
	v.attempt(path, emailCode, other(code)).want(t, 422, wire.CodeCodeIncorrect)
	v.attempt(path, emailCode, other(code)).want(t, 400, wire.CodeVerificationFailed)
	v.attempt(path, emailCode, code).want(t, 400, wire.CodeVerificationFailed)
	app.clock.Add(identity.CodeCoolDown)
	v.prepare(path, emailCode).want(t, 400, wire.CodeVerificationFailed)
	box.none(app)

	// Of another browser the same code is none, and neither is one of another attempt.
	path, _ = v.begin("ada@example.com")
	v.prepare(path, emailCode).want(t, 200, "")
	code = box.code("ada@example.com")
	thief := app.visitor()
	theirs, _ := thief.begin("ada@example.com")
	thief.attempt(path, emailCode, code).want(t, 404, wire.CodeResourceNotFound)
	thief.attempt(theirs, emailCode, code).want(t, 400, wire.CodeClientStateInvalid)
	app.clock.Add(identity.CodeLifetime)
	v.attempt(path, emailCode, code).want(t, 400, wire.CodeVerificationExpired)
	v.prepare(path, emailCode).want(t, 200, "")
	v.attempt(path, emailCode, box.code("ada@example.com")).want(t, 200, "")
}

// I15: what is stored of a code is a keyed hash: a million plain ones are made in a second.
func TestI15_CodesAreStoredHashed(t *testing.T) {
	t.Parallel()
	app, box := newMailApp(t)
	member(t, app, box, "ada@example.com")
	v := app.visitor()
	path, a := v.begin("ada@example.com")
	v.prepare(path, emailCode).want(t, 200, "")
	code := box.code("ada@example.com")
	var g identity.Grant
	err := app.store.View(t.Context(), func(tx identity.Tx) (err error) {
		g, err = tx.Grant("code_" + a.ID)
		return err
	})
	if err != nil || len(g.SecretHash) != 32 || strings.Contains(string(g.Data), code) {
		t.Fatalf("grant = %+v, %v", g, err)
	}
	for _, guess := range []string{code, g.ID + code, g.ID + "\x00" + code} {
		if string(hashOf(guess)) == string(g.SecretHash) {
			t.Errorf("the stored hash is a plain one of %q", guess)
		}
	}
	if strings.Contains(app.logs.String(), code) {
		t.Error("the code is in the log")
	}
}

// I16: of a hundred connections with the same code one succeeds.
func TestI16_ACodeWorksOnce(t *testing.T) {
	t.Parallel()
	app, box := newMailApp(t)
	member(t, app, box, "ada@example.com")
	for _, strategy := range []string{emailCode, resetCode} {
		v := app.visitor()
		path, _ := v.begin("ada@example.com")
		v.prepare(path, strategy).want(t, 200, "")
		code := box.next(map[string]string{emailCode: "verification_code", resetCode: "reset_password_code"}[strategy], "ada@example.com").Code.Reveal()
		if n := parallel(100, func() bool { return v.copy().attempt(path, strategy, code).StatusCode == 200 }); n != 1 {
			t.Errorf("%s: %d of 100 succeeded, want 1", strategy, n)
		}
	}
}

// I15: a hundred wrong codes at once are five tries, no more.
func TestI15_ParallelGuesses(t *testing.T) {
	t.Parallel()
	app, box := newMailApp(t)
	member(t, app, box, "ada@example.com")
	v := app.visitor()
	path, _ := v.begin("ada@example.com")
	v.prepare(path, emailCode).want(t, 200, "")
	code := box.code("ada@example.com")
	parallel(100, func() bool { return v.copy().attempt(path, emailCode, other(code)).StatusCode == 200 })
	v.attempt(path, emailCode, code).want(t, 400, wire.CodeVerificationFailed)
}

// I26: a code is not sent twice within 30 seconds, and an address gets ten an hour at most,
// from however many attempts; using one starts anew.
func TestI26_MailboxesAreNotFilled(t *testing.T) {
	t.Parallel()
	app, box := newMailApp(t)
	member(t, app, box, "ada@example.com")
	v := app.visitor()
	path, _ := v.begin("ada@example.com")
	v.prepare(path, emailCode).want(t, 200, "")
	again := v.prepare(path, emailCode)
	again.want(t, 429, wire.CodeVerificationTooMany)
	if again.Header.Get("Retry-After") != "30" {
		t.Errorf("Retry-After = %q", again.Header.Get("Retry-After"))
	}
	app.clock.Add(identity.CodeCoolDown - time.Second)
	v.prepare(path, emailCode).want(t, 429, wire.CodeVerificationTooMany)
	app.clock.Add(time.Second)
	v.prepare(path, emailCode).want(t, 200, "")
	for range identity.MailsAtOnce - 2 {
		app.visitor().post("/v1/client/sign_ins", "identifier", "ada@example.com", "strategy", emailCode).want(t, 200, "")
	}
	app.visitor().post("/v1/client/sign_ins", "identifier", "ADA@example.com", "strategy", resetCode).want(t, 429, wire.CodeVerificationTooMany)
	app.visitor().post("/v1/client/sign_ins", "identifier", "bob@example.com", "strategy", resetCode).want(t, 200, "")
	app.DrainMail()
	if n := len(box.ch); n != identity.MailsAtOnce {
		t.Errorf("%d mails, want %d", n, identity.MailsAtOnce)
	}
	app.clock.Add(time.Hour)
	app.visitor().post("/v1/client/sign_ins", "identifier", "ada@example.com", "strategy", resetCode).want(t, 200, "")
}

// I13: the mail goes to the address as its owner wrote it, not as somebody spells it now.
func TestI13_MailGoesToTheStoredAddress(t *testing.T) {
	t.Parallel()
	app, box := newMailApp(t)
	member(t, app, box, "Ada.Lovelace@Example.com")
	app.visitor().begin("ADA.LOVELACE@EXAMPLE.COM", "strategy", resetCode)
	box.resetCode("Ada.Lovelace@Example.com")
	for _, lookAlike := range []string{"аda.lovelace@example.com", "ada.lovelace@exаmple.com", "ada.lovelacе@example.com"} { // Cyrillic
		app.visitor().begin(lookAlike, "strategy", resetCode)
	}
	box.none(app)
}

// I13: a code goes to the address that it proves. Where letters beyond ASCII are normalized,
// what was typed can be another mailbox than that.
func TestI13_ACodeGoesToTheAddressThatItProves(t *testing.T) {
	t.Parallel()
	app, box := newMailApp(t, verifyEmail)
	for typed, to := range map[string]string{
		"\u212aelvin@example.com":   "kelvin@example.com", // the sign of the unit
		"\uff41da@example.com":      "ada@example.com",    // full width
		"zoe\u0308@example.com":     "zo\u00eb@example.com",
		"bob@\uff45xample.com":      "bob@example.com",
		"cleo@b\u00fccher.example":  "cleo@xn--bcher-kva.example",
		" Dora.Smith@Example.com ":  "Dora.Smith@Example.com",
		"fay@xn--bcher-kva.example": "fay@xn--bcher-kva.example",
	} {
		v := app.visitor()
		a := v.post("/v1/client/sign_ups", "email_address", typed, "password", password)
		a.want(t, 200, "")
		path := "/v1/client/sign_ups/" + decode[wire.Response[wire.SignUp]](t, a.body).Response.ID
		v.post(path+"/prepare_verification", "strategy", emailCode).want(t, 200, "")
		v.post(path+"/attempt_verification", "strategy", emailCode, "code", box.code(to)).want(t, 200, "")
	}
	a := app.backend("POST", "/v1/users", `{"email_address":[" hal@example.com "],"skip_password_requirement":true}`)
	a.want(t, 200, "")
	if got := decode[wire.User](t, a.body).EmailAddresses[0].EmailAddress; got != "hal@example.com" {
		t.Errorf("address = %q", got)
	}
}
