package identity

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/usherauth/usher/identity/internal/mail"
	"github.com/usherauth/usher/wire"
)

// invitationParams are the JSON form of an invitation into an organization.
type invitationParams struct {
	invitationTerms
	Role      string          `json:"role"`
	InviterID *string         `json:"inviter_user_id"`
	Private   json.RawMessage `json:"private_metadata"`
}

// invitation checks the parameters. Role and inviter are looked up in the transaction.
func (p invitationParams) invitation(c *call) (Invitation, error) {
	i, err := p.invitationTerms.invitation(c)
	i.Role = p.Role
	if p.InviterID != nil {
		i.InviterID = *p.InviterID
	}
	private, err2 := replaced("private_metadata", nil, p.Private)
	i.PrivateMetadata = private
	return i, joinFields(err, required("role", p.Role), err2)
}

func backendInvite(c *call) (any, error) {
	var in invitationParams
	if err := c.readJSON(&in); err != nil {
		return nil, err
	}
	list, err := c.inviteFor([]invitationParams{in})
	if err != nil {
		return nil, err
	}
	return list[0], nil
}

// backendInviteAll makes several invitations, all or none.
func backendInviteAll(c *call) (any, error) {
	var in []invitationParams
	if err := c.readJSON(&in); err != nil {
		return nil, err
	}
	switch {
	case len(in) == 0:
		return nil, malformed("The body must be a list of invitations.")
	case len(in) > maxBackendInvites:
		return nil, tooManyInvitations(maxBackendInvites)
	}
	list, err := c.inviteFor(in)
	return wire.List[wire.OrganizationInvitation]{Data: list, TotalCount: int64(len(list))}, err
}

// inviteFor makes invitations as an operator does, and answers with the address of each: it is
// a secret, which only its hash is kept of.
func (c *call) inviteFor(in []invitationParams) (out []wire.OrganizationInvitation, err error) {
	list := make([]Invitation, len(in))
	bad := make([]error, len(in))
	tickets := make([]string, len(in))
	words := make([]invitationWords, len(in))
	mails := 0
	for n, p := range in {
		list[n], bad[n] = p.invitation(c)
		tickets[n] = newClientSecret()
		if p.mailed() {
			mails++
		}
	}
	if err := joinFields(bad...); err != nil {
		return nil, err
	}
	if err := c.reserveMail(mails, mail.Invitations); err != nil {
		return nil, err
	}
	err = c.update(c.r.Context(), func(tx Tx) error {
		org, err := organizationInPath(c, tx)
		if err != nil {
			return err
		}
		v, err := c.viewOrganizations(tx, backendShape)
		if err != nil {
			return err
		}
		made := slices.Clone(list)
		for n := range made {
			role, err := roleGiven(v.rules, "role", made[n].Role)
			if err != nil {
				return err
			}
			made[n].Role = role.Key
			if err := mayInvite(tx, v.rules, made[n].InviterID, org.ID, role.Key); err != nil {
				return err
			}
		}
		if err := c.invite(tx, org, made, tickets, doer{}); err != nil {
			return err
		}
		for n := range made {
			if words[n], err = wordsOf(tx, made[n]); err != nil {
				return err
			}
		}
		out, err = v.invitations(made, false)
		return err
	})
	if err != nil {
		return nil, err
	}
	for n, p := range in {
		out[n].URL = wire.NullString(c.ticketURL(tickets[n]))
		if p.mailed() {
			c.mailInvitation(p.Address, words[n], tickets[n])
		}
	}
	return out, nil
}

// mayInvite accepts a member who could invite somebody with a role as the person in whose
// name an operator does it, or revokes it; "" is nobody.
func mayInvite(tx Tx, rules *accessRules, userID, orgID, roleKey string) error {
	if userID == "" {
		return nil
	}
	m, err := tx.Membership(orgID, userID)
	if errors.Is(err, ErrNotFound) {
		return refuse(http.StatusForbidden, wire.CodeNotMember, "The user who is said to do this is not a member of the organization.")
	}
	if err != nil {
		return err
	}
	role, _ := rules.role(m.Role)
	if !slices.Contains(role.Permissions, wire.PermissionMembershipsManage) {
		return missingPermission(wire.PermissionMembershipsManage)
	}
	given, _ := rules.role(roleKey)
	return role.covers(given.AccessRole)
}

// listBackendInvitations lists an organization's invitations.
func listBackendInvitations(statuses ...string) endpoint {
	return func(c *call) (any, error) {
		return c.invitationPage(statuses, func(tx Tx) ([]Invitation, error) {
			org, err := organizationInPath(c, tx)
			if err != nil {
				return nil, err
			}
			return tx.Invitations(InvitationQuery{OrgID: &org.ID})
		})
	}
}

// allInvitations lists the invitations into all organizations.
func allInvitations(c *call) (any, error) {
	return c.invitationPage(nil, func(tx Tx) ([]Invitation, error) {
		all, err := tx.Invitations(InvitationQuery{})
		return slices.DeleteFunc(all, func(i Invitation) bool { return i.OrgID == "" }), err
	})
}

// invitationsOfUser lists the invitations to a user's addresses, proven or not: the operator
// may know.
func invitationsOfUser(c *call) (any, error) {
	return c.invitationPage(nil, func(tx Tx) ([]Invitation, error) {
		u, err := pathRecord(c, tx.User)
		if err != nil {
			return nil, err
		}
		var addresses []string
		for _, e := range u.Emails {
			addresses = append(addresses, e.Normalized)
		}
		return invitationsTo(tx, addresses)
	})
}

// invitationPage answers with a page of the invitations that find returns, cut down by the
// filters of the query. Invitations are the newest first unless order_by says otherwise.
func (c *call) invitationPage(statuses []string, find func(Tx) ([]Invitation, error)) (any, error) {
	given, err1 := c.statusFilter()
	order, err2 := c.orderBy("created_at", "email_address")
	page, err3 := c.page()
	addresses, err4 := c.list("email_address")
	search := c.query.Get("query")
	if err := joinFields(err1, err2, err3, err4, checkSearch(search)); err != nil {
		return nil, err
	}
	if statuses == nil {
		statuses = given
	}
	var list wire.List[wire.OrganizationInvitation]
	err := c.view(c.r.Context(), func(tx Tx) error {
		all, err := find(tx)
		if err != nil {
			return err
		}
		all = toAddressesLike(toAddresses(c.withStatus(all, statuses), addresses), search)
		sortInvitations(all, order)
		list, err = c.invitationList(tx, backendShape, page, all, true)
		return err
	})
	return list, err
}

// toAddresses keeps the invitations to any of the addresses, all if there are none.
func toAddresses(all []Invitation, addresses []string) []Invitation {
	var normal []string
	for _, a := range addresses {
		if n, err := normalizeEmail(a); err == nil { // what is no address is nobody's
			normal = append(normal, n)
		}
	}
	return slices.DeleteFunc(all, func(i Invitation) bool { return len(addresses) > 0 && !slices.Contains(normal, i.Normalized) })
}

// toAddressesLike keeps the invitations to addresses with part in them, without case.
func toAddressesLike(all []Invitation, part string) []Invitation {
	part = strings.ToLower(part)
	return slices.DeleteFunc(all, func(i Invitation) bool {
		return !strings.Contains(i.Normalized, part) && !strings.Contains(strings.ToLower(i.Address), part)
	})
}

func sortInvitations(all []Invitation, order string) {
	slices.SortStableFunc(all, func(a, b Invitation) int {
		switch order {
		case "+created_at":
			return a.CreatedAt.Compare(b.CreatedAt)
		case "+email_address":
			return strings.Compare(a.Normalized, b.Normalized)
		case "-email_address":
			return strings.Compare(b.Normalized, a.Normalized)
		}
		return b.CreatedAt.Compare(a.CreatedAt)
	})
}

func backendInvitation(c *call) (any, error) {
	var out wire.OrganizationInvitation
	err := c.view(c.r.Context(), func(tx Tx) error {
		i, v, err := c.backendInvitationInPath(tx)
		if err != nil {
			return err
		}
		out, err = v.invitation(i, true)
		return err
	})
	return out, err
}

// backendInvitationInPath is the invitation in the path, of the organization in the path.
func (c *call) backendInvitationInPath(tx Tx) (Invitation, *organizationView, error) {
	org, err := organizationInPath(c, tx)
	if err != nil {
		return Invitation{}, nil, err
	}
	i, err := tx.Invitation(c.r.PathValue("invitation"))
	if err = missing(err); err == nil && i.OrgID != org.ID {
		err = notFound()
	}
	if err != nil {
		return Invitation{}, nil, err
	}
	v, err := c.viewOrganizations(tx, backendShape)
	return i, v, err
}

func backendRevokeInvitation(c *call) (any, error) {
	var in struct {
		RequestingUserID *string `json:"requesting_user_id"`
	}
	if err := c.readJSON(&in); err != nil {
		return nil, err
	}
	var out wire.OrganizationInvitation
	err := c.update(c.r.Context(), func(tx Tx) error {
		i, v, err := c.backendInvitationInPath(tx)
		if err != nil {
			return err
		}
		by := doer{}
		if in.RequestingUserID != nil {
			if err := mayInvite(tx, v.rules, *in.RequestingUserID, i.OrgID, i.Role); err != nil {
				return err
			}
			by.userID = *in.RequestingUserID
		}
		if err := c.revokeInvitation(tx, &i, by); err != nil {
			return err
		}
		out, err = v.invitation(i, false)
		return err
	})
	return out, err
}
