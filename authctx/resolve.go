package authctx

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/usherauth/usher/internal/token"
	"github.com/usherauth/usher/internal/web"
	"github.com/usherauth/usher/wire"
)

// resolveHandshake spends what the Frontend API sent back with: a nonce, or a signed
// payload, both standing for Set-Cookie lines (protocol reference 4.6). Production
// instances bring it in a cookie, so that a link cannot sign anybody in; development
// instances, which live on another site, in the query. done is false when there is
// nothing to resolve or it was not good, and the cookies go on to be looked at.
func (a *Authenticator) resolveHandshake(r *http.Request, c *credentials) (d decision, done bool) {
	dev := !a.inst.key.Live()
	if dev {
		c.nonce = first(queryParam(r, wire.ParamHandshakeNonce), c.nonce)
		c.handshake = first(queryParam(r, wire.ParamHandshake), c.handshake)
	}
	if c.nonce == "" && c.handshake == "" {
		return decision{}, false
	}
	lines, err := a.handshakeDirectives(r.Context(), c)
	if err != nil {
		a.log.WarnContext(r.Context(), "handshake payload refused", "err", err)
		return a.stripHandshake(r, c)
	}
	cookies, session := acceptable(lines)
	d = a.afterHandshake(r.Context(), session)
	d.cookies = cookies
	if dev && hasHandshakeParam(r) {
		d.location = a.withoutHandshake(r)
	}
	return d, d.auth.SignedIn() || session == "" || d.auth.Status() != ""
}

func first(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

func (a *Authenticator) handshakeDirectives(ctx context.Context, c *credentials) ([]string, error) {
	if c.nonce != "" {
		return a.backend.handshakePayload(ctx, c.nonce)
	}
	t, err := token.Parse(c.handshake, 4*token.MaxBytes) // holds several cookies
	if err != nil {
		return nil, refuse(wire.ReasonTokenInvalid, err)
	}
	if err := sessionKind(t); err != nil {
		return nil, err
	}
	key, err := a.keys.key(ctx, t.Header.Kid, a.now())
	if err != nil {
		return nil, err
	}
	if err := t.VerifySignature(key); err != nil {
		return nil, refuse(wire.ReasonTokenInvalidSignature, err)
	}
	lines, ok := t.Payload.Strings("handshake")
	if !ok {
		return nil, refuse(wire.ReasonTokenInvalid, nil)
	}
	return lines, nil
}

// handshakeCookies are the only names a payload may set, plain or suffixed: its
// signature says who wrote it, not what it may do (protocol reference 10, trap 9).
var handshakeCookies = []string{
	wire.CookieSession, wire.CookieClientUAT, wire.CookieRefresh,
	wire.CookieDevBrowser, wire.CookieHandshake, wire.CookieHandshakeNonce,
}

// acceptable keeps the lines for known cookies, which the browser gets as they are, and finds
// the session token: the value of the last line for a session cookie.
func acceptable(lines []string) (cookies []*http.Cookie, session string) {
	for _, line := range lines {
		c, err := http.ParseSetCookie(line)
		if err != nil || !knownCookie(c.Name) || !strings.HasPrefix(line, c.Name+"=") || strings.ContainsFunc(line, unprintable) {
			continue
		}
		cookies = append(cookies, c)
		if strings.HasPrefix(c.Name, wire.CookieSession) {
			session = c.Value
			if c.Quoted {
				session = strconv.Quote(session) // no token to anybody
			}
		}
	}
	return cookies, session
}

func knownCookie(name string) bool {
	return slices.ContainsFunc(handshakeCookies, func(known string) bool {
		return name == known || strings.HasPrefix(name, known+"_")
	})
}

func unprintable(r rune) bool { return r < ' ' || r > '~' }

func (a *Authenticator) afterHandshake(ctx context.Context, session string) decision {
	if session == "" {
		return a.signedOut(wire.ReasonSessionTokenMissing)
	}
	now := a.now()
	v, err := a.lookup(ctx, session, now)
	if err == nil {
		err = v.timely(now, a.inst.skew)
		if err != nil && !a.inst.key.Live() { // a developer's clock; the token is a minute old at most
			a.log.WarnContext(ctx, "this machine's clock is off: the session token that was just made is not valid now", "err", err)
			err = v.timely(now, developerSkew)
		}
	}
	if err != nil {
		a.log.WarnContext(ctx, "session token from a handshake refused", "err", err)
		return a.signedOut(wire.ReasonSessionTokenMissing)
	}
	return signedIn(v.auth)
}

// developerSkew is how far the clock of a development machine may be off right after a
// handshake (protocol reference 4.6, step 5).
const developerSkew = 24 * time.Hour

// stripHandshake takes a bad parameter out of the address and counts the attempt, so
// that a page with a broken link still opens and cannot loop.
func (a *Authenticator) stripHandshake(r *http.Request, c *credentials) (decision, bool) {
	if !hasHandshakeParam(r) || !eligible(r) || c.redirects >= maxRedirects {
		return decision{}, false
	}
	return decision{
		status: wire.StatusHandshake, reason: wire.ReasonTokenInvalid, location: a.withoutHandshake(r),
		cookies: []*http.Cookie{redirectCount(c.redirects + 1)},
	}, true
}

func hasHandshakeParam(r *http.Request) bool {
	return queryParam(r, wire.ParamHandshake) != "" || queryParam(r, wire.ParamHandshakeNonce) != ""
}

// withoutHandshake is the request's own path, relative so that no header can move it. One
// that alone would lead elsewhere, such as "//other.example", follows the configured origin.
func (a *Authenticator) withoutHandshake(r *http.Request) string {
	path := currentURL(r, "", wire.ParamHandshake, wire.ParamHandshakeNonce, wire.ParamHelp, wire.ParamDevBrowser)
	if _, ok := web.SafeReturn(path, "", nil); ok {
		return path
	}
	if origin := a.originOf(r); origin != "" && strings.HasPrefix(path, "/") {
		return origin + path
	}
	return "/"
}
