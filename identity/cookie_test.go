package identity_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/gorilla/securecookie"

	"github.com/usherauth/usher/identity"
	"github.com/usherauth/usher/identity/memstore"
	"github.com/usherauth/usher/wire"
)

// C14: a new key seals, earlier ones open until they are dropped.
func TestC14_CookieKeyRotation(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	v := app.visitor()
	v.signUp("ada@example.com")
	id, old := v.sessionID(), v.cookies[clientName()]
	for range 2 {
		if err := app.RotateCookieKeys(t.Context()); err != nil {
			t.Fatal(err)
		}
		v.token(id)
	}
	if err := app.RotateCookieKeys(t.Context()); err != nil {
		t.Fatal(err)
	}
	if v.cookies[clientName()] != old {
		t.Fatal("the cookie changed by itself")
	}
	a := v.post("/v1/client/sessions/" + id + "/tokens")
	a.want(t, 401, wire.CodeSignedOut)
	if v.cookies[clientName()] != "" {
		t.Error("a cookie that nothing opens stays in the browser")
	}
}

// C15, C16: planted, forged, cut, doubled, moved and stale cookies are no client.
func TestC15_CookiesThatOpenNothing(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	v := app.visitor()
	v.signUp("ada@example.com")
	id, good := v.sessionID(), v.cookies[clientName()]
	clientID := v.client().ID
	seal := func(id, secret string) string {
		s, err := app.Seal(id, secret)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	foreign, err := securecookie.New([]byte(strings.Repeat("k", 64)), []byte(strings.Repeat("b", 32))).
		SetSerializer(securecookie.NopEncoder{}).Encode("__client", []byte(clientID+".secret"))
	if err != nil {
		t.Fatal(err)
	}
	flipped := []byte(good)
	flipped[len(flipped)/2] ^= 1
	for name, value := range map[string]string{
		"empty": "", "garbage": "x", "cut": good[:len(good)-4], "doubled": good + good, "flipped": string(flipped),
		"long": strings.Repeat("A", 5000), "sealed by another key": foreign, "right client, wrong secret": seal(clientID, "wrong"),
		"unknown client": seal("client_unknown", "x"), "no secret": seal(clientID, ""), "client id in the clear": clientID,
	} {
		t.Run(name, func(t *testing.T) {
			w := app.visitor()
			w.t = t
			w.cookies[clientName()] = value
			if c := w.copy().client(); c != nil {
				t.Errorf("opens %+v", c)
			}
			w.post("/v1/client/sessions/"+id+"/tokens").want(t, 401, wire.CodeSignedOut)
		})
	}
	v.token(id)
}

// C03, C04: two different __client cookies are none; two equal ones are one.
func TestC03_TwoClientCookies(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	mine, planted := app.visitor(), app.visitor()
	mine.signUp("mine@example.com")
	planted.signUp("planted@example.com")
	for _, line := range []string{
		clientName() + "=" + mine.cookies[clientName()] + "; " + clientName() + "=" + planted.cookies[clientName()],
		clientName() + "=" + planted.cookies[clientName()] + "; " + clientName() + "=" + mine.cookies[clientName()],
	} {
		v := app.visitor()
		v.header.Set("Cookie", line)
		if c := v.client(); c != nil {
			t.Errorf("two clients open %s", c.ID)
		}
	}
	v := app.visitor()
	v.header.Set("Cookie", clientName()+"="+mine.cookies[clientName()]+"; "+clientName()+"="+mine.cookies[clientName()])
	if v.client() == nil {
		t.Error("the same cookie twice opens nothing")
	}
}

// C08: signing out with two client cookies ends the sessions of both: which one was planted
// cannot be told, and neither may outlive the answer.
func TestC08_SignOutWithTwoClientCookies(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	mine, planted, other := app.visitor(), app.visitor(), app.visitor()
	mine.signUp("mine@example.com")
	planted.signUp("planted@example.com")
	other.signUp("other@example.com")
	v := app.visitor()
	v.header.Set("Cookie", clientName()+"=forged; "+clientName()+"="+planted.cookies[clientName()]+"; "+clientName()+"="+mine.cookies[clientName()])
	a := v.post("/v1/client/sessions?_method=DELETE")
	a.want(t, 200, "")
	if c := a.cookie(clientName()); c == nil || c.MaxAge >= 0 {
		t.Errorf("client cookie = %v, want it deleted", c)
	}
	for name, w := range map[string]*visitor{"mine": mine, "planted": planted} {
		if w.client() != nil {
			t.Errorf("the session of %s is left", name)
		}
	}
	if other.client() == nil {
		t.Error("a browser that had nothing to do with it was signed out")
	}
}

func FuzzClientCookie(f *testing.F) {
	for _, s := range []string{"", "x", "MTc2|AAAA|AAAA", strings.Repeat("A", 5000), "\x00"} {
		f.Add(s)
	}
	svc, err := identity.New(f.Context(), identity.Config{Store: memstore.New(), PublicOrigin: origin, PurgeInterval: -1})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = svc.Close() })
	f.Fuzz(func(t *testing.T, value string) {
		if id, secret, ok := svc.Unseal(value); ok {
			t.Errorf("Unseal(%q) = %q, %q", value, id, secret)
		}
	})
}

// C01: attributes of every cookie.
func TestC01_CookieAttributes(t *testing.T) {
	t.Parallel()
	for _, public := range []string{"http://localhost:8080", "https://app.example.com"} {
		app := newApp(t, func(c *identity.Config) { c.PublicOrigin = public })
		v := app.visitor()
		v.header.Set("Origin", public)
		v.header.Set("X-Forwarded-Proto", "http") // P05: changes nothing
		a := v.signUp("ada@example.com")
		h := v.get("/v1/client/handshake?redirect_url=" + public + "/x")
		cookies := append(a.Cookies(), h.Cookies()...)
		if len(cookies) != 9 {
			t.Errorf("%d cookies, want 4 at sign-up and 5 at the handshake", len(cookies))
		}
		for _, c := range cookies {
			if c.Path != "/" || c.Domain != "" || c.SameSite != http.SameSiteLaxMode || c.MaxAge <= 0 {
				t.Errorf("%s: %v, want Path=/, host-only, Lax, with an age", c.Name, c)
			}
			if c.Secure != strings.HasPrefix(public, "https") {
				t.Errorf("%s: Secure = %v on %s", c.Name, c.Secure, public)
			}
			if c.HttpOnly != (c.Name == clientName() || strings.HasPrefix(c.Name, "__refresh_")) {
				t.Errorf("%s: HttpOnly = %v", c.Name, c.HttpOnly)
			}
		}
	}
}
