package identity

import (
	"errors"
	"net/http"
	"time"

	"github.com/usherauth/usher/wire"
)

const attemptLifetime = time.Hour // a sign-in or sign-up begun and not finished

func (a SignUp) missing() []string {
	missing := []string{}
	if a.EmailAddress == "" {
		missing = append(missing, "email_address")
	}
	if a.PasswordHash == "" {
		missing = append(missing, "password")
	}
	return missing
}

// createSignUp begins a sign-up and, given all fields, finishes it at once.
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
	if attempt.Status != wire.StatusMissingRequirements {
		return nil, refuse(http.StatusBadRequest, wire.CodeClientStateInvalid, "This sign-up is already complete.")
	}
	return c.continueSignUp(attempt)
}

func getSignUp(c *call) (any, error) {
	attempt, b, err := c.findSignUp()
	if err != nil {
		return nil, err
	}
	return c.wrap(signUpJSON(&attempt), b)
}

// findSignUp returns the attempt in the path if it is this browser's present one.
func (c *call) findSignUp() (attempt SignUp, b *browser, err error) {
	err = c.view(c.r.Context(), func(tx Tx) (err error) {
		if b, err = c.browser(tx); err != nil {
			return err
		}
		if b == nil || b.signUp == nil || b.signUp.ID != c.r.PathValue("id") {
			return notFound()
		}
		attempt = *b.signUp
		return nil
	})
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
	if len(attempt.missing()) > 0 {
		attempt.Status = wire.StatusMissingRequirements
		return c.keepSignUp(attempt)
	}
	return c.finishSignUp(attempt)
}

func addressFree(tx Tx, email string) error {
	_, err := tx.UserByEmail(email)
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	return addressTaken()
}

func addressTaken() *apiError {
	return invalid("email_address", wire.CodeIdentifierExists, "That e-mail address is taken. Please try another.")
}

// keepSignUp stores an attempt that lacks fields.
func (c *call) keepSignUp(attempt SignUp) (any, error) {
	var b *browser
	var secret string
	fresh := newClientSecret()
	err := c.update(c.r.Context(), func(tx Tx) (err error) {
		if b, secret, err = c.ensureClient(tx, fresh); err != nil {
			return err
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
	return c.wrap(signUpJSON(&attempt), b)
}

// finishSignUp makes the person, the address, the session and the client's new secret in
// one transaction: a crash leaves all of them or none.
func (c *call) finishSignUp(attempt SignUp) (any, error) {
	email, err := normalizeEmail(attempt.EmailAddress)
	if err != nil {
		return nil, invalid("email_address", wire.CodeParamFormatInvalid, "This is not a valid e-mail address.")
	}
	user := c.newUser(attempt, email)
	secret := newClientSecret()
	var opened opened
	err = c.update(c.r.Context(), func(tx Tx) error {
		if err := addressFree(tx, email); err != nil {
			return err
		}
		var err error
		if opened, err = c.openSession(tx, user, secret); err != nil {
			return err
		}
		if err := c.acceptInvited(tx, attempt, &opened); err != nil {
			return err
		}
		attempt.ClientID = opened.browser.client.ID
		attempt.Status = wire.StatusComplete
		attempt.CreatedSessionID, attempt.CreatedUserID = opened.session.ID, user.ID
		kept := attempt
		kept.PasswordHash = "" // the user has it now
		return errors.Join(tx.PutSignUp(kept), c.record(tx, AuditEvent{Type: "user.created", UserID: user.ID, ActorID: user.ID}))
	})
	if errors.Is(err, ErrConflict) {
		err = addressTaken()
	}
	if err != nil {
		return nil, err
	}
	if err := c.setCookies(opened.browser, secret); err != nil {
		return nil, err
	}
	return c.wrap(signUpJSON(&attempt), opened.browser)
}

func (c *call) newUser(a SignUp, email string) User {
	address := EmailAddress{
		ID: newID(prefixEmail), Address: a.EmailAddress, Normalized: email,
		Verified:  !a.VerifiedAt.IsZero(),
		CreatedAt: c.now, UpdatedAt: c.now,
	}
	return User{
		ID:             newID(prefixUser),
		FirstName:      a.FirstName,
		LastName:       a.LastName,
		PrimaryEmailID: address.ID,
		Emails:         []EmailAddress{address},
		PasswordHash:   a.PasswordHash,
		PasswordAt:     c.now,
		UnsafeMetadata: a.UnsafeMetadata,
		CreatedAt:      c.now,
		UpdatedAt:      c.now,
	}
}
