package conformance

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"unicode"

	"github.com/usherauth/usher/wire"
)

// refuseSloppyTokens replaces tokens that are only almost tokens.
func refuseSloppyTokens(ring *keyring, q *question) bool {
	return q.swap(ring, func(t *loose) string {
		alg, _ := t.head["alg"].(string)
		switch {
		case t.sloppy():
			return q.nonsense()
		case len(t.parts) != 3 || t.parts[2] != "" || t.prefix() != "":
			return ""
		case t.otherKind() || t.machine() != "":
			return t.raw + "AAAA" // the reference tells other kinds by three parts that are not empty
		case strings.HasPrefix(alg, "RS"):
			return ring.with(t, 0, "typ", "unsigned") // J07; who issued it still counts
		}
		return ""
	})
}

func (t *loose) sloppy() bool {
	return len(t.parts) == 3 && t.prefix() == "" && (t.sloppySpelling() || t.sloppyJSON() || t.sloppyHeader())
}

func (t *loose) sloppySpelling() bool {
	limit := 8192
	if t.body["handshake"] != nil {
		limit *= 4
	}
	if len(t.raw) > limit {
		return true // J13
	}
	return slices.ContainsFunc(t.parts, func(part string) bool { // J08
		return strings.ContainsFunc(part, func(r rune) bool { return !isBase64URL(r) })
	})
}

func isBase64URL(r rune) bool {
	return r == '-' || r == '_' || r < 0x80 && (unicode.IsLetter(r) || unicode.IsDigit(r))
}

// sloppyJSON finds what this library's own reader of JSON refuses: names twice at any level
// (J09), text that is not UTF-8 or holds half a surrogate pair, anything but one object
// (J11), and depth (J12).
func (t *loose) sloppyJSON() bool {
	for i, object := range []map[string]any{t.head, t.body} {
		text := t.texts[i]
		if object == nil || strings.ToValidUTF8(text, "") != text || strings.Contains(text, `\ud800`) || strings.Count(text, "[") > 30 {
			return true
		}
		names := 0
		dec := json.NewDecoder(strings.NewReader(text))
		for depth := 0; ; {
			tok, err := dec.Token()
			if err != nil {
				break
			}
			switch tok {
			case json.Delim('{'), json.Delim('['):
				depth++
			case json.Delim('}'), json.Delim(']'):
				depth--
			}
			if depth == 1 && !isDelim(tok) {
				names++
			}
		}
		if names > 0 && topLevel(text) != len(object) {
			return true
		}
	}
	return false
}

func isDelim(tok json.Token) bool { _, ok := tok.(json.Delim); return ok }

// topLevel counts the members of the outermost object.
func topLevel(text string) (n int) {
	dec := json.NewDecoder(strings.NewReader(text))
	if _, err := dec.Token(); err != nil {
		return 0
	}
	for dec.More() {
		var value json.RawMessage
		if _, err := dec.Token(); err != nil {
			return n
		}
		if dec.Decode(&value) != nil {
			return n
		}
		n++
	}
	return n
}

func (t *loose) sloppyHeader() bool {
	if _, ok := t.head["crit"]; ok {
		return true // J05
	}
	for _, name := range []string{"alg", "kid", "typ", "cat"} {
		if v, ok := t.head[name]; ok {
			if _, ok := v.(string); !ok {
				return true
			}
		}
	}
	return false
}

// knownKey gives a key to tokens that are refused before one is looked for, and keys to find
// it among. What a handshake brought before there were any could not be verified.
func knownKey(ring *keyring, q *question) bool {
	if _, ok := keySet(q.backend["jwks"]); !ok {
		q.hide(wireHandshake, wireNonce)
		q.dropCookies(wireHandshake, wireNonce)
	}
	q.backend["jwks"] = answer{Status: http.StatusOK, Body: ring.jwks}
	q.swap(ring, func(t *loose) string {
		if t.head == nil || t.head["kid"] == keyGood {
			return ""
		}
		return ring.with(t, 0, "kid", keyGood)
	})
	return true
}

// onlyHeader takes the session out of the cookies. A foreign one stays, because it chooses
// between the two spellings of the others.
func onlyHeader(ring *keyring, q *question) bool {
	if scheme, _, more := strings.Cut(strings.TrimSpace(q.header("Authorization")), " "); scheme == "" || more && scheme != "Bearer" {
		return false
	}
	dropped := q.dropCookies("__session_" + q.key().Suffix())
	if iss, _ := ring.loose(unescape(q.cookie("__session"))).body["iss"].(string); strings.TrimPrefix(iss, "https://") == q.host() || iss == "" {
		return q.dropCookies("__session") || dropped
	}
	return dropped
}

func refuseOtherAlgorithms(ring *keyring, q *question) bool {
	return q.swap(ring, func(t *loose) string {
		alg, _ := t.head["alg"].(string)
		want := q.algorithm(t.head["kid"])
		if alg == want || want == "" || !slices.Contains([]string{"RS256", "RS384", "RS512"}, alg) {
			return ""
		}
		if _, err := base64.RawURLEncoding.Strict().DecodeString(t.parts[2]); err != nil {
			return "" // no token to either side
		}
		return ring.with(t, 0, "alg", "HS256")
	})
}

// refuse replaces the claim of session tokens that odd says are odd; only where the
// signature is good is it looked at.
func refuse(ring *keyring, q *question, name string, value any, odd func(body map[string]any) bool) bool {
	return q.swap(ring, func(t *loose) string {
		if t.body == nil || t.kid == "" || t.body["handshake"] != nil || t.machine() != "" || !odd(t.body) {
			return ""
		}
		return ring.with(t, 1, name, value)
	})
}

// refuseAny does the same for tokens of every kind.
func refuseAny(ring *keyring, q *question, name string, value any, odd func(body map[string]any) bool) bool {
	machines := refuseMachines(ring, q, func(t *loose) bool { return odd(t.body) })
	return refuse(ring, q, name, value, odd) || machines
}

func refuseOddSubjects(ring *keyring, q *question) bool {
	machines := refuseMachines(ring, q, func(t *loose) bool {
		sub, ok := t.body["sub"].(string)
		return !ok || sub == "" || strings.ContainsFunc(sub, unicode.IsControl)
	})
	sessions := refuse(ring, q, "sub", nil, func(body map[string]any) bool {
		for _, name := range []string{"sub", "sid"} {
			if v, ok := body[name].(string); !ok || v == "" || strings.ContainsFunc(v, unicode.IsControl) {
				return true
			}
		}
		return false
	})
	return sessions || machines
}

func refuseAbsurdDates(ring *keyring, q *question) bool {
	return refuseAny(ring, q, "exp", "x", func(body map[string]any) bool {
		return slices.ContainsFunc([]string{"exp", "nbf", "iat"}, func(name string) bool {
			v, there := body[name]
			n, ok := v.(json.Number)
			if !ok {
				return there
			}
			f, err := n.Float64()
			return err != nil || f > 253402300799 || f < -253402300799
		})
	})
}

func refuseOddAudiences(ring *keyring, q *question) bool {
	return refuseAny(ring, q, "aud", "none of them", func(body map[string]any) bool {
		if s, ok := body["aud"].(string); ok {
			return s == ""
		}
		list, ok := body["aud"].([]any)
		return !ok || len(list) == 0 || slices.ContainsFunc(list, func(v any) bool { s, ok := v.(string); return !ok || s == "" })
	})
}

func refuseOddFeatures(ring *keyring, q *question) bool {
	return refuse(ring, q, "exp", "x", func(body map[string]any) bool {
		if !version2(body) || body["o"] == nil {
			return false
		}
		text, ok := body["fea"].(string)
		return !ok && body["fea"] != nil || text != "" && slices.ContainsFunc(strings.Split(text, ","), func(s string) bool { return !strings.Contains(s, ":") })
	})
}

// refuseOddShapes finds claims whose readers here expect another type.
func refuseOddShapes(ring *keyring, q *question) bool {
	return refuse(ring, q, "exp", "x", func(body map[string]any) bool {
		if act := body["act"]; act != nil && !isObject(act) {
			return true
		}
		if version2(body) {
			o, ok := body["o"].(map[string]any)
			id, _ := o["id"].(string)
			return body["o"] != nil && (!ok || id == "" || isOdd(o["per"]) || isOdd(o["fpm"]))
		}
		id, _ := body["org_id"].(string)
		return id != "" && body["org_permissions"] != nil && !isStrings(body["org_permissions"])
	})
}

// dropSlugs takes the slug from organisations without an id.
func dropSlugs(ring *keyring, q *question) bool {
	return q.swap(ring, func(t *loose) string {
		if id, _ := t.body["org_id"].(string); t.kid == "" || id != "" || t.body["org_slug"] == nil {
			return ""
		}
		return ring.with(t, 1, "org_slug", nil)
	})
}

// version2 reports the second version of the claims.
func version2(body map[string]any) bool {
	n, _ := body["v"].(json.Number)
	v, err := n.Float64()
	return err == nil && v == 2
}

// isOdd reports something that is there and no string.
func isOdd(v any) bool { _, ok := v.(string); return v != nil && !ok }

func isObject(v any) bool { _, ok := v.(map[string]any); return ok }

func isStrings(v any) bool {
	list, ok := v.([]any)
	return ok && !slices.ContainsFunc(list, func(v any) bool { _, ok := v.(string); return !ok })
}

// refuseOtherKinds replaces tokens of other kinds that a handshake or a refresh brought, or
// that are the payload of a handshake.
func refuseOtherKinds(ring *keyring, q *question) bool {
	return q.swap(ring, func(t *loose) string {
		if (t.brought || t.body["handshake"] != nil) && t.otherKind() {
			return q.nonsense()
		}
		return ""
	})
}

// otherKind reports what is no session token by its category or subject (protocol reference
// 3.5).
func (t *loose) otherKind() bool {
	cat, there := t.head["cat"].(string)
	sub, _ := t.body["sub"].(string)
	return there && cat != wire.CategorySession && cat != wire.CategoryIgnore || strings.HasPrefix(sub, "mch_")
}

// ageless gives tokens that do not say when they were issued a time long ago.
func ageless(ring *keyring, q *question) bool {
	return q.swap(ring, func(t *loose) string {
		if t.body == nil || t.kid == "" || t.body["iat"] != nil || t.body["sub"] == nil {
			return ""
		}
		return ring.with(t, 1, "iat", -1)
	})
}
