package identity

import (
	"errors"
	"net/http"

	"github.com/usherauth/usher/wire"
)

// emailFlags are what may be said of an address besides what it is.
type emailFlags struct {
	Verified *bool `json:"verified"`
	Primary  *bool `json:"primary"`
}

// apply sets them on an address of u.
func (f emailFlags) apply(u *User, id string) error {
	e := &u.Emails[emailIndex(*u, id)]
	if f.Verified != nil {
		if e.Verified && !*f.Verified && u.PrimaryEmailID == id && len(u.Emails) > 1 {
			return notPrimary("verified")
		}
		e.Verified = *f.Verified
	}
	if orFalse(f.Primary) && u.PrimaryEmailID != id {
		if !e.Verified {
			return notPrimary("primary")
		}
		u.PrimaryEmailID = id
	}
	return nil
}

// createEmail gives a user one more address.
func createEmail(c *call) (any, error) {
	var in struct {
		UserID  string `json:"user_id"`
		Address string `json:"email_address"`
		emailFlags
	}
	if err := c.readJSON(&in); err != nil {
		return nil, err
	}
	if in.UserID == "" {
		return nil, missingParam("user_id")
	}
	normal, err := addressParam(in.Address)
	if err != nil {
		return nil, err
	}
	e := newEmail(in.Address, normal, false, c.now)
	return c.changeEmail("email_address.created", e.ID, func(tx Tx) (User, error) {
		u, err := found(tx.User(in.UserID))
		if err != nil {
			return u, err
		}
		addEmail(&u, e)
		if err := c.claimIdentifiers(tx, u); err != nil {
			return u, err
		}
		return u, in.apply(&u, e.ID)
	})
}

// addressParam checks an address that must be given.
func addressParam(address string) (normal string, err error) {
	if address == "" {
		return "", missingParam("email_address")
	}
	if normal, err = normalizeEmail(address); err != nil {
		return "", invalid("email_address", wire.CodeParamFormatInvalid, "This is not a valid e-mail address.")
	}
	return normal, nil
}

// changeEmail stores the user that change returns, writes the event down and answers with
// the address.
func (c *call) changeEmail(event, id string, change func(Tx) (User, error)) (any, error) {
	var u User
	err := c.update(c.r.Context(), func(tx Tx) (err error) {
		if u, err = change(tx); err != nil {
			return err
		}
		u.UpdatedAt = c.now
		return errors.Join(tx.PutUser(u), c.record(tx, AuditEvent{Type: event, UserID: u.ID, Data: detail("email_address_id", id)}))
	})
	if errors.Is(err, ErrConflict) {
		err = addressTaken()
	}
	if err != nil {
		return nil, err
	}
	return emailJSON(u.Emails[emailIndex(u, id)]), nil
}

// getEmail shows an address of any user.
func getEmail(c *call) (any, error) {
	var u User
	err := c.view(c.r.Context(), func(tx Tx) (err error) {
		u, err = pathRecord(c, tx.UserByEmailID)
		return err
	})
	if err != nil {
		return nil, err
	}
	return emailJSON(u.Emails[emailIndex(u, c.r.PathValue("id"))]), nil
}

// updateEmail says whether an address is verified, and makes it the primary one.
func updateEmail(c *call) (any, error) {
	var in emailFlags
	if err := c.readJSON(&in); err != nil {
		return nil, err
	}
	id := c.r.PathValue("id")
	return c.changeEmail("email_address.updated", id, func(tx Tx) (User, error) {
		u, err := pathRecord(c, tx.UserByEmailID)
		if err != nil {
			return u, err
		}
		u.Emails[emailIndex(u, id)].UpdatedAt = c.now
		return u, in.apply(&u, id)
	})
}

// deleteEmail takes an address away, but not the last one.
func deleteEmail(c *call) (any, error) {
	id := c.r.PathValue("id")
	err := c.update(c.r.Context(), func(tx Tx) error {
		u, err := pathRecord(c, tx.UserByEmailID)
		if err != nil {
			return err
		}
		if len(u.Emails) == 1 {
			return lastAddress()
		}
		removeEmail(&u, id)
		u.UpdatedAt = c.now
		deleted := AuditEvent{Type: "email_address.deleted", UserID: u.ID, Data: detail("email_address_id", id)}
		return errors.Join(tx.PutUser(u), dropCode(tx, id), c.record(tx, deleted))
	})
	if err != nil {
		return nil, err
	}
	return wire.Deleted{Object: "email_address", ID: id, Deleted: true}, nil
}

// replaceEmails leaves a user with one address, which is verified and the primary one.
func replaceEmails(c *call) (any, error) {
	var in struct {
		Address string `json:"email_address"`
	}
	if err := c.readJSON(&in); err != nil {
		return nil, err
	}
	normal, err := addressParam(in.Address)
	if err != nil {
		return nil, err
	}
	e := newEmail(in.Address, normal, true, c.now)
	return c.changeEmail("email_address.replaced", e.ID, func(tx Tx) (User, error) {
		u, err := pathRecord(c, tx.User)
		if err != nil {
			return u, err
		}
		old := u.Emails
		u.Emails, u.PrimaryEmailID = nil, ""
		addEmail(&u, e)
		return u, errors.Join(dropCodes(tx, old), c.claimIdentifiers(tx, u))
	})
}

// dropCodes forgets the codes that were sent to addresses.
func dropCodes(tx Tx, emails []EmailAddress) (err error) {
	for _, e := range emails {
		err = errors.Join(err, dropCode(tx, e.ID))
	}
	return err
}

func lastAddress() *apiError {
	return refuse(http.StatusBadRequest, wire.CodeLastIdentification, "The last e-mail address of an account cannot be removed.")
}
