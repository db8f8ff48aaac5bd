package authctx

import (
	"net/http"
	"slices"
	"strings"

	"github.com/usherauth/usher/internal/token"
)

// credentials are everything in a request that can say who sent it. Reading them
// allocates nothing unless a cookie is percent-encoded.
type credentials struct {
	cookies
	bearer   string // token of the Authorization header
	dest     string // Sec-Fetch-Dest
	referer  string
	internal bool // there are fields of internalHeaders
}

// read fills c, which is zero. Writing in place saves copying a large value.
func (a *Authenticator) read(r *http.Request, c *credentials) {
	a.readCookies(&c.cookies, c.fields(r.Header))
}

// nobody reports that nothing says who sent the request.
func (c *credentials) nobody() bool { return c.bearer == "" && c.session == "" && c.refresh == "" }

// personal reports that the response may be about somebody: whoever sends a credential, or a
// cookie that stands for one, may get another response than a visitor who sends none.
func (c *credentials) personal() bool {
	return !c.nobody() || c.uat != 0 || c.handshake != "" || c.nonce != ""
}

// smallMap is how many fields Go's map holds before it hashes names. Up to there a look at
// each field costs less than to look for each name.
const smallMap = 8

// fields finds the fields that matter, and whether there are some that nobody may send.
// It returns the lines of Cookie.
func (c *credentials) fields(h http.Header) (cookies []string) {
	if len(h) > smallMap {
		c.bearer, c.dest, c.referer = bearerToken(oneLine(h["Authorization"])), field(h, "Sec-Fetch-Dest"), field(h, "Referer")
		c.internal = slices.ContainsFunc(internalHeaders[:], func(name string) bool { return len(h[name]) > 0 })
		return h["Cookie"]
	}
	for name, values := range h {
		if len(values) == 0 {
			continue
		}
		switch name {
		case "Authorization":
			c.bearer = bearerToken(oneLine(values))
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

// oneLine joins the lines of a field that may come once only, so that whoever reads the first
// and whoever reads the last see the same, which is no token (RFC 9110 §5.3).
func oneLine(values []string) string {
	if len(values) == 1 {
		return values[0]
	}
	return strings.Join(values, ", ")
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

// dropForeign leaves out plain cookies of another instance on the same host: they say
// nothing about this one (protocol reference 2.3, rule 2). The issuer is read without
// verifying anything, so all that a forged one achieves is to be ignored.
func (in *instance) dropForeign(c *credentials) {
	if c.suffixed || c.session == "" || in.key.IsZero() {
		return
	}
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
	c.suffixed, c.session, c.uat, c.devBrowser = true, "", 0, c.ownDevBrowser
	c.clash &^= plainSession
}
