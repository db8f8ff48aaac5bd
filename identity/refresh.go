package identity

import (
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"net/http"
	"strings"

	"github.com/usherauth/usher/internal/web"
	"github.com/usherauth/usher/wire"
)

// A refresh token lets a server renew an expired session without sending the browser
// through the handshake (protocol reference 4.7). It is nothing new in the store: it is
// sealed, names a session and its browser, and holds the hash of the browser's present
// secret, so that it dies with the session, and with the client cookie beside it when a
// sign-out or a new password replaces that.
func (c *call) refreshToken(s Session, client Client) (string, error) {
	return c.sealAs(wire.CookieRefresh, s.ID+"."+client.ID+"."+base64.RawURLEncoding.EncodeToString(client.SecretHash))
}

// codes of refusals that the reference puts into its reasons.
const (
	codeRefreshNotFound   = "refresh_token_not_found"
	codeRefreshInactive   = "session_refresh_inactive_session"
	codeRefreshIneligible = "session_refresh_session_token_ineligible"
	codeRefreshOrigin     = "refresh_request_origin_azp_mismatch"
)

func refreshRefused(code, message string) *apiError {
	return refuse(http.StatusUnprocessableEntity, code, message)
}

// refreshSession renews an expired session token: POST /sessions/{id}/refresh. It needs
// the token, which must be this instance's own and of that session, and the refresh token
// of the browser that holds it.
func refreshSession(c *call) (any, error) {
	var in struct {
		Format       string              `json:"format"`
		ExpiredToken string              `json:"expired_token"`
		RefreshToken string              `json:"refresh_token"`
		Origin       string              `json:"request_origin"`
		IP           string              `json:"request_originating_ip"`
		Headers      map[string][]string `json:"request_headers"`
		Suffixed     bool                `json:"suffixed_cookies"`
	}
	if err := c.readJSON(&in); err != nil {
		return nil, err
	}
	if _, err := getSession(c); err != nil {
		return nil, err
	}
	if in.RefreshToken == "" {
		return nil, refreshRefused(codeRefreshNotFound, "The refresh token is missing.")
	}
	if err := c.checkExpired(in.ExpiredToken, in.Origin); err != nil {
		return nil, err
	}
	s, client, user, err := c.refreshable(in.RefreshToken)
	if err != nil {
		return nil, err
	}
	s, ok, err := c.renew(s)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, refreshRefused(codeRefreshInactive, "The session has ended.")
	}
	c.caller.azp = in.Origin
	if in.Format != "cookie" {
		jwt, err := c.mint(s, user, c.cfg.TokenLifetime)
		return tokenJSON(jwt), err
	}
	cookies, err := c.sessionCookies(s, client, user)
	if err != nil {
		return nil, err
	}
	lines := []string{}
	for _, cookie := range cookies {
		lines = append(lines, cookie.String())
	}
	return wire.Cookies{Object: "cookies", Cookies: lines}, nil
}

// checkExpired accepts a session token that this instance signed for the session in the
// path and for the app that asks. That it has expired is why it is here.
func (c *call) checkExpired(jwt, origin string) error {
	ineligible := refreshRefused(codeRefreshIneligible, "The expired token is not one of this session.")
	t, err := c.parseOwn(jwt)
	if err != nil {
		return ineligible
	}
	if sid, _ := t.Payload.String("sid"); sid != c.r.PathValue("id") {
		return ineligible
	}
	if azp, _ := t.Payload.String("azp"); azp != origin || !c.origins.knows(origin) {
		return refreshRefused(codeRefreshOrigin, "The token was made for another origin.")
	}
	return nil
}

// refreshable opens a refresh token and finds what it stands for.
func (c *call) refreshable(refresh string) (s Session, client Client, user User, err error) {
	notFound := refreshRefused(codeRefreshNotFound, "The refresh token is not valid.")
	text, ok := c.unsealAs(wire.CookieRefresh, refresh)
	parts := strings.Split(text, ".")
	if !ok || len(parts) != 3 || parts[0] != c.r.PathValue("id") {
		return s, client, user, notFound
	}
	hash, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil {
		return s, client, user, notFound
	}
	err = c.view(c.r.Context(), func(tx Tx) (err error) {
		if client, err = tx.Client(parts[1]); err != nil {
			return err
		}
		if subtle.ConstantTimeCompare(hash, client.SecretHash) != 1 {
			return ErrNotFound
		}
		if s, err = tx.Session(parts[0]); err != nil {
			return err
		}
		if s.ClientID != client.ID {
			return ErrNotFound
		}
		user, err = tx.User(s.UserID)
		return err
	})
	switch {
	case errors.Is(err, ErrNotFound):
		return s, client, user, notFound
	case err == nil && (!isLive(s, c.now) || user.Banned):
		return s, client, user, refreshRefused(codeRefreshInactive, "The session has ended.")
	}
	return s, client, user, err
}

// sessionCookies are what an app needs to take a browser for signed in: a fresh token, when
// the client last changed, and the next refresh token.
func (c *call) sessionCookies(s Session, client Client, user User) ([]*http.Cookie, error) {
	jwt, err := c.mint(s, user, c.cfg.TokenLifetime)
	if err != nil {
		return nil, err
	}
	refresh, err := c.refreshToken(s, client)
	if err != nil {
		return nil, err
	}
	suffix, secure := c.instance.publishable.Suffix(), c.origins.secure
	cookies := web.SessionCookies(suffix, jwt, secure)
	cookies = append(cookies, web.UATCookies(suffix, min(client.UpdatedAt.Unix(), c.now.Unix()), secure)...)
	return append(cookies, web.RefreshCookie(suffix, refresh, secure, s.ExpireAt.Sub(c.now))), nil
}
