package main

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/usherauth/usher/wire"
)

func TestF05_R05_AllowedOriginsAreNamedWhole(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, list, origin string
		want               []string // nil is a mistake
	}{
		{"none", "", "https://app.example.com", []string{}},
		{"several", "https://shop.example.com, https://blog.example.com:8443", "https://app.example.com", []string{"https://shop.example.com", "https://blog.example.com:8443"}},
		{"http beside http", "http://localhost:3000", "", []string{"http://localhost:3000"}},
		{"http beside https", "http://shop.example.com", "https://app.example.com", nil},
		{"path", "https://shop.example.com/cart", "", nil},
		{"final slash", "https://shop.example.com/", "", nil},
		{"default port", "https://shop.example.com:443", "", nil},
		{"upper case", "https://Shop.example.com", "", nil},
		{"wildcard", "https://*.example.com", "", nil},
		{"everybody", "*", "", nil},
		{"no scheme", "localhost:3000", "", nil},
		{"opaque", "null", "", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c, err := parse([]string{"-allowed-origins", tt.list, "-origin", tt.origin}, nil)
			if tt.want == nil {
				if err == nil || !strings.Contains(err.Error(), "-allowed-origins has") {
					t.Errorf("err = %v, want the mistake", err)
				}
				return
			}
			if err != nil || !slices.Equal(c.allowed, tt.want) {
				t.Errorf("got %v (%v), want %v", c, err, tt.want)
			}
		})
	}
}

const shop = "http://127.0.0.1:3000"

// The origin that was named may call the Frontend API and is led back to, by the handshake
// and by sign-in, and its tokens count; without the flag it is as foreign as any.
func TestF01_R01_OnlyAppsThatAreNamedShareTheInstance(t *testing.T) {
	t.Parallel()
	for name, allowed := range map[string]bool{"named": true, "not named": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			args := map[bool][]string{true: {"-allowed-origins", shop}}[allowed]
			b := start(t, args...).browser(t)
			b.signUp("ada@example.com", "Ada")

			a := b.get("/__clerk/v1/client/handshake?redirect_url=" + url.QueryEscape(shop+"/welcome"))
			if led := a.StatusCode == http.StatusTemporaryRedirect && a.location() == shop+"/welcome"; led != allowed {
				t.Errorf("handshake: %d to %q", a.StatusCode, a.location())
			}
			if a := b.get("/sign-in?redirect_url=" + url.QueryEscape(shop+"/welcome")); (a.location() == shop+"/welcome") != allowed {
				t.Errorf("sign-in leads to %q", a.location())
			}
			if csp := b.get("/user").Header.Get("Content-Security-Policy"); strings.Contains(csp, "form-action 'self' "+shop+";") != allowed {
				t.Errorf("a form may lead to: %s", csp)
			}
			a = b.renewFor(shop)
			if got := a.Header.Get("Access-Control-Allow-Origin"); (got == shop) != allowed || (a.StatusCode == http.StatusOK) != allowed {
				t.Errorf("a token for a page of the other app: %d, Access-Control-Allow-Origin %q", a.StatusCode, got)
			}
			if got := b.claims().Azp; (got == shop) != allowed {
				t.Errorf("azp %q", got)
			}
			b.get("/welcome").want(t, http.StatusOK, "Welcome, <bdi>Ada</bdi>!")
		})
	}
}

// No browser brings the tokens of an app on another host, so nobody else may either.
func TestJ22_TheTokenOfAnAppOnAnotherHostIsRefused(t *testing.T) {
	t.Parallel()
	const elsewhere = "http://shop.example.test"
	b := start(t, "-allowed-origins", elsewhere).browser(t)
	b.signUp("ada@example.com", "Ada")
	b.renewFor(elsewhere).want(t, http.StatusOK)
	if got := b.claims().Azp; got != elsewhere {
		t.Errorf("azp %q", got)
	}
	b.script("/api/user").want(t, http.StatusUnauthorized)
}

// renewFor asks for a session token as a script in a page of origin does, and keeps it.
func (b *browser) renewFor(origin string) *answer {
	b.t.Helper()
	a := b.post("/__clerk/v1/client/sessions/"+b.claims().Sid+"/tokens", nil, "Origin", origin, "Sec-Fetch-Site", "same-site")
	var token wire.Token
	if err := json.Unmarshal([]byte(a.body), &token); err != nil {
		b.t.Fatalf("%v: %s", err, a.body)
	}
	for name := range b.cookies {
		if strings.HasPrefix(name, wire.CookieSession) && token.JWT != "" {
			b.cookies[name] = token.JWT
		}
	}
	return a
}

// claims are what the session cookie says, unverified.
func (b *browser) claims() (c wire.Claims) {
	b.t.Helper()
	parts := strings.Split(b.cookies[wire.CookieSession], ".")
	if len(parts) != 3 {
		b.t.Fatal("no session cookie")
	}
	text, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err == nil {
		err = json.Unmarshal(text, &c)
	}
	if err != nil {
		b.t.Fatal(err)
	}
	return c
}
