package authctx_test

import (
	"encoding/json"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/usherauth/usher/authctx"
	"github.com/usherauth/usher/authtest"
)

// FuzzKeySet lets the Backend API publish anything: no panic, and a token is believed only
// when its own key's modulus is in what was published.
func FuzzKeySet(f *testing.F) {
	var file sessionVectors
	load(f, "session-tokens.json", &file)
	modulus := ""
	for name, set := range file.KeySets {
		f.Add(string(set))
		if name == "main" {
			var keys struct{ Keys []struct{ N string } }
			if err := json.Unmarshal(set, &keys); err != nil || len(keys.Keys) == 0 {
				f.Fatalf("the vectors' key set: %v", err)
			}
			modulus = keys.Keys[0].N
		}
	}
	f.Add(`{"keys":[{"kty":"RSA","kid":"","n":"AQ","e":"AQAB"}]}`)
	f.Fuzz(func(t *testing.T, body string) {
		synctest.Test(t, func(t *testing.T) { // retries take no time
			start := time.Now()
			a, err := authctx.New(authctx.Config{
				SecretKey: "sk_test_x", Transport: &upstream{answer: func(int64) (int, string, error) { return 200, body, nil }},
				Issuer: file.Defaults.Issuer, AuthorizedParties: file.Defaults.Parties,
				Now: func() time.Time { return time.Unix(1800000000, 0).Add(time.Since(start)) },
			})
			if err != nil {
				t.Fatal(err)
			}
			believed := 0
			for _, c := range file.Cases[:3] {
				auth, err := a.Verify(t.Context(), c.Token)
				if err != nil {
					continue
				}
				if believed++; !strings.Contains(body, modulus[:32]) {
					t.Fatalf("%q was believed with the keys %q", auth.UserID(), body)
				}
			}
			if believed == 0 && body == string(file.KeySets["main"]) {
				t.Fatal("no token was believed with its own key")
			}
			synctest.Wait()
		})
	})
}

// FuzzJWTKey gives anything as the configured key: it is refused with an error that does
// not repeat it, or it verifies nothing that others signed.
func FuzzJWTKey(f *testing.F) {
	good := authtest.Config(f).JWTKey
	f.Add(good)
	f.Add(strings.ReplaceAll(good, "\n", `\n`))
	f.Add("-----BEGIN RSA PUBLIC KEY-----\nAQAB\n-----END RSA PUBLIC KEY-----")
	tok := authtest.Token(f)
	f.Fuzz(func(t *testing.T, text string) {
		cfg := authtest.Config(t)
		cfg.JWTKey = text
		a, err := authctx.New(cfg)
		if err != nil {
			if len(text) > 40 && strings.Contains(err.Error(), text) {
				t.Fatalf("the error repeats the key: %v", err)
			}
			return
		}
		if _, err := a.Verify(t.Context(), tok); err == nil && !sameKey(text, good) {
			t.Fatalf("a token was believed with the key %q", text)
		}
	})
}

// sameKey compares the first line of two keys' bodies: their moduli begin there.
func sameKey(a, b string) bool {
	body := func(s string) string {
		s = strings.NewReplacer(`\n`, "", "\n", "", "\r", "", " ", "", "\t", "").Replace(s)
		_, s, _ = strings.Cut(s, "KEY-----")
		return s[:min(len(s), 120)]
	}
	return strings.Contains(body(a), body(b)[60:])
}

// FuzzHandshakePayload signs anything as the Set-Cookie lines of a handshake: no panic, no
// cookie but those a handshake is for, and nobody without a token of the instance.
func FuzzHandshakePayload(f *testing.F) {
	f.Add("__session=a.b.c; Path=/", "__client_uat=1; Path=/")
	f.Add("__session=; Max-Age=0", "__client=stolen; Path=/")
	f.Add("__session", "\r\nLocation: https://evil.example")
	a, err := authctx.New(authtest.Config(f))
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, one, two string) {
		req := httptest.NewRequest("GET", "/", nil)
		signed := authtest.Token(t, authtest.Claim("handshake", []string{one, two}), authtest.Claim("sub", nil))
		req.Header.Set("Cookie", "__clerk_handshake="+signed)
		got := askWith(a, req)
		if got.auth.SignedIn() {
			t.Fatalf("signed in as %q by %q and %q", got.auth.UserID(), one, two)
		}
		for _, name := range setCookieNames(got.Header) {
			base, _, _ := strings.Cut(strings.TrimPrefix(name, "__"), "_")
			if !strings.HasPrefix(name, "__") || base != "session" && base != "refresh" && base != "clerk" && name != "__client_uat" && !strings.HasPrefix(name, "__client_uat_") {
				t.Fatalf("cookie %q set by %q and %q", name, one, two)
			}
		}
	})
}
