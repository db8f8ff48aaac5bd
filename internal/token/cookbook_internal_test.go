package token

import (
	"encoding/json"
	"path/filepath"
	"testing"
)

// TestJ07_Cookbook: of the examples of RFC 7520 and RFC 7797 the RS256 one verifies; other
// algorithms, detached content and the JSON serializations are no session tokens.
func TestJ07_Cookbook(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/jose-cookbook/jws_*.json")
	more, err2 := filepath.Glob("testdata/jose-cookbook/rfc7797_*.json")
	if err != nil || err2 != nil || len(files)+len(more) < 9 {
		t.Fatal(err, err2, len(files)+len(more))
	}
	verified := 0
	for _, name := range append(files, more...) {
		var c struct {
			Input  struct{ Key json.RawMessage }
			Output map[string]json.RawMessage
		}
		load(t, name[len("testdata/"):], &c)
		for form, raw := range c.Output {
			var jws string
			if json.Unmarshal(raw, &jws) != nil {
				jws = string(raw)
			}
			tok, ok := compact(jws)
			key, usable := keyOf(c.Input.Key)
			if ok && usable && tok.VerifySignature(key) == nil {
				verified++
				if form != "compact" || tok.Header.Alg != "RS256" {
					t.Errorf("%s: the %s form verified with %q", name, form, tok.Header.Alg)
				}
			}
			if _, err := Parse(jws, 0); err == nil {
				t.Errorf("%s: the %s form, which holds no claims, is taken for a token", name, form)
			}
		}
	}
	if verified != 1 {
		t.Errorf("%d examples verified, want the one with RS256", verified)
	}
}

// TestK04_CookbookKeys: the RSA key is usable, the elliptic one is not an RSA key.
func TestK04_CookbookKeys(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]bool{"jwk_3_3.rsa_public_key.json": true, "jwk_3_1.ec_public_key.json": false} {
		var raw json.RawMessage
		load(t, "jose-cookbook/"+name, &raw)
		if _, ok := keyOf(raw); ok != want {
			t.Errorf("%s: usable %v, want %v", name, ok, want)
		}
	}
}
