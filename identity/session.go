package identity

import (
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/usherauth/usher/wire"
)

// activityEvery bounds how often using a session is written down: a token request every
// 45 seconds must not be a write every 45 seconds.
const activityEvery = 5 * time.Minute

// idleEnd is when the session is abandoned if nobody uses it after now.
func idleEnd(s Session, now time.Time, idle time.Duration) time.Time {
	if end := now.Add(idle); end.Before(s.ExpireAt) {
		return end
	}
	return s.ExpireAt
}

// markUsed marks the session as used now. It reports whether that is worth a write.
func markUsed(s *Session, now time.Time, idle time.Duration) bool {
	if now.Sub(s.LastActiveAt) < min(activityEvery, idle/10) {
		return false
	}
	s.LastActiveAt, s.UpdatedAt = now, now
	s.AbandonAt = idleEnd(*s, now, idle)
	return true
}

// putUsed writes a session that was used, and that its person was active.
func (c *call) putUsed(tx Tx, s Session) error {
	user, err := tx.User(s.UserID)
	if err != nil {
		return err
	}
	user.LastActiveAt = c.now
	return errors.Join(tx.PutUser(user), tx.PutSession(s))
}

// liveSession returns the session in the path. Without any live session in this browser
// the answer is 401, and so it is for one of its own that has ended, so that scripts look
// again who is signed in; a session of another browser is 404, whether or not it exists.
func (c *call) liveSession(tx Tx) (*browser, Session, error) {
	b, err := c.requireBrowser(tx)
	if err != nil {
		return nil, Session{}, err
	}
	id := c.r.PathValue("id")
	if s, ok := b.session(id); ok {
		c.session = s
		return b, s, nil
	}
	ended, err := optional(id, tx.Session)
	switch {
	case err != nil:
		return nil, Session{}, err
	case ended != nil && ended.ClientID == b.client.ID:
		return nil, Session{}, notSignedInHere()
	}
	return nil, Session{}, notFound()
}

// notSignedInHere answers for one of several sessions, where another is live.
func notSignedInHere() *apiError {
	return refuse(http.StatusUnauthorized, wire.CodeAuthenticationInvalid, "This session is not signed in here.")
}

// sessionToken mints a token: POST /client/sessions/{id}/tokens (protocol reference 8.7). It
// can be for another organization than the session's, as each tab may have its own; for one
// that the person is no member of it is without any.
func sessionToken(c *call) (any, error) {
	ctx := c.r.Context()
	org, err := c.optionalField("organization_id")
	if err != nil {
		return nil, err
	}
	var b *browser
	var s Session
	err = c.view(ctx, func(tx Tx) (err error) {
		b, s, err = c.liveSession(tx)
		return err
	})
	if err != nil {
		return nil, err
	}
	if markUsed(&s, c.now, c.cfg.IdleLifetime) {
		// Again in a transaction that may write: it could have ended since.
		err = c.update(ctx, func(tx Tx) error {
			if b, s, err = c.liveSession(tx); err != nil {
				return err
			}
			markUsed(&s, c.now, c.cfg.IdleLifetime)
			return c.putUsed(tx, s)
		})
		if err != nil {
			return nil, err
		}
	}
	if org != nil {
		s.ActiveOrgID = *org
	}
	jwt, err := c.mint(s, b.users[s.UserID], c.cfg.TokenLifetime)
	return tokenJSON(jwt), err
}

// touchSession makes a session the browser's active one, and an organization or, with an
// empty active_organization_id, none the session's.
func touchSession(c *call) (any, error) {
	org, err := c.optionalField("active_organization_id")
	if err != nil {
		return nil, err
	}
	var b *browser
	var s Session
	changed := false
	err = c.update(c.r.Context(), func(tx Tx) error {
		if b, s, err = c.liveSession(tx); err != nil {
			return err
		}
		if org != nil {
			if err := setActive(tx, &s, *org); err != nil {
				return err
			}
		}
		s.LastActiveAt = time.Time{} // a touch is always written
		markUsed(&s, c.now, c.cfg.IdleLifetime)
		if err := c.putUsed(tx, s); err != nil {
			return err
		}
		if changed = b.client.LastActiveSessionID != s.ID; changed {
			b.client.LastActiveSessionID, b.client.UpdatedAt = s.ID, c.now
			err = tx.PutClient(b.client)
		}
		if err == nil {
			b, err = loadBrowser(tx, b.client, c.now)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	if err := c.setCookies(b, ""); err != nil {
		return nil, err
	}
	if changed {
		if err := c.setRefresh(b); err != nil {
			return nil, err
		}
	}
	session, err := c.frontendSession(s, b.users[s.UserID])
	if err != nil {
		return nil, err
	}
	return c.wrap(session, b)
}

// endSession ends one session of the browser with the given status.
func endSession(status string) endpoint {
	return func(c *call) (any, error) {
		var b *browser
		var s Session
		var user User
		err := c.update(c.r.Context(), func(tx Tx) (err error) {
			if b, s, err = c.liveSession(tx); err != nil {
				return err
			}
			user = b.users[s.UserID]
			b, err = c.endSessions(tx, b, status, s)
			return err
		})
		if err != nil {
			return nil, err
		}
		s.Status = status
		session, err := c.frontendSession(s, user)
		if err != nil {
			return nil, err
		}
		if err := c.signedOutCookies(b); err != nil {
			return nil, err
		}
		return c.wrap(session, b)
	}
}

// endSessions ends sessions of b and returns what is left. With its last session the
// client's secret dies too, so that a copy of the cookie is worthless at once.
func (c *call) endSessions(tx Tx, b *browser, status string, sessions ...Session) (*browser, error) {
	for _, s := range sessions {
		s.Status, s.UpdatedAt = status, c.now
		ended := byActor(s, AuditEvent{Type: "session." + status, UserID: s.UserID, ActorID: s.UserID, SessionID: s.ID})
		if err := errors.Join(tx.PutSession(s), c.record(tx, ended)); err != nil {
			return nil, err
		}
	}
	client := b.client
	client.UpdatedAt = c.now
	if slices.ContainsFunc(sessions, func(s Session) bool { return s.ID == client.LastActiveSessionID }) {
		client.LastActiveSessionID = ""
	}
	left, err := loadBrowser(tx, client, c.now)
	if err != nil {
		return nil, err
	}
	if !left.signedIn() {
		client.SecretHash = hashSecret(newClientSecret()) // nobody learns this one
		client.SignInID, client.SignUpID, client.LastActiveSessionID = "", "", ""
		left = &browser{client: client}
	}
	return left, tx.PutClient(client)
}

// signedOutCookies follows [call.endSessions]. Of several sessions one is left that the
// refresh token is for from now on.
func (c *call) signedOutCookies(b *browser) error {
	if !b.signedIn() {
		c.clearClient()
		return nil
	}
	return errors.Join(c.setCookies(b, ""), c.setRefresh(b))
}

// endAllSessions signs the browser out: DELETE /client/sessions, and DELETE /client. The
// rows are changed before the answer is sent. A browser that is not known has nothing to
// end and is told so with success: signing out twice is no mistake. Of several clients all
// are ended: one was planted, but the genuine one must not outlive the answer.
func endAllSessions(c *call) (any, error) {
	var b *browser
	refs := c.everyRef()
	err := c.update(c.r.Context(), func(tx Tx) error {
		b = nil
		for _, ref := range refs {
			known, err := c.browserOf(tx, ref)
			if err != nil {
				return err
			}
			if known == nil {
				continue
			}
			if b, err = c.endSessions(tx, known, wire.SessionRemoved, known.sessions...); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	c.clearClient()
	if b == nil {
		return wire.Response[*wire.Client]{}, nil
	}
	client, err := c.clientJSON(b)
	return wire.Response[*wire.Client]{Response: client}, err
}

// getClient returns the browser's client, or null for a new browser.
func getClient(c *call) (any, error) {
	var b *browser
	err := c.view(c.r.Context(), func(tx Tx) (err error) {
		b, err = c.browser(tx)
		return err
	})
	if err != nil || b == nil {
		return wire.Response[*wire.Client]{}, err
	}
	client, err := c.clientJSON(b)
	return wire.Response[*wire.Client]{Response: client}, err
}

// createClient makes a client for a browser that has none.
func createClient(c *call) (any, error) {
	var b *browser
	var secret string
	fresh := newClientSecret()
	err := c.update(c.r.Context(), func(tx Tx) (err error) {
		b, secret, err = c.ensureClient(tx, fresh)
		return err
	})
	if err != nil {
		return nil, err
	}
	if err := c.setCookies(b, secret); err != nil {
		return nil, err
	}
	client, err := c.clientJSON(b)
	return wire.Response[*wire.Client]{Response: client, Client: client}, err
}
