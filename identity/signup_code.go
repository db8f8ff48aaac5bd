package identity

import (
	"errors"

	"github.com/usherauth/usher/identity/internal/mail"
	"github.com/usherauth/usher/wire"
)

// codeStrategy reads a strategy that can only be a code by mail.
func (c *call) codeStrategy() error {
	strategy, err := c.strategy("")
	switch {
	case err != nil:
		return err
	case strategy == "":
		return missingParam("strategy")
	case strategy != wire.StrategyEmailCode:
		return invalid("strategy", wire.CodeParamValueInvalid, "strategy must be email_code.")
	}
	return nil
}

// prepareSignUp sends the code that proves the address of a sign-up: POST
// /client/sign_ups/{id}/prepare_verification.
func prepareSignUp(c *call) (any, error) {
	if err := errors.Join(c.codeStrategy(), c.mayMail()); err != nil {
		return nil, err
	}
	var attempt SignUp
	var b *browser
	var letter func() Mail
	err := c.update(c.r.Context(), func(tx Tx) (err error) {
		if attempt, b, err = c.signUpToProve(tx); err != nil {
			return err
		}
		letter, err = c.askForProof(tx, attempt, b)
		return err
	})
	if err != nil {
		return nil, err
	}
	c.post(mail.VerificationCode, letter)
	return c.wrap(c.signUpJSON(&attempt, b), b)
}

// signUpToProve is the attempt in the path, which must have an address that is to be proven.
func (c *call) signUpToProve(tx Tx) (SignUp, *browser, error) {
	attempt, b, err := c.signUpOf(tx)
	if err != nil {
		return attempt, b, err
	}
	switch err := signUpOpen(attempt); {
	case err != nil:
		return attempt, b, err
	case attempt.EmailAddress == "":
		return attempt, b, missingParam("email_address")
	case !attempt.VerifiedAt.IsZero():
		return attempt, b, alreadyVerified()
	}
	return attempt, b, nil
}

// askForProof makes the code of b's sign-up, and the mail that brings it. Where accounts are
// hidden and the address has one, its owner is told instead, and no code is the right one.
func (c *call) askForProof(tx Tx, attempt SignUp, b *browser) (letter func() Mail, err error) {
	use := signUpCodeUse(attempt)
	owner, err := c.alike(tx, use.address, Tx.UserByEmail)
	if err != nil {
		return nil, err
	}
	taken := reservesAddress(owner, use.address)
	if taken && !c.cfg.HideAccounts {
		return nil, addressTaken()
	}
	g, code, err := c.prepareCode(tx, use)
	b.proof = &g
	return func() Mail {
		if !taken {
			return c.codeLetter(mail.VerificationCode, attempt.EmailAddress, code)
		}
		return c.letter(mail.AccountExists, typedAddress(owner, use.address), "You already have an account",
			"Someone tried to create an account with this email address, but there already is one.\n\n"+
				"If it was you, sign in instead, or request a code to choose a new password. If it wasn't, you can ignore this email.")
	}, errors.Join(err, c.record(tx, codeRequested("")))
}

func signUpCodeUse(a SignUp) codeUse {
	return codeUse{subject: a.ID, strategy: wire.StrategyEmailCode, address: signUpAddress(a)}
}

// attemptSignUp takes the code of a sign-up, and makes the account if nothing else is
// missing: POST /client/sign_ups/{id}/attempt_verification.
func attemptSignUp(c *call) (any, error) {
	if err := c.codeStrategy(); err != nil {
		return nil, err
	}
	code, err := c.form.required("code")
	if err != nil {
		return nil, err
	}
	var attempt SignUp
	var b *browser
	var opened opened
	var refused error
	secret := newClientSecret()
	err = c.update(c.r.Context(), func(tx Tx) (err error) {
		if attempt, b, err = c.signUpToProve(tx); err != nil {
			return err
		}
		use := signUpCodeUse(attempt)
		owner, err := optional(use.address, tx.UserByEmail)
		if err != nil {
			return err
		}
		use.nobody = c.cfg.HideAccounts && owner != nil && reservesAddress(*owner, use.address) // who was not sent the code
		if refused, err = c.tryCode(tx, use, code); refused != nil || err != nil {
			return err
		}
		attempt.VerifiedAt, attempt.UpdatedAt = c.now, c.now
		if len(signUpMissing(attempt)) > 0 {
			b.signUp, b.proof = &attempt, nil
			return tx.PutSignUp(attempt)
		}
		opened, err = c.completeSignUp(tx, &attempt, secret)
		return err
	})
	if err := errors.Join(err, refused); err != nil {
		return nil, err
	}
	if attempt.Status != wire.StatusComplete {
		return c.wrap(c.signUpJSON(&attempt, b), b)
	}
	return c.wrapSignUp(attempt, opened, secret)
}
