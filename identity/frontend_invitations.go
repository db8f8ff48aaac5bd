package identity

import (
	"errors"
	"net/http"
	"slices"

	"github.com/usherauth/usher/identity/internal/mail"
	"github.com/usherauth/usher/wire"
)

// invitationStatuses are the values of the status filter.
var invitationStatuses = []string{wire.InvitationPending, wire.InvitationAccepted, wire.InvitationRevoked, wire.InvitationExpired}

// statusFilter reads which invitations are asked for; none means all.
func (c *call) statusFilter() ([]string, error) {
	statuses, err := c.commas("status")
	for _, s := range statuses {
		if err == nil && !slices.Contains(invitationStatuses, s) {
			err = invalid("status", wire.CodeParamFormatInvalid, "This is not a status of invitations.")
		}
	}
	return statuses, err
}

// withStatus keeps the invitations that have one of the statuses by the time of the request.
func (c *call) withStatus(all []Invitation, statuses []string) []Invitation {
	return slices.DeleteFunc(all, func(i Invitation) bool {
		return len(statuses) > 0 && !slices.Contains(statuses, invitationStatus(i, c.now))
	})
}

// listSentInvitations lists the organization's invitations for those who manage members.
func listSentInvitations(c *call) (any, error) {
	statuses, err := c.statusFilter()
	if err != nil {
		return nil, err
	}
	return c.sentInvitations(statuses)
}

// listPendingInvitations is the earlier form of the list, a bare array.
func listPendingInvitations(c *call) (any, error) {
	answer, err := c.sentInvitations([]string{wire.InvitationPending})
	if err != nil {
		return nil, err
	}
	return wire.Response[any]{Response: answer.Response.Data}, nil
}

func (c *call) sentInvitations(statuses []string) (out wire.Response[wire.List[wire.OrganizationInvitation]], err error) {
	page, err := c.page()
	if err != nil {
		return out, err
	}
	err = c.view(c.r.Context(), func(tx Tx) error {
		a, err := c.acting(tx, wire.PermissionMembershipsManage)
		if err != nil {
			return err
		}
		all, err := tx.Invitations(InvitationQuery{OrgID: &a.org.ID})
		if err != nil {
			return err
		}
		out.Response, err = c.invitationList(tx, frontendShape, page, c.withStatus(all, statuses), false)
		return err
	})
	return out, err
}

// invitationList shows a page of invitations.
func (c *call) invitationList(tx Tx, s shape, p page, all []Invitation, forInvitee bool) (list wire.List[wire.OrganizationInvitation], err error) {
	v, err := c.viewOrganizations(tx, s)
	if err != nil {
		return list, err
	}
	list.TotalCount = int64(len(all))
	list.Data, err = v.invitations(cut(p, all), forInvitee)
	return list, err
}

func createInvitation(c *call) (any, error) {
	address, err1 := c.form.required("email_address")
	role, err2 := c.form.required("role")
	if err := joinFields(err1, err2); err != nil {
		return nil, err
	}
	list, b, err := c.inviteAll([]string{address}, role)
	if err != nil {
		return nil, err
	}
	return c.wrap(list[0], b)
}

// createInvitations invites several addresses with one role, all or none. Its answer is a
// bare array: the reference browser client reads it so.
func createInvitations(c *call) (any, error) {
	addresses := slices.Concat(c.form.values["email_address"], c.form.values["email_address[]"])
	role, err := c.form.required("role")
	if len(addresses) == 0 {
		err = joinFields(missingParam("email_address"), err)
	}
	if err != nil {
		return nil, err
	}
	if len(addresses) > maxFrontendInvites {
		return nil, tooManyInvitations(maxFrontendInvites)
	}
	list, b, err := c.inviteAll(addresses, role)
	if err != nil {
		return nil, err
	}
	return c.wrap(list, b)
}

func tooManyInvitations(most int) *apiError {
	return refuse(http.StatusBadRequest, wire.CodeBulkSizeExceeded, "At most "+decimal(most)+" invitations can be made at once.")
}

// inviteAll makes invitations in the name of the signed-in person, and mails them unless the
// form says otherwise.
func (c *call) inviteAll(addresses []string, roleKey string) (out []wire.OrganizationInvitation, b *browser, err error) {
	tickets, err := c.ticketsToMail(len(addresses))
	if err != nil {
		return nil, nil, err
	}
	var words invitationWords
	err = c.update(c.r.Context(), func(tx Tx) error {
		a, err := c.acting(tx, wire.PermissionMembershipsManage)
		if err != nil {
			return err
		}
		b = a.browser
		role, err := roleGiven(a.rules, "role", roleKey)
		if err != nil {
			return err
		}
		if err := a.mayGive(role); err != nil {
			return err
		}
		if err := c.mayInviteMore(tx, a.org.ID, len(addresses)); err != nil {
			return err
		}
		var list []Invitation
		var bad []error
		for _, address := range addresses {
			i, err := invited(address, role)
			i.InviterID = a.user.ID
			list, bad = append(list, i), append(bad, err)
		}
		if err := joinFields(bad...); err != nil {
			return err
		}
		if err := c.invite(tx, a.org, list, tickets, a.doer()); err != nil {
			return err
		}
		for n := range tickets {
			if err := c.countMail(tx, mailInvitations, list[n].Normalized, tooMany); err != nil {
				return err
			}
		}
		words = invitationWords{shownName(a.user), a.org.Name}
		v, err := c.viewOrganizations(tx, frontendShape)
		if err != nil {
			return err
		}
		out, err = v.invitations(list, false)
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	for n, ticket := range tickets {
		c.mailInvitation(addresses[n], words, ticket)
	}
	return out, b, nil
}

// ticketsToMail makes the secrets of invitations that are mailed; nil where they are not.
func (c *call) ticketsToMail(n int) ([]string, error) {
	notify, _, err := c.form.get("notify")
	if err != nil || notify == "false" || !c.outbox.Usable() {
		return nil, err
	}
	if err := c.reserveMail(n, mail.Invitations); err != nil {
		return nil, err
	}
	tickets := make([]string, n)
	for i := range tickets {
		tickets[i] = newClientSecret()
	}
	return tickets, nil
}

// mayInviteMore bounds what members can pile up: whoever shows or changes the organization
// goes through all of its pending invitations.
func (c *call) mayInviteMore(tx Tx, orgID string, n int) error {
	_, pending, err := tx.CountPeople([]string{orgID}, c.now)
	if err == nil && pending[orgID]+int64(n) > maxPending {
		err = refuse(http.StatusForbidden, wire.CodeMembershipQuota,
			"At most "+decimal(maxPending)+" invitations can wait for an answer. Revoke some first.")
	}
	return err
}

func revokeSentInvitation(c *call) (any, error) {
	var b *browser
	var out wire.OrganizationInvitation
	err := c.update(c.r.Context(), func(tx Tx) error {
		a, err := c.acting(tx, wire.PermissionMembershipsManage)
		if err != nil {
			return err
		}
		b = a.browser
		i, err := organizationInvitation(tx, a.org.ID, c.r.PathValue("invitation"))
		if err != nil {
			return err
		}
		if err := a.mayTouch(i.Role); err != nil {
			return err
		}
		if err := c.revokeInvitation(tx, &i, a.doer()); err != nil {
			return err
		}
		v, err := c.viewOrganizations(tx, frontendShape)
		if err != nil {
			return err
		}
		out, err = v.invitation(i, false)
		return err
	})
	if err != nil {
		return nil, err
	}
	return c.wrap(out, b)
}

// organizationInvitation is an invitation of this organization; another's is not found.
func organizationInvitation(tx Tx, orgID, id string) (Invitation, error) {
	i, err := tx.Invitation(id)
	if errors.Is(err, ErrNotFound) || err == nil && i.OrgID != orgID {
		return Invitation{}, invitationNotFound()
	}
	return i, err
}
