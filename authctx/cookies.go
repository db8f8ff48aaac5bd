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
	stateCookie // of a handshake that began here
	formCookie  // the browser's half of a form kept by [KeepForms]
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
	begun         string // value of stateCookie
	begins        bool   // it is to be set
	clash         clash  // names that came with two different values
}

// clash is a set of cookie names, a bit for each kind: the lower half for the plain
// names, the upper half for the instance's own.
type clash uint32

func (c clash) any(kinds ...cookieKind) bool {
	for _, kind := range kinds {
		if c&(1<<kind|1<<(kind+cookieKinds)) != 0 {
			return true
		}
	}
	return false
}

// plainSession are the plain names that the instance's own ones replace.
const plainSession clash = 1<<sessionCookie | 1<<uatCookie | 1<<devBrowserCookie

// jar holds cookies as they were sent, by plain and by suffixed names.
type jar struct {
	plain, own [cookieKinds]string
	seen       uint32 // which of them were met, a bit for each
	clash      clash
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

// keep stores the value of each cookie, even an empty one. Names are compared exactly. Of
// two different values one was set by a neighbor, such as a sibling subdomain with
// Domain=, and nothing tells which. Both are dropped then, except for the counter that
// ends loops: the higher one counts.
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
	if rest == "" || rest[0] != '=' {
		return
	}
	value := trimOWS(rest[1:])
	if j.seen&bit == 0 {
		j.seen |= bit
		*to = value
		return
	}
	if value != *to && j.clash&clash(bit) == 0 && decoded(value) != decoded(*to) {
		j.repeat(kind, clash(bit), to, value)
	}
}

// repeat is for a cookie that comes again with another value.
func (j *jar) repeat(kind cookieKind, bit clash, to *string, value string) {
	if kind != redirectsCookie {
		j.clash |= bit
		return
	}
	if parseCount(value) > parseCount(*to) {
		*to = value
	}
}

// dropClashes leaves out the cookies of which nobody can tell what they say.
func (j *jar) dropClashes() {
	for kind := range cookieKinds {
		if j.clash&(1<<kind) != 0 {
			j.plain[kind] = ""
		}
		if j.clash&(1<<(kind+cookieKinds)) != 0 {
			j.own[kind] = ""
		}
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
	case strings.HasPrefix(pair, wire.CookieHandshakeState):
		kind, name = stateCookie, wire.CookieHandshakeState
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
	if j.clash != 0 {
		j.dropClashes()
		c.clash = j.clash
	}
	if c.suffixed = j.own[sessionCookie] != "" || j.own[uatCookie] != "" || j.clash>>cookieKinds&(1<<sessionCookie|1<<uatCookie) != 0; c.suffixed {
		from = &j.own
		c.clash &^= plainSession // which do not count
	}
	c.uat, c.session, c.devBrowser = parseUAT(from[uatCookie]), from[sessionCookie], decoded(from[devBrowserCookie])
	c.ownDevBrowser, c.refresh, c.form = decoded(j.own[devBrowserCookie]), j.own[refreshCookie], j.plain[formCookie]
	if in.suffix != "" { // two instances on ports of one host share its cookies
		c.form = j.own[formCookie]
	}
	c.begun = j.plain[stateCookie]
	c.handshake, c.nonce = decoded(j.plain[handshakeCookie]), decoded(j.plain[nonceCookie])
	if count := j.plain[redirectsCookie]; count != "" {
		c.redirects = parseCount(count)
	}
}

// parseCount reads the counter of redirects; what is not a whole number counts as 0.
func parseCount(s string) int {
	n, _ := strconv.Atoi(decoded(s))
	return n
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

// readCookies reads the lines of Cookie (RFC 6265 §5.4).
func (a *Authenticator) readCookies(c *cookies, lines []string) {
	var j jar
	for _, line := range lines {
		a.inst.fill(&j, line)
	}
	a.inst.choose(c, &j)
	a.recall(c)
	c.ordinary = c.known != nil && c.known.auth.status != wire.SessionPending &&
		c.uat != 0 && float64(c.uat) <= c.known.iat && c.handshake == "" && c.nonce == "" && (c.devBrowser != "" || a.inst.key.Live())
}

// recall looks whether the session's token was verified before. A remembered one is not
// percent-encoded, so looking it up comes before decoding, which costs more.
func (a *Authenticator) recall(c *cookies) {
	if c.known = a.tokens.get(c.session); c.known == nil {
		if plain := decoded(c.session); plain != c.session {
			c.session, c.known = plain, a.tokens.get(plain)
		}
	}
}
