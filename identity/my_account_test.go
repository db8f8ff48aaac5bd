package identity_test

import (
	"encoding/json"
	"errors"
	"net/url"
	"testing"
	"time"

	"github.com/usherauth/usher/identity"
	"github.com/usherauth/usher/wire"
)

// V09: with the account everything of the person's goes, in every browser.
func TestV09_DeleteMe(t *testing.T) {
	t.Parallel()
	app, box := newMailApp(t)
	v, there := app.visitor(), app.visitor()
	v.post("/v1/me?_method=DELETE").want(t, 401, wire.CodeSignedOut)
	v.signUp("ada@example.com")
	v.verifyAddress(box)
	there.signIn("ada@example.com")
	other := there.sessionID()
	v.upload(profileImage, "file", encodePNG(t, sample(8, 8))).want(t, 200, "")
	picture := v.client().Sessions[0].User.ImageURL
	path, _ := v.addEmail("new@example.com")
	v.post(path+"/prepare_verification", "strategy", emailCode).want(t, 200, "")
	user := v.client().Sessions[0].User
	if !user.DeleteSelfEnabled {
		t.Error("delete_self_enabled is false")
	}
	a := v.post("/v1/me?_method=DELETE")
	a.want(t, 200, "")
	if d := decode[wire.Response[wire.Deleted]](t, a.body); d.Response.Object != "user" || d.Response.ID != user.ID || !d.Response.Deleted {
		t.Errorf("answer = %+v", d.Response)
	}
	if v.cookies["__client_uat"] != "0" || v.cookies[clientName()] != "" {
		t.Errorf("cookies = %v, want signed out", v.cookies)
	}
	there.post("/v1/client/sessions/"+other+"/tokens").want(t, 401, wire.CodeSignedOut)
	app.backend("GET", "/v1/users/"+user.ID, "").want(t, 404, wire.CodeResourceNotFound)
	app.visitor().get(apiPath(t, picture)).want(t, 404, wire.CodeResourceNotFound)
	app.visitor().post("/v1/client/sign_ins", "identifier", "ada@example.com", "password", password).want(t, 422, wire.CodePasswordOrIdentifier)
	app.visitor().signUp("ada@example.com")
	err := app.store.View(t.Context(), func(tx identity.Tx) error {
		_, err := tx.Grant("code_" + path[len(addresses)+1:])
		return err
	})
	if !errors.Is(err, identity.ErrNotFound) {
		t.Errorf("a code of the deleted person: %v", err)
	}
}

func TestDeleteMeLeavesOthersInTheBrowser(t *testing.T) {
	t.Parallel()
	app := newApp(t, multiSession)
	v := app.visitor()
	v.signUp("ada@example.com")
	ada := v.sessionID()
	v.signUp("bob@example.com")
	v.post("/v1/me?_method=DELETE&_clerk_session_id="+ada).want(t, 200, "")
	c := v.client()
	if len(c.Sessions) != 1 || c.Sessions[0].User.EmailAddresses[0].EmailAddress != "bob@example.com" || v.cookies["__client_uat"] == "0" {
		t.Errorf("client = %+v", c)
	}
}

func TestDeleteMeThatMayNot(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	v := app.visitor()
	v.signUp("ada@example.com")
	err := app.store.Update(t.Context(), func(tx identity.Tx) error {
		u, err := tx.UserByEmail("ada@example.com")
		u.MayNotDelete = true
		return errors.Join(err, tx.PutUser(u))
	})
	if err != nil {
		t.Fatal(err)
	}
	if v.client().Sessions[0].User.DeleteSelfEnabled {
		t.Error("delete_self_enabled is true")
	}
	v.post("/v1/me?_method=DELETE").want(t, 403, wire.CodeAuthorizationInvalid)
}

// M13: whoever acts as somebody does not take the account over, or away.
func TestM13_ActingAsSomebodyChangesNoAccount(t *testing.T) {
	t.Parallel()
	app := newApp(t, func(c *identity.Config) { c.InsecureNoReverification = true })
	v := app.visitor()
	v.signUp("ada@example.com")
	id := v.sessionID()
	err := app.store.Update(t.Context(), func(tx identity.Tx) error {
		s, err := tx.Session(id)
		s.Actor = json.RawMessage(`{"sub":"user_support"}`)
		return errors.Join(err, tx.PutSession(s))
	})
	if err != nil {
		t.Fatal(err)
	}
	v.post("/v1/me?_method=DELETE").want(t, 403, wire.CodeImpersonated)
	v.post(addresses, "email_address", "mine@example.com").want(t, 403, wire.CodeImpersonated)
	v.post("/v1/me?_method=PATCH", "first_name", "Augusta").want(t, 200, "")
}

func TestRemovePassword(t *testing.T) {
	t.Parallel()
	app, box := newMailApp(t)
	v := app.visitor()
	remove := func(v *visitor, fields ...string) answer { return v.post("/v1/me/remove_password", fields...) }
	remove(v, "current_password", password).want(t, 401, wire.CodeSignedOut)
	v.signUp("ada@example.com")
	remove(v).want(t, 422, wire.CodeParamMissing)
	remove(v, "current_password", password).want(t, 403, wire.CodeAuthorizationInvalid) // no other way in
	v.verifyAddress(box)
	remove(v, "current_password", "not the password").want(t, 422, wire.CodePasswordIncorrect)
	a := remove(v, "current_password", password)
	a.want(t, 200, "")
	if u := decode[wire.Response[wire.User]](t, a.body); u.Response.PasswordEnabled || u.Client.Sessions[0].User.PasswordEnabled {
		t.Error("password_enabled is still true")
	}
	remove(v, "current_password", password).want(t, 400, wire.CodeNoPasswordSet)
	app.visitor().post("/v1/client/sign_ins", "identifier", "ada@example.com", "password", password).want(t, 422, wire.CodePasswordOrIdentifier)

	// A new one needs a fresh factor instead of the one that is not there. Guesses made
	// while there was none do not count against it.
	app.clock.Add(10 * time.Minute)
	v.post("/v1/me/change_password", "new_password", nextWords).want(t, 403, wire.CodeReverification)
	w := app.visitor()
	path, _ := w.begin("ada@example.com", "strategy", emailCode)
	w.attempt(path, emailCode, box.code("ada@example.com")).want(t, 200, "")
	for range 10 {
		app.visitor().post("/v1/client/sign_ins", "identifier", "ada@example.com", "password", "a guess for nothing").want(t, 422, wire.CodePasswordOrIdentifier)
	}
	w.post("/v1/me/change_password", "new_password", nextWords).want(t, 200, "")
	box.next("password_changed", "ada@example.com")
	w.post("/v1/me/change_password", "new_password", password).want(t, 422, wire.CodeParamMissing)
	v.get("/v1/me").want(t, 401, wire.CodeSignedOut)
	app.visitor().post("/v1/client/sign_ins", "identifier", "ada@example.com", "password", nextWords).want(t, 200, "")
}

func TestNewPasswordIsAnother(t *testing.T) {
	t.Parallel()
	v := newApp(t).visitor()
	v.signUp("ada@example.com")
	a := v.post("/v1/me/change_password", "current_password", password, "new_password", password)
	a.want(t, 422, wire.CodePasswordUnchanged)
	if a.param(t) != "new_password" {
		t.Errorf("param_name = %q", a.param(t))
	}
}

func TestClientTouch(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	v := app.visitor()
	target := func(to string) string { return "/v1/client/touch?redirect_url=" + url.QueryEscape(to) }
	a := v.get(target(origin + "/welcome"))
	if a.StatusCode != 307 || a.Header.Get("Location") != origin+"/welcome" || len(a.Cookies()) != 0 {
		t.Errorf("nobody's touch = %d to %q, cookies %v", a.StatusCode, a.Header.Get("Location"), a.Cookies())
	}
	v.signUp("ada@example.com")
	id := v.sessionID()
	a = v.get(target(origin + "/welcome?a=1"))
	if a.StatusCode != 307 || a.Header.Get("Location") != origin+"/welcome?a=1" || a.cookie(clientName()) == nil || a.cookie(clientName()).MaxAge < 300*24*3600 {
		t.Errorf("touch = %d to %q, cookies %v", a.StatusCode, a.Header.Get("Location"), a.Cookies())
	}
	v.post("/v1/client/sessions/"+id+"/tokens").want(t, 200, "")
	for _, bad := range []string{"", "/relative", "https://evil.example/", "javascript:alert(1)", origin + "/__clerk/v1/client/touch"} {
		v.get(target(bad)).want(t, 400, wire.CodeInvalidHandshake)
	}
	v.post("/v1/client/touch").want(t, 405, wire.CodeMethodNotAllowed)
}

// Phone numbers, passkeys and the like are not there, and say so.
func TestWhatIsNotBuiltSaysSo(t *testing.T) {
	t.Parallel()
	v := newApp(t).visitor()
	v.signUp("ada@example.com")
	for _, path := range []string{
		"/v1/me/phone_numbers", "/v1/me/phone_numbers/", "/v1/me/phone_numbers/idn_1/prepare_verification", "/v1/me/passkeys", "/v1/me/totp",
		"/v1/me/totp/attempt_verification", "/v1/me/backup_codes/", "/v1/me/external_accounts", "/v1/me/web3_wallets/", "/v1/me/enterprise_connections",
	} {
		v.post(path).want(t, 501, wire.CodeNotImplemented)
	}
	v.get("/v1/me/").want(t, 404, wire.CodeResourceNotFound)
	v.post("/v1/client/sign_ins/").want(t, 404, wire.CodeResourceNotFound)
}
