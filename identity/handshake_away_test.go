package identity_test

import (
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/usherauth/usher/identity"
	"github.com/usherauth/usher/wire"
)

const elsewhere = "https://other.example.net"

func withoutNonce(target string) string {
	return strings.TrimSuffix(handshakeTo(target), "&format=nonce")
}

// nonceFor signs somebody in and sends them to the app on another host.
func nonceFor(t *testing.T, app *app, v *visitor) string {
	t.Helper()
	a := v.get(handshakeTo(elsewhere + "/p?a=1"))
	a.want(t, 307, "")
	target, err := url.Parse(a.Header.Get("Location"))
	if err != nil || target.Host != "other.example.net" || target.Query().Get("a") != "1" || target.Query().Has("__clerk_handshake") {
		t.Fatalf("Location %q: %v", a.Header.Get("Location"), err)
	}
	if len(a.Header["Set-Cookie"]) != 0 || a.Header.Get("Referrer-Policy") != "no-referrer" {
		t.Errorf("headers %v", a.Header)
	}
	return target.Query().Get("__clerk_handshake_nonce")
}

// exchange spends a nonce as the app's server does, and returns its cookies by name.
func exchange(t *testing.T, app *app, nonce string) map[string]string {
	t.Helper()
	a := app.backend("GET", "/v1/clients/handshake_payload?nonce="+nonce, "")
	a.want(t, 200, "")
	out := map[string]string{}
	for _, line := range decode[wire.HandshakeDirectives](t, a.body).Directives {
		pair, attributes, _ := strings.Cut(line, ";")
		name, value, _ := strings.Cut(pair, "=")
		out[name] = value
		if !strings.Contains(attributes, "Secure") {
			t.Errorf("not for https: %s", line)
		}
	}
	return out
}

func newAppWithNeighbour(t *testing.T) *app {
	t.Helper()
	return newApp(t, func(c *identity.Config) { c.AllowedOrigins = []string{elsewhere} })
}

// Who signs in here is signed in there, by a reference that is worth nothing to who sees it;
// the refresh token that comes with it is good for that app.
func TestNonceForAnAppOnAnotherHost(t *testing.T) {
	t.Parallel()
	app := newAppWithNeighbour(t)
	v := app.visitor()
	v.signUp("ada@example.com").want(t, 200, "")
	suffix := "_" + app.PublishableKey().Suffix()
	cookies := exchange(t, app, nonceFor(t, app, v))
	session := cookies["__session"+suffix]
	claims := decode[map[string]any](t, payloadOf(t, session))
	if claims["sid"] != v.sessionID() || claims["azp"] != elsewhere || cookies["__session"] != session || cookies["__client_uat"] == "0" || cookies[clientName()] != "" {
		t.Errorf("claims %v, cookies %v", claims, cookies)
	}
	app.clock.Add(2 * time.Minute)
	refresh := cookies["__refresh"+suffix]
	app.backend("POST", "/v1/sessions/"+v.sessionID()+"/refresh", refreshBody(t, session, refresh, elsewhere)).want(t, 200, "")
	app.backend("POST", "/v1/sessions/"+v.sessionID()+"/refresh", refreshBody(t, session, refresh, origin)).
		want(t, 422, "refresh_request_origin_azp_mismatch")
}

func TestI16_NoncesWorkOnceAndForAMinute(t *testing.T) {
	t.Parallel()
	app := newAppWithNeighbour(t)
	v := app.visitor()
	v.signUp("ada@example.com").want(t, 200, "")
	spend := func(nonce string) answer { return app.backend("GET", "/v1/clients/handshake_payload?nonce="+nonce, "") }

	nonce := nonceFor(t, app, v)
	var ok atomic.Int64
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if spend(nonce).StatusCode == 200 {
				ok.Add(1)
			}
		})
	}
	wg.Wait()
	if ok.Load() != 1 {
		t.Errorf("spent %d times", ok.Load())
	}
	late := nonceFor(t, app, v)
	app.clock.Add(time.Minute)
	spend(late).want(t, 404, wire.CodeResourceNotFound)

	stolen := nonceFor(t, app, v)
	app.backendAs("", "GET", "/v1/clients/handshake_payload?nonce="+stolen, "").want(t, 401, "authentication_invalid")
	spend(stolen[:len(stolen)-1]).want(t, 404, wire.CodeResourceNotFound)
	if cookies := exchange(t, app, stolen); cookies["__session"] == "" {
		t.Error("a stranger's try spent it")
	}
	// Other things that are spent by their secret are no nonces.
	ticket := decode[wire.Ticket](t, app.backend("POST", "/v1/sign_in_tokens", `{"user_id":"`+v.userID()+`"}`).body)
	spend(ticket.Token).want(t, 404, wire.CodeResourceNotFound)
}

// What ended between the browser's two steps is not handed over.
func TestC09_ANonceOfAnEndedSessionSignsOut(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(*app, *visitor){
		"signed out": func(_ *app, v *visitor) { v.signOut() },
		"banned":     func(a *app, v *visitor) { a.backend("POST", "/v1/users/"+v.userID()+"/ban", "").want(t, 200, "") },
		"revoked":    func(a *app, v *visitor) { a.backend("POST", "/v1/sessions/"+v.sessionID()+"/revoke", "") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			app := newAppWithNeighbour(t)
			v := app.visitor()
			v.signUp("ada@example.com").want(t, 200, "")
			nonce := nonceFor(t, app, v)
			end(app, v)
			if cookies := exchange(t, app, nonce); cookies["__session"] != "" || cookies["__client_uat"] != "0" {
				t.Errorf("cookies %v", cookies)
			}
		})
	}
}

// Whoever copied the client cookie and got a nonce for it gains nothing from it once the
// password is changed.
func TestC06_ANonceDiesWithTheClientSecret(t *testing.T) {
	t.Parallel()
	app := newAppWithNeighbour(t)
	v := app.visitor()
	v.signUp("ada@example.com").want(t, 200, "")
	nonce := nonceFor(t, app, v.copy())
	v.post("/v1/me/change_password", "current_password", password, "new_password", "an entirely new one").want(t, 200, "")
	app.backend("GET", "/v1/clients/handshake_payload?nonce="+nonce, "").want(t, 404, wire.CodeResourceNotFound)
	if cookies := exchange(t, app, nonceFor(t, app, v)); cookies["__session"] == "" {
		t.Error("its owner is signed out")
	}
}

// An app on another host cannot be given cookies by this one. Where it asks for no nonce it
// gets them in a payload, which has no refresh token and is signed.
func TestHandshakeForAnAppOnAnotherHost(t *testing.T) {
	t.Parallel()
	app := newApp(t, func(c *identity.Config) { c.AllowedOrigins = []string{elsewhere} })
	v := app.visitor()
	v.signUp("ada@example.com").want(t, 200, "")
	a := v.get(withoutNonce(elsewhere + "/p?a=1"))
	a.want(t, 307, "")
	target, err := url.Parse(a.Header.Get("Location"))
	if err != nil || target.Host != "other.example.net" || target.Query().Get("a") != "1" {
		t.Fatalf("Location %q: %v", a.Header.Get("Location"), err)
	}
	if a.cookie("__session") != nil || a.Header.Get("Referrer-Policy") != "no-referrer" {
		t.Errorf("headers %v", a.Header)
	}
	lines := strings.Join(handshakeLines(t, target.Query().Get("__clerk_handshake")), "\n")
	for _, want := range []string{"__session=ey", "__client_uat=", "; Secure"} {
		if !strings.Contains(lines, want) {
			t.Errorf("the payload lacks %q:\n%s", want, lines)
		}
	}
	for _, never := range []string{"__refresh", "__client="} {
		if strings.Contains(lines, never) {
			t.Errorf("the payload holds %s", never)
		}
	}
	// What is signed for the address bar is no session token, neither here nor for a refresh.
	payload := target.Query().Get("__clerk_handshake")
	v.get(handshakeTo(origin + "/"))
	refresh := v.cookies["__refresh_"+app.PublishableKey().Suffix()]
	app.backend("POST", "/v1/sessions/"+v.sessionID()+"/refresh", refreshBody(t, payload, refresh, origin)).
		want(t, 422, "session_refresh_session_token_ineligible")
	app.backend("POST", "/v1/sessions/"+v.sessionID()+"/verify", `{"token":"`+payload+`"}`).want(t, 422, wire.CodeParamValueInvalid)
	v.signOut()
	target, err = url.Parse(v.get(handshakeTo(elsewhere + "/")).Header.Get("Location"))
	if err != nil {
		t.Fatal(err)
	}
	if lines := handshakeLines(t, target.Query().Get("__clerk_handshake")); !strings.Contains(strings.Join(lines, "\n"), "__client_uat=0") {
		t.Errorf("signed out: %v", lines)
	}
}
