package identity_test

import (
	"encoding/json"
	"maps"
	"testing"

	"github.com/usherauth/usher/wire"
)

func TestMe(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	v := app.visitor()
	v.get("/v1/me").want(t, 401, wire.CodeSignedOut)
	v.signUp("ada@example.com")
	a := v.get("/v1/me?_clerk_session_id=" + v.sessionID())
	a.want(t, 200, "")
	if u := decode[wire.Response[wire.User]](t, a.body).Response; u.FirstName != "Ada" || u.OrganizationMemberships == nil || !u.PasswordEnabled {
		t.Errorf("me = %+v", u)
	}
	a = v.post("/v1/me?_method=PATCH", "first_name", "Augusta", "last_name", "", "unsafe_metadata", `{ "a": 1 }`)
	a.want(t, 200, "")
	got := decode[wire.Response[wire.User]](t, a.body)
	if u := got.Response; u.FirstName != "Augusta" || u.LastName != "" || string(u.UnsafeMetadata) != `{"a":1}` {
		t.Errorf("me = %+v", u)
	}
	if u := got.Client.Sessions[0].User; u.FirstName != "Augusta" {
		t.Errorf("piggybacked user = %+v, want the new name", u)
	}
	v.post("/v1/me/metadata?_method=PATCH", "unsafe_metadata", `{"a":null,"b":2}`).want(t, 200, "")
	if u := v.client().Sessions[0].User; string(u.UnsafeMetadata) != `{"b":2}` {
		t.Errorf("unsafe_metadata = %s", u.UnsafeMetadata)
	}
	v.post("/v1/me?_method=PATCH", "first_name", "\x00", "unsafe_metadata", "null").want(t, 422, wire.CodeParamFormatInvalid)
	v.post("/v1/me?_method=PATCH", "username", "ada").want(t, 422, wire.CodeParamUnknown)
}

func TestChangePassword(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	here, there := app.visitor(), app.visitor()
	here.signUp("ada@example.com")
	there.post("/v1/client/sign_ins", "identifier", "ada@example.com", "password", password).want(t, 200, "")
	id, other := here.sessionID(), there.sessionID()
	const next = "another horse entirely"
	change := func(v *visitor, fields ...string) answer { return v.post("/v1/me/change_password", fields...) }

	change(app.visitor(), "current_password", password, "new_password", next).want(t, 401, wire.CodeSignedOut)
	change(here, "new_password", next).want(t, 422, wire.CodeParamMissing)
	change(here, "current_password", password).want(t, 422, wire.CodeParamMissing)
	change(here, "current_password", "not the password", "new_password", next).want(t, 422, wire.CodePasswordIncorrect)
	a := change(here, "current_password", password, "new_password", "Password1")
	a.want(t, 422, wire.CodePasswordPwned)
	if a.param(t) != "new_password" {
		t.Errorf("param_name = %q", a.param(t))
	}
	change(here, "current_password", password, "new_password", "ADA@example.com").want(t, 422, wire.CodePasswordNotStrong)
	there.post("/v1/client/sessions/"+other+"/tokens").want(t, 200, "")

	change(here, "current_password", password, "new_password", next, "sign_out_of_other_sessions", "false").want(t, 200, "")
	there.post("/v1/client/sessions/"+other+"/tokens").want(t, 200, "")
	change(here, "current_password", next, "new_password", password).want(t, 200, "")
	there.post("/v1/client/sessions/"+other+"/tokens").want(t, 401, wire.CodeSignedOut)
	here.post("/v1/client/sessions/"+id+"/tokens").want(t, 200, "")
	app.visitor().post("/v1/client/sign_ins", "identifier", "ada@example.com", "password", next).want(t, 422, wire.CodePasswordOrIdentifier)
	app.visitor().post("/v1/client/sign_ins", "identifier", "ada@example.com", "password", password).want(t, 200, "")
}

func TestOwnSessions(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	here, there := app.visitor(), app.visitor()
	here.signUp("ada@example.com")
	there.header.Set("User-Agent", "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.0 Mobile/15E148 Safari/604.1")
	there.post("/v1/client/sign_ins", "identifier", "ada@example.com", "password", password).want(t, 200, "")
	app.visitor().signUp("bob@example.com")
	id, other := here.sessionID(), there.sessionID()

	list := decode[[]wire.Session](t, here.get("/v1/me/sessions/active").body)
	if len(list) != 2 {
		t.Fatalf("active sessions = %+v, want two", list)
	}
	for _, s := range list {
		if s.ID != other {
			continue
		}
		if a := s.LatestActivity; !a.IsMobile || a.BrowserName != "Safari" || a.BrowserVersion != "19.0" || a.DeviceType != "iPhone" {
			t.Errorf("activity = %+v", a)
		}
	}
	here.post("/v1/me/sessions/"+other+"/revoke").want(t, 200, "")
	there.post("/v1/client/sessions/"+other+"/tokens").want(t, 401, wire.CodeSignedOut)
	here.post("/v1/me/sessions/"+other+"/revoke").want(t, 404, wire.CodeResourceNotFound)
	if list := decode[[]wire.Session](t, here.get("/v1/me/sessions/active").body); len(list) != 1 || list[0].ID != id {
		t.Errorf("active sessions = %+v, want the one here", list)
	}
	statuses := map[string]string{}
	for _, s := range decode[[]wire.Session](t, here.get("/v1/me/sessions").body) { // those that ended too, of nobody else
		statuses[s.ID] = s.Status
		if s.LatestActivity == nil || s.User != nil || s.LastActiveToken != nil {
			t.Errorf("session = %+v", s)
		}
	}
	if want := map[string]string{id: wire.SessionActive, other: wire.SessionRevoked}; !maps.Equal(statuses, want) {
		t.Errorf("sessions = %v, want %v", statuses, want)
	}
	here.post("/v1/me/sessions/"+id+"/revoke").want(t, 200, "")
	if here.cookies["__client_uat"] != "0" || here.cookies[clientName()] != "" {
		t.Errorf("cookies = %v, want signed out", here.cookies)
	}
	here.get("/v1/me/sessions/active").want(t, 401, wire.CodeSignedOut)
	here.get("/v1/me/sessions").want(t, 401, wire.CodeSignedOut)
}

// Strings that trouble other programs come back as they were, or are refused.
func TestNaughtyStrings(t *testing.T) {
	t.Parallel()
	v := newApp(t).visitor()
	v.signUp("ada@example.com")
	for _, s := range readJSON[[]string](t, "naughty.json") {
		bag, err := json.Marshal(map[string]string{"s": s, s: "key"})
		if err != nil {
			t.Fatal(err)
		}
		a := v.post("/v1/me?_method=PATCH", "first_name", s, "unsafe_metadata", string(bag))
		if a.StatusCode == 422 {
			continue
		}
		a.want(t, 200, "")
		u := decode[wire.Response[wire.User]](t, a.body).Response
		if got := decode[map[string]string](t, string(u.UnsafeMetadata)); string(u.FirstName) != s || s != "s" && got["s"] != s || got[s] == "" {
			t.Errorf("%q came back as %q and %v", s, u.FirstName, got)
		}
	}
	for _, s := range readJSON[[]string](t, "naughty.json") {
		if a := v.post("/v1/client/sign_ins", "identifier", s, "password", s); a.StatusCode != 422 && a.StatusCode != 400 {
			t.Errorf("signing in as %q = %d", s, a.StatusCode)
		}
	}
	v.sessionID()
}
