package identity

import (
	"errors"

	"github.com/usherauth/usher/wire"
)

// An address belongs to whoever has proven it, or made an account with it. One that was
// added to an account and never proven is no obstacle to others: else anybody could keep
// the owner of an address from using it.

// reserves reports whether u keeps others from having the address.
func (u User) reserves(email string) bool {
	for _, e := range u.Emails {
		if e.Normalized == email {
			return e.Verified || e.ID == u.PrimaryEmailID
		}
	}
	return false
}

// addressFree refuses an address that somebody has.
func addressFree(tx Tx, email string) error {
	owner, err := optional(email, tx.UserByEmail)
	if err == nil && owner != nil && owner.reserves(email) {
		err = addressTaken()
	}
	return err
}

// freeAddress takes an address away from an account that had added and never proven it,
// for somebody who has better reasons. It refuses an address that somebody has.
func (c *call) freeAddress(tx Tx, email string) error {
	owner, err := optional(email, tx.UserByEmail)
	if err != nil || owner == nil {
		return err
	}
	if owner.reserves(email) {
		return addressTaken()
	}
	kept := owner.Emails[:0:0]
	for _, e := range owner.Emails {
		if e.Normalized != email {
			kept = append(kept, e)
			continue
		}
		if err := dropCode(tx, e.ID); err != nil {
			return err
		}
	}
	owner.Emails, owner.UpdatedAt = kept, c.now
	return errors.Join(tx.PutUser(*owner), c.record(tx, AuditEvent{Type: "email_address.released", UserID: owner.ID}))
}

func addressTaken() *apiError {
	return invalid("email_address", wire.CodeIdentifierExists, "That e-mail address is taken. Please try another.")
}
