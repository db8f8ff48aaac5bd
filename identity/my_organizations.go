package identity

import (
	"errors"
	"slices"

	"github.com/usherauth/usher/wire"
)

// listMyMemberships lists the organizations that the person is in.
func listMyMemberships(c *call) (any, error) {
	page, err := c.page()
	if err != nil {
		return nil, err
	}
	q := MembershipQuery{Limit: page.limit, Offset: page.offset}
	return c.answerMemberships(&q, func(tx Tx) error {
		m, err := c.me(tx)
		q.UserID = m.user.ID
		return err
	})
}

// leaveOrganization takes the person out of an organization. It needs no permission.
func leaveOrganization(c *call) (any, error) {
	var b *browser
	var id string
	err := c.update(c.r.Context(), func(tx Tx) error {
		a, err := c.acting(tx)
		if err != nil {
			return err
		}
		id = a.membership.ID
		if err := c.removeMember(tx, a.rules, a.membership, a.doer()); err != nil {
			return err
		}
		b, err = loadBrowser(tx, a.browser.client, c.now)
		return err
	})
	if err != nil {
		return nil, err
	}
	return c.wrap(wire.Deleted{Object: "organization_membership", ID: id, Deleted: true}, b)
}

// listMyInvitations lists invitations to addresses that are known to be the person's.
func listMyInvitations(c *call) (any, error) {
	statuses, err := c.statusFilter()
	if err != nil {
		return nil, err
	}
	page, err := c.page()
	if err != nil {
		return nil, err
	}
	var out wire.Response[wire.List[wire.OrganizationInvitation]]
	err = c.view(c.r.Context(), func(tx Tx) error {
		m, err := c.me(tx)
		if err != nil {
			return err
		}
		all, err := invitationsTo(tx, provenAddresses(m.user))
		if err != nil {
			return err
		}
		out.Response, err = c.invitationList(tx, frontendShape, page, c.withStatus(all, statuses), true)
		return err
	})
	return out, err
}

// invitationsTo are the invitations of organizations to any of the addresses.
func invitationsTo(tx Tx, addresses []string) ([]Invitation, error) {
	if len(addresses) == 0 {
		return nil, nil // an empty filter would select everybody's
	}
	all, err := tx.Invitations(InvitationQuery{Emails: addresses})
	return slices.DeleteFunc(all, func(i Invitation) bool { return i.OrgID == "" }), err
}

// acceptMyInvitation accepts an invitation to one of the person's addresses: one that is
// known to be theirs, or any of theirs with the ticket that was sent to it, which proves the
// address too. An invitation to another address does not exist for them (I27).
func acceptMyInvitation(c *call) (any, error) {
	ticket, err := c.optionalField("ticket")
	if err != nil {
		return nil, err
	}
	var b *browser
	var out wire.OrganizationInvitation
	err = c.update(c.r.Context(), func(tx Tx) error {
		m, err := c.me(tx)
		if err != nil {
			return err
		}
		if err := c.notImpersonated(m.session); err != nil {
			return err
		}
		i, err := c.myInvitation(tx, &m.user, ticket)
		if err != nil {
			return err
		}
		if _, err := c.acceptInvitation(tx, &i, m.user, m.doer()); err != nil {
			return err
		}
		v, err := c.viewOrganizations(tx, frontendShape)
		if err != nil {
			return err
		}
		if out, err = v.invitation(i, true); err != nil {
			return err
		}
		b, err = loadBrowser(tx, m.browser.client, c.now)
		return err
	})
	if err != nil {
		return nil, err
	}
	return c.wrap(out, b)
}

// myInvitation finds the invitation in the path if u may accept it.
func (c *call) myInvitation(tx Tx, u *User, ticket *string) (Invitation, error) {
	i, err := tx.Invitation(c.r.PathValue("invitation"))
	if errors.Is(err, ErrNotFound) {
		return i, invitationNotFound()
	}
	if err != nil {
		return i, err
	}
	n := slices.IndexFunc(u.Emails, func(e EmailAddress) bool { return e.Normalized == i.Normalized })
	if n < 0 || i.OrgID == "" {
		return i, invitationNotFound()
	}
	if u.Emails[n].Verified {
		return i, nil
	}
	if ticket == nil {
		return i, invitationNotFound()
	}
	if *ticket == "" {
		return i, missingParam("ticket")
	}
	g, err := tx.GrantBySecret(hashSecret(*ticket))
	if errors.Is(err, ErrNotFound) || err == nil && (g.Kind != ticketOrganization || g.Subject != i.ID) {
		err = invitationNotFound()
	}
	if err == nil {
		err = c.proveAddress(tx, u, i.Normalized, "")
	}
	if err != nil {
		return i, err
	}
	return i, tx.PutUser(*u)
}

// noSuggestions: organizations are suggested to nobody.
func noSuggestions(c *call) (any, error) {
	if _, err := c.page(); err != nil {
		return nil, err
	}
	err := c.view(c.r.Context(), func(tx Tx) error { _, err := c.me(tx); return err })
	return wire.Response[any]{Response: wire.List[struct{}]{Data: []struct{}{}}}, err
}

func noSuchSuggestion(c *call) (any, error) {
	err := c.view(c.r.Context(), func(tx Tx) error { _, err := c.me(tx); return err })
	if err == nil {
		err = notFound()
	}
	return nil, err
}
