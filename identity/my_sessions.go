package identity

import (
	"errors"

	"github.com/usherauth/usher/wire"
)

// endOthers revokes every other live session of the person. actorID is who does it, as in
// [AuditEvent].
func (c *call) endOthers(tx Tx, kept Session, actorID string) error {
	all, err := tx.Sessions(SessionQuery{UserID: kept.UserID, Live: true, At: c.now})
	if err != nil {
		return err
	}
	for _, s := range all {
		if s.ID == kept.ID {
			continue
		}
		if err := c.revoke(tx, &s, actorID); err != nil {
			return err
		}
	}
	return nil
}

// revoke ends a session from outside its browser. The browser learns of it at its next
// request, which is refused.
func (c *call) revoke(tx Tx, s *Session, actorID string) error {
	s.Status, s.UpdatedAt = wire.SessionRevoked, c.now
	revoked := AuditEvent{Type: "session.revoked", UserID: s.UserID, ActorID: actorID, SessionID: s.ID}
	return errors.Join(tx.PutSession(*s), c.record(tx, revoked))
}

// mySessions lists the sessions of the person, also those that have ended.
func mySessions(c *call) (any, error) {
	return c.mySessions(SessionQuery{})
}

// activeSessions lists where the person is signed in.
func activeSessions(c *call) (any, error) {
	return c.mySessions(SessionQuery{Live: true, At: c.now})
}

// mySessions is a bare array: the reference browser client reads it unwrapped.
func (c *call) mySessions(q SessionQuery) (any, error) {
	var all []Session
	err := c.view(c.r.Context(), func(tx Tx) error {
		m, err := c.me(tx)
		if err != nil {
			return err
		}
		q.UserID = m.user.ID
		all, err = tx.Sessions(q)
		return err
	})
	if err != nil {
		return nil, err
	}
	out := []wire.Session{}
	for _, s := range all {
		session := sessionJSON(s, c.now)
		session.LatestActivity = sessionActivity(s)
		out = append(out, session)
	}
	return out, nil
}

// revokeMySession ends one of the person's sessions, here or in another browser.
func revokeMySession(c *call) (any, error) {
	var m me
	var s Session
	err := c.update(c.r.Context(), func(tx Tx) (err error) {
		if m, err = c.me(tx); err != nil {
			return err
		}
		s, err = tx.Session(c.r.PathValue("id"))
		if errors.Is(err, ErrNotFound) || err == nil && (s.UserID != m.user.ID || !isLive(s, c.now)) {
			return notFound()
		}
		if err != nil {
			return err
		}
		if s.ID != m.session.ID {
			if err := c.notImpersonated(m.session); err != nil {
				return err
			}
		}
		if s.ClientID == m.browser.client.ID {
			s.Status = wire.SessionRevoked
			m.browser, err = c.endSessions(tx, m.browser, wire.SessionRevoked, s)
			return err
		}
		return c.revoke(tx, &s, m.user.ID)
	})
	if err != nil {
		return nil, err
	}
	if s.ClientID == m.browser.client.ID {
		if err := c.signedOutCookies(m.browser); err != nil {
			return nil, err
		}
	}
	session := sessionJSON(s, c.now)
	session.LatestActivity = sessionActivity(s)
	return c.wrap(session, m.browser)
}
