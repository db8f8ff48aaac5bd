package identity

import (
	"errors"
	"net/http"

	"github.com/usherauth/usher/identity/internal/mail"
	"github.com/usherauth/usher/wire"
)

const (
	maxAddresses  = 20 // of one person
	maxUnverified = 5
)

// listMyEmails lists the person's addresses.
func listMyEmails(c *call) (any, error) {
	var m me
	err := c.view(c.r.Context(), func(tx Tx) (err error) {
		m, err = c.me(tx)
		return err
	})
	if err != nil {
		return nil, err
	}
	out := []wire.EmailAddress{}
	for _, e := range m.user.Emails {
		out = append(out, emailJSON(e))
	}
	return wire.Response[[]wire.EmailAddress]{Response: out}, nil
}

// getMyEmail shows one of the person's addresses, and what was sent to it.
func getMyEmail(c *call) (any, error) {
	var e EmailAddress
	var code *Grant
	err := c.view(c.r.Context(), func(tx Tx) error {
		m, err := c.me(tx)
		if err != nil {
			return err
		}
		i, err := c.myEmail(m.user)
		if err != nil {
			return err
		}
		e = m.user.Emails[i]
		code, err = optional(codeGrantID(e.ID), tx.Grant)
		return err
	})
	return wire.Response[wire.EmailAddress]{Response: c.emailWithCode(e, code)}, err
}

// myEmail is the index of the address in the path.
func (c *call) myEmail(u User) (int, error) {
	i := emailIndex(u, c.r.PathValue("id"))
	if i < 0 {
		return 0, notFound()
	}
	return i, nil
}

// emailWithCode shows what was sent to the address and is still to be entered.
func (c *call) emailWithCode(e EmailAddress, code *Grant) wire.EmailAddress {
	out := emailJSON(e)
	if !e.Verified && code != nil {
		out.Verification = verificationOf(code, c.now)
	}
	return out
}

// createMyEmail adds an address, which counts for nothing until it is verified.
func createMyEmail(c *call) (any, error) {
	typed, err := c.form.required("email_address")
	if err != nil {
		return nil, err
	}
	email, err := addressParam(typed)
	if err != nil {
		return nil, err
	}
	e := newEmail(typed, email, false, c.now)
	m, err := c.changeMe(func(tx Tx, m *me) error {
		if err := c.requireFresh(m.session); err != nil {
			return err
		}
		if err := roomForAddress(m.user, email); err != nil {
			return err
		}
		if err := c.freeAddress(tx, email, m.user.ID); err != nil {
			return err
		}
		addEmail(&m.user, e)
		return c.record(tx, m.event("email_address.created"))
	})
	if errors.Is(err, ErrConflict) {
		err = addressTaken()
	}
	return c.wrapEmail(m, e, nil, err)
}

func roomForAddress(u User, email string) error {
	unverified := 0
	for _, e := range u.Emails {
		if e.Normalized == email {
			return addressTaken()
		}
		if !e.Verified {
			unverified++
		}
	}
	switch {
	case unverified >= maxUnverified:
		return refuse(http.StatusBadRequest, wire.CodeTooManyUnverified, "There are too many addresses that are not verified. Verify or remove one first.")
	case len(u.Emails) >= maxAddresses:
		return refuse(http.StatusForbidden, wire.CodeQuotaExceeded, "There are too many addresses. Remove one first.")
	}
	return nil
}

func (c *call) wrapEmail(m me, e EmailAddress, code *Grant, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	return c.wrap(c.emailWithCode(e, code), m.browser)
}

// prepareMyEmail sends the code that proves one of the person's addresses.
func prepareMyEmail(c *call) (any, error) {
	if err := errors.Join(c.codeStrategy(), c.mayMail()); err != nil {
		return nil, err
	}
	var m me
	var e EmailAddress
	var g Grant
	var code string
	err := c.update(c.r.Context(), func(tx Tx) (err error) {
		if m, e, err = c.emailToProve(tx); err != nil {
			return err
		}
		g, code, err = c.prepareCode(tx, addressCodeUse(e, m.user))
		return errors.Join(err, c.record(tx, codeRequested(m.user.ID)))
	})
	if err != nil {
		return nil, err
	}
	c.postLetter(c.codeLetter(mail.VerificationCode, e.Address, code))
	return c.wrapEmail(m, e, &g, nil)
}

func addressCodeUse(e EmailAddress, u User) codeUse {
	return codeUse{subject: e.ID, strategy: wire.StrategyEmailCode, address: e.Normalized, userID: u.ID}
}

// emailToProve is the address in the path, which must not be verified yet.
func (c *call) emailToProve(tx Tx) (m me, e EmailAddress, err error) {
	if m, err = c.me(tx); err != nil {
		return m, e, err
	}
	i, err := c.myEmail(m.user)
	if err != nil {
		return m, e, err
	}
	if e = m.user.Emails[i]; e.Verified {
		err = alreadyVerified()
	}
	return m, e, err
}

// attemptMyEmail takes the code that was sent to one of the person's addresses. It verifies
// that address and no other (I17).
func attemptMyEmail(c *call) (any, error) {
	code, err := c.form.required("code")
	if err != nil {
		return nil, err
	}
	var m me
	var e EmailAddress
	var refused error
	err = c.update(c.r.Context(), func(tx Tx) (err error) {
		if m, e, err = c.emailToProve(tx); err != nil {
			return err
		}
		if refused, err = c.tryCode(tx, addressCodeUse(e, m.user), code); refused != nil || err != nil {
			return err
		}
		e.Verified, e.UpdatedAt = true, c.now
		m.user.Emails[emailIndex(m.user, e.ID)] = e
		m.user.UpdatedAt = c.now
		m.browser.users[m.user.ID] = m.user
		return errors.Join(tx.PutUser(m.user), c.record(tx, m.event("email_address.verified")))
	})
	return c.wrapEmail(m, e, nil, errors.Join(err, refused))
}

// makePrimary makes one of the person's addresses the one that they are known by. Only one
// that was proven can be.
func (c *call) makePrimary(m *me, id string) error {
	i := emailIndex(m.user, id)
	if i < 0 {
		return notFound()
	}
	if !m.user.Emails[i].Verified {
		return invalid("primary_email_address_id", wire.CodeVerificationNeeded, "This address must be verified before it can be the primary one.")
	}
	m.user.PrimaryEmailID = id
	return c.requireFresh(m.session)
}

// deleteMyEmail removes an address. The primary one stays: it is how the account is known.
func deleteMyEmail(c *call) (any, error) {
	var id string
	m, err := c.changeMe(func(tx Tx, m *me) error {
		i, err := c.myEmail(m.user)
		if err != nil {
			return err
		}
		id = m.user.Emails[i].ID
		switch {
		case len(m.user.Emails) == 1:
			return lastAddress()
		case id == m.user.PrimaryEmailID:
			return refuse(http.StatusBadRequest, wire.CodePrimaryStays,
				"The primary address cannot be removed. Make another one the primary address first.")
		}
		if err := c.requireFresh(m.session); err != nil {
			return err
		}
		removeEmail(&m.user, id)
		return errors.Join(dropCode(tx, id), c.record(tx, m.event("email_address.deleted")))
	})
	if err != nil {
		return nil, err
	}
	return c.wrap(wire.Deleted{Object: "email_address", ID: id, Deleted: true}, m.browser)
}
