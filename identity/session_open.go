package identity

import (
	"errors"
	"net/http"

	"github.com/usherauth/usher/wire"
)

// opened is a session just begun, in its browser.
type opened struct {
	browser *browser
	session Session
}

// openSession signs user in to the request's browser, within tx. The client gets a new
// secret and the session a new id, so whatever was planted before is worthless. A
// browser holds one session at a time (single_session_mode), or one of each person
// ([Config.MultiSession]); sessions that it holds go on. strategy is what the
// client remembers of how somebody came in; "" leaves what it knew.
func (c *call) openSession(tx Tx, user User, secret, strategy string) (opened, error) {
	b, err := c.browser(tx)
	if err != nil {
		return opened{}, err
	}
	if err := c.mayOpen(b, user.ID); err != nil {
		return opened{}, err
	}
	client := Client{ID: newID(prefixClient), CreatedAt: c.now}
	if b != nil {
		client = b.client
	}
	session := c.newSession(client.ID, user.ID)
	client.SecretHash = hashSecret(secret)
	client.SignInID, client.SignUpID = "", ""
	client.LastActiveSessionID = session.ID
	client.LastStrategy = orDefault(strategy, client.LastStrategy)
	client.UpdatedAt = c.now
	user.LastSignInAt, user.LastActiveAt = c.now, c.now
	created := AuditEvent{Type: "session.created", UserID: user.ID, ActorID: user.ID, SessionID: session.ID}
	if err := errors.Join(tx.PutUser(user), tx.PutClient(client), tx.PutSession(session), c.record(tx, created)); err != nil {
		return opened{}, err
	}
	b, err = loadBrowser(tx, client, c.now)
	return opened{b, session}, err
}

func (c *call) newSession(clientID, userID string) Session {
	s := Session{
		ID:           newID(prefixSession),
		ClientID:     clientID,
		UserID:       userID,
		Status:       wire.SessionActive,
		IPAddress:    c.caller.address(),
		UserAgent:    cutUserAgent(c.r.UserAgent()),
		FirstFactor:  c.now,
		LastActiveAt: c.now,
		ExpireAt:     c.now.Add(c.cfg.SessionLifetime),
		CreatedAt:    c.now,
		UpdatedAt:    c.now,
	}
	s.AbandonAt = idleEnd(s, c.now, c.cfg.IdleLifetime)
	return s
}

// mayOpen refuses a session that b has no room for. A browser in which the person is
// signed in already is told with which session, so that it can switch to it.
func (c *call) mayOpen(b *browser, userID string) error {
	switch s, here := b.sessionOf(userID); {
	case !b.signedIn():
		return nil
	case !c.cfg.MultiSession:
		return sessionExists()
	case here:
		return alreadySignedIn(s.ID)
	}
	return nil
}

func sessionExists() *apiError {
	return refuse(http.StatusBadRequest, wire.CodeSessionExists, "You are already signed in.")
}

func alreadySignedIn(sessionID string) *apiError {
	e := refuse(http.StatusBadRequest, wire.CodeIdentifierSignedIn, "You are already signed in with this account.")
	e.errs[0].Meta = &wire.ErrorMeta{SessionID: sessionID}
	return e
}

// mayBegin refuses to begin a sign-in or sign-up in a browser that has no room for another
// session. It is told again that somebody is signed in: if it has lost all cookies but
// __client, its pages do not know. email is who wants to sign in, "" for somebody new.
func (c *call) mayBegin(email string) error {
	var b *browser
	var refused error
	err := c.view(c.r.Context(), func(tx Tx) (err error) {
		if b, err = c.browser(tx); err != nil || !b.signedIn() {
			return err
		}
		user := User{}
		if email != "" {
			if user, err = userToSignIn(tx, email); err != nil && !errors.Is(err, ErrNotFound) {
				return err
			}
		}
		refused = c.mayOpen(b, user.ID)
		return nil
	})
	if err == nil && refused != nil {
		c.setUAT(b.uat(c.now))
	}
	return errors.Join(err, refused)
}
