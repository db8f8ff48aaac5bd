package identity_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/usherauth/usher/identity"
	"github.com/usherauth/usher/wire"
)

func handshakeTo(target string) string {
	return "/v1/client/handshake?redirect_url=" + url.QueryEscape(target) + "&suffixed_cookies=true&__clerk_hs_reason=session-token-expired&format=nonce"
}

func TestHandshakeRenewsTheSession(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	v := app.visitor()
	v.signUp("ada@example.com")
	id := v.sessionID()
	app.clock.Add(time.Hour)
	a := v.get(handshakeTo(origin + "/dashboard?a=1"))
	a.want(t, 307, "")
	if got := a.Header.Get("Location"); got != origin+"/dashboard?a=1" {
		t.Errorf("Location = %q", got)
	}
	suffix := app.PublishableKey().Suffix()
	token := v.cookies["__session"]
	claims := claimsOf(t, token)
	if claims.Sid != id || claims.Exp <= app.clock.Now().Unix() || claims.Azp != origin || v.cookies["__session_"+suffix] != token {
		t.Errorf("claims = %+v, cookies = %v", claims, v.cookies)
	}
	if uat := v.cookies["__client_uat"]; uat == "0" || v.cookies["__client_uat_"+suffix] != uat {
		t.Errorf("cookies = %v, want uat under both names", v.cookies)
	}
	if s := decode[wire.Session](t, app.backend("GET", "/v1/sessions/"+id, "").body); s.LastActiveAt != app.clock.Now().UnixMilli() {
		t.Error("the handshake did not count as use of the session")
	}
	if u := decode[wire.User](t, app.backend("GET", "/v1/users/"+claims.Sub, "").body); u.LastActiveAt == nil || *u.LastActiveAt != app.clock.Now().UnixMilli() {
		t.Errorf("last_active_at = %v, want now", u.LastActiveAt)
	}
}

func TestHandshakeOfSomebodySignedOut(t *testing.T) {
	t.Parallel()
	app := newApp(t, func(c *identity.Config) { c.IdleLifetime = time.Hour })
	idle := app.visitor()
	idle.signUp("idle@example.com")
	gone := app.visitor()
	gone.signUp("gone@example.com")
	saved := gone.copy()
	gone.signOut()
	app.clock.Add(time.Hour)
	forged := app.visitor()
	forged.cookies[clientName()] = "forged"
	for name, v := range map[string]*visitor{"new": app.visitor(), "idle too long": idle, "replayed cookie": saved, "forged cookie": forged} {
		v.cookies["__session"], v.cookies["__session_"+app.PublishableKey().Suffix()] = "old", "old"
		a := v.get(handshakeTo(origin + "/"))
		a.want(t, 307, "")
		if v.cookies["__session"] != "" || v.cookies["__session_"+app.PublishableKey().Suffix()] != "" || v.cookies["__client_uat"] != "0" {
			t.Errorf("%s: cookies = %v, want no session and uat 0", name, v.cookies)
		}
	}
}

func TestHandshakeTargets(t *testing.T) {
	t.Parallel()
	app := newApp(t, func(c *identity.Config) { c.AllowedOrigins = []string{partner} })
	v := app.visitor()
	v.signUp("ada@example.com")
	v.get(handshakeTo(partner+"/x")).want(t, 307, "")
	for _, target := range []string{
		"", "/", "/x", "x", "https://evil.example/", "//evil.example", "http://localhost:8080@evil.example/",
		"http://localhost:8080.evil.example/", "https://localhost:8080/", "http://localhost:9090/", "javascript:alert(1)",
		"http://localhost:8080\\@evil.example", "http:\\\\evil.example", "http://localhost:8080/\r\nSet-Cookie: x=y", "http://localhost:8080/\x00",
		origin + "/__clerk/v1/client/handshake?redirect_url=x", origin + "/__clerk",
	} {
		a := v.get(handshakeTo(target))
		a.want(t, 400, wire.CodeInvalidHandshake)
		if len(a.Cookies()) != 0 || a.Header.Get("Location") != "" {
			t.Errorf("%q: cookies %v, Location %q", target, a.Cookies(), a.Header.Get("Location"))
		}
	}
	v.get("/v1/client/handshake").want(t, 400, wire.CodeInvalidHandshake)
	v.get("/v1/client/handshake?redirect_url="+origin+"/&redirect_url=https://evil.example/").want(t, 400, wire.CodeInvalidHandshake)
	v.post(handshakeTo(origin+"/")).want(t, 405, wire.CodeMethodNotAllowed) // C19
	if strings.Contains(v.app.logs.String(), "evil.example") {
		t.Error("a refused target is logged")
	}
}
