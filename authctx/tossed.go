package authctx

import (
	"net/http"
	"strings"

	"github.com/usherauth/usher/internal/web"
	"github.com/usherauth/usher/wire"
)

// A sibling subdomain can set cookies for this app with Domain=, and another app on the
// same host with Path=. They stay beside the genuine ones whatever this app sets, so every
// response to a request with two different values deletes what a neighbor could have set.

// cookieNames are the plain names of the kinds.
var cookieNames = [cookieKinds]string{
	sessionCookie: wire.CookieSession, uatCookie: wire.CookieClientUAT, devBrowserCookie: wire.CookieDevBrowser,
	refreshCookie: wire.CookieRefresh, handshakeCookie: wire.CookieHandshake, nonceCookie: wire.CookieHandshakeNonce,
	redirectsCookie: wire.CookieRedirectCount, formCookie: formCookieName, stateCookie: wire.CookieHandshakeState,
}

// tossed reports cookies that a neighbor may have set.
func (c *cookies) tossed() bool { return c.clash != 0 }

// deleteTossed deletes what clashes; again says that the browser is sent to get its
// cookies anew.
func (a *Authenticator) deleteTossed(h http.Header, r *http.Request, c *credentials, again bool) {
	var names []string
	for kind := range cookieKinds {
		if c.clash&(1<<(kind+cookieKinds)) != 0 {
			names = append(names, cookieNames[kind]+"_"+a.inst.suffix)
		}
		if c.clash&(1<<kind) != 0 {
			names = append(names, cookieNames[kind])
		}
	}
	secure := r.TLS != nil || strings.HasPrefix(a.originOf(r), "https:")
	web.DeleteTossed(h, r, secure, again, names...)
}
