package identity_test

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/usherauth/usher/wire"
)

// lapsed is somebody whose session token has run out, with the cookies a server would see.
func lapsed(t *testing.T, app *app, address string) (v *visitor, expired, refresh string) {
	t.Helper()
	v = app.visitor()
	v.signUp(address).want(t, 200, "")
	v.get(handshakeTo(origin+"/")).want(t, 307, "")
	expired, refresh = v.cookies["__session"], v.cookies["__refresh_"+app.PublishableKey().Suffix()]
	if expired == "" || refresh == "" {
		t.Fatalf("cookies = %v, want a session and a refresh token", v.cookies)
	}
	app.clock.Add(2 * time.Minute)
	return v, expired, refresh
}

func refreshBody(t *testing.T, expired, refresh, from string) string {
	t.Helper()
	b, err := json.Marshal(map[string]any{
		"format": "cookie", "expired_token": expired, "refresh_token": refresh, "request_origin": from,
		"request_headers": map[string][]string{"user-agent": {"Test"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestRefreshRenewsAnExpiredSession(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	v, expired, refresh := lapsed(t, app, "ada@example.com")
	a := app.backend("POST", "/v1/sessions/"+v.sessionID()+"/refresh?suffixed_cookies=true", refreshBody(t, expired, refresh, origin))
	a.want(t, 200, "")
	header := http.Header{"Set-Cookie": decode[wire.Cookies](t, a.body).Cookies}
	got := map[string]*http.Cookie{}
	for _, c := range (&http.Response{Header: header}).Cookies() {
		got[c.Name] = c
	}
	suffix := app.PublishableKey().Suffix()
	for _, name := range []string{"__session", "__session_" + suffix, "__client_uat", "__client_uat_" + suffix, "__refresh_" + suffix} {
		if got[name] == nil {
			t.Errorf("%s is not set", name)
		}
	}
	claims := claimsOf(t, got["__session"].Value)
	if claims.Sid != v.sessionID() || claims.Azp != origin || claims.Exp <= app.clock.Now().Unix() {
		t.Errorf("claims = %+v", claims)
	}
	if c := got["__refresh_"+suffix]; !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" {
		t.Errorf("refresh cookie %v", c)
	}
}

// C05 to C11: whatever ends a session, or shuts out copies of its browser's cookie, ends
// what its refresh token can do.
func TestC06_C08_C11_RefreshDiesWithTheSession(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		end  func(*app, *visitor)
		code string
	}{
		"signed out": {func(_ *app, v *visitor) { v.signOut() }, "refresh_token_not_found"},
		"revoked": {func(a *app, v *visitor) {
			a.backend("POST", "/v1/sessions/"+v.sessionID()+"/revoke", "").want(a.t, 200, "")
		}, "session_refresh_inactive_session"},
		"a new password": {func(a *app, v *visitor) {
			v.post("/v1/me/change_password", "current_password", password, "new_password", "a third horse entirely").want(a.t, 200, "")
		}, "refresh_token_not_found"},
		"too old": {func(a *app, _ *visitor) { a.clock.Add(8 * 24 * time.Hour) }, "session_refresh_inactive_session"},
		"deleted": {func(a *app, v *visitor) {
			user := decode[wire.Response[wire.User]](a.t, v.get("/v1/me").body).Response.ID
			a.backend("DELETE", "/v1/users/"+user, "").want(a.t, 200, "")
		}, "resource_not_found"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			app := newApp(t)
			v, expired, refresh := lapsed(t, app, "ada@example.com")
			id := v.sessionID()
			tt.end(app, v)
			app.backend("POST", "/v1/sessions/"+id+"/refresh", refreshBody(t, expired, refresh, origin)).want(t, status(tt.code), tt.code)
		})
	}
}

func status(code string) int {
	if code == "resource_not_found" {
		return 404
	}
	return 422
}

func TestRefreshRefusesWhatDoesNotBelongTogether(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	ada, expired, refresh := lapsed(t, app, "ada@example.com")
	bob, bobExpired, bobRefresh := lapsed(t, app, "bob@example.com")
	other := newApp(t)
	_, foreign, foreignRefresh := lapsed(t, other, "ada@example.com")
	for name, tt := range map[string]struct{ session, expired, refresh, from, code string }{
		"somebody else's refresh token": {ada.sessionID(), expired, bobRefresh, origin, "refresh_token_not_found"},
		"somebody else's session token": {ada.sessionID(), bobExpired, refresh, origin, "session_refresh_session_token_ineligible"},
		"somebody else's session":       {bob.sessionID(), expired, refresh, origin, "session_refresh_session_token_ineligible"},
		"a forged session token":        {ada.sessionID(), expired[:len(expired)-6] + "AAAAAA", refresh, origin, "session_refresh_session_token_ineligible"},
		"no session token":              {ada.sessionID(), "", refresh, origin, "session_refresh_session_token_ineligible"},
		"a token of another instance":   {ada.sessionID(), foreign, foreignRefresh, origin, "session_refresh_session_token_ineligible"},
		"no refresh token":              {ada.sessionID(), expired, "", origin, "refresh_token_not_found"},
		"the client cookie":             {ada.sessionID(), expired, ada.cookies[clientName()], origin, "refresh_token_not_found"},
		"a cut refresh token":           {ada.sessionID(), expired, refresh[:len(refresh)-8], origin, "refresh_token_not_found"},
		"another origin":                {ada.sessionID(), expired, refresh, "https://evil.example", "refresh_request_origin_azp_mismatch"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			app.backend("POST", "/v1/sessions/"+tt.session+"/refresh", refreshBody(t, tt.expired, tt.refresh, tt.from)).want(t, 422, tt.code)
		})
	}
	app.backendAs("", "POST", "/v1/sessions/"+ada.sessionID()+"/refresh", refreshBody(t, expired, refresh, origin)).want(t, 401, "authentication_invalid")
}

func handshakeLines(t *testing.T, jwt string) []string {
	t.Helper()
	return decode[wire.HandshakePayload](t, payloadOf(t, jwt)).Handshake
}
