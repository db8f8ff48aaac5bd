package identity

import (
	"errors"
	"time"

	"github.com/usherauth/usher/internal/token"
	"github.com/usherauth/usher/wire"
)

// backendToken mints a token of a live session; expires_in_seconds is 1 to 3600.
func backendToken(c *call) (any, error) {
	var in struct {
		Seconds *int64 `json:"expires_in_seconds"`
	}
	if err := c.readJSON(&in); err != nil {
		return nil, err
	}
	lifetime, err := secondsParam("expires_in_seconds", in.Seconds, c.cfg.TokenLifetime, time.Second, maxTokenLifetime)
	if err != nil {
		return nil, err
	}
	s, u, err := c.pathSession()
	if err != nil {
		return nil, err
	}
	jwt, err := c.mint(s, u, lifetime)
	return tokenJSON(jwt), err
}

// pathSession reads the session in the path with its user, while it is live.
func (c *call) pathSession() (s Session, u User, err error) {
	err = c.view(c.r.Context(), func(tx Tx) (err error) {
		s, u, err = pathLiveSession(c, tx)
		return err
	})
	return s, u, err
}

func pathLiveSession(c *call, tx Tx) (s Session, u User, err error) {
	if s, err = pathRecord(c, tx.Session); err != nil {
		return s, u, err
	}
	if u, err = tx.User(s.UserID); err == nil && (!isLive(s, c.now) || u.Banned) {
		err = notFound()
	}
	return s, u, err
}

// verifySession tells whether a session token is one of the live session in the path.
func verifySession(c *call) (any, error) {
	var in struct {
		Token string `json:"token"`
	}
	if err := c.readJSON(&in); err != nil {
		return nil, err
	}
	if in.Token == "" {
		return nil, missingParam("token")
	}
	s, _, err := c.pathSession()
	if err != nil {
		return nil, err
	}
	if !c.ownToken(in.Token, s) {
		return nil, invalid("token", wire.CodeParamValueInvalid, "This is not a valid token of the session.")
	}
	return backendSession(s, c.now), nil
}

// ownToken reports a session token that this instance signed for s and that is not too
// old. It is not about who may use it: authctx decides that for requests.
func (c *call) ownToken(jwt string, s Session) bool {
	t, err := c.parseOwn(jwt)
	if err != nil || t.Header.Cat != wire.CategorySession {
		return false
	}
	sid, _ := t.Payload.String("sid")
	exp, present, ok := t.Payload.Date("exp")
	return sid == s.ID && present && ok && float64(c.now.Unix()) < exp+maxSkew.Seconds()
}

var errForeignToken = errors.New("token is not this instance's")

// parseOwn takes a token apart that this instance signed, whatever it says.
func (c *call) parseOwn(jwt string) (token.Token, error) {
	t, err := token.Parse(jwt, maxCookie)
	if err != nil {
		return t, err
	}
	signer := c.currentKeys(c.r.Context()).byKid[t.Header.Kid]
	if signer == nil {
		return t, errForeignToken
	}
	key, err := token.NewKey("RS256", signer.public)
	if err != nil {
		return t, err
	}
	return t, t.VerifySignature(key)
}
