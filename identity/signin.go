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
// browser holds one session at a time (single_session_mode).
func (c *call) openSession(tx Tx, user User, secret string) (opened, error) {
	b, err := c.browser(tx)
	if err != nil {
		return opened{}, err
	}
	if b.signedIn() {
		return opened{}, sessionExists()
	}
	client := Client{ID: newID(prefixClient), CreatedAt: c.now}
	if b != nil {
		client = b.client
	}
	session := c.newSession(client.ID, user.ID)
	client.SecretHash = hashSecret(secret)
	client.SignInID, client.SignUpID = "", ""
	client.LastActiveSessionID = session.ID
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
	s.AbandonAt = s.idleEnd(c.now, c.cfg.IdleLifetime)
	return s
}

// createSignIn begins a sign-in and, given a password, finishes it at once. Without one
// every identifier gets the same answer, whether or not it is somebody's.
func createSignIn(c *call) (any, error) {
	if strategy, _, err := c.form.get("strategy"); err == nil && strategy == wire.StrategyTicket {
		return c.signInWithTicket()
	}
	identifier, err := c.form.required("identifier")
	if err != nil {
		return nil, err
	}
	email, err := normalizeEmail(identifier)
	if err != nil {
		return nil, invalid("identifier", wire.CodeParamFormatInvalid, "This is not a valid e-mail address.")
	}
	if err := c.checkStrategy(); err != nil {
		return nil, err
	}
	password, _, err := c.form.get("password")
	if err != nil {
		return nil, err
	}
	if err := c.requireSignedOut(); err != nil {
		return nil, err
	}
	attempt := SignIn{
		ID: newID(prefixSignIn), Identifier: identifier, Status: wire.StatusNeedsFirstFactor,
		ExpireAt: c.now.Add(attemptLifetime), CreatedAt: c.now, UpdatedAt: c.now,
	}
	if password == "" {
		return c.keepSignIn(attempt)
	}
	return c.finishSignIn(attempt, email, password)
}

// attemptFirstFactor finishes a sign-in begun in this browser.
func attemptFirstFactor(c *call) (any, error) {
	attempt, _, err := c.findSignIn()
	if err != nil {
		return nil, err
	}
	if attempt.Status != wire.StatusNeedsFirstFactor {
		return nil, refuse(http.StatusBadRequest, wire.CodeClientStateInvalid, "This sign-in is already complete.")
	}
	if err := c.checkStrategy(); err != nil {
		return nil, err
	}
	password, err := c.form.required("password")
	if err != nil {
		return nil, err
	}
	email, err := normalizeEmail(attempt.Identifier)
	if err != nil {
		return nil, wrongPassword("password")
	}
	attempt.UpdatedAt = c.now
	return c.finishSignIn(attempt, email, password)
}

func getSignIn(c *call) (any, error) {
	attempt, b, err := c.findSignIn()
	if err != nil {
		return nil, err
	}
	return c.wrap(signInJSON(&attempt), b)
}

func (c *call) findSignIn() (attempt SignIn, b *browser, err error) {
	err = c.view(c.r.Context(), func(tx Tx) (err error) {
		if b, err = c.browser(tx); err != nil {
			return err
		}
		if b == nil || b.signIn == nil || b.signIn.ID != c.r.PathValue("id") {
			return notFound()
		}
		attempt = *b.signIn
		return nil
	})
	return attempt, b, err
}

// requireSignedOut refuses a browser with a live session. It is told again that it has
// one: if it has lost all cookies but __client, its pages do not know.
func (c *call) requireSignedOut() error {
	var b *browser
	err := c.view(c.r.Context(), func(tx Tx) (err error) {
		b, err = c.browser(tx)
		return err
	})
	if err != nil || !b.signedIn() {
		return err
	}
	c.setUAT(b.uat(c.now))
	return sessionExists()
}

func (c *call) checkStrategy() error {
	strategy, _, err := c.form.get("strategy")
	if err == nil && strategy != "" && strategy != wire.StrategyPassword {
		err = refuse(http.StatusBadRequest, wire.CodeStrategyInvalid, "This way to sign in is not available.")
	}
	return err
}

// keepSignIn stores an attempt that waits for its password.
func (c *call) keepSignIn(attempt SignIn) (any, error) {
	var b *browser
	var secret string
	fresh := newClientSecret()
	err := c.update(c.r.Context(), func(tx Tx) (err error) {
		if b, secret, err = c.ensureClient(tx, fresh); err != nil {
			return err
		}
		attempt.ClientID = b.client.ID
		b.client.SignInID, b.signIn = attempt.ID, &attempt
		return errors.Join(tx.PutSignIn(attempt), tx.PutClient(b.client))
	})
	if err != nil {
		return nil, err
	}
	if err := c.setCookies(b, secret); err != nil {
		return nil, err
	}
	return c.wrap(signInJSON(&attempt), b)
}

// finishSignIn checks the password and opens the session.
func (c *call) finishSignIn(attempt SignIn, email, password string) (any, error) {
	checked, err := c.checkPassword("password", password, func(tx Tx) (User, error) { return tx.UserByEmail(email) })
	if err != nil {
		return nil, err
	}
	secret := newClientSecret()
	var opened opened
	err = c.update(c.r.Context(), func(tx Tx) error {
		user, err := checked.confirm(tx)
		if err != nil {
			return err
		}
		if user.Banned {
			return userBanned()
		}
		if user.compromised() {
			return passwordCompromised()
		}
		if opened, err = c.openSession(tx, user, secret); err != nil {
			return err
		}
		attempt.ClientID, attempt.UserID = opened.browser.client.ID, user.ID
		attempt.Status, attempt.CreatedSessionID = wire.StatusComplete, opened.session.ID
		return tx.PutSignIn(attempt)
	})
	if err != nil {
		return nil, err
	}
	if err := c.setCookies(opened.browser, secret); err != nil {
		return nil, err
	}
	return c.wrap(signInJSON(&attempt), opened.browser)
}
