package authctx

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/usherauth/usher/internal/web"
	"github.com/usherauth/usher/wire"
)

// maxRedirects ends a loop of handshakes. The reference tests for exactly this number
// and lets higher ones through (protocol reference 10, trap 5); here they end too.
const maxRedirects = 3

// maxRepeated bounds the rejected token that is sent along: no browser keeps a longer
// cookie, and an address has to stay short enough for servers.
const maxRepeated = 4096

// Servers commonly take addresses of 8 KiB. That of a handshake holds another one, encoded
// once more, and is served by this module or by a hosted instance, which take more.
const (
	maxAddress   = 8 << 10
	maxHandshake = 12 << 10
)

// maybeHandshake sends a browser that asks for a document to the Frontend API, which
// renews the session and leads back, and signs out everything else (protocol reference
// 4.3). rejected is the token that was not good enough, "" if there was none.
func (a *Authenticator) maybeHandshake(r *http.Request, c *credentials, reason wire.Reason, rejected string) decision {
	return a.handshakeTo(r, c, reason, a.handshakeURL(r, c, reason, rejected))
}

// handshakeTo is maybeHandshake with an address of its own.
func (a *Authenticator) handshakeTo(r *http.Request, c *credentials, reason wire.Reason, location string) decision {
	if location == "" || !a.mayRedirect(r, c) {
		return a.signedOut(reason)
	}
	d := decision{
		status: wire.StatusHandshake, reason: reason, location: location,
		cookies: []*http.Cookie{redirectCount(c.redirects + 1)},
	}
	if c.begins {
		d.cookies = append(d.cookies, a.stateCookie(r, c))
	}
	return d
}

// redirectCount has no Path, so it counts per address, and lives long enough for one
// round trip only (protocol reference 2.1).
func redirectCount(n int) *http.Cookie {
	return &http.Cookie{ //nolint:gosec // the reference's attributes; it holds a digit
		Name: wire.CookieRedirectCount, Value: strconv.Itoa(n),
		MaxAge: 2, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	}
}

// mayRedirect reports a request that can be sent to the handshake: not one of the pages
// that redirects lead to, which would lose what they are for, and not again and again.
func (a *Authenticator) mayRedirect(r *http.Request, c *credentials) bool {
	return eligible(r) && c.redirects >= 0 && c.redirects < maxRedirects && !a.authPage(r)
}

// wayBack is the address that the browser is to be redirected back to, without the named
// query parameters, "" if the handshake would refuse it.
func (a *Authenticator) wayBack(r *http.Request, without ...string) string {
	origin := a.originOf(r)
	if origin == "" {
		return ""
	}
	back, _ := web.SafeReturn(currentURL(r, origin, without...), origin, nil)
	return back
}

// authPage reports the Frontend API and the sign-in, sign-up and sign-out pages of this
// origin. They work for browsers whose session has to be renewed, whatever they are
// mounted under.
func (a *Authenticator) authPage(r *http.Request) bool {
	path, origin := web.Requested(r).Path, a.originOf(r)
	for _, page := range []string{a.inst.signIn, a.inst.signUp, a.inst.signOut} {
		if below(path, page, origin) {
			return true
		}
	}
	if a.inst.proxyURL == "/" {
		return below(path, "/v1", origin) || below(path, "/.well-known", origin)
	}
	return a.inst.proxyURL != "" && below(path, a.inst.proxyURL, origin)
}

// below reports that path is at or below the page at address, a path or a URL on origin.
func below(path, address, origin string) bool {
	if path == address {
		return true
	}
	u, err := url.Parse(address)
	if err != nil {
		return false
	}
	if own, _ := web.Origin(address); u.Host != "" && own != origin {
		return false
	}
	page := strings.TrimSuffix(u.Path, "/")
	if page == "" {
		return path == "/" || path == ""
	}
	rest, ok := strings.CutPrefix(path, page)
	return ok && (rest == "" || rest[0] == '/')
}

// eligible reports a navigation: a GET for a document or frame, told by fetch metadata,
// or by Accept in browsers that send none. A service worker that passes a navigation on
// sends it as its own request, with an empty destination.
func eligible(r *http.Request) bool {
	if r.Method != http.MethodGet {
		return false
	}
	if r.Header.Get("Sec-Fetch-Mode") == "navigate" {
		return true
	}
	if dest := r.Header.Get("Sec-Fetch-Dest"); dest != "" {
		return dest == "document" || dest == "iframe"
	}
	return strings.HasPrefix(r.Header.Get("Accept"), "text/html")
}

// handshakeURL builds the address of protocol reference 4.5, parameters in its order.
// "" means that there is nowhere to send the browser.
func (a *Authenticator) handshakeURL(r *http.Request, c *credentials, reason wire.Reason, rejected string) string {
	origin := a.originOf(r)
	base := a.frontendAPI(origin)
	if origin == "" || base == "" {
		return ""
	}
	a.inst.dropForeign(c) // not done yet where a header decided
	without := []string{wire.ParamDevBrowser, wire.ParamDevSession}
	elsewhere := a.elsewhere(r)
	if elsewhere && a.inst.key.Live() {
		without = append(without, handshakeParams...) // of an earlier one
	}
	back := a.wayBack(r, without...)
	if back == "" {
		return ""
	}
	var b strings.Builder
	b.WriteString(base + "/v1/client/handshake?")
	param := func(name, value string) {
		if name != wire.ParamRedirectURL {
			b.WriteByte('&')
		}
		b.WriteString(name + "=" + url.QueryEscape(value))
	}
	param(wire.ParamRedirectURL, back)
	param(wire.ParamAPIVersion, wire.APIVersion)
	param(wire.ParamSuffixedCookies, strconv.FormatBool(c.suffixed))
	param(wire.ParamHandshakeReason, string(reason))
	param(wire.ParamHandshakeFormat, "nonce")
	if rejected != "" && len(rejected) <= maxRepeated && b.Len()+len(rejected) <= maxAddress {
		param(wire.ParamSession, rejected)
	}
	if id := devBrowser(r, c); id != "" && !a.inst.key.Live() {
		param(wire.ParamDevBrowser, id)
	}
	if elsewhere {
		a.begin(c)
		param(wire.ParamHandshakeBinding, c.binding())
	}
	if t, ok := a.inst.organizations.target(web.Requested(r).EscapedPath()); ok {
		param("organization_id", t.name())
	}
	if b.Len() > maxHandshake {
		return ""
	}
	return b.String()
}

// originOf is the app's own origin as configured. A Host header never makes one up; it
// can at most choose among the configured ones.
func (a *Authenticator) originOf(r *http.Request) string {
	if a.inst.publicOrigin != "" {
		return a.inst.publicOrigin
	}
	for _, party := range a.inst.parties {
		if _, host, ok := strings.Cut(party, "://"); ok && strings.EqualFold(host, r.Host) {
			return party
		}
	}
	return ""
}

func (a *Authenticator) frontendAPI(origin string) string {
	switch proxy := a.inst.proxyURL; {
	case strings.HasPrefix(proxy, "/"):
		return origin + strings.TrimSuffix(proxy, "/")
	case proxy != "":
		return proxy
	case a.inst.key.IsZero():
		return ""
	}
	return "https://" + a.inst.frontendHost()
}
