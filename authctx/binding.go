package authctx

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"

	"github.com/usherauth/usher/wire"
)

// A result of a handshake that comes in the address could be anybody's. The browser that
// began the handshake is told by its own cookies, of which a digest is sent along and
// comes back in the result: nobody else knows them. A browser without any gets one.

// bindingSource is the cookie that tells the browser; the first is replaced least often.
func (c *credentials) bindingSource() string {
	return first(first(c.refresh, c.session), first(c.devBrowser, c.begun))
}

// binding is the digest of it, "" if there is none.
func (c *credentials) binding() string {
	source := c.bindingSource()
	if source == "" {
		return ""
	}
	sum := sha256.Sum256([]byte("handshake\x00" + source))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// elsewhere reports that the Frontend API is on another host, configured by ProxyURL: it
// cannot set cookies for this app.
func (a *Authenticator) elsewhere(r *http.Request) bool {
	if a.inst.proxyHost == "" {
		return false
	}
	u, err := url.Parse(a.originOf(r))
	return err == nil && u.Host != "" && !strings.EqualFold(u.Hostname(), a.inst.proxyHost)
}

const handshakeStateAge = 300 // seconds, for slow networks

// begin makes sure that there is something to tell the browser by.
func (a *Authenticator) begin(c *credentials) {
	if c.bindingSource() == "" {
		c.begun, c.begins = rand.Text(), true
	}
}

// stateCookie goes to a browser that has nothing else it can be told by.
func (a *Authenticator) stateCookie(r *http.Request, c *credentials) *http.Cookie {
	return &http.Cookie{ //nolint:gosec // Secure wherever the app is served encrypted
		Name: wire.CookieHandshakeState, Value: c.begun, Path: "/", MaxAge: handshakeStateAge, HttpOnly: true,
		SameSite: http.SameSiteLaxMode, Secure: r.TLS != nil || strings.HasPrefix(a.originOf(r), "https:"),
	}
}
