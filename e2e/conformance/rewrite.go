package conformance

import (
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"
)

// loose is a token taken apart as the reference does it, where that works.
type loose struct {
	raw        string
	parts      []string
	head, body map[string]any // nil where they are not objects
	texts      [2]string      // header and payload as they are
	kid, alg   string         // what it was signed with, "" if it was spoilt or not made here
	brought    bool           // by a handshake or a refresh
}

func (k *keyring) loose(raw string) *loose {
	t := &loose{raw: raw, parts: strings.Split(raw, ".")}
	k.mu.Lock()
	made, ok := k.made[raw]
	k.mu.Unlock()
	if ok {
		t.kid, t.alg = made[0], made[1]
	}
	if len(t.parts) != 3 {
		return t
	}
	for i, to := range []*map[string]any{&t.head, &t.body} {
		text, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(t.parts[i], "="))
		if err != nil {
			continue
		}
		t.texts[i] = string(text)
		dec := json.NewDecoder(strings.NewReader(t.texts[i]))
		dec.UseNumber() // some are too large for a float
		if dec.Decode(to) != nil || strings.TrimSpace(t.texts[i][dec.InputOffset():]) != "" {
			*to = nil
		}
	}
	return t
}

// with signs the token again with other claims or header members; nil removes one. The
// result stands for the token wherever it would be sent on.
func (k *keyring) with(t *loose, part int, name string, value any) string {
	var objects [2]map[string]json.RawMessage
	for i := range objects {
		if json.Unmarshal([]byte(t.texts[i]), &objects[i]) != nil {
			return ""
		}
	}
	delete(objects[part], name)
	if value != nil {
		objects[part][name] = json.RawMessage(body(value))
	}
	kid, alg := t.kid, t.alg
	if kid == "" {
		kid, alg = keyAttacker, "RS256"
	}
	return k.token(kid, alg, body(objects[0]), body(objects[1]))
}

// nonsense is what every reader refuses as token-invalid; each one is another.
func (q *question) nonsense() string { return "nonsense-" + strconv.Itoa(len(q.swapped)) + "-" }

// stands remembers that next was put in the place of raw.
func (q *question) stands(next, raw string) {
	if next == raw {
		return
	}
	q.swapped = maps.Clone(q.swapped) // shared with the question this one was made from
	if q.swapped == nil {
		q.swapped = map[string]string{}
	}
	q.swapped[next] = raw
}

// swap replaces the tokens for which f has another, wherever in the question they are.
func (q *question) swap(ring *keyring, f func(t *loose) string) (changed bool) {
	one := func(raw string, brought bool) (string, bool) {
		if raw == "" {
			return raw, false
		}
		t := ring.loose(raw)
		t.brought = brought
		next := f(t)
		if next == "" || next == raw {
			return raw, false
		}
		q.stands(next, raw)
		changed = true
		return next, true
	}
	replace := func(raw string) string {
		next := swapPayload(ring, raw, one)
		if next != raw {
			q.stands(next, raw)
		}
		return next
	}
	for i, c := range q.cookies {
		if strings.HasPrefix(c.Name, wireSession) {
			if next, ok := one(unescape(strings.TrimSpace(c.Value)), false); ok {
				q.cookies[i].Value = next
			}
		}
		if c.Name == wireHandshake {
			q.cookies[i].Value = replace(unescape(strings.TrimSpace(c.Value)))
		}
	}
	for i, h := range q.headers {
		if strings.EqualFold(h.Name, "Authorization") {
			words := strings.Split(h.Value, " ")
			for j, word := range words {
				words[j], _ = one(word, false)
			}
			q.headers[i].Value = strings.Join(words, " ")
		}
	}
	if raw := q.param(wireHandshake); raw != "" {
		q.target = strings.Replace(q.target, url.QueryEscape(raw), url.QueryEscape(replace(raw)), 1)
	}
	for _, kind := range bringing {
		a := q.backend[kind]
		var v map[string]any
		if json.Unmarshal([]byte(a.Body), &v) != nil {
			continue
		}
		swapLines(v["directives"], one)
		swapLines(v["cookies"], one)
		a.Body = body(v)
		q.backend[kind] = a
	}
	return changed
}

// bringing are the answers of the Backend API that hold cookies.
var bringing = []string{"nonce", "refresh"}

// swapPayload does the same in a handshake payload, which is a token that holds others.
func swapPayload(ring *keyring, raw string, one func(raw string, brought bool) (string, bool)) string {
	if next, ok := one(raw, false); ok {
		return next
	}
	t := ring.loose(raw)
	if t.body == nil || t.kid == "" || !swapLines(t.body["handshake"], one) {
		return raw
	}
	return ring.with(t, 1, "handshake", t.body["handshake"])
}

func swapLines(v any, one func(raw string, brought bool) (string, bool)) (changed bool) {
	lines, _ := v.([]any)
	for i, v := range lines {
		line, _ := v.(string)
		name, rest, ok := strings.Cut(line, "=")
		if !ok || !strings.HasPrefix(name, wireSession) {
			continue
		}
		value, attributes, _ := strings.Cut(rest, ";")
		if next, ok := one(value, true); ok {
			lines[i] = name + "=" + next + ";" + attributes
			changed = true
		}
	}
	return changed
}

// restore puts the tokens and parameters of the original question back into what the
// reference made of the rewritten one.
func (q *question) restore(o *outcome) {
	for range q.swapped { // one may stand for another
		for next, old := range q.swapped {
			o.Location.Back = strings.ReplaceAll(o.Location.Back, next, old)
		}
		for i, word := range o.Location.Query {
			if old, ok := q.swapped[strings.TrimPrefix(word, "__session=")]; ok {
				o.Location.Query[i] = "__session=" + old
			}
		}
		for i, c := range o.Cookies {
			if old, ok := q.swapped[c.Value]; ok {
				o.Cookies[i].Value, o.Cookies[i].Quoted = strings.Trim(old, `"`), c.Quoted || strings.HasPrefix(old, `"`)
			}
		}
	}
	query := o.Location.Query
	o.Location.Query = nil
	for _, word := range query {
		if back, ok := strings.CutPrefix(word, hidden+"__clerk_redirect_url="); ok && back != "" {
			o.Location.Back = parseAddress("?__clerk_redirect_url="+url.QueryEscape(back), q.origin+q.target).Back
			continue
		}
		o.Location.Query = append(o.Location.Query, strings.TrimPrefix(word, hidden))
	}
	o.Location.Back = strings.ReplaceAll(o.Location.Back, hidden+"__", "__")
}

// hidden is put before the name of a query parameter that is not to be seen.
const hidden = "~"

// hide makes query parameters invisible without removing them from the address.
func (q *question) hide(names ...string) (changed bool) {
	path, query, _ := strings.Cut(q.target, "?")
	words := strings.Split(query, "&")
	for i, word := range words {
		name, _, _ := strings.Cut(word, "=")
		for _, n := range names {
			if meant(name) == n {
				words[i] = hidden + word
				changed = true
			}
		}
	}
	if changed {
		q.target = path + "?" + strings.Join(words, "&")
	}
	return changed
}

func unescape(s string) string {
	if out, err := url.PathUnescape(s); err == nil && utf8.ValidString(out) {
		return out
	}
	return s
}
