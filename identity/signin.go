package identity

import (
	"errors"
	"net/http"

	"github.com/usherauth/usher/wire"
)

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
	if err := c.mayBegin(email); err != nil {
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
