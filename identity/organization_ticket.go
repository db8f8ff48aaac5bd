package identity

import (
	"errors"
	"net/url"

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

// invitationURL is where a ticket is accepted: the Frontend API, which leads on to one of the
// app's pages.
func (c *call) invitationURL(ticket string) string {
	return c.cfg.PublicOrigin + wire.ProxyPath + "/v1/tickets/accept?" + url.Values{"ticket": {ticket}}.Encode()
}

// acceptTicket leads whoever follows an invitation's address to a page of the app, with the
// ticket and what can be done with it. It changes nothing: a page asks, and a form accepts.
func acceptTicket(c *call) (any, error) {
	ticket := c.query.Get("ticket")
	var i Invitation
	status := "sign_up"
	err := c.view(c.r.Context(), func(tx Tx) (err error) {
		if i, err = c.invitationByTicket(tx, ticket); err != nil {
			return err
		}
		_, err = tx.UserByEmail(i.Normalized)
		if errors.Is(err, ErrNotFound) {
			return nil
		}
		status = "sign_in"
		return err
	})
	if err != nil {
		return nil, err
	}
	page := i.RedirectURL
	if page == "" {
		page = map[string]string{"sign_in": c.cfg.SignInURL, "sign_up": c.cfg.SignUpURL}[status]
	}
	u, err := url.Parse(page)
	if err != nil {
		return nil, errors.Join(errInternal, err)
	}
	if !u.IsAbs() {
		u, _ = url.Parse(c.cfg.PublicOrigin + page)
	}
	q := u.Query()
	q.Set("__clerk_ticket", ticket)
	q.Set("__clerk_status", status)
	u.RawQuery = q.Encode()
	c.w.Header().Set("Referrer-Policy", "no-referrer")
	return redirect{u.String()}, nil
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
