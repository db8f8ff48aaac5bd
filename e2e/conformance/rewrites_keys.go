package conformance

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"mime"
	"net/http"
	"slices"
)

// usualKeys reports that the set of keys is the one that most questions have.
func (q *question) usualKeys() bool {
	a := q.backend["jwks"]
	return !a.Fail && a.Status == http.StatusOK && a.Type == "" && a.Body == q.usual
}

// keySet are the keys of an answer that is a set of at least one, each as far as it can be
// read.
func keySet(a answer) (keys []map[string]any, ok bool) {
	var set struct{ Keys []json.RawMessage }
	kind, _, _ := mime.ParseMediaType(a.Type)
	if a.Fail || a.Status != http.StatusOK || a.Type != "" && kind != "application/json" || json.Unmarshal([]byte(a.Body), &set) != nil {
		return nil, false
	}
	for _, raw := range set.Keys {
		var key map[string]any
		if json.Unmarshal(raw, &key) == nil && textMembers(key) {
			keys = append(keys, key)
		}
	}
	return keys, len(keys) > 0
}

// textMembers reports that what is read of a key has the type that it should have.
func textMembers(key map[string]any) bool {
	for _, name := range []string{"use", "kty", "kid", "alg", "n", "e"} {
		if isOdd(key[name]) {
			return false
		}
	}
	return key["key_ops"] == nil || isStrings(key["key_ops"])
}

// goodKeys leaves those keys in a set that may be used, under names that only one has.
func goodKeys(ring *keyring, q *question) bool {
	keys, ok := keySet(q.backend["jwks"])
	if !ok {
		return false
	}
	named := map[any]int{}
	for _, key := range keys {
		named[key["kid"]]++
	}
	nobodys := ring.jwk(keyAttacker, "RS256") // so that there is one
	nobodys["kid"] = "ins_0"
	good := []any{nobodys}
	for _, key := range keys {
		if kid, _ := key["kid"].(string); kid != "" && named[kid] == 1 && mayVerify(key) {
			alg, _ := key["alg"].(string)
			good = append(good, map[string]any{"kty": "RSA", "kid": key["kid"], "n": key["n"], "e": key["e"], "alg": cmp.Or(alg, "RS256"), "use": "sig"})
		}
	}
	q.backend["jwks"] = answer{Status: http.StatusOK, Body: body(map[string]any{"keys": good})}
	return true
}

// mayVerify reports a key that is meant and fit for checking signatures.
func mayVerify(key map[string]any) bool {
	use, _ := key["use"].(string)
	ops, _ := key["key_ops"].([]any)
	alg, _ := key["alg"].(string)
	n, _ := key["n"].(string)
	modulus, err := base64.RawURLEncoding.Strict().DecodeString(n)
	e, _ := key["e"].(string)
	exponent, bad := base64.RawURLEncoding.Strict().DecodeString(e)
	fit := err == nil && len(modulus) == 256 && bad == nil && slices.Contains([]int{2, 3}, len(exponent)) && exponent[len(exponent)-1]%2 == 1
	return fit && key["kty"] == "RSA" && (use == "" || use == "sig") && (len(ops) == 0 || slices.Contains(ops, any("verify"))) &&
		slices.Contains([]string{"", "RS256", "RS384", "RS512"}, alg)
}

// noKeySet makes no answer of one that is no set of keys.
func noKeySet(_ *keyring, q *question) bool {
	a := q.backend["jwks"]
	if _, ok := keySet(a); ok || a.Fail || a.Status >= 300 {
		return false
	}
	q.backend["jwks"] = answer{Fail: true}
	return true
}

// algorithm is that of the key called kid, "" where there is none to be used.
func (q *question) algorithm(kid any) string {
	if q.options.JWTKey != "" {
		return "RS256"
	}
	keys, _ := keySet(q.backend["jwks"])
	for _, key := range keys {
		if alg, _ := key["alg"].(string); key["kid"] == kid && mayVerify(key) {
			return cmp.Or(alg, "RS256")
		}
	}
	return ""
}
