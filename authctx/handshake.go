package authctx

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/usherauth/usher/wire"
)

// maxRedirects ends a loop of handshakes. The reference tests for exactly this number
// and lets higher ones through (protocol reference 10, trap 5); here they end too.
const maxRedirects = 3

// maxRepeated bounds the rejected token that is sent along: no browser keeps a longer
// cookie, and an address has to stay short enough for servers.
const maxRepeated = 4096

// maybeHandshake sends a browser that asks for a document to the Frontend API, which
// renews the session and leads back, and signs out everything else (protocol reference
// 4.3). rejected is the token that was not good enough, "" if there was none.
func (a *Authenticator) maybeHandshake(r *http.Request, c *credentials, reason wire.Reason, rejected string) decision {
	return a.handshakeTo(r, c, reason, a.handshakeURL(r, c, reason, rejected))
}

// handshakeTo is maybeHandshake with an address of its own.
func (a *Authenticator) handshakeTo(r *http.Request, c *credentials, reason wire.Reason, location string) decision {
	if location == "" || !eligible(r) || c.redirects >= maxRedirects || c.redirects < 0 {
		return a.signedOut(reason)
	}
	return decision{
		status: wire.StatusHandshake, reason: reason, location: location,
		cookies: []*http.Cookie{redirectCount(c.redirects + 1)},
	}
}

// redirectCount has no Path, so it counts per address, and lives long enough for one
// round trip only (protocol reference 2.1).
func redirectCount(n int) *http.Cookie {
	return &http.Cookie{ //nolint:gosec // the reference's attributes; it holds a digit
		Name: wire.CookieRedirectCount, Value: strconv.Itoa(n),
		MaxAge: 2, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	}
}

// eligible reports a navigation: a GET for a document or frame, told by fetch metadata,
// or by Accept in browsers that send none.
func eligible(r *http.Request) bool {
	if r.Method != http.MethodGet {
		return false
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
	back := currentURL(r, origin, wire.ParamDevBrowser, wire.ParamDevSession)
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
	if rejected != "" && len(rejected) <= maxRepeated {
		param(wire.ParamSession, rejected)
	}
	if id := devBrowser(r, c); id != "" && !a.inst.key.Live() {
		param(wire.ParamDevBrowser, id)
	}
	if t, ok := a.inst.organizations.target(r.URL.EscapedPath()); ok {
		param("organization_id", t.name())
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
