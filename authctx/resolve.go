package authctx

import (
	"context"
	"errors"
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
//
// An app on another host than a Frontend API that it reaches by ProxyURL gets them in the
// query with production keys, too. They count there only if they repeat the digest of the
// browser's own cookies that was sent along when the handshake began.
func (a *Authenticator) resolveHandshake(r *http.Request, c *credentials) (d decision, done bool) {
	dev, elsewhere := !a.inst.key.Live(), a.elsewhere(r)
	inQuery := (dev || elsewhere) && hasHandshakeParam(r)
	if inQuery {
		c.nonce = first(queryParam(r, wire.ParamHandshakeNonce), c.nonce)
		c.handshake = first(queryParam(r, wire.ParamHandshake), c.handshake)
	}
	if c.nonce == "" && c.handshake == "" {
		return decision{}, false
	}
	bound := inQuery && !dev
	if bound && c.bindingSource() == "" { // this browser did not ask for anything
		return a.stripHandshake(r, c)
	}
	result, err := a.handshakeDirectives(r, c)
	if err == nil {
		err = a.checkDirectives(r, c, result, bound)
	}
	if err != nil {
		a.log.DebugContext(r.Context(), "handshake payload refused", "err", err)
		return a.stripHandshake(r, c)
	}
	cookies, session := acceptable(result.lines)
	d = a.afterHandshake(r.Context(), session)
	d.cookies = cookies
	if inQuery {
		d.location = a.withoutHandshake(r)
	}
	return d, d.auth.SignedIn() || session == "" || d.auth.Status() != ""
}

// directives are what a handshake came to: Set-Cookie lines and, from the embedded service,
// whom they are for. A hosted instance says the lines only.
type directives struct {
	lines    []string
	iat, exp float64 // unix seconds, 0 is unknown
	aud      string
	bnd      *string
}

var (
	errOldPayload = errors.New("expired, or from the future")
	errOtherApp   = errors.New("for another app")
	errUnbound    = errors.New("for another browser")
)

// checkDirectives checks what a handshake's result says of itself. With bound it has to
// name the browser.
func (a *Authenticator) checkDirectives(r *http.Request, c *credentials, d directives, bound bool) error {
	now, skew := float64(a.now().UnixMilli())/1000, a.inst.skew.Seconds()
	if !a.inst.key.Live() {
		skew = developerSkew.Seconds()
	}
	if d.exp != 0 && d.exp <= now-skew || d.iat > now+skew {
		return errOldPayload
	}
	if origin := a.originOf(r); d.aud != "" && origin != "" && d.aud != origin {
		return errOtherApp
	}
	if d.bnd == nil && !bound {
		return nil
	}
	if d.bnd == nil || *d.bnd == "" || *d.bnd != c.binding() {
		return errUnbound
	}
	return nil
}

func first(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

func (a *Authenticator) handshakeDirectives(r *http.Request, c *credentials) (d directives, err error) {
	ctx := r.Context()
	if c.nonce != "" {
		known := func() bool { return a.genuine(ctx, c) }
		return a.nonces.spend(ctx, c.nonce, web.Network(r), known, a.now, a.backend.handshakePayload)
	}
	t, err := token.Parse(c.handshake, 4*token.MaxBytes) // holds several cookies
	if err != nil {
		return d, refuse(wire.ReasonTokenInvalid, err)
	}
	if err := sessionKind(t); err != nil {
		return d, err
	}
	key, err := a.keys.key(ctx, t.Header.Kid, a.now())
	if err != nil {
		return d, err
	}
	if err := t.VerifySignature(key); err != nil {
		return d, refuse(wire.ReasonTokenInvalidSignature, err)
	}
	lines, ok := t.Payload.Strings("handshake")
	if !ok {
		return d, refuse(wire.ReasonTokenInvalid, nil)
	}
	d.lines = lines
	for name, to := range map[string]*float64{"iat": &d.iat, "exp": &d.exp} {
		if absent(t.Payload, name) {
			continue
		}
		if *to, _, ok = t.Payload.Date(name); !ok {
			return d, refuse(wire.ReasonTokenInvalid, errOldPayload)
		}
	}
	if !absent(t.Payload, "aud") {
		if d.aud, ok = t.Payload.String("aud"); !ok {
			return d, refuse(wire.ReasonTokenInvalid, errOtherApp)
		}
	}
	if t.Payload.Has("bnd") {
		bnd, _ := t.Payload.String("bnd")
		d.bnd = &bnd
	}
	return d, nil
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
			a.warn(ctx, "this machine's clock is off: the session token that was just made is not valid now", err)
			err = v.timely(now, developerSkew)
		}
	}
	if err != nil {
		a.log.DebugContext(ctx, "session token from a handshake refused", "err", err)
		return a.signedOut(wire.ReasonSessionTokenMissing)
	}
	return signedIn(&v.auth)
}

// developerSkew is how far the clock of a development machine may be off right after a
// handshake (protocol reference 4.6, step 5).
const developerSkew = 24 * time.Hour

// stripHandshake takes a bad parameter out of the address and counts the attempt, so
// that a page with a broken link still opens and cannot loop. A browser that came with the
// result of a handshake that it did not begin here, such as from a link, begins its own.
func (a *Authenticator) stripHandshake(r *http.Request, c *credentials) (decision, bool) {
	if a.inst.key.Live() {
		if a.elsewhere(r) && hasHandshakeParam(r) && c.session == "" && c.uat == 0 && a.mayRedirect(r, c) {
			reason := wire.ReasonUATButNoSession
			if a.inst.satellite && a.inst.autoSync && queryParam(r, wire.ParamSynced) != "true" {
				reason = wire.ReasonSatelliteNeedsSyncing // as without the result
			}
			return a.maybeHandshake(r, c, reason, ""), true
		}
		return decision{}, false
	}
	if !hasHandshakeParam(r) || !eligible(r) || c.redirects >= maxRedirects {
		return decision{}, false
	}
	return decision{
		status: wire.StatusHandshake, reason: wire.ReasonTokenInvalid, location: a.withoutHandshake(r),
		cookies: []*http.Cookie{redirectCount(c.redirects + 1)},
	}, true
}

// handshakeParams are what a handshake leaves in the address.
var handshakeParams = []string{wire.ParamHandshake, wire.ParamHandshakeNonce, wire.ParamHelp, wire.ParamDevBrowser}

func hasHandshakeParam(r *http.Request) bool {
	return queryParam(r, wire.ParamHandshake) != "" || queryParam(r, wire.ParamHandshakeNonce) != ""
}

// withoutHandshake is the request's own path, relative so that no header can move it. One
// that alone would lead elsewhere, such as "//other.example", follows the configured origin.
func (a *Authenticator) withoutHandshake(r *http.Request) string {
	names := handshakeParams
	if a.inst.key.Live() {
		names = slices.Concat(names, []string{wire.ParamSynced}) // it is synchronized now
	}
	path := currentURL(r, "", names...)
	if _, ok := web.SafeReturn(path, "", nil); ok {
		return path
	}
	if origin := a.originOf(r); origin != "" && strings.HasPrefix(path, "/") {
		return origin + path
	}
	return "/"
}
