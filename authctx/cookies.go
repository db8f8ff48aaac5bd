package authctx

import (
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

// readCookies keeps what matters of one Cookie line (RFC 6265 §5.4). The names are
// recognized by what they begin with: a page is made by code that leaves little of the
// processor's memory to this, so few and short steps count.
func (in *instance) readCookies(c *credentials, line string) {
	for line != "" {
		pair, rest := line, ""
		if i := strings.IndexByte(line, ';'); i >= 0 {
			pair, rest = line[:i], line[i+1:]
		}
		if pair = trimOWS(pair); strings.HasPrefix(pair, "__") {
			in.keep(c, pair)
		}
		line = rest
	}
}

// keep stores the first value of each cookie, even an empty one. Names are compared exactly.
func (in *instance) keep(c *credentials, pair string) {
	kind, rest := cookieKindOf(pair)
	if kind == cookieKinds || rest == "" {
		return
	}
	to, bit := &c.plain[kind], uint32(1)<<kind
	if rest[0] != '=' {
		if in.suffix == "" || !strings.HasPrefix(rest[1:], in.suffix) || rest[0] != '_' {
			return
		}
		to, bit, rest = &c.own[kind], bit<<cookieKinds, rest[1+len(in.suffix):]
	}
	if c.seen&bit == 0 && rest != "" && rest[0] == '=' {
		c.seen |= bit
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
