package identity

import (
	"errors"
	"time"

	"github.com/usherauth/usher/identity/internal/mail"
	"github.com/usherauth/usher/wire"
)

// newPassword is a password that was chosen and hashed, before the transaction that stores
// it. The zero value is none.
type newPassword struct {
	plain, hash string // normalized
	keepOthers  bool   // other sessions go on
}

func (p newPassword) given() bool { return p.hash != "" }

// readNewPassword reads and hashes the request's password, if there is one. It judges it
// by the address alone; what else it must not be is checked with the account at hand.
func (c *call) readNewPassword(email string) (p newPassword, err error) {
	given, _, err := c.form.get("password")
	if err != nil || given == "" {
		return p, err
	}
	keep, _, err := c.form.get("sign_out_of_other_sessions")
	if err != nil {
		return p, err
	}
	if p.plain, err = c.policy.check("password", given, email); err != nil {
		return p, err
	}
	p.keepOthers = keep == "false"
	p.hash, err = c.hash(p.plain)
	return p, err
}

// awaitPassword is the step between a right code and a new password.
func (c *call) awaitPassword(tx Tx, attempt *SignIn, b *browser, user User) error {
	attempt.Status, attempt.UserID = wire.StatusNeedsNewPassword, user.ID
	attempt.ExpireAt = c.now.Add(codeLifetime)
	b.signIn, b.code = attempt, nil
	return tx.PutSignIn(*attempt)
}

// finishReset stores the new password of a sign-in whose code was right, and opens the
// session: POST /client/sign_ins/{id}/reset_password.
func finishReset(c *call) (any, error) {
	attempt, b, err := c.findSignIn()
	if err != nil {
		return nil, err
	}
	if err := signInNeeds(attempt, b, wire.StatusNeedsNewPassword); err != nil {
		return nil, err
	}
	if _, err := c.form.required("password"); err != nil {
		return nil, err
	}
	email, err := normalizeEmail(attempt.Identifier)
	if err != nil {
		return nil, notFound()
	}
	if err := c.reserveMail(1, mail.Notices); err != nil {
		return nil, err
	}
	reset, err := c.readNewPassword(email)
	if err != nil {
		return nil, err
	}
	var opened opened
	secret := newClientSecret()
	err = c.update(c.r.Context(), func(tx Tx) (err error) {
		if attempt, b, err = c.signInOf(tx); err != nil {
			return err
		}
		if err := signInNeeds(attempt, b, wire.StatusNeedsNewPassword); err != nil {
			return err
		}
		user, err := userByCode(tx, email)
		if errors.Is(err, ErrNotFound) || err == nil && user.ID != attempt.UserID {
			return notFound()
		}
		if err != nil {
			return err
		}
		if err := errors.Join(c.claim(tx, &user, email), c.resetPassword(tx, &user, reset)); err != nil {
			return err
		}
		attempt.UpdatedAt = c.now
		opened, err = c.completeSignIn(tx, &attempt, user, secret, wire.StrategyResetPasswordCode)
		return err
	})
	if err != nil {
		return nil, err
	}
	c.tellPasswordChanged(opened.browser.users[attempt.UserID])
	return c.wrapSignIn(attempt, opened, secret, wire.StrategyResetPasswordCode)
}

// resetPassword puts a password in the place of a forgotten one. Other sessions end with it,
// unless asked otherwise: whoever knew the old password may be in them (I19). It leaves
// writing the user to its caller.
func (c *call) resetPassword(tx Tx, user *User, reset newPassword) error {
	if _, err := c.policy.checkFor("password", *user, reset.plain); err != nil {
		return err
	}
	user.PasswordHash, user.PasswordAt, user.UpdatedAt = reset.hash, c.now, c.now
	user.FailedAttempts, user.LockedUntil = 0, time.Time{}
	changed := AuditEvent{Type: "password.reset", UserID: user.ID, ActorID: user.ID}
	if err := c.record(tx, changed); err != nil || reset.keepOthers {
		return err
	}
	return c.endOthers(tx, Session{UserID: user.ID}, user.ID)
}

// tellPasswordChanged lets the owner know, who may not be who did it.
func (c *call) tellPasswordChanged(user User) {
	for _, e := range user.Emails {
		if e.ID == user.PrimaryEmailID && e.Verified {
			c.postLetter(c.letter(mail.PasswordChanged, e.Address, "Your password was changed",
				"The password of your account was just changed.\n\n"+
					"If it wasn't you, request a code now and choose a new password. That signs out everyone else."))
		}
	}
}
