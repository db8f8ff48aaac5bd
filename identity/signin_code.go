package identity

import (
	"encoding/base32"
	"errors"
	"time"

	"github.com/usherauth/usher/identity/internal/mail"
	"github.com/usherauth/usher/wire"
)

// factorAddressID stands for an address in the factors of a sign-in. It is made of the
// address alone, so that it looks the same for everybody's and for nobody's.
func (s *Service) factorAddressID(email string) string {
	return prefixEmail + base32.StdEncoding.EncodeToString(s.keyed("factor", email))[:26]
}

// firstFactors are the ways to prove an identifier. They are the same for everybody: what
// they would say of an account, they would say of its existence.
func (s *Service) firstFactors(a *SignIn) []wire.Factor {
	factors := []wire.Factor{{Strategy: wire.StrategyPassword}}
	email, err := normalizeEmail(a.Identifier)
	if !s.outbox.Usable() || err != nil {
		return factors
	}
	id := s.factorAddressID(email)
	return append(factors,
		wire.Factor{Strategy: wire.StrategyEmailCode, SafeIdentifier: a.Identifier, EmailAddressID: id, Primary: true},
		wire.Factor{Strategy: wire.StrategyResetPasswordCode, SafeIdentifier: a.Identifier, EmailAddressID: id, Primary: true},
	)
}

// beginWithCode is a sign-in that sends its code at once.
func (c *call) beginWithCode(attempt SignIn, f signInFields) (any, error) {
	if err := c.mayMail(); err != nil {
		return nil, err
	}
	var b *browser
	var secret string
	var to, code string
	fresh := newClientSecret()
	err := c.update(c.r.Context(), func(tx Tx) (err error) {
		if b, secret, err = c.putSignIn(tx, &attempt, fresh); err != nil {
			return err
		}
		to, code, err = c.askForCode(tx, b, f.email, f.strategy)
		return err
	})
	if err != nil {
		return nil, err
	}
	c.postCode(to, f.strategy, code)
	if err := c.setCookies(b, secret); err != nil {
		return nil, err
	}
	return c.wrap(c.signInJSON(&attempt, b), b)
}

// prepareFirstFactor sends the code of a sign-in begun in this browser: POST
// /client/sign_ins/{id}/prepare_first_factor.
func prepareFirstFactor(c *call) (any, error) {
	strategy, err := c.strategy("")
	if err != nil {
		return nil, err
	}
	if strategy == "" {
		return nil, missingParam("strategy")
	}
	if strategy == wire.StrategyPassword {
		return nil, invalid("strategy", wire.CodeParamValueInvalid, "A password needs no preparation.")
	}
	addressID, _, err := c.form.get("email_address_id")
	if err != nil {
		return nil, err
	}
	if err := c.mayMail(); err != nil {
		return nil, err
	}
	var attempt SignIn
	var b *browser
	var to, code string
	err = c.update(c.r.Context(), func(tx Tx) (err error) {
		if attempt, b, err = c.signInOf(tx); err != nil {
			return err
		}
		if err := signInNeeds(attempt, b, wire.StatusNeedsFirstFactor); err != nil {
			return err
		}
		email, err := normalizeEmail(attempt.Identifier)
		if err != nil || addressID != "" && addressID != c.factorAddressID(email) {
			return notFound()
		}
		to, code, err = c.askForCode(tx, b, email, strategy)
		return err
	})
	if err != nil {
		return nil, err
	}
	c.postCode(to, strategy, code)
	return c.wrap(c.signInJSON(&attempt, b), b)
}

// askForCode makes the code of b's sign-in, and finds the address that it is sent to: as its
// owner typed it, never as it was typed now (I13), and "" if there is no account.
func (c *call) askForCode(tx Tx, b *browser, email, strategy string) (to, code string, err error) {
	owner, err := c.alike(tx, email, userByCode)
	if err != nil {
		return "", "", err
	}
	g, code, err := c.prepareCode(tx, codeUse{subject: b.signIn.ID, strategy: strategy, address: email})
	b.code = &g
	return typedAddress(owner, email), code, errors.Join(err, c.record(tx, codeRequested(owner.ID)))
}

// alike finds whose account an address is; the zero User if it is nobody's. Both are the same
// work.
func (c *call) alike(tx Tx, email string, find func(Tx, string) (User, error)) (User, error) {
	owner, err := find(tx, email)
	if errors.Is(err, ErrNotFound) {
		_, err = c.decoy(tx)
		return User{}, err
	}
	return owner, err
}

// postCode sends the code of a sign-in. It is written by whoever sends it, also for nobody.
func (c *call) postCode(to, strategy, code string) {
	kind := mail.VerificationCode
	if strategy == wire.StrategyResetPasswordCode {
		kind = mail.ResetPasswordCode
	}
	c.post(kind, func() Mail { return c.codeLetter(kind, to, code) })
}

// signInCode is what a code is for in a sign-in, and whose account the address opens now.
func (c *call) signInCode(tx Tx, attemptID, email, strategy string) (codeUse, User, error) {
	user, err := optional(email, func(email string) (User, error) { return userByCode(tx, email) })
	if err != nil {
		return codeUse{}, User{}, err
	}
	use := codeUse{subject: attemptID, strategy: strategy, address: email}
	if user == nil {
		use.nobody = true
		return use, User{}, nil
	}
	use.owner = user.ID
	return use, *user, nil
}

// userByCode finds whose account a code to an address opens; ErrNotFound is nobody's. An
// address that was not proven does so only where none was: the account of somebody who
// mistyped it once is not its reader's.
func userByCode(tx Tx, email string) (User, error) {
	user, err := userToSignIn(tx, email)
	if err == nil && !hasProved(user, email) && hasProvenAddress(user) {
		return User{}, ErrNotFound
	}
	return user, err
}

// hasProvenAddress reports whether any of the account's addresses was verified.
func hasProvenAddress(u User) bool { return len(provenAddresses(u)) > 0 }

// typedAddress is how the owner of an address writes it; "" when it is not one of the user's.
func typedAddress(u User, email string) string {
	if i := addressIndex(u, email); i >= 0 {
		return u.Emails[i].Address
	}
	return ""
}

// attemptCode goes on with a code: it opens the session, or leads on to a new password,
// unless that was sent along.
func (c *call) attemptCode(email, strategy string) (any, error) {
	code, err := c.form.required("code")
	if err != nil {
		return nil, err
	}
	var reset newPassword
	if strategy == wire.StrategyResetPasswordCode {
		if err := c.reserveMail(1, mail.Notices); err != nil {
			return nil, err
		}
		if reset, err = c.readNewPassword(email); err != nil {
			return nil, err
		}
	}
	var attempt SignIn
	var b *browser
	var opened opened
	var refused error
	secret := newClientSecret()
	err = c.update(c.r.Context(), func(tx Tx) (err error) {
		if attempt, b, err = c.signInOf(tx); err != nil {
			return err
		}
		if err := signInNeeds(attempt, b, wire.StatusNeedsFirstFactor); err != nil {
			return err
		}
		use, user, err := c.signInCode(tx, attempt.ID, email, strategy)
		if err != nil {
			return err
		}
		if refused, err = c.tryCode(tx, use, code); refused != nil || err != nil {
			return err
		}
		attempt.UpdatedAt = c.now
		if strategy == wire.StrategyResetPasswordCode && !reset.given() {
			return c.awaitPassword(tx, &attempt, b, user)
		}
		if err := c.claim(tx, &user, email); err != nil {
			return err
		}
		if reset.given() {
			if err := c.resetPassword(tx, &user, reset); err != nil {
				return err
			}
		}
		opened, err = c.completeSignIn(tx, &attempt, user, secret, strategy)
		return err
	})
	if err := errors.Join(err, refused); err != nil {
		return nil, err
	}
	if attempt.Status != wire.StatusComplete {
		return c.wrap(c.signInJSON(&attempt, b), b)
	}
	if reset.given() {
		c.tellPasswordChanged(opened.browser.users[attempt.UserID])
	}
	return c.wrapSignIn(attempt, opened, secret, strategy)
}

// claim is the first proof of who reads an address. Before it, anybody could have made the
// account with it: what they know or left open is taken away (I24), so that it belongs
// from now on to the address's owner alone.
func (c *call) claim(tx Tx, user *User, email string) error {
	if hasProvenAddress(*user) {
		return nil // this address was, or no code to it would open the account
	}
	e := user.Emails[addressIndex(*user, email)]
	e.Verified, e.UpdatedAt = true, c.now
	user.Emails, user.PrimaryEmailID = []EmailAddress{e}, e.ID
	user.PasswordHash, user.PasswordAt = "", time.Time{}
	user.FailedAttempts, user.LockedUntil = 0, time.Time{}
	user.UpdatedAt = c.now
	claimed := AuditEvent{Type: "email_address.claimed", UserID: user.ID, ActorID: user.ID}
	return errors.Join(c.endOthers(tx, Session{UserID: user.ID}, user.ID), c.record(tx, claimed))
}
