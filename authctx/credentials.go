package authctx

import (
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/usherauth/usher/internal/token"
)

// credentials are everything in a request that can say who sent it. Reading them
// allocates nothing unless a cookie is percent-encoded.
type credentials struct {
	bearer     string    // token of the Authorization header
	session    string    // the session cookie that counts
	known      *verified // what session stands for, if it was verified before
	uat        int64     // unix seconds, 0 is signed out or absent
	suffixed   bool      // the instance's own cookies were used
	internal   bool      // there are fields of internalHeaders
	devBrowser string
	handshake  string
	nonce      string
	redirects  int
	dest       string // Sec-Fetch-Dest
	referer    string

	plain, own [cookieKinds]string // cookies as they were sent, by plain and by suffixed names
	seen       uint32              // which of them were met, a bit for each
}

// read fills c, which is zero. Writing in place saves copying a large value.
func (a *Authenticator) read(r *http.Request, c *credentials) {
	for _, line := range c.fields(r.Header) {
		a.inst.readCookies(c, line)
	}
	a.inst.choose(c)
	a.recall(c)
}

// recall looks whether the session's token was verified before. A remembered one is not
// percent-encoded, so looking it up comes before decoding, which costs more.
func (a *Authenticator) recall(c *credentials) {
	if c.session == "" {
		return
	}
	if c.known = a.cache.get(c.session); c.known == nil {
		if plain := decoded(c.session); plain != c.session {
			c.session, c.known = plain, a.cache.get(plain)
		}
	}
}

// smallMap is how many fields Go's map holds before it hashes names. Up to there a look at
// each field costs less than to look for each name.
const smallMap = 8

// fields finds the fields that matter, and whether there are some that nobody may send.
// It returns the lines of Cookie.
func (c *credentials) fields(h http.Header) (cookies []string) {
	if len(h) > smallMap {
		c.bearer, c.dest, c.referer = bearerToken(field(h, "Authorization")), field(h, "Sec-Fetch-Dest"), field(h, "Referer")
		c.internal = slices.ContainsFunc(internalHeaders[:], func(name string) bool { return len(h[name]) > 0 })
		return h["Cookie"]
	}
	for name, values := range h {
		if len(values) == 0 {
			continue
		}
		switch name {
		case "Authorization":
			c.bearer = bearerToken(values[0])
		case "Cookie":
			cookies = values
		case "Sec-Fetch-Dest":
			c.dest = values[0]
		case "Referer":
			c.referer = values[0]
		default:
			c.internal = c.internal || strings.HasPrefix(name, "X-") && slices.Contains(internalHeaders[:], name)
		}
	}
	return cookies
}

// bearerToken reads the header as the reference does (protocol reference 4.1): without
// a scheme the whole value is the token, also where nothing but the scheme is there;
// "Bearer" is matched exactly, and any other scheme is none of our business.
func bearerToken(value string) string {
	scheme, rest, ok := strings.Cut(value, " ")
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
func (in *instance) choose(c *credentials) {
	from := &c.plain
	if c.suffixed = c.own[sessionCookie] != "" || c.own[uatCookie] != ""; c.suffixed {
		from = &c.own
	}
	c.uat, c.session, c.devBrowser = parseUAT(from[uatCookie]), from[sessionCookie], decoded(from[devBrowserCookie])
	c.handshake, c.nonce = decoded(c.plain[handshakeCookie]), decoded(c.plain[nonceCookie])
	if count := c.plain[redirectsCookie]; count != "" {
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
	n, err := strconv.ParseInt(decoded(s), 10, 64)
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
	c.suffixed, c.session, c.uat, c.devBrowser = true, "", 0, decoded(c.own[devBrowserCookie])
}
