package conformance

import (
	"slices"
	"strings"

	"github.com/usherauth/usher/wire"
)

// machine is the kind of machine token that a JWT says it is, "" for any other (protocol
// reference 5.5).
func (t *loose) machine() wire.TokenType {
	if sub, _ := t.body["sub"].(string); strings.HasPrefix(sub, "mch_") {
		return wire.TokenM2M
	}
	if typ, _ := t.head["typ"].(string); typ == "at+jwt" || typ == "application/at+jwt" {
		return wire.TokenOAuth
	}
	return ""
}

// prefix is how an opaque token begins, "" for any other.
func (t *loose) prefix() string {
	for _, p := range []string{"ak_", "oat_", "mt_"} {
		if strings.HasPrefix(t.raw, p) {
			return p
		}
	}
	return ""
}

// deadToken is a token of the kind of one that begins with prefix, refused as token-invalid
// by everybody before the Backend API is asked: it has the form of a JWT and is none.
func deadToken(prefix string) string { return prefix + "x.y.z" }

// singleKind says one kind of token where the list has only one.
func singleKind(_ *keyring, q *question) bool {
	a := q.options.AcceptsToken
	if a == nil || !a.list || len(a.kinds) != 1 {
		return false
	}
	q.options.AcceptsToken = &accepted{kinds: a.kinds}
	return true
}

// refuseGarbage replaces opaque tokens that hold what no token can (RFC 9110 §11.2), and
// those that are too long.
func refuseGarbage(ring *keyring, q *question) bool {
	return q.swap(ring, func(t *loose) string {
		foreign := func(r rune) bool { return !isBase64URL(r) && !strings.ContainsRune(".~+/=", r) }
		if t.prefix() == "" || len(t.raw) <= 8192 && !strings.ContainsFunc(t.raw, foreign) {
			return ""
		}
		return deadToken(t.prefix())
	})
}

// refuseForeignMachines finds machine tokens of another issuer.
func refuseForeignMachines(ring *keyring, q *question) bool {
	return refuseMachines(ring, q, func(t *loose) bool {
		iss, _ := t.body["iss"].(string)
		return !slices.Contains(q.options.Issuer, iss)
	})
}

// refuseMachines does for machine tokens what refuse does for sessions.
func refuseMachines(ring *keyring, q *question, odd func(t *loose) bool) bool {
	return q.swap(ring, func(t *loose) string {
		if t.machine() == "" || t.kid == "" || !odd(t) {
			return ""
		}
		return ring.with(t, 1, "exp", "x")
	})
}

// refuseOtherCategories replaces OAuth tokens whose category is that of another kind.
func refuseOtherCategories(ring *keyring, q *question) bool {
	return q.swap(ring, func(t *loose) string {
		cat, _ := t.head["cat"].(string)
		if t.machine() != wire.TokenOAuth || !slices.Contains([]string{wire.CategorySession, wire.CategoryTemplate, wire.CategoryM2M}, cat) {
			return ""
		}
		return deadToken("oat_")
	})
}

// refuseOddMachines finds machine tokens with claims of another type than they should be.
func refuseOddMachines(ring *keyring, q *question) bool {
	return refuseMachines(ring, q, func(t *loose) bool {
		ids, list, words := []string{"jti", "client_id"}, "scp", "scope"
		listed := t.body[list] != nil
		if t.machine() == wire.TokenM2M {
			ids, list, words = ids[:1], "aud", "scopes"
			listed = t.body[words] == nil
		}
		if slices.ContainsFunc(ids, func(name string) bool { return isOdd(t.body[name]) }) {
			return true
		}
		if !listed {
			return isOdd(t.body[words])
		}
		return isOdd(t.body[list]) && !isStrings(t.body[list])
	})
}

// brokenKeys reports that the key set cannot be had, which our reason says.
func brokenKeys(q *question, theirs, ours *outcome) bool {
	return theirs.Reason == string(wire.ReasonTokenVerificationFailed) && q.options.JWTKey == "" && !q.usualKeys() &&
		slices.Contains([]string{string(wire.ReasonJWKRemoteFailedToLoad), string(wire.ReasonSecretKeyInvalid)}, ours.Reason)
}
