package conformance

import (
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
)

// oddKeys is a set of keys with something odd about it, or no set at all.
func (g *generator) oddKeys(r *rand.Rand) answer {
	good, second := g.ring.jwk(keyGood, "RS256"), g.ring.jwk(keySecond, "RS512")
	keys := []any{good, second}
	odd := map[string]any{} // good, with something else about it
	for name, value := range good {
		odd[name] = value
	}
	switch r.IntN(9) {
	case 0: // one member of the key
		name := pick(r, "alg", "alg", "use", "use", "kty", "kid", "n", "e")
		value := pick[any](r, nil, "", 5, "RS384", "PS256", "enc", "RSA", "EC", "sig", true, []any{"sig"}, good["n"]+"==", "AQAB", "AA", "!", strings.ToLower(good["n"]))
		if odd[name] = value; value == nil {
			delete(odd, name)
		}
		keys[0] = odd
	case 1:
		odd[pick(r, "key_ops", "x5c", "x5t", "extra")] = pick[any](r, []any{"verify"}, []any{"sign"}, []any{}, "verify", nil, 5)
		keys[0] = odd
	case 2: // the same name twice
		other := g.ring.jwk(keyAttacker, "RS256")
		other["kid"] = keyGood
		keys = pick(r, []any{good, other}, []any{other, good}, []any{good, good})
	case 3: // beside others that nobody can use
		keys = append(keys, map[string]any{"kty": "oct", "kid": "ins_9", "k": "AAAA"}, map[string]any{"kty": "EC", "kid": "ins_8", "crv": "P-256", "x": "AA", "y": "AA"})
		r.Shuffle(len(keys), func(i, j int) { keys[i], keys[j] = keys[j], keys[i] })
	case 4:
		keys = append(keys, pick[any](r, nil, 5, "x", []any{}, map[string]any{}, map[string]any{"kid": 5}))
		if chance(r, 50) {
			slices.Reverse(keys)
		}
	case 5:
		return answer{Status: 200, Body: pick(r, "", "{}", "[]", "null", "5", "not json", `{"keys":null}`, `{"keys":{}}`, `{"keys":"x"}`, `{"keys":[null]}`, `{"KEYS":[]}`)}
	case 6:
		return answer{Status: 200, Body: g.ring.jwks, Type: pick(r, "text/html", "application/jwk-set+json", "application/json; charset=utf-8")}
	case 7:
		return answer{Status: pick(r, 201, 202, 204, 302, 304, 400, 403, 404, 429, 503), Body: g.ring.jwks}
	case 8:
		private := maps.Clone(odd)
		private["d"] = "AQAB"
		keys[0] = private
	}
	return answer{Status: 200, Body: body(map[string]any{"keys": keys})}
}
