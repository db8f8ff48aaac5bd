package identity

import (
	"errors"

	"github.com/usherauth/usher/wire"
)

// ticketOrganization is the kind of the grant behind an invitation's address. Its subject is
// the invitation, which says what became of it.
const ticketOrganization = "organization_invitation"

// putInvitationTicket keeps the hash of the ticket that is sent to an invited address.
func (c *call) putInvitationTicket(tx Tx, i Invitation, ticket string) error {
	return tx.PutGrant(Grant{
		ID: newID(prefixOrganizationTicket), Kind: ticketOrganization, SecretHash: hashSecret(ticket), Subject: i.ID,
		Status: wire.InvitationPending, ExpireAt: i.ExpireAt, CreatedAt: c.now, UpdatedAt: c.now,
	})
}

// invitationByTicket finds the pending invitation that a ticket is for.
func (c *call) invitationByTicket(tx Tx, ticket string) (Invitation, error) {
	if ticket == "" {
		return Invitation{}, missingParam("ticket")
	}
	g, err := tx.GrantBySecret(hashSecret(ticket))
	if errors.Is(err, ErrNotFound) || err == nil && g.Kind != ticketOrganization {
		return Invitation{}, invitationNotFound()
	}
	if err != nil {
		return Invitation{}, err
	}
	i, err := tx.Invitation(g.Subject)
	if errors.Is(err, ErrNotFound) { // its organization is gone
		return Invitation{}, invitationNotFound()
	}
	if err == nil && i.statusAt(c.now) != wire.InvitationPending {
		err = invitationNotPending()
	}
	return i, err
}
