package identity

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/usherauth/usher/internal/web"
	"github.com/usherauth/usher/wire"
)

// handshake brings a browser that came back with an expired token up to date: GET
// /client/handshake (protocol reference 4.5). It sets the cookies themselves and sends
// the browser back; on the app's own origin no payload has to travel.
func handshake(c *call) (any, error) {
	target, err := c.handshakeTarget()
	if err != nil {
		return nil, err
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
	if !ok {
		c.clearSession()
		return redirect{target}, nil
	}
	if session, ok, err = c.renew(session); err != nil {
		return nil, err
	}
	if !ok {
		c.clearSession()
		return redirect{target}, nil
	}
	jwt, err := c.mint(session, b.users[session.UserID], c.cfg.TokenLifetime)
	if err != nil {
		return nil, err
	}
	if err := c.setCookies(b, ""); err != nil {
		return nil, err
	}
	web.SetCookies(c.w.Header(), web.SessionCookies(c.instance.publishable.Suffix(), jwt, c.origins.secure)...)
	return redirect{target}, nil
}

// renew writes down that the session is in use, if that is due. ok is false when it
// ended in the meantime.
func (c *call) renew(s Session) (_ Session, ok bool, err error) {
	if !s.used(c.now, c.cfg.IdleLifetime) {
		return s, true, nil
	}
	err = c.update(c.r.Context(), func(tx Tx) error {
		current, err := tx.Session(s.ID)
		if err != nil && !errors.Is(err, ErrNotFound) {
			return err
		}
		if ok = err == nil && current.live(c.now); !ok {
			return nil
		}
		current.used(c.now, c.cfg.IdleLifetime)
		s = current
		return c.putUsed(tx, current)
	})
	return s, ok, err
}

// handshakeTarget checks where to go back to: an absolute URL on the public origin or an
// allowed one, and not the Frontend API itself, which would loop.
func (c *call) handshakeTarget() (string, error) {
	refused := refuse(http.StatusBadRequest, wire.CodeInvalidHandshake, "redirect_url must be an address of this app.")
	all := c.query[wire.ParamRedirectURL]
	if len(all) != 1 || strings.HasPrefix(all[0], "/") {
		return "", refused
	}
	target, ok := web.SafeReturn(all[0], c.origins.public, c.origins.allowed)
	if !ok {
		return "", refused
	}
	u, err := url.Parse(target)
	if err != nil || u.Path == wire.ProxyPath || strings.HasPrefix(u.Path, wire.ProxyPath+"/") {
		return "", refused
	}
	return target, nil
}

// clearSession takes the session token away and says that nobody is signed in.
func (c *call) clearSession() {
	web.SetCookies(c.w.Header(), web.ClearedSessionCookies(c.instance.publishable.Suffix(), c.origins.secure)...)
	c.setUAT(0)
}
