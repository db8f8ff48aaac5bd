package identity

import (
	"errors"

	"github.com/usherauth/usher/wire"
)

// eraseUser deletes a person with everything that is about them: addresses, sessions,
// memberships, grants, the image, and what invitations know of their addresses. The
// audit log keeps ids. What attempts hold goes with the next purge after they expire.
//
// e is written first, so that deleting the user takes the network address out of it too.
func (c *call) eraseUser(tx Tx, u User, e AuditEvent) error {
	if err := c.record(tx, e); err != nil {
		return err
	}
	if err := c.forgetInvitations(tx, u); err != nil {
		return err
	}
	return errors.Join(dropImage(tx, u.ImageID), tx.DeleteUser(u.ID))
}

// forgetInvitations takes a person's addresses out of invitations. One that still waited
// for an answer is revoked.
func (c *call) forgetInvitations(tx Tx, u User) error {
	if len(u.Emails) == 0 {
		return nil
	}
	var q InvitationQuery
	for _, e := range u.Emails {
		q.Emails = append(q.Emails, e.Normalized)
	}
	list, err := tx.Invitations(q)
	for _, i := range list {
		i.Address, i.Normalized, i.UpdatedAt = "", "", c.now
		if i.Status == wire.InvitationPending {
			i.Status = wire.InvitationRevoked
		}
		err = errors.Join(err, tx.PutInvitation(i))
	}
	return err
}
