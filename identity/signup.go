package identity

import (
	"errors"
	"net/http"
	"time"

	"github.com/usherauth/usher/wire"
)

const attemptLifetime = time.Hour // a sign-in or sign-up begun and not finished

func signUpMissing(a SignUp) []string {
	missing := []string{}
	if a.EmailAddress == "" {
		missing = append(missing, "email_address")
	}
	if a.PasswordHash == "" {
		missing = append(missing, "password")
	}
	return missing
}

// signUpAddress is the attempt's address; "" when there is none yet.
func signUpAddress(a SignUp) string {
	email, err := normalizeEmail(a.EmailAddress)
	if err != nil {
		return ""
	}
	return email
}

// unproven are the fields that are still to be verified.
func (c *call) unproven(a *SignUp) []string {
	if c.cfg.VerifyEmailAtSignUp && a.EmailAddress != "" && a.VerifiedAt.IsZero() && a.Status != wire.StatusComplete {
		return []string{"email_address"}
	}
	return []string{}
}

// createSignUp begins a sign-up and, given all fields, finishes it at once; a field that it
// would not use is refused.
func createSignUp(c *call) (any, error) {
	attempt := SignUp{ID: newID(prefixSignUp), CreatedAt: c.now, ExpireAt: c.now.Add(attemptLifetime)}
	if err := c.mayBegin(""); err != nil {
		return nil, err
	}
	if err := c.beginInvited(&attempt); err != nil {
		return nil, err
	}
	return c.continueSignUp(attempt)
}

// updateSignUp adds fields to a sign-up begun in this browser.
func updateSignUp(c *call) (any, error) {
	attempt, _, err := c.findSignUp()
	if err != nil {
		return nil, err
	}
	if err := signUpOpen(attempt); err != nil {
		return nil, err
	}
	return c.continueSignUp(attempt)
}

// signUpOpen refuses an attempt that is done.
func signUpOpen(a SignUp) error {
	if a.Status != wire.StatusMissingRequirements {
		return refuse(http.StatusBadRequest, wire.CodeClientStateInvalid, "This sign-up is already complete.")
	}
	return nil
}

// stillOpen refuses an attempt that was finished or replaced since it was read: of two
// requests that finish it at the same time, one does (I16).
func (c *call) stillOpen(tx Tx, read SignUp) error {
	if read.ClientID == "" { // begun by this request
		return nil
	}
	attempt, _, err := c.signUpOf(tx)
	if err != nil {
		return err
	}
	return signUpOpen(attempt)
}

// getSignUp shows a sign-up of this browser, in progress or finished.
func getSignUp(c *call) (any, error) {
	attempt, b, err := c.findSignUp()
	if err != nil {
		return nil, err
	}
	return c.wrap(c.signUpJSON(&attempt, b), b)
}

// findSignUp returns the attempt in the path if it is this browser's present one, or one
// that it finished.
func (c *call) findSignUp() (attempt SignUp, b *browser, err error) {
	err = c.view(c.r.Context(), func(tx Tx) (err error) {
		attempt, b, err = c.signUpOf(tx)
		return err
	})
	return attempt, b, err
}

func (c *call) signUpOf(tx Tx) (SignUp, *browser, error) {
	b, err := c.browser(tx)
	if err != nil {
		return SignUp{}, nil, err
	}
	id := c.r.PathValue("id")
	if b == nil {
		return SignUp{}, nil, notFound()
	}
	if b.signUp != nil && b.signUp.ID == id {
		return *b.signUp, b, nil
	}
	attempt, err := tx.SignUp(id)
	if errors.Is(err, ErrNotFound) || err == nil && (attempt.ClientID != b.client.ID || attempt.Status != wire.StatusComplete) {
		err = notFound()
	}
	return attempt, b, err
}

// continueSignUp applies the request's fields, then stores or finishes the attempt.
func (c *call) continueSignUp(attempt SignUp) (any, error) {
	fields, err := c.readSignUp(attempt)
	if err != nil {
		return nil, err
	}
	if err := keepInvited(attempt, fields); err != nil {
		return nil, err
	}
	if err := c.applySignUp(&attempt, fields); err != nil {
		return nil, err
	}
	attempt.UpdatedAt = c.now
	if len(signUpMissing(attempt))+len(c.unproven(&attempt)) > 0 {
		attempt.Status = wire.StatusMissingRequirements
		return c.keepSignUp(attempt)
	}
	return c.finishSignUp(attempt)
}

// keepSignUp stores an attempt that lacks fields or proofs.
func (c *call) keepSignUp(attempt SignUp) (any, error) {
	var b *browser
	var secret string
	fresh := newClientSecret()
	err := c.update(c.r.Context(), func(tx Tx) (err error) {
		if err := c.stillOpen(tx, attempt); err != nil {
			return err
		}
		if b, secret, err = c.ensureClient(tx, fresh); err != nil {
			return err
		}
		if b.signUp == nil || b.signUp.ID != attempt.ID {
			b.proof = nil
		}
		attempt.ClientID = b.client.ID
		b.client.SignUpID, b.signUp = attempt.ID, &attempt
		return errors.Join(tx.PutSignUp(attempt), tx.PutClient(b.client))
	})
	if err != nil {
		return nil, err
	}
	if err := c.setCookies(b, secret); err != nil {
		return nil, err
	}
	return c.wrap(c.signUpJSON(&attempt, b), b)
}

// finishSignUp makes the account of an attempt that has everything.
func (c *call) finishSignUp(attempt SignUp) (any, error) {
	secret := newClientSecret()
	var opened opened
	err := c.update(c.r.Context(), func(tx Tx) (err error) {
		if err := c.stillOpen(tx, attempt); err != nil {
			return err
		}
		opened, err = c.completeSignUp(tx, &attempt, secret)
		return err
	})
	if err != nil {
		return nil, err
	}
	return c.wrapSignUp(attempt, opened, secret)
}

// completeSignUp makes the person, the address, the session and the client's new secret in
// one transaction: a crash leaves all of them or none.
func (c *call) completeSignUp(tx Tx, attempt *SignUp, secret string) (opened, error) {
	email, err := normalizeEmail(attempt.EmailAddress)
	if err != nil {
		return opened{}, invalid("email_address", wire.CodeParamFormatInvalid, "This is not a valid e-mail address.")
	}
	user, err := c.accountFor(tx, *attempt, email)
	if err != nil {
		return opened{}, err
	}
	o, err := c.openSession(tx, user, secret, wire.StrategyPassword)
	if errors.Is(err, ErrConflict) {
		err = addressTaken()
	}
	if err != nil {
		return opened{}, err
	}
	if err := c.acceptInvited(tx, *attempt, &o); err != nil {
		return opened{}, err
	}
	attempt.ClientID = o.browser.client.ID
	attempt.Status = wire.StatusComplete
	attempt.CreatedSessionID, attempt.CreatedUserID = o.session.ID, user.ID
	kept := *attempt
	kept.PasswordHash = "" // the user has it now
	return o, tx.PutSignUp(kept)
}

// accountFor is the account of a sign-up that has everything: a new one, or the one that was
// made before with the address and never proven, if this attempt has proven it. Its owner
// claims it then as with a code at sign-in (I24).
func (c *call) accountFor(tx Tx, attempt SignUp, email string) (User, error) {
	if !attempt.VerifiedAt.IsZero() {
		user, err := userByCode(tx, email)
		if err == nil && !hasProvenAddress(user) {
			err := c.takeOver(tx, &user, attempt, email)
			return user, err
		}
		if err != nil && !errors.Is(err, ErrNotFound) {
			return user, err
		}
		if err == nil && attempt.InvitationID != "" {
			return user, accountExists()
		}
	}
	if err := c.freeAddress(tx, email, ""); err != nil {
		return User{}, err
	}
	user := c.newUser(attempt, email)
	return user, c.record(tx, AuditEvent{Type: "user.created", UserID: user.ID, ActorID: user.ID})
}

// takeOver claims an account and puts what the attempt says in the place of what was there.
// It leaves writing the user to its caller.
func (c *call) takeOver(tx Tx, user *User, attempt SignUp, email string) error {
	if user.Banned {
		return userBanned().turnedAway(*user)
	}
	if err := c.claim(tx, user, email); err != nil {
		return err
	}
	user.FirstName, user.LastName = attempt.FirstName, attempt.LastName
	user.UnsafeMetadata = attempt.UnsafeMetadata
	user.PasswordHash, user.PasswordAt = attempt.PasswordHash, c.now
	return nil
}

func (c *call) wrapSignUp(attempt SignUp, o opened, secret string) (any, error) {
	if err := c.setCookies(o.browser, secret); err != nil {
		return nil, err
	}
	return c.wrap(c.signUpJSON(&attempt, o.browser), o.browser)
}

func (c *call) newUser(a SignUp, email string) User {
	address := newEmail(a.EmailAddress, email, !a.VerifiedAt.IsZero(), c.now)
	return User{
		ID:             newID(prefixUser),
		FirstName:      a.FirstName,
		LastName:       a.LastName,
		Locale:         a.Locale,
		Timezone:       a.Timezone,
		PrimaryEmailID: address.ID,
		Emails:         []EmailAddress{address},
		PasswordHash:   a.PasswordHash,
		PasswordAt:     c.now,
		UnsafeMetadata: a.UnsafeMetadata,
		CreatedAt:      c.now,
		UpdatedAt:      c.now,
	}
}
