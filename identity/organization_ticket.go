package identity

import "github.com/usherauth/usher/wire"

// ticketOrganization is the kind of the grant behind an invitation's address. Its subject is
// the invitation, which says what became of it.
const ticketOrganization = wire.TicketOrganization

// putInvitationTicket keeps the hash of the ticket that is sent to an invited address.
func (c *call) putInvitationTicket(tx Tx, i Invitation, ticket string) error {
	return tx.PutGrant(Grant{
		ID: newID(prefixOrganizationTicket), Kind: ticketOrganization, SecretHash: hashSecret(ticket), Subject: i.ID,
		Status: wire.InvitationPending, ExpireAt: i.ExpireAt, CreatedAt: c.now, UpdatedAt: c.now,
	})
}
