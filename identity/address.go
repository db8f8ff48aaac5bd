package identity

import (
	"errors"

	"github.com/usherauth/usher/wire"
)

// An address belongs to whoever has proven it, or made an account with it and proven no
// other. One that was added to an account and never proven, or that the account was made
// with before it was known by another, is no obstacle to others: else anybody could keep the
// owner of an address from using it.

// opensAccount reports whether u signs in with the address and the password.
func opensAccount(u User, email string) bool {
	i := addressIndex(u, email)
	return i >= 0 && (u.Emails[i].Verified || u.Emails[i].ID == u.PrimaryEmailID)
}

// needsProof reports whether the password alone does not open u with an address that it has:
// where people prove their address to have an account, an account that came without a proof,
// imported or made earlier, asks for one too. A code, a ticket that was mailed and a new
// password by code are proofs; a sign-in token is the operator's word.
func (c *call) needsProof(u User, email string) bool {
	i := addressIndex(u, email)
	return c.cfg.VerifyEmailAtSignUp && i >= 0 && !u.Emails[i].Verified
}

func addressUnverified() *apiError {
	return invalid("identifier", wire.CodeAddressUnverified, "This email address has not been verified yet. Sign in with a code that is sent to it.")
}

// reservesAddress reports whether u keeps others from having the address.
func reservesAddress(u User, email string) bool {
	return opensAccount(u, email) && (hasProved(u, email) || !hasProvenAddress(u))
}

// addressFree refuses an address that somebody has.
func addressFree(tx Tx, email string) error {
	owner, err := optional(email, tx.UserByEmail)
	if err == nil && owner != nil && reservesAddress(*owner, email) {
		err = addressTaken()
	}
	return err
}

// freeAddress takes an address away from an account that had added and never proven it,
// for somebody who has better reasons. It refuses an address that somebody has, unless that
// is the user self; "" is nobody.
func (c *call) freeAddress(tx Tx, email, self string) error {
	owner, err := optional(email, tx.UserByEmail)
	if err != nil || owner == nil || owner.ID == self {
		return err
	}
	if reservesAddress(*owner, email) {
		return addressTaken()
	}
	id := owner.Emails[addressIndex(*owner, email)].ID
	removeEmail(owner, id)
	owner.UpdatedAt = c.now
	released := AuditEvent{Type: "email_address.released", UserID: owner.ID, Data: detail("email_address_id", id)}
	return errors.Join(dropCode(tx, id), tx.PutUser(*owner), c.record(tx, released))
}

func addressTaken() *apiError {
	return invalid("email_address", wire.CodeIdentifierExists, "That e-mail address is taken. Please try another.")
}
