package conformance

import (
	"encoding/json"
	"mime"
	"net/http"
	"slices"
	"strings"

	"github.com/usherauth/usher/wire"
)

// eachAnswer rewrites what the Backend API says of machine tokens.
func (q *question) eachAnswer(edit func(kind wire.TokenType, a *answer) bool) (changed bool) {
	for _, kind := range kinds[1:] {
		a, ok := q.backend[string(kind)]
		if ok && !a.Fail && edit(kind, &a) {
			q.backend[string(kind)] = a
			changed = true
		}
	}
	return changed
}

// plainType drops the parameters of the media type of JSON.
func plainType(_ *keyring, q *question) bool {
	return q.eachAnswer(func(_ wire.TokenType, a *answer) bool {
		kind, _, _ := mime.ParseMediaType(a.Type)
		plain := kind == "application/json"
		if plain {
			a.Type = ""
		}
		return plain
	})
}

// statusAlone empties the body of refusals.
func statusAlone(_ *keyring, q *question) bool {
	return q.eachAnswer(func(_ wire.TokenType, a *answer) bool {
		was := a.Body
		if a.Status == 401 || a.Status == 404 {
			a.Body = "{}"
		}
		return a.Body != was
	})
}

// named gives answers the name of what was asked for.
func named(_ *keyring, q *question) bool {
	return q.eachAnswer(func(kind wire.TokenType, a *answer) bool {
		m, ok := a.members()
		if !ok || m["object"] == objectNames[kind] || !a.readable() {
			return false
		}
		m["object"] = objectNames[kind]
		a.Body = body(m)
		return true
	})
}

// members are those of an answer that is one JSON object with no name twice.
func (a *answer) members() (m map[string]any, ok bool) {
	dec := json.NewDecoder(strings.NewReader(a.Body))
	dec.UseNumber()
	ok = dec.Decode(&m) == nil && m != nil && strings.TrimSpace(a.Body[dec.InputOffset():]) == ""
	return m, ok && topLevel(a.Body) == len(m)
}

// unreadable makes no answer of a success that does not describe one token.
func unreadable(_ *keyring, q *question) bool {
	return q.eachAnswer(func(_ wire.TokenType, a *answer) bool {
		if a.Status < 300 && !a.readable() {
			*a = answer{Fail: true}
			return true
		}
		return false
	})
}

func (a *answer) readable() bool {
	m, ok := a.members()
	if !ok || a.Status != 200 || a.Type != "" || len(a.Body) > 16<<10 {
		return false
	}
	for _, name := range []string{"id", "subject"} {
		if s, ok := m[name].(string); !ok || s == "" {
			return false
		}
	}
	if m["expiration"] == nil || a.flagged() {
		return true
	}
	n, ok := m["expiration"].(json.Number)
	if ok {
		_, err := n.Int64()
		ok = err == nil
	}
	return ok
}

// flagged reports an answer that says that the token is no longer good.
func (a *answer) flagged() bool {
	m, _ := a.members()
	return slices.ContainsFunc([]string{"revoked", "expired", "deleted"}, func(name string) bool { return m[name] != nil && m[name] != false })
}

// refuseFlagged lets the service not know the tokens that it calls revoked or expired, or
// whose expiration has passed.
func refuseFlagged(_ *keyring, q *question) bool {
	skew := int64(5000)
	if q.options.ClockSkew != nil {
		skew = *q.options.ClockSkew
	}
	return q.eachAnswer(func(_ wire.TokenType, a *answer) bool {
		m, ok := a.members()
		if !ok || a.Status != 200 {
			return false
		}
		n, _ := m["expiration"].(json.Number)
		end, err := n.Int64()
		if !a.flagged() && (err != nil || end > q.now.UnixMilli()-skew) {
			return false
		}
		*a = refusal(404, "resource_not_found")
		return true
	})
}

// brings reports an answer with cookies as text, or with none, under the name that they have
// in it.
func (a answer) brings(name string) bool {
	var v map[string]any
	err := json.Unmarshal([]byte(a.Body), &v)
	return a.Status == http.StatusOK && err == nil && (v[name] == nil || isStrings(v[name]))
}

// noLines makes no answer of a success that does not bring cookies as text.
func noLines(_ *keyring, q *question) bool {
	nonce, refresh := q.backend["nonce"], q.backend["refresh"]
	if !nonce.Fail && nonce.Status < 300 && !nonce.brings("directives") {
		nonce = answer{Fail: true}
	}
	switch {
	case refresh.Fail || refresh.Status >= 300:
	case refresh.Status != http.StatusOK:
		refresh = refusal(http.StatusUnprocessableEntity, "")
	case refresh.Body == "null":
		refresh.Body = "{}"
	case !refresh.brings("cookies"):
		refresh = answer{Fail: true}
	}
	changed := nonce != q.backend["nonce"] || refresh != q.backend["refresh"]
	q.backend["nonce"], q.backend["refresh"] = nonce, refresh
	return changed
}
