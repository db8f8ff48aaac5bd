package identity

import (
	"crypto/subtle"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/usherauth/usher/wire"
)

// A nonce stands for the cookies that an app on another host is to set: the browser carries
// it there, and the app's server exchanges it at the Backend API (protocol reference 4.6).
// Nothing that is worth stealing is in the address then: without the secret key it is worth
// nothing, and it works once, for a minute. What it stands for is made when it is spent, so
// that nothing is stored that could be read. A session that has ended since is not handed
// over, nor one to a browser whose client cookie has been replaced since.
const (
	grantHandshake         = "handshake"
	handshakeNonceLifetime = time.Minute
)

// nonceData is the Data of a nonce's grant.
type nonceData struct {
	Azp        string `json:"azp"`         // the app that it is for
	SecretHash []byte `json:"secret_hash"` // the client's, when it was given out
	Binding    string `json:"binding"`     // of the browser that it was given to
}

// handshakeNonce writes down for whom the nonce is and sends the browser back with it.
func (c *call) handshakeNonce(target *url.URL, s Session, client Client) (any, error) {
	data, err := json.Marshal(nonceData{c.caller.azp, client.SecretHash, c.binding()})
	if err != nil {
		return nil, fmt.Errorf("identity: %w: %w", errInternal, err)
	}
	nonce := newClientSecret()
	g := Grant{
		ID: newID("hsn_"), Kind: grantHandshake, SecretHash: hashSecret(nonce), UserID: s.UserID, SessionID: s.ID,
		Status: wire.InvitationPending, Data: data, ExpireAt: c.now.Add(handshakeNonceLifetime), CreatedAt: c.now, UpdatedAt: c.now,
	}
	if err := c.update(c.r.Context(), func(tx Tx) error { return tx.PutGrant(g) }); err != nil {
		return nil, err
	}
	return c.leadBack(target, wire.ParamHandshakeNonce, nonce)
}

// leadBack sends the browser to target with one parameter more, without telling the page
// after it where it has been.
func (c *call) leadBack(target *url.URL, param, value string) (any, error) {
	if target.RawQuery != "" {
		target.RawQuery += "&"
	}
	target.RawQuery += param + "=" + value
	c.w.Header().Set("Referrer-Policy", "no-referrer")
	return redirect{target.String()}, nil
}

// spendNonce exchanges a nonce, once, for the cookies that it stands for. Of two who try at
// the same time one succeeds.
func spendNonce(c *call) (any, error) {
	nonce := c.query.Get("nonce")
	if nonce == "" {
		return nil, missingParam("nonce")
	}
	var (
		cookies []*http.Cookie
		session *Session
		client  Client
		user    User
		binding string
	)
	err := c.view(c.r.Context(), func(tx Tx) error { // what is made up takes no turn to write
		_, err := found(tx.GrantBySecret(hashSecret(nonce)))
		return err
	})
	if err != nil {
		return nil, err
	}
	err = c.update(c.r.Context(), func(tx Tx) error {
		g, err := found(tx.GrantBySecret(hashSecret(nonce)))
		if err != nil {
			return err
		}
		if g.Kind != grantHandshake || !c.now.Before(g.ExpireAt) {
			return notFound()
		}
		var data nonceData
		if err := json.Unmarshal(g.Data, &data); err != nil {
			return fmt.Errorf("identity: %w: read a nonce: %w", errInternal, err)
		}
		c.caller.azp, binding = data.Azp, data.Binding
		if session, client, user, err = c.stillSignedIn(tx, g.SessionID); err != nil {
			return err
		}
		if session != nil && subtle.ConstantTimeCompare(data.SecretHash, client.SecretHash) != 1 {
			return notFound()
		}
		return tx.DeleteGrant(g.ID)
	})
	if err != nil {
		return nil, err
	}
	if session == nil {
		cookies = c.signedOutCookieSet()
	} else if cookies, err = c.sessionCookies(*session, client, user); err != nil {
		return nil, err
	}
	return wire.HandshakeDirectives{Directives: directives(cookies, c.caller.azp), Aud: c.caller.azp, Bnd: &binding}, nil
}

// stillSignedIn finds a session with its client and user, nil when it has ended.
func (c *call) stillSignedIn(tx Tx, id string) (*Session, Client, User, error) {
	s, err := optional(id, tx.Session)
	if err != nil || s == nil || !isLive(*s, c.now) {
		return nil, Client{}, User{}, err
	}
	client, err := tx.Client(s.ClientID)
	if err != nil {
		return nil, Client{}, User{}, err
	}
	user, err := tx.User(s.UserID)
	return s, client, user, err
}

// directives are cookies as an app at origin sets them.
func directives(cookies []*http.Cookie, origin string) []string {
	lines := make([]string, 0, len(cookies))
	for _, cookie := range cookies {
		cookie.Secure = strings.HasPrefix(origin, "https://")
		lines = append(lines, cookie.String())
	}
	return lines
}
