package authctx

import (
	"math"
	"net/url"
	"strconv"
	"strings"

	"github.com/usherauth/usher/wire"
)

// cookieKind numbers the cookies that matter.
type cookieKind uint8

const (
	sessionCookie cookieKind = iota
	uatCookie
	devBrowserCookie
	refreshCookie // read under the suffixed name only
	handshakeCookie
	nonceCookie
	redirectsCookie
	formCookie // the browser's half of a form kept by [KeepForms]
	cookieKinds
)

// cookies are what a request's Cookie lines say.
type cookies struct {
	session       string    // the session cookie that counts
	known         *verified // what session stands for, if it was verified before
	uat           int64     // unix seconds, 0 is signed out or absent
	suffixed      bool      // the instance's own cookies were used
	ordinary      bool      // known, and nothing but time and place can be wrong with it
	devBrowser    string
	ownDevBrowser string // that of the suffixed name
	handshake     string
	nonce         string
	redirects     int
	refresh       string // as it was sent, for few requests need it
	form          string
}

// jar holds cookies as they were sent, by plain and by suffixed names.
type jar struct {
	plain, own [cookieKinds]string
	seen       uint32 // which of them were met, a bit for each
}

// fill keeps what matters of one Cookie line (RFC 6265 §5.4). The names are
// recognized by what they begin with: a page is made by code that leaves little of the
// processor's memory to this, so few and short steps count.
func (in *instance) fill(j *jar, line string) {
	for line != "" {
		pair, rest := line, ""
		if i := strings.IndexByte(line, ';'); i >= 0 {
			pair, rest = line[:i], line[i+1:]
		}
		if pair = trimOWS(pair); strings.HasPrefix(pair, "__") {
			in.keep(j, pair)
		}
		line = rest
	}
}

// keep stores the first value of each cookie, even an empty one. Names are compared exactly.
func (in *instance) keep(j *jar, pair string) {
	kind, rest := cookieKindOf(pair)
	if kind == cookieKinds || rest == "" {
		return
	}
	to, bit := &j.plain[kind], uint32(1)<<kind
	if rest[0] != '=' {
		if in.suffix == "" || !strings.HasPrefix(rest[1:], in.suffix) || rest[0] != '_' {
			return
		}
		to, bit, rest = &j.own[kind], bit<<cookieKinds, rest[1+len(in.suffix):]
	}
	if j.seen&bit == 0 && rest != "" && rest[0] == '=' {
		j.seen |= bit
		*to = trimOWS(rest[1:])
	}
}

// cookieKindOf also returns what follows the plain name.
func cookieKindOf(pair string) (kind cookieKind, rest string) {
	var name string
	switch {
	case strings.HasPrefix(pair, wire.CookieSession):
		kind, name = sessionCookie, wire.CookieSession
	case strings.HasPrefix(pair, wire.CookieClientUAT):
		kind, name = uatCookie, wire.CookieClientUAT
	case strings.HasPrefix(pair, wire.CookieRefresh):
		kind, name = refreshCookie, wire.CookieRefresh
	case strings.HasPrefix(pair, wire.CookieDevBrowser):
		kind, name = devBrowserCookie, wire.CookieDevBrowser
	case strings.HasPrefix(pair, wire.CookieHandshakeNonce):
		kind, name = nonceCookie, wire.CookieHandshakeNonce
	case strings.HasPrefix(pair, wire.CookieHandshake):
		kind, name = handshakeCookie, wire.CookieHandshake
	case strings.HasPrefix(pair, wire.CookieRedirectCount):
		kind, name = redirectsCookie, wire.CookieRedirectCount
	case strings.HasPrefix(pair, formCookieName):
		kind, name = formCookie, formCookieName
	default:
		return cookieKinds, ""
	}
	return kind, pair[len(name):]
}

// trimOWS cuts optional white space off both ends (RFC 9110 §5.6.3).
func trimOWS(s string) string {
	for s != "" && (s[0] == ' ' || s[0] == '\t') {
		s = s[1:]
	}
	for s != "" && (s[len(s)-1] == ' ' || s[len(s)-1] == '\t') {
		s = s[:len(s)-1]
	}
	return s
}

// decoded undoes percent-encoding, each cookie by itself (protocol reference 2.1). What
// cannot be decoded stays as it is, and is refused as what it is.
func decoded(value string) string {
	if value == "" || strings.IndexByte(value, '%') < 0 {
		return value // without a call
	}
	return unescaped(value)
}

func unescaped(value string) string {
	if plain, err := url.PathUnescape(value); err == nil {
		return plain
	}
	return value
}

// choose decides between the two sets of cookies, and decodes only the chosen. The
// reference compares tokens that nobody has verified yet (protocol reference 2.3); here the
// instance's own names always win when any of them is there, so that a tossed plain cookie
// cannot replace them. The session is left to recall.
func (in *instance) choose(c *cookies, j *jar) {
	from := &j.plain
	if c.suffixed = j.own[sessionCookie] != "" || j.own[uatCookie] != ""; c.suffixed {
		from = &j.own
	}
	c.uat, c.session, c.devBrowser = parseUAT(from[uatCookie]), from[sessionCookie], decoded(from[devBrowserCookie])
	c.ownDevBrowser, c.refresh, c.form = decoded(j.own[devBrowserCookie]), j.own[refreshCookie], j.plain[formCookie]
	c.handshake, c.nonce = decoded(j.plain[handshakeCookie]), decoded(j.plain[nonceCookie])
	if count := j.plain[redirectsCookie]; count != "" {
		c.redirects, _ = strconv.Atoi(decoded(count))
	}
}

// parseUAT reads unix seconds. Garbage counts as absent; what overflows stays huge, so
// that it is later than any token. The ten digits that it has in this century are read
// without strconv, which costs five times as much.
func parseUAT(s string) int64 {
	if s == "" {
		return 0
	}
	if n, ok := tenDigits(s); ok {
		return n
	}
	s = decoded(s)
	n, err := strconv.ParseInt(s, 10, 64)
	if err == nil || n == math.MaxInt64 && strings.Trim(s[1:], "0123456789") == "" { // strconv stops where it overflows
		return n
	}
	return 0
}

func tenDigits(s string) (n int64, ok bool) {
	if len(s) != 10 {
		return 0, false
	}
	for i := range len(s) {
		d := s[i] - '0'
		if d > 9 {
			return 0, false
		}
		n = n*10 + int64(d)
	}
	return n, true
}
