package authctx

import (
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/usherauth/usher/internal/token"
	"github.com/usherauth/usher/wire"
)

// credentials are everything in a request that can say who sent it. Reading them
// allocates nothing unless a cookie is percent-encoded.
type credentials struct {
	bearer         string // token of the Authorization header
	session        string // the session cookie that counts
	uat            int64  // unix seconds, 0 is signed out or absent
	suffixed       bool   // the instance's own cookies were used
	devBrowser     string
	handshake      string
	nonce          string
	redirects      int
	plainSession   string
	ownSession     string
	plainUAT       string
	ownUAT         string
	plainDevBrowse string
	ownDevBrowse   string
	refresh        string
	form           string // the browser's half of a kept form
	seen           uint16 // cookies met so far, a bit for each
}

func (in *instance) credentials(r *http.Request) credentials {
	c := credentials{bearer: bearerToken(r.Header)}
	for _, line := range r.Header["Cookie"] {
		for line != "" {
			pair, rest := line, ""
			if i := strings.IndexByte(line, ';'); i >= 0 {
				pair, rest = line[:i], line[i+1:]
			}
			in.cookie(&c, trimOWS(pair))
			line = rest
		}
	}
	in.choose(&c)
	return c
}

// bearerToken reads the header as the reference does (protocol reference 4.1): without
// a scheme the whole value is the token, also where nothing but the scheme is there;
// "Bearer" is matched exactly, and any other scheme is none of our business.
func bearerToken(h http.Header) string {
	scheme, rest, ok := strings.Cut(field(h, "Authorization"), " ")
	if !ok {
		return scheme
	}
	tok, _, _ := strings.Cut(rest, " ")
	switch {
	case tok == "":
		return scheme
	case scheme == "Bearer":
		return tok
	}
	return ""
}

// field is [http.Header.Get] for a name in canonical form, which Get would make sure of
// each time.
func field(h http.Header, canonical string) string {
	if values := h[canonical]; len(values) > 0 {
		return values[0]
	}
	return ""
}

// cookie keeps the first value of each name that matters. Names are compared exactly.
func (in *instance) cookie(c *credentials, pair string) {
	i := strings.IndexByte(pair, '=')
	if i < 0 || !strings.HasPrefix(pair, "__") {
		return
	}
	name, value := pair[:i], trimOWS(pair[i+1:])
	switch name {
	case wire.CookieSession:
		c.keep(1, &c.plainSession, value)
	case wire.CookieClientUAT:
		c.keep(2, &c.plainUAT, value)
	case wire.CookieDevBrowser:
		c.keep(3, &c.plainDevBrowse, value)
	case wire.CookieHandshake:
		c.keep(4, &c.handshake, decoded(value))
	case wire.CookieHandshakeNonce:
		c.keep(5, &c.nonce, decoded(value))
	case wire.CookieRedirectCount:
		var count string
		if c.keep(6, &count, decoded(value)); count != "" {
			c.redirects, _ = strconv.Atoi(count)
		}
	case formCookie:
		c.keep(11, &c.form, value)
	case in.cookieSession:
		c.keep(7, &c.ownSession, value)
	case in.cookieUAT:
		c.keep(8, &c.ownUAT, value)
	case in.cookieDevBrowse:
		c.keep(9, &c.ownDevBrowse, value)
	case in.cookieRefresh:
		c.keep(10, &c.refresh, decoded(value))
	}
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

// keep stores the first value of the cookie numbered bit, even an empty one.
func (c *credentials) keep(bit int, to *string, value string) {
	if c.seen&(1<<bit) == 0 {
		c.seen |= 1 << bit
		*to = value
	}
}

// decoded undoes percent-encoding, each cookie by itself (protocol reference 2.1). What
// cannot be decoded stays as it is, and is refused as what it is.
func decoded(value string) string {
	if strings.IndexByte(value, '%') >= 0 {
		if plain, err := url.PathUnescape(value); err == nil {
			return plain
		}
	}
	return value
}

// choose decides between the two sets of cookies, and decodes only the chosen. The reference compares tokens that
// nobody has verified yet (protocol reference 2.3); here the instance's own names
// always win when any of them is there, so that a tossed plain cookie cannot replace
// them.
func (in *instance) choose(c *credentials) {
	c.suffixed = c.ownSession != "" || c.ownUAT != ""
	uat, session, devBrowser := c.plainUAT, c.plainSession, c.plainDevBrowse
	if c.suffixed {
		uat, session, devBrowser = c.ownUAT, c.ownSession, c.ownDevBrowse
	}
	c.uat, c.session, c.devBrowser = parseUAT(decoded(uat)), decoded(session), decoded(devBrowser)
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
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil && n != math.MaxInt64 {
		return 0
	}
	return n
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

// dropForeign leaves out plain cookies of another instance on the same host: they say
// nothing about this one (protocol reference 2.3, rule 2). The issuer is read without
// verifying anything, so all that a forged one achieves is to be ignored.
func (in *instance) dropForeign(c *credentials) {
	t, err := token.Parse(c.session, in.maxTokenBytes)
	if err != nil {
		return
	}
	switch t.Payload.Raw("iss") {
	case "", "null", "false", "0", `""`: // no issuer, as the reference reads it
		return
	}
	iss, _ := t.Payload.String("iss")
	if _, host, ok := strings.Cut(iss, "://"); ok && strings.EqualFold(host, in.frontendHost()) || iss == in.frontendHost() {
		return
	}
	c.suffixed, c.session, c.uat, c.devBrowser = true, "", 0, decoded(c.ownDevBrowse)
}
