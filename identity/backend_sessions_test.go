package identity_test

import (
	"strings"
	"testing"
	"time"

	"github.com/usherauth/usher/wire"
)

// A session that a server makes has a client that no browser has, and gives tokens.
func TestBackendCreatesASession(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	u := app.person(t, "ada@example.com")
	a := app.backend("POST", "/v1/sessions", `{"user_id":"`+u.ID+`"}`)
	a.want(t, 200, "")
	s := decode[wire.Session](t, a.body)
	if s.Object != "session" || s.UserID != u.ID || s.ClientID == "" || s.Status != wire.SessionActive || string(s.Actor) != "null" {
		t.Errorf("session = %s", a.body)
	}
	token := decode[wire.Token](t, app.backend("POST", "/v1/sessions/"+s.ID+"/tokens", "").body)
	if got := claimsOf(t, token.JWT); got.Sid != s.ID || got.Sub != u.ID {
		t.Errorf("claims = %+v", got)
	}
	if list := decode[[]wire.Session](t, app.backend("GET", "/v1/sessions?user_id="+u.ID, "").body); len(list) != 1 || list[0].ID != s.ID {
		t.Errorf("sessions = %+v", list)
	}
	app.backend("POST", "/v1/sessions", `{}`).want(t, 422, wire.CodeParamMissing)
	app.backend("POST", "/v1/sessions", `{"user_id":"user_x"}`).want(t, 404, wire.CodeResourceNotFound)
	app.backend("POST", "/v1/sessions", `{"user_id":"`+u.ID+`","active_organization_id":"org_x"}`).want(t, 404, wire.CodeOrganizationNotFound)
}

func TestBackendVerifiesSessionTokens(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	u := app.person(t, "ada@example.com")
	s := decode[wire.Session](t, app.backend("POST", "/v1/sessions", `{"user_id":"`+u.ID+`"}`).body)
	other := decode[wire.Session](t, app.backend("POST", "/v1/sessions", `{"user_id":"`+u.ID+`"}`).body)
	mint := func(id string) string {
		return decode[wire.Token](t, app.backend("POST", "/v1/sessions/"+id+"/tokens", "").body).JWT
	}
	path, jwt := "/v1/sessions/"+s.ID+"/verify", mint(s.ID)
	if got := decode[wire.Session](t, app.backend("POST", path, `{"token":"`+jwt+`"}`).body); got.ID != s.ID {
		t.Errorf("session = %+v", got)
	}
	for name, token := range map[string]string{
		"of another session": mint(other.ID), "nonsense": "x.y.z", "changed": strings.ToLower(jwt), "without signature": jwt[:strings.LastIndexByte(jwt, '.')+1],
		"unsigned": "eyJhbGciOiJub25lIn0.e30.",
	} {
		t.Run(name, func(t *testing.T) {
			app.backend("POST", path, `{"token":"`+token+`"}`).want(t, 422, wire.CodeParamValueInvalid)
		})
	}
	app.backend("POST", path, `{}`).want(t, 422, wire.CodeParamMissing)
	app.backend("POST", path, `null`).want(t, 422, wire.CodeParamMissing)
	app.backend("POST", "/v1/sessions/sess_x/verify", `{"token":"`+jwt+`"}`).want(t, 404, wire.CodeResourceNotFound)
	app.clock.Add(66 * time.Second)
	app.backend("POST", path, `{"token":"`+jwt+`"}`).want(t, 422, wire.CodeParamValueInvalid)
	fresh := mint(s.ID)
	app.backend("POST", "/v1/sessions/"+s.ID+"/revoke", "").want(t, 200, "")
	app.backend("POST", path, `{"token":"`+fresh+`"}`).want(t, 404, wire.CodeResourceNotFound)
}

func TestBackendClients(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	app.person(t, "ada@example.com")
	v, w := app.visitor(), app.visitor()
	v.enter("ada@example.com")
	cookie := v.cookies[clientName()]
	app.clock.Add(time.Second)
	w.enter("ada@example.com")
	first, second := v.client().ID, w.client().ID

	a := app.backend("POST", "/v1/clients/verify", `{"token":"`+cookie+`"}`)
	a.want(t, 200, "")
	c := decode[wire.BackendClient](t, a.body)
	if c.Object != "client" || c.ID != first || len(c.SessionIDs) != 1 || c.Sessions[0].ID != c.SessionIDs[0] || string(c.LastActiveSessionID) != c.SessionIDs[0] ||
		c.LastAuthenticationStrategy != wire.StrategyPassword {
		t.Errorf("client = %s", a.body)
	}
	for _, key := range []string{"sign_in_id", "sign_up_id"} {
		if !strings.Contains(a.body, `"`+key+`":null`) {
			t.Errorf("client has no %s: %s", key, a.body)
		}
	}
	if list := decode[[]wire.BackendClient](t, app.backend("GET", "/v1/clients", "").body); len(list) != 2 || list[0].ID != second || list[1].ID != first {
		t.Errorf("clients = %+v", list)
	}
	page := decode[wire.List[wire.BackendClient]](t, app.backend("GET", "/v1/clients?paginated=true&limit=1&offset=1", "").body)
	if len(page.Data) != 1 || page.TotalCount != 2 || page.Data[0].ID != first {
		t.Errorf("page = %+v", page)
	}
	app.backend("POST", "/v1/clients/verify", `{}`).want(t, 422, wire.CodeParamMissing)
	app.backend("POST", "/v1/clients/verify", `{"token":"x"}`).want(t, 400, wire.CodeCookieInvalid)
	app.backend("POST", "/v1/clients/verify", `{"token":"`+cookie[:len(cookie)-4]+`"}`).want(t, 400, wire.CodeCookieInvalid)
	v.signOut()
	app.backend("POST", "/v1/clients/verify", `{"token":"`+cookie+`"}`).want(t, 404, wire.CodeResourceNotFound)
	app.backend("GET", "/v1/clients/"+first, "").want(t, 200, "")
	app.backend("GET", "/v1/clients/handshake_payload", "").want(t, 422, wire.CodeParamMissing)
}
