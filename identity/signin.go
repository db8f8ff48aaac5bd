package identity

import (
	"cmp"
	"errors"
	"net/http"

	"github.com/usherauth/usher/wire"
)

// signInFields are what a browser sends to begin a sign-in.
type signInFields struct {
	identifier, email  string // as it was typed, and normalized
	strategy, password string
}

func (c *call) readSignIn() (f signInFields, err error) {
	if f.identifier, err = c.form.required("identifier"); err != nil {
		return f, cmp.Or(c.otherWayIn(), err)
	}
	if f.email, err = normalizeEmail(f.identifier); err != nil {
		return f, invalid("identifier", wire.CodeParamFormatInvalid, "This is not a valid e-mail address.")
	}
	if f.strategy, err = c.strategy(wire.StrategyPassword); err != nil {
		return f, err
	}
	f.password, _, err = c.form.get("password")
	return f, err
}

// otherWayIn refuses a sign-in by a service, a passkey or a transfer, which come without an
// identifier: that one is missing would be misleading.
func (c *call) otherWayIn() error {
	strategy, _, err1 := c.form.get("strategy")
	transfer, _, err2 := c.form.get("transfer")
	if transfer != "true" && (strategy == "" || strategy == wire.StrategyPassword || sendsCode(strategy)) {
		return errors.Join(err1, err2)
	}
	return invalid("strategy", wire.CodeParamValueInvalid, "This way to sign in is not available.")
}

// strategy is how the request wants to prove a factor; def where it does not say.
func (c *call) strategy(def string) (string, error) {
	strategy, _, err := c.form.get("strategy")
	switch {
	case err != nil:
		return "", err
	case strategy == "":
		return def, nil
	case strategy == wire.StrategyPassword, c.outbox.Usable() && sendsCode(strategy):
		return strategy, nil
	case sendsCode(strategy):
		return "", noMail()
	}
	return "", refuse(http.StatusBadRequest, wire.CodeStrategyInvalid, "This way to sign in is not available.")
}

func sendsCode(strategy string) bool {
	return strategy == wire.StrategyEmailCode || strategy == wire.StrategyResetPasswordCode
}

// createSignIn begins a sign-in. Given a password it finishes it at once, and given a
// strategy that sends a code it sends it. Without either every identifier gets the same
// answer, whether or not it is somebody's.
func createSignIn(c *call) (any, error) {
	if strategy, _, err := c.form.get("strategy"); err == nil && strategy == wire.StrategyTicket {
		return c.signInWithTicket()
	}
	f, err := c.readSignIn()
	if err != nil {
		return nil, err
	}
	if err := c.mayBegin(f.email); err != nil {
		return nil, err
	}
	attempt := SignIn{
		ID: newID(prefixSignIn), Identifier: f.identifier, Status: wire.StatusNeedsFirstFactor,
		ExpireAt: c.now.Add(attemptLifetime), CreatedAt: c.now, UpdatedAt: c.now,
	}
	switch {
	case sendsCode(f.strategy):
		return c.beginWithCode(attempt, f)
	case f.password == "":
		return c.keepSignIn(attempt)
	}
	return c.finishSignIn(attempt, f.email, f.password)
}

// attemptFirstFactor goes on with a sign-in begun in this browser.
func attemptFirstFactor(c *call) (any, error) {
	attempt, b, err := c.findSignIn()
	if err != nil {
		return nil, err
	}
	if err := signInNeeds(attempt, b, wire.StatusNeedsFirstFactor); err != nil {
		return nil, err
	}
	strategy, err := c.strategy(wire.StrategyPassword)
	if err != nil {
		return nil, err
	}
	email, err := normalizeEmail(attempt.Identifier)
	if err != nil {
		return nil, wrongPassword("password")
	}
	if sendsCode(strategy) {
		return c.attemptCode(email, strategy)
	}
	password, err := c.form.required("password")
	if err != nil {
		return nil, err
	}
	attempt.UpdatedAt = c.now
	return c.finishSignIn(attempt, email, password)
}

// getSignIn shows a sign-in of this browser, in progress or finished.
func getSignIn(c *call) (any, error) {
	attempt, b, err := c.findSignIn()
	if err != nil {
		return nil, err
	}
	return c.wrap(c.signInJSON(&attempt, b), b)
}

// findSignIn returns the attempt in the path if it is this browser's present one, or one
// that it finished.
func (c *call) findSignIn() (attempt SignIn, b *browser, err error) {
	err = c.view(c.r.Context(), func(tx Tx) (err error) {
		attempt, b, err = c.signInOf(tx)
		return err
	})
	return attempt, b, err
}

func (c *call) signInOf(tx Tx) (SignIn, *browser, error) {
	b, err := c.browser(tx)
	if err != nil {
		return SignIn{}, nil, err
	}
	id := c.r.PathValue("id")
	if b == nil {
		return SignIn{}, nil, notFound()
	}
	if b.signIn != nil && b.signIn.ID == id {
		return *b.signIn, b, nil
	}
	attempt, err := tx.SignIn(id)
	if errors.Is(err, ErrNotFound) || err == nil && (attempt.ClientID != b.client.ID || attempt.Status != wire.StatusComplete) {
		err = notFound()
	}
	return attempt, b, err
}

// signInNeeds refuses a step whose turn it is not: each follows the one before, in one attempt
// (I23).
func signInNeeds(a SignIn, b *browser, status string) error {
	if a.Status == status && b.signIn != nil && b.signIn.ID == a.ID {
		return nil
	}
	if a.Status == wire.StatusComplete {
		return refuse(http.StatusBadRequest, wire.CodeClientStateInvalid, "This sign-in is already complete.")
	}
	return refuse(http.StatusBadRequest, wire.CodeClientStateInvalid, "This sign-in needs another step first.")
}

// stillNeeded refuses an attempt that was finished or replaced while its password was
// checked: it opens one session (I16).
func (c *call) stillNeeded(tx Tx, read SignIn) error {
	if read.ClientID == "" { // begun by this request
		return nil
	}
	attempt, b, err := c.signInOf(tx)
	if err != nil {
		return err
	}
	return signInNeeds(attempt, b, wire.StatusNeedsFirstFactor)
}

// keepSignIn stores an attempt that waits for its first factor.
func (c *call) keepSignIn(attempt SignIn) (any, error) {
	var b *browser
	var secret string
	fresh := newClientSecret()
	err := c.update(c.r.Context(), func(tx Tx) (err error) {
		b, secret, err = c.putSignIn(tx, &attempt, fresh)
		return err
	})
	if err != nil {
		return nil, err
	}
	if err := c.setCookies(b, secret); err != nil {
		return nil, err
	}
	return c.wrap(c.signInJSON(&attempt, b), b)
}

// putSignIn makes attempt the browser's present one.
func (c *call) putSignIn(tx Tx, attempt *SignIn, fresh string) (b *browser, secret string, err error) {
	if b, secret, err = c.ensureClient(tx, fresh); err != nil {
		return nil, "", err
	}
	c.began = attempt.ID
	attempt.ClientID = b.client.ID
	b.client.SignInID, b.signIn, b.code = attempt.ID, attempt, nil
	return b, secret, errors.Join(tx.PutSignIn(*attempt), tx.PutClient(b.client))
}

// userToSignIn finds whose account an address opens with a password; ErrNotFound is
// nobody's. One that was added and never proven opens nothing.
func userToSignIn(tx Tx, email string) (User, error) {
	user, err := tx.UserByEmail(email)
	if err == nil && !opensAccount(user, email) {
		return User{}, ErrNotFound
	}
	return user, err
}

// finishSignIn checks the password and opens the session.
func (c *call) finishSignIn(attempt SignIn, email, password string) (any, error) {
	c.tried = email
	checked, err := c.checkPassword(wrongPassword("password"), password, func(tx Tx) (User, error) { return userToSignIn(tx, email) })
	if err != nil {
		return nil, err
	}
	secret := newClientSecret()
	var opened opened
	err = c.update(c.r.Context(), func(tx Tx) error {
		if err := c.stillNeeded(tx, attempt); err != nil {
			return err
		}
		user, err := checked.confirm(tx)
		if err != nil {
			return err
		}
		if isCompromised(user) && !user.Banned {
			return passwordCompromised().turnedAway(user)
		}
		if c.needsProof(user, email) && !user.Banned {
			return addressUnverified().turnedAway(user)
		}
		opened, err = c.completeSignIn(tx, &attempt, user, secret, wire.StrategyPassword)
		return err
	})
	if err != nil {
		return nil, err
	}
	return c.wrapSignIn(attempt, opened, secret, wire.StrategyPassword)
}

// completeSignIn opens the session that an attempt was about, in the transaction that
// checked the last of its factors.
func (c *call) completeSignIn(tx Tx, attempt *SignIn, user User, secret, strategy string) (opened, error) {
	if user.Banned {
		return opened{}, userBanned().turnedAway(user)
	}
	if strategy == wire.StrategyResetPasswordCode {
		strategy = wire.StrategyEmailCode // which is what clients know of it
	}
	o, err := c.openSession(tx, user, secret, strategy)
	if err != nil {
		return opened{}, err
	}
	c.finished = attempt.ID
	attempt.ClientID, attempt.UserID = o.browser.client.ID, user.ID
	attempt.Status, attempt.CreatedSessionID = wire.StatusComplete, o.session.ID
	return o, tx.PutSignIn(*attempt)
}

// wrapSignIn answers a finished sign-in.
func (c *call) wrapSignIn(attempt SignIn, o opened, secret, strategy string) (any, error) {
	if err := c.setCookies(o.browser, secret); err != nil {
		return nil, err
	}
	out := c.signInJSON(&attempt, o.browser)
	out.FirstFactorVerification = verified(strategy)
	return c.wrap(out, o.browser)
}
