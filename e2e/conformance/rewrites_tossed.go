package conformance

import (
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/usherauth/usher/wire"
)

// clashing are the names that come with two different values.
func (q *question) clashing() (names []string) {
	first := map[string]string{}
	for _, c := range q.cookies {
		value := unescape(strings.Trim(c.Value, " \t"))
		if v, ok := first[c.Name]; ok && v != value && !slices.Contains(names, c.Name) {
			names = append(names, c.Name)
		} else if !ok {
			first[c.Name] = value
		}
	}
	return names
}

// onlyUnclashed leaves out what has two values, and sends a browser that has no session left
// to the handshake, as one whose session is missing.
func onlyUnclashed(_ *keyring, q *question) bool {
	names := q.clashing()
	if len(names) == 0 {
		return false
	}
	if slices.Contains(names, wire.CookieRedirectCount) {
		highest := "x"
		for _, c := range q.cookies {
			n, err := strconv.Atoi(strings.TrimSpace(unescape(c.Value)))
			if m, _ := strconv.Atoi(highest); c.Name == wire.CookieRedirectCount && err == nil && (highest == "x" || n > m) {
				highest = strconv.Itoa(n)
			}
		}
		q.dropCookies(wire.CookieRedirectCount)
		q.cookies = append(q.cookies, pair{wire.CookieRedirectCount, highest})
	}
	sfx := "_" + q.key().Suffix()
	clash := func(name string) bool { return slices.Contains(names, name) }
	q.dropCookies(slices.DeleteFunc(slices.Clone(names), func(name string) bool { return name == wire.CookieRedirectCount })...)
	own := clash("__session"+sfx) || clash("__client_uat"+sfx) || q.cookie("__session"+sfx) != "" || q.cookie("__client_uat"+sfx) != ""
	if !own {
		sfx = ""
	}
	if own {
		q.dropCookies("__session", "__client_uat", "__clerk_db_jwt")
		q.cookies = append(q.cookies, pair{"__session", foreign})
	}
	asks := q.options.IsSatellite && q.method == http.MethodGet && q.header("Sec-Fetch-Dest") == "document" && q.param(wire.ParamSynced) != "true"
	if asks && q.cookie("__client_uat"+sfx) == "" && q.cookie("__session"+sfx) == "" {
		return true // a satellite without cookies decides before that
	}
	if (clash("__session"+sfx) || clash("__client_uat"+sfx)) && q.cookie("__session"+sfx) == "" {
		q.dropCookies("__client_uat" + sfx)
		q.cookies = append(q.cookies, pair{"__client_uat" + sfx, "1700000000"})
	}
	return true
}

var boundQuery = regexp.MustCompile(`^__usher_binding=[\w-]{43}$`)

// withoutOwn takes out what only this library sends: the digest of the browser's cookies and
// the cookie for one that has none, where the Frontend API is configured on another host, and
// deletions of cookies that clash.
func (o *outcome) withoutOwn(q *question) {
	if strings.HasPrefix(q.options.ProxyURL, "http") {
		o.Location.Query = slices.DeleteFunc(o.Location.Query, boundQuery.MatchString)
		o.Cookies = slices.DeleteFunc(o.Cookies, func(c http.Cookie) bool { return c.Name == wire.CookieHandshakeState })
	}
	names := q.clashing()
	o.Cookies = slices.DeleteFunc(o.Cookies, func(c http.Cookie) bool {
		return c.MaxAge < 0 && c.Value == "" && slices.Contains(names, c.Name) && (c.Path != "/" || c.Domain != "")
	})
}

// elsewhere reports production keys and a Frontend API that is configured on another host,
// which shares no cookies with the app.
func (q *question) elsewhere() bool {
	proxy, err := url.Parse(q.options.ProxyURL)
	origin, err2 := url.Parse(q.origin)
	return err == nil && err2 == nil && q.key().Live() && proxy.Host != "" && !strings.EqualFold(proxy.Hostname(), origin.Hostname())
}

// unasked hides a result of a handshake that this browser did not begin, and sends one
// without cookies to begin its own, as one whose session is missing.
func unasked(_ *keyring, q *question) bool {
	q.hide(wireHandshake, wireNonce)
	q.cookies = append(q.cookies, pair{"__client_uat", "1700000000"})
	return true
}

var results = regexp.MustCompile(`&(?:__clerk_handshake|__clerk_handshake_nonce|__clerk_help|__clerk_db_jwt)=[^&]*`)

// cleanBack takes the results of earlier handshakes out of the way back.
func cleanBack(_ *question, o *outcome) {
	o.Location.Back = results.ReplaceAllString(o.Location.Back, "")
}

var synced = regexp.MustCompile(`&__clerk_synced=[^&]*`)

// askSync asks for a handshake on the way back from signing in on another host.
func askSync(_ *question, o *outcome) {
	for _, page := range []*address{&o.SignIn, &o.SignUp} {
		switch at := synced.FindStringIndex(page.Back); {
		case at != nil:
			page.Back = page.Back[:at[0]] + "&__clerk_synced=false" + synced.ReplaceAllString(page.Back[at[1]:], "")
		case page.Back != "":
			page.Back += "&__clerk_synced=false"
		}
	}
}

// refuseOldPayloads makes nonsense of payloads that say that they are for another time or app.
func refuseOldPayloads(ring *keyring, q *question) (changed bool) {
	skew := 5.0
	if q.options.ClockSkew != nil {
		skew = float64(*q.options.ClockSkew) / 1000
	}
	if !q.key().Live() {
		skew = 24 * 3600
	}
	now := float64(q.now.UnixMilli()) / 1000
	bad := func(raw string) bool {
		body := ring.loose(raw).body
		if body == nil {
			return false
		}
		for _, name := range []string{"exp", "iat"} {
			if body[name] == nil {
				continue
			}
			n, ok := body[name].(json.Number)
			at, err := n.Float64()
			if !ok || err != nil || name == "exp" && at <= now-skew || name == "iat" && at > now+skew {
				return true
			}
		}
		return body["aud"] != nil && body["aud"] != any(q.origin)
	}
	for i, c := range q.cookies {
		if raw := unescape(strings.TrimSpace(c.Value)); c.Name == wireHandshake && bad(raw) {
			q.cookies[i].Value, changed = q.nonsense(), true
		}
	}
	if raw := q.param(wireHandshake); raw != "" && bad(raw) {
		q.target = strings.Replace(q.target, url.QueryEscape(raw), q.nonsense(), 1)
		changed = true
	}
	return changed
}

// authPage reports the pages that redirects lead to, at their usual addresses.
func authPage(q *question) bool {
	path, _, _ := strings.Cut(q.target, "?")
	pages := []string{"/sign-in", "/sign-up", "/sign-out", wire.ProxyPath}
	return slices.ContainsFunc(pages, func(page string) bool { return path == page || strings.HasPrefix(path, page+"/") })
}

// threeRedirects makes the reference redirect no more.
func threeRedirects(_ *keyring, q *question) bool {
	q.dropCookies(wire.CookieRedirectCount)
	q.cookies = append(q.cookies, pair{wire.CookieRedirectCount, "3"})
	return true
}

// plainNavigation gives a navigation the destination that it had before a service worker
// passed it on.
func plainNavigation(_ *keyring, q *question) bool {
	if q.header("Sec-Fetch-Mode") != "navigate" || q.header("Sec-Fetch-Dest") != "empty" {
		return false
	}
	q.dropHeaders("Sec-Fetch-Dest")
	q.headers = append(q.headers, pair{"Sec-Fetch-Dest", "document"})
	return true
}
