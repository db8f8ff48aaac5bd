package identity

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/usherauth/usher/internal/web"
	"github.com/usherauth/usher/wire"
)

// handshake brings a browser that came back with an expired token up to date: GET
// /client/handshake (protocol reference 4.5). Where the app is on the same host, and so
// shares cookies with the Frontend API, it sets them itself and sends the browser back.
// An app on another host is sent a nonce that it exchanges for them or, if it knows of no
// nonces, a payload that this instance signs.
func handshake(c *call) (any, error) {
	target, err := c.handshakeTarget()
	if err != nil {
		return nil, err
	}
	if c.twoClients() { // the app's proxy deletes the one that a neighbor set; the next handshake tells
		return redirect{target.String()}, nil
	}
	var b *browser
	err = c.view(c.r.Context(), func(tx Tx) (err error) {
		b, err = c.browser(tx)
		return err
	})
	if err != nil {
		return nil, err
	}
	session, ok := b.session("")
	if ok {
		if session, err = c.followAddress(session); err != nil {
			return nil, err
		}
		if session, ok, err = c.renew(session); err != nil {
			return nil, err
		}
	}
	away := !sameHost(target.Host, c.caller.azp)
	if away { // the tokens are for the app that is there
		c.caller.azp, _ = web.Origin(target.Scheme + "://" + target.Host)
		if ok && c.query.Get(wire.ParamHandshakeFormat) == "nonce" {
			return c.handshakeNonce(target, session, b.client)
		}
	}
	cookies := c.signedOutCookieSet()
	if ok {
		if cookies, err = c.sessionCookies(session, b.client, b.users[session.UserID]); err != nil {
			return nil, err
		}
	}
	if away {
		return c.handshakePayload(target, cookies)
	}
	web.SetCookies(c.w.Header(), cookies...)
	return redirect{target.String()}, nil
}

// sameHost reports an origin whose cookies host shares: ports do not matter to cookies (RFC
// 6265 §8.5).
func sameHost(host, origin string) bool {
	x, err1 := url.Parse("//" + host)
	y, err2 := url.Parse(origin)
	return err1 == nil && err2 == nil && strings.EqualFold(x.Hostname(), y.Hostname())
}

// handshakePayload sends the cookies along in the address, signed (protocol reference 4.6),
// where the app cannot exchange a nonce or there is nobody to name by one. The refresh token
// is not among them: it outlives the page's address in histories and logs, where the session
// token is worthless after a minute.
func (c *call) handshakePayload(target *url.URL, cookies []*http.Cookie) (any, error) {
	cookies = slices.DeleteFunc(cookies, func(cookie *http.Cookie) bool { return strings.HasPrefix(cookie.Name, wire.CookieRefresh) })
	binding := c.binding()
	payload := wire.HandshakePayload{
		Handshake: directives(cookies, c.caller.azp), Aud: c.caller.azp, Bnd: &binding,
		Iat: c.now.Unix(), Exp: c.now.Add(handshakeNonceLifetime).Unix(),
	}
	jwt, err := c.currentKeys(c.r.Context()).signing.signer.Sign("", payload)
	if err != nil {
		return nil, fmt.Errorf("identity: %w: %w", errInternal, err)
	}
	return c.leadBack(target, wire.ParamHandshake, jwt)
}

// binding is the digest that the app sent along of the cookies of the browser, "" if it sent
// none. The result repeats it, so that the app takes it from that browser only.
func (c *call) binding() string {
	const longest = 64
	if digest := c.query.Get(wire.ParamHandshakeBinding); len(digest) <= longest {
		return digest
	}
	return ""
}

// renew writes down that the session is in use, if that is due. ok is false when it
// ended in the meantime.
func (c *call) renew(s Session) (_ Session, ok bool, err error) {
	if !markUsed(&s, c.now, c.cfg.IdleLifetime) {
		return s, true, nil
	}
	err = c.update(c.r.Context(), func(tx Tx) error {
		current, err := tx.Session(s.ID)
		if err != nil && !errors.Is(err, ErrNotFound) {
			return err
		}
		if ok = err == nil && isLive(current, c.now); !ok {
			return nil
		}
		markUsed(&current, c.now, c.cfg.IdleLifetime)
		s = current
		return c.putUsed(tx, current)
	})
	return s, ok, err
}

// handshakeTarget checks where to go back to: an absolute URL on the public origin or an
// allowed one, and not the Frontend API itself, which would loop.
func (c *call) handshakeTarget() (*url.URL, error) {
	refused := refuse(http.StatusBadRequest, wire.CodeInvalidHandshake, "redirect_url must be an address of this app.")
	all := c.query[wire.ParamRedirectURL]
	if len(all) != 1 || strings.HasPrefix(all[0], "/") {
		return nil, refused
	}
	target, ok := web.SafeReturn(all[0], c.origins.public, c.origins.allowed)
	if !ok {
		return nil, refused
	}
	u, err := url.Parse(target)
	if err != nil || u.Path == wire.ProxyPath || strings.HasPrefix(u.Path, wire.ProxyPath+"/") {
		return nil, refused
	}
	return u, nil
}

// signedOutCookieSet takes the session and refresh tokens away and says that nobody is
// signed in.
func (c *call) signedOutCookieSet() []*http.Cookie {
	suffix, secure := c.instance.publishable.Suffix(), c.origins.secure
	cookies := web.ClearedSessionCookies(suffix, secure)
	cookies = append(cookies, web.UATCookies(suffix, 0, secure)...)
	return append(cookies, web.RefreshCookie(suffix, "", secure, 0))
}
