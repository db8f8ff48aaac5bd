package conformance

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/usherauth/usher/wire"
)

func (q *question) key() wire.PublishableKey {
	key, err := wire.ParsePublishableKey(q.options.PublishableKey)
	if err != nil {
		panic(err) // all of ours are valid
	}
	return key
}

// foreign is a token of another instance, not signed. As the plain session it makes the
// reference read the suffixed cookies, whatever they hold (protocol reference 2.3, rule 2).
var foreign = base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"RS256"}`)) + "." +
	base64.RawURLEncoding.EncodeToString([]byte(`{"iss":"https://clerk.nowhere.example"}`)) + ".AAAA"

func onlyOwnCookies(_ *keyring, q *question) bool {
	sfx := "_" + q.key().Suffix()
	if q.cookie("__session"+sfx) == "" && q.cookie("__client_uat"+sfx) == "" {
		return false
	}
	q.dropCookies("__session", "__client_uat", "__clerk_db_jwt")
	q.cookies = append(q.cookies, pair{"__session", foreign})
	return true
}

func plainCounter(_ *keyring, q *question) bool {
	v := q.counter()
	n, err := strconv.Atoi(v)
	next := "3"
	switch {
	case v == "":
		return false
	case err != nil:
		next = "0"
	case n >= 0 && n <= 3:
		return false
	}
	q.dropCookies(wire.CookieRedirectCount)
	q.cookies = append(q.cookies, pair{wire.CookieRedirectCount, next})
	return true
}

var wholeNumber = regexp.MustCompile(`^[+-]?[0-9]+$`)

func plainUAT(_ *keyring, q *question) (changed bool) {
	for i, c := range q.cookies {
		if strings.HasPrefix(c.Name, wire.CookieClientUAT) && c.Value != "" && !wholeNumber.MatchString(strings.TrimSpace(unescape(c.Value))) {
			q.cookies[i].Value = "x"
			changed = true
		}
	}
	return changed
}

// oldUAT makes every update time older than any token.
func oldUAT(_ *keyring, q *question) (changed bool) {
	for i, c := range q.cookies {
		if n, err := strconv.ParseInt(strings.TrimSpace(unescape(c.Value)), 10, 64); strings.HasPrefix(c.Name, wire.CookieClientUAT) && (err != nil || n != 0) {
			q.cookies[i].Value = "-99999999999999"
			changed = true
		}
	}
	return changed
}

func hideUnlistedReturn(_ *keyring, q *question) bool {
	const name = "__clerk_redirect_url"
	u, err := url.Parse(q.param(name))
	if err == nil && u.Host != "" && slices.Contains(append(q.options.ReturnOrigins, q.origin), u.Scheme+"://"+u.Host) {
		return false
	}
	return q.hide(name)
}

// portals are how the account portals of development instances end.
var portals = []string{".accounts.dev", ".accountsstage.dev", ".lcl.dev"}

// otherPortals replaces a Referer on an account portal that any development instance knows.
func otherPortals(_ *keyring, q *question) bool {
	u, err := url.Parse(q.header("Referer"))
	if err != nil || !slices.ContainsFunc(portals, func(end string) bool { return strings.HasSuffix(u.Hostname(), end) }) {
		return false
	}
	q.dropHeaders("Referer")
	q.headers = append(q.headers, pair{"Referer", "https://other.example/"})
	return true
}

// ownPortWithScheme spells the Referer of the instance's own host as the reference wants it
// where that host has a port.
func ownPortWithScheme(_ *keyring, q *question) bool {
	u, err := url.Parse(q.header("Referer"))
	if err != nil || u.Port() == "" || u.Host != q.key().Host() || u.Scheme != "http" {
		return false
	}
	q.dropHeaders("Referer")
	q.headers = append(q.headers, pair{"Referer", "https://" + u.Host + "/"})
	return true
}

var knownNames = regexp.MustCompile(`^(__session|__client_uat|__refresh|__clerk_db_jwt|__clerk_handshake|__clerk_handshake_nonce)(_[^=\s]*)?=`)

// acceptable reports a Set-Cookie line that can be read, for one of those names.
func acceptable(line string) bool {
	_, err := http.ParseSetCookie(line)
	return err == nil && knownNames.MatchString(line)
}

func knownDirectives(ring *keyring, q *question) (changed bool) {
	keep := func(v any) any {
		lines, ok := v.([]any)
		if !ok {
			return v
		}
		kept := slices.DeleteFunc(slices.Clone(lines), func(v any) bool { line, ok := v.(string); return ok && !acceptable(line) })
		changed = changed || len(kept) != len(lines)
		return kept
	}
	payload := func(raw string) string {
		t := ring.loose(raw)
		if t.body["handshake"] == nil || t.kid == "" || t.sloppy() {
			return raw
		}
		next := ring.with(t, 1, "handshake", keep(t.body["handshake"]))
		q.stands(next, raw)
		return next
	}
	for i, c := range q.cookies {
		if c.Name == wireHandshake {
			q.cookies[i].Value = payload(unescape(strings.TrimSpace(c.Value)))
		}
	}
	if raw := q.param(wireHandshake); raw != "" {
		q.target = strings.Replace(q.target, url.QueryEscape(raw), url.QueryEscape(payload(raw)), 1)
	}
	for _, kind := range bringing {
		a := q.backend[kind]
		var v map[string]any
		if json.Unmarshal([]byte(a.Body), &v) != nil {
			continue
		}
		for _, name := range []string{"directives", "cookies"} {
			if v[name] != nil {
				v[name] = keep(v[name])
			}
		}
		a.Body = body(v)
		q.backend[kind] = a
	}
	return changed
}

// brokenHandshake reports that the reference could not resolve a handshake.
func brokenHandshake(q *question, theirs, _ *outcome) bool {
	there := q.cookie(wireHandshake) != "" || q.cookie(wireNonce) != "" || q.param(wireHandshake) != "" || q.param(wireNonce) != ""
	return there && (strings.Contains(theirs.Threw, "Handshake token verification failed") || theirs.Reason == string(wire.ReasonSessionTokenMissing) && len(theirs.Cookies) == 0)
}

// oddLines reports a handshake in the address whose lines are not all text: the reference
// fails there, and goes on without a word.
func oddLines(q *question) bool {
	lines, _ := new(keyring).loose(q.param(wireHandshake)).body["handshake"].([]any)
	return slices.ContainsFunc(lines, func(v any) bool { _, text := v.(string); return !text })
}

// brokenHandshakeInAddress is the same for one that a development browser brought in the
// address, on a request that can be sent back.
func brokenHandshakeInAddress(q *question, theirs, ours *outcome) bool {
	broken := brokenHandshake(q, theirs, ours) || oddLines(q) || !q.usualKeys() // nothing to verify it with
	return broken && (q.param(wireHandshake) != "" || q.param(wireNonce) != "") &&
		!q.key().Live() && ours.Reason == string(wire.ReasonTokenInvalid) && q.eligible() && q.redirects() < 3
}

func (q *question) eligible() bool {
	dest := q.header("Sec-Fetch-Dest")
	if q.header("Sec-Fetch-Mode") == "navigate" { // of a service worker
		dest = "document"
	}
	return q.method == http.MethodGet && (dest == "document" || dest == "iframe" || dest == "" && strings.HasPrefix(q.header("Accept"), "text/html"))
}

// counter is the redirect counter as both sides read it.
func (q *question) counter() string {
	return strings.TrimSpace(unescape(q.cookie(wire.CookieRedirectCount)))
}

func (q *question) redirects() int {
	n, err := strconv.Atoi(q.counter())
	if err != nil {
		return 0
	}
	return n
}

// strippedHandshake is our answer to one: back to the same address without it, counted.
func strippedHandshake(q *question, o *outcome) {
	clean := q.clone()
	clean.dropParams(wireHandshake, wireNonce, wire.ParamHelp, wire.ParamDevBrowser)
	reason := string(wire.ReasonTokenInvalid)
	*o = outcome{
		Status: wire.StatusHandshake, Reason: reason, HeaderStatus: wire.StatusHandshake, HeaderReason: reason,
		Location: parseAddress(q.origin+clean.target, q.origin+q.target), NoStore: true, Calls: o.Calls,
		Cookies: parseCookies([]string{wire.CookieRedirectCount + "=" + strconv.Itoa(q.redirects()+1) + "; SameSite=Lax; HttpOnly; Max-Age=2"}),
	}
}

// asOwnGet makes of a request of the app's own page one that the reference renews, and that
// nobody can redirect.
func asOwnGet(_ *keyring, q *question) bool {
	if q.method == "GET" {
		return false
	}
	q.method = "GET"
	q.dropHeaders("Sec-Fetch-Dest", "Accept", "Referer")
	return true
}
