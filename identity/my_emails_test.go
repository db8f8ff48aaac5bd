package identity_test

import (
	"testing"
	"time"

	"github.com/usherauth/usher/identity"
	"github.com/usherauth/usher/wire"
)

const addresses = "/v1/me/email_addresses"

// addEmail adds an address and returns its path.
func (v *visitor) addEmail(address string) (path, id string) {
	v.t.Helper()
	a := v.post(addresses+"/", "email_address", address) // browser clients send the final slash
	a.want(v.t, 200, "")
	e := decode[wire.Response[wire.EmailAddress]](v.t, a.body).Response
	if e.Object != "email_address" || e.EmailAddress != address || e.Verification.Status != "unverified" {
		v.t.Errorf("added = %+v", e)
	}
	return addresses + "/" + e.ID, e.ID
}

func TestEmailAddresses(t *testing.T) {
	t.Parallel()
	app, box := newMailApp(t)
	v, bob := app.visitor(), app.visitor()
	bob.signUp("bob@example.com")
	bobs := addresses + "/" + bob.client().Sessions[0].User.EmailAddresses[0].ID
	v.get(addresses).want(t, 401, wire.CodeSignedOut)
	v.signUp("ada@example.com")
	v.post(addresses).want(t, 422, wire.CodeParamMissing)
	v.post(addresses, "email_address", "not one").want(t, 422, wire.CodeParamFormatInvalid)
	v.post(addresses, "email_address", "ADA@example.com").want(t, 422, wire.CodeIdentifierExists)
	v.post(addresses, "email_address", "bob@example.com").want(t, 422, wire.CodeIdentifierExists)
	path, id := v.addEmail("ada@work.example")

	list := decode[wire.Response[[]wire.EmailAddress]](t, v.get(addresses).body).Response
	if len(list) != 2 || list[1].ID != id {
		t.Errorf("addresses = %+v", list)
	}
	for _, foreign := range []string{bobs, addresses + "/idn_none"} {
		v.get(foreign).want(t, 404, wire.CodeResourceNotFound)
		v.post(foreign+"/prepare_verification", "strategy", emailCode).want(t, 404, wire.CodeResourceNotFound)
		v.post(foreign+"/attempt_verification", "code", "123456").want(t, 404, wire.CodeResourceNotFound)
		v.post(foreign+"?_method=DELETE").want(t, 404, wire.CodeResourceNotFound)
	}
	v.post("/v1/me?_method=PATCH", "primary_email_address_id", id).want(t, 422, wire.CodeVerificationNeeded)
	v.post("/v1/me?_method=PATCH", "primary_email_address_id", "idn_none").want(t, 404, wire.CodeResourceNotFound)

	v.post(path+"/attempt_verification", "code", "123456").want(t, 400, wire.CodeClientStateInvalid)
	a := v.post(path+"/prepare_verification", "strategy", emailCode)
	a.want(t, 200, "")
	if e := decode[wire.Response[wire.EmailAddress]](t, a.body).Response; e.Verification.ExpireAt == nil || *e.Verification.Attempts != 0 {
		t.Errorf("prepared = %+v", e.Verification)
	}
	code := box.code("ada@work.example")
	v.post(path+"/attempt_verification", "code", other(code)).want(t, 422, wire.CodeCodeIncorrect)
	if e := decode[wire.Response[wire.EmailAddress]](t, v.get(path).body).Response; *e.Verification.Attempts != 1 {
		t.Errorf("after a wrong code: %+v", e.Verification)
	}
	a = v.post(path+"/attempt_verification", "code", code)
	a.want(t, 200, "")
	got := decode[wire.Response[wire.EmailAddress]](t, a.body)
	if u := got.Client.Sessions[0].User; got.Response.Verification.Status != "verified" || u.EmailAddresses[1].Verification.Status != "verified" {
		t.Errorf("verified = %+v", got.Response)
	}
	v.post(path+"/attempt_verification", "code", code).want(t, 400, wire.CodeVerificationDone)
	v.post(path+"/prepare_verification", "strategy", emailCode).want(t, 400, wire.CodeVerificationDone)

	v.post(path+"?_method=DELETE").want(t, 200, "")
	path, id = v.addEmail("ada@work.example")
	v.post(path+"/prepare_verification", "strategy", emailCode).want(t, 200, "")
	v.post(path+"/attempt_verification", "code", box.code("ada@work.example")).want(t, 200, "")
	a = v.post("/v1/me?_method=PATCH", "primary_email_address_id", id)
	a.want(t, 200, "")
	u := decode[wire.Response[wire.User]](t, a.body)
	if string(u.Response.PrimaryEmailAddressID) != id || u.Client.Sessions[0].PublicUserData.Identifier != "ada@work.example" {
		t.Errorf("primary = %s, identifier %s", u.Response.PrimaryEmailAddressID, u.Client.Sessions[0].PublicUserData.Identifier)
	}
	v.post(path+"?_method=DELETE").want(t, 400, wire.CodePrimaryStays)
	first := addresses + "/" + u.Response.EmailAddresses[0].ID
	a = v.post(first + "?_method=DELETE")
	a.want(t, 200, "")
	if d := decode[wire.Response[wire.Deleted]](t, a.body); !d.Response.Deleted || d.Response.Object != "email_address" || len(d.Client.Sessions[0].User.EmailAddresses) != 1 {
		t.Errorf("deleted = %+v", d.Response)
	}
	v.post(path+"?_method=DELETE").want(t, 400, wire.CodeLastIdentification)
}

func TestEmailAddressesAreLimited(t *testing.T) {
	t.Parallel()
	app, _ := newMailApp(t)
	v := app.visitor()
	v.signUp("ada@example.com")
	for i := range 4 {
		v.addEmail("ada" + decimal(i) + "@example.com")
	}
	v.post(addresses, "email_address", "more@example.com").want(t, 400, wire.CodeTooManyUnverified)
}

// I17: of two addresses added at once, a code proves the one that it was sent to.
func TestI17_ACodeProvesTheAddressItWasSentTo(t *testing.T) {
	t.Parallel()
	app, box := newMailApp(t)
	v := app.visitor()
	v.signUp("ada@example.com")
	first, _ := v.addEmail("one@example.com")
	second, _ := v.addEmail("two@example.com")
	v.post(first+"/prepare_verification", "strategy", emailCode).want(t, 200, "")
	codes := map[string]string{"one@example.com": box.code("one@example.com")}
	v.post(second+"/prepare_verification", "strategy", emailCode).want(t, 200, "")
	codes["two@example.com"] = box.code("two@example.com")
	if codes["one@example.com"] != codes["two@example.com"] {
		v.post(second+"/attempt_verification", "code", codes["one@example.com"]).want(t, 422, wire.CodeCodeIncorrect)
	}
	v.post(first+"/attempt_verification", "code", codes["one@example.com"]).want(t, 200, "")
	u := v.client().Sessions[0].User
	if u.EmailAddresses[1].Verification.Status != "verified" || u.EmailAddresses[2].Verification.Status != "unverified" {
		t.Errorf("addresses = %+v", u.EmailAddresses)
	}

	// Removed and added again it is another one, for which the old code says nothing.
	third, _ := v.addEmail("three@example.com")
	v.post(third+"/prepare_verification", "strategy", emailCode).want(t, 200, "")
	code := box.code("three@example.com")
	v.post(third+"?_method=DELETE").want(t, 200, "")
	again, _ := v.addEmail("three@example.com")
	v.post(again+"/attempt_verification", "code", code).want(t, 400, wire.CodeClientStateInvalid)
}

// I20: what would let somebody at an open session keep the account needs a factor proven
// within ten minutes.
func TestI20_SensitiveChangesNeedAFreshFactor(t *testing.T) {
	t.Parallel()
	app, box := newMailApp(t)
	v := app.visitor()
	v.signUp("ada@example.com")
	v.verifyAddress(box)
	path, id := v.addEmail("ada@work.example")
	v.post(path+"/prepare_verification", "strategy", emailCode).want(t, 200, "")
	v.post(path+"/attempt_verification", "code", box.code("ada@work.example")).want(t, 200, "")
	sensitive := map[string]func(*visitor) answer{
		"add an address":    func(v *visitor) answer { return v.post(addresses, "email_address", "new@example.com") },
		"change primary":    func(v *visitor) answer { return v.post("/v1/me?_method=PATCH", "primary_email_address_id", id) },
		"remove an address": func(v *visitor) answer { return v.post(path + "?_method=DELETE") },
		"delete":            func(v *visitor) answer { return v.post("/v1/me?_method=DELETE") },
	}
	app.clock.Add(10 * time.Minute)
	for name, send := range sensitive {
		if a := send(v); a.StatusCode != 403 {
			t.Errorf("%s with an old factor = %d", name, a.StatusCode)
		} else {
			a.want(t, 403, wire.CodeReverification)
		}
	}
	v.post("/v1/me?_method=PATCH", "first_name", "Augusta", "primary_email_address_id", v.client().Sessions[0].User.EmailAddresses[0].ID).want(t, 200, "")
	v.reverify(password)
	for _, name := range []string{"add an address", "change primary"} {
		sensitive[name](v).want(t, 200, "")
	}

	off, _ := newMailApp(t, func(c *identity.Config) { c.InsecureNoReverification = true })
	w := off.visitor()
	w.signUp("ada@example.com")
	off.clock.Add(time.Hour)
	w.addEmail("new@example.com")
	w.post("/v1/me?_method=DELETE").want(t, 200, "")
}

// reverify proves the session's person again.
func (v *visitor) reverify(password string) {
	v.t.Helper()
	path := "/v1/client/sessions/" + v.sessionID() + "/verify"
	v.post(path, "level", "first_factor").want(v.t, 200, "")
	v.post(path+"/attempt_first_factor", "strategy", "password", "password", password).want(v.t, 200, "")
}
