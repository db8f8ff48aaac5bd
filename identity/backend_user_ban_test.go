package identity_test

import (
	"strings"
	"testing"
	"time"

	"github.com/usherauth/usher/identity"
	"github.com/usherauth/usher/wire"
)

// C11: with a ban all sessions end, and nothing of the person's opens one again until it is
// taken back.
func TestC11_BannedPeopleAreOutAtOnce(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	u := app.person(t, "ada@example.com")
	v, w := app.visitor(), app.visitor()
	v.enter("ada@example.com")
	w.enter("ada@example.com")
	session := v.sessionID()
	ticket := decode[wire.Ticket](t, app.backend("POST", "/v1/sign_in_tokens", `{"user_id":"`+u.ID+`"}`).body)

	a := app.backend("POST", "/v1/users/"+u.ID+"/ban", "")
	a.want(t, 200, "")
	if !decode[wire.User](t, a.body).Banned {
		t.Error("banned = false")
	}
	for _, browser := range []*visitor{v, w} {
		browser.post("/v1/client/sessions/"+session+"/tokens").want(t, 401, wire.CodeSignedOut)
		browser.get("/v1/me").want(t, 401, wire.CodeSignedOut)
	}
	app.backend("POST", "/v1/sessions/"+session+"/tokens", "").want(t, 404, wire.CodeResourceNotFound)
	app.backend("POST", "/v1/sessions", `{"user_id":"`+u.ID+`"}`).want(t, 403, wire.CodeUserBanned)
	app.visitor().post("/v1/client/sign_ins", "identifier", "ada@example.com", "password", password).want(t, 403, wire.CodeUserBanned)
	app.visitor().post("/v1/client/sign_ins", "strategy", "ticket", "ticket", ticket.Token).want(t, 403, wire.CodeUserBanned)
	for _, s := range decode[[]wire.Session](t, app.backend("GET", "/v1/sessions?user_id="+u.ID, "").body) {
		if s.Status != wire.SessionRevoked {
			t.Errorf("status = %q, want revoked", s.Status)
		}
	}

	app.backend("POST", "/v1/users/"+u.ID+"/unban", "").want(t, 200, "")
	v.post("/v1/client/sessions/"+session+"/tokens").want(t, 401, wire.CodeSignedOut)
	app.visitor().post("/v1/client/sign_ins", "strategy", "ticket", "ticket", ticket.Token).want(t, 200, "")
	v.enter("ada@example.com")
	app.backend("POST", "/v1/users/user_x/ban", "").want(t, 404, wire.CodeResourceNotFound)
}

// C11: who is deleted is out too, tickets and all.
func TestC11_DeletedPeopleAreOutAtOnce(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	u := app.person(t, "ada@example.com")
	v := app.visitor()
	v.enter("ada@example.com")
	session := v.sessionID()
	ticket := decode[wire.Ticket](t, app.backend("POST", "/v1/sign_in_tokens", `{"user_id":"`+u.ID+`"}`).body)
	app.backend("DELETE", "/v1/users/"+u.ID, "").want(t, 200, "")
	v.post("/v1/client/sessions/"+session+"/tokens").want(t, 401, wire.CodeSignedOut)
	app.visitor().post("/v1/client/sign_ins", "strategy", "ticket", "ticket", ticket.Token).want(t, 400, wire.CodeTicketInvalid)
	app.backend("GET", "/v1/sessions/"+session, "").want(t, 404, wire.CodeResourceNotFound)
	app.backend("DELETE", "/v1/users/"+u.ID, "").want(t, 404, wire.CodeResourceNotFound)
}

func TestBackendBansSeveral(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	a, b := app.person(t, "a@example.com"), app.person(t, "b@example.com")
	app.backend("POST", "/v1/users/ban", `{"user_ids":["`+a.ID+`","user_x"]}`).want(t, 404, wire.CodeResourceNotFound)
	if app.stored(t, a.ID).Banned {
		t.Error("one was banned although another does not exist")
	}
	got := app.backend("POST", "/v1/users/ban", `{"user_ids":["`+a.ID+`","`+b.ID+`"]}`)
	got.want(t, 200, "")
	if users := decode[[]wire.User](t, got.body); len(users) != 2 || !users[0].Banned || !users[1].Banned {
		t.Errorf("users = %s", got.body)
	}
	app.backend("POST", "/v1/users/unban", `{"user_ids":["`+b.ID+`"]}`).want(t, 200, "")
	if !app.stored(t, a.ID).Banned || app.stored(t, b.ID).Banned {
		t.Error("the wrong one was let in again")
	}
	for body, code := range map[string]string{
		`{}`: wire.CodeParamMissing, `{"user_ids":[]}`: wire.CodeParamMissing, `{"user_ids":"x"}`: wire.CodeParamFormatInvalid,
		`{"ids":[]}`: wire.CodeParamUnknown, `{"user_ids":["` + strings.Repeat(`x","`, 50) + `x"]}`: wire.CodeParamFormatInvalid,
	} {
		app.backend("POST", "/v1/users/ban", body).want(t, 422, code)
	}
}

// A lock by an operator is like one that wrong passwords bring, and ends like it.
func TestBackendLocksAndUnlocks(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	u := app.person(t, "ada@example.com")
	v := app.visitor()
	v.enter("ada@example.com")
	session := v.sessionID()
	try := func() answer {
		return app.visitor().post("/v1/client/sign_ins", "identifier", "ada@example.com", "password", password)
	}
	got := decode[wire.User](t, app.backend("POST", "/v1/users/"+u.ID+"/lock", "").body)
	if !got.Locked || *got.LockoutExpiresInSeconds != 3600 {
		t.Errorf("user = %+v", got)
	}
	try().want(t, 422, wire.CodePasswordOrIdentifier)
	ticket := decode[wire.Ticket](t, app.backend("POST", "/v1/sign_in_tokens", `{"user_id":"`+u.ID+`"}`).body)
	app.visitor().post("/v1/client/sign_ins", "strategy", "ticket", "ticket", ticket.Token).want(t, 403, wire.CodeUserLocked)
	app.backend("POST", "/v1/users/"+u.ID+"/verify_password", `{"password":"`+password+`"}`).want(t, 403, wire.CodeUserLocked)
	v.post("/v1/client/sessions/"+session+"/tokens").want(t, 200, "")
	app.clock.Add(time.Hour)
	try().want(t, 200, "")

	for range 10 {
		app.visitor().post("/v1/client/sign_ins", "identifier", "ada@example.com", "password", "not the password at all")
	}
	try().want(t, 422, wire.CodePasswordOrIdentifier)
	got = decode[wire.User](t, app.backend("POST", "/v1/users/"+u.ID+"/unlock", "").body)
	if got.Locked || got.LockoutExpiresInSeconds != nil || *got.AttemptsRemaining != 10 {
		t.Errorf("user = %+v", got)
	}
	try().want(t, 200, "")
}

func TestBackendVerifiesPasswords(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	u := app.person(t, "ada@example.com")
	path := "/v1/users/" + u.ID + "/verify_password"
	a := app.backend("POST", path, `{"password":"`+password+`"}`)
	a.want(t, 200, "")
	if a.body != `{"verified":true}`+"\n" && a.body != `{"verified":true}` {
		t.Errorf("body = %q", a.body)
	}
	app.backend("POST", path, `{"password":"wrong wrong wrong"}`).want(t, 422, wire.CodeIncorrectPassword)
	app.backend("POST", path, `{}`).want(t, 422, wire.CodeParamMissing)
	app.backend("POST", path, `{"password":7}`).want(t, 422, wire.CodeParamFormatInvalid)
	app.backend("POST", "/v1/users/user_x/verify_password", `{"password":"x"}`).want(t, 404, wire.CodeResourceNotFound)
	bare := app.user(t, map[string]any{"skip_password_requirement": true, "email_address": []string{"b@example.com"}})
	app.backend("POST", "/v1/users/"+bare.ID+"/verify_password", `{"password":"x"}`).want(t, 400, wire.CodeNoPasswordSet)
	app.backend("POST", "/v1/users/"+bare.ID+"/remove_password", "").want(t, 400, wire.CodeNoPasswordSet)
	app.backend("POST", "/v1/users/"+bare.ID+"/password/set_compromised", "").want(t, 400, wire.CodeNoPasswordSet)

	app.backend("POST", "/v1/users/"+u.ID+"/verify_totp", `{"code":"123456"}`).want(t, 400, wire.CodeStrategyInvalid)
	app.backend("POST", "/v1/users/"+u.ID+"/verify_totp", `{}`).want(t, 422, wire.CodeParamMissing)
	for _, factor := range []string{"mfa", "totp", "backup_code"} {
		if got := app.backend("DELETE", "/v1/users/"+u.ID+"/"+factor, "{}"); got.StatusCode != 200 || !strings.Contains(got.body, `"user_id":"`+u.ID+`"`) {
			t.Errorf("%s: %d %s", factor, got.StatusCode, got.body)
		}
		app.backend("DELETE", "/v1/users/user_x/"+factor, "").want(t, 404, wire.CodeResourceNotFound)
	}
}

// I04: the Backend API is no way around the limit of guesses.
func TestI04_VerifyPasswordCountsAsATry(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	u := app.person(t, "ada@example.com")
	for range 10 {
		app.backend("POST", "/v1/users/"+u.ID+"/verify_password", `{"password":"wrong wrong wrong"}`).want(t, 422, wire.CodeIncorrectPassword)
	}
	app.backend("POST", "/v1/users/"+u.ID+"/verify_password", `{"password":"`+password+`"}`).want(t, 403, wire.CodeUserLocked)
	app.visitor().post("/v1/client/sign_ins", "identifier", "ada@example.com", "password", password).want(t, 422, wire.CodePasswordOrIdentifier)
}

func TestBackendRemovesAPassword(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	u := app.person(t, "ada@example.com")
	v := app.visitor()
	v.enter("ada@example.com")
	session := v.sessionID()
	if got := decode[wire.User](t, app.backend("POST", "/v1/users/"+u.ID+"/remove_password", "").body); got.PasswordEnabled {
		t.Error("password_enabled = true")
	}
	app.visitor().post("/v1/client/sign_ins", "identifier", "ada@example.com", "password", password).want(t, 422, wire.CodePasswordOrIdentifier)
	v.post("/v1/client/sessions/"+session+"/tokens").want(t, 200, "")
	app.backend("PATCH", "/v1/users/"+u.ID, `{"password":"`+password+`"}`).want(t, 200, "")
	app.backend("POST", "/v1/users/"+u.ID+"/remove_password", `{"sign_out_of_other_sessions":true}`).want(t, 200, "")
	v.post("/v1/client/sessions/"+session+"/tokens").want(t, 401, wire.CodeSignedOut)
}

// A compromised password opens nothing, even if it is right, until it is replaced or
// trusted again; a digest that is upgraded meanwhile stays compromised.
func TestCompromisedPasswordsOpenNothing(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	u := app.user(t, map[string]any{"email_address": []string{"ada@example.com"}, "password_digest": digests[5].digest, "password_hasher": "md5"})
	path := "/v1/users/" + u.ID
	v := app.visitor()
	app.backend("POST", path+"/password/set_compromised", `{"revoke_all_sessions":false}`).want(t, 200, "")
	try := func(p string) answer {
		return app.visitor().post("/v1/client/sign_ins", "identifier", "ada@example.com", "password", p)
	}
	try(password).want(t, 422, wire.CodePasswordCompromised)
	try("not the password at all").want(t, 422, wire.CodePasswordOrIdentifier)
	app.backend("POST", path+"/verify_password", `{"password":"`+password+`"}`).want(t, 200, "")
	if hash := app.stored(t, u.ID).PasswordHash; !strings.HasPrefix(hash, "!$argon2id$") {
		t.Errorf("hash = %q, want one of ours that is marked", hash)
	}
	try(password).want(t, 422, wire.CodePasswordCompromised)
	app.backend("POST", path+"/password/unset_compromised", "").want(t, 200, "")
	v.enter("ada@example.com")
	app.backend("POST", path+"/password/set_compromised", `{"revoke_all_sessions":true}`).want(t, 200, "")
	app.backend("POST", path+"/password/set_compromised", "").want(t, 200, "")
	v.get("/v1/me").want(t, 401, wire.CodeSignedOut)
	app.backend("PATCH", path, `{"password":"another long passphrase"}`).want(t, 200, "")
	try("another long passphrase").want(t, 200, "")
	if got := app.events(identity.AuditQuery{UserID: u.ID, Types: []string{"password.compromised"}}); len(got) != 3 {
		t.Errorf("events = %v", got)
	}
}
