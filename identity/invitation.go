package identity

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/usherauth/usher/internal/web"
	"github.com/usherauth/usher/wire"
)

const (
	invitationLifetime = 30 * 24 * time.Hour
	maxInvitationDays  = 365
	maxBackendInvites  = 10 // in one request (protocol reference 7.3)
	maxFrontendInvites = 50
	maxPending         = 500 // invitations by members, of one organization
)

// invitationStatus is the status with the time limit applied; it needs no write.
func invitationStatus(i Invitation, now time.Time) string {
	if i.Status == wire.InvitationPending && !i.ExpireAt.IsZero() && !now.Before(i.ExpireAt) {
		return wire.InvitationExpired
	}
	return i.Status
}

// pendingInvitations are those of an organization that can still be accepted, of the
// addresses in list.
func (c *call) pendingInvitations(tx Tx, orgID string, list []Invitation) ([]Invitation, error) {
	if len(list) == 0 {
		return nil, nil
	}
	emails := make([]string, len(list))
	for n, i := range list {
		emails[n] = i.Normalized
	}
	all, err := tx.Invitations(InvitationQuery{OrgID: &orgID, Emails: emails, Statuses: []string{wire.InvitationPending}})
	return slices.DeleteFunc(all, func(i Invitation) bool { return invitationStatus(i, c.now) != wire.InvitationPending }), err
}

// invite makes invitations into an organization, all or none. Each comes with the address,
// the role, who invites and the metadata filled in. tickets are the secrets of the addresses
// where they are accepted, one for each; nil makes none.
func (c *call) invite(tx Tx, org Organization, list []Invitation, tickets []string, by doer) error {
	pending, err := c.pendingInvitations(tx, org.ID, list)
	if err != nil {
		return err
	}
	if err := c.roomFor(tx, org, len(list)); err != nil {
		return err
	}
	var twice []string
	for n := range list {
		i := &list[n]
		same := func(p Invitation) bool { return p.Normalized == i.Normalized }
		if slices.ContainsFunc(pending, same) || slices.ContainsFunc(list[:n], same) {
			twice = append(twice, i.Address)
			continue
		}
		if err := notMemberYet(tx, org.ID, i.Normalized); err != nil {
			return err
		}
		i.ID, i.OrgID, i.Status = newID(prefixInvitation), org.ID, wire.InvitationPending
		i.CreatedAt, i.UpdatedAt = c.now, c.now
		if i.ExpireAt.IsZero() {
			i.ExpireAt = c.now.Add(invitationLifetime)
		}
		if err := errors.Join(tx.PutInvitation(*i), c.record(tx, by.event("invitation.created", org.ID, "", "invitation_id", i.ID, "role", i.Role))); err != nil {
			return err
		}
		if tickets == nil {
			continue
		}
		if err := c.putInvitationTicket(tx, *i, tickets[n]); err != nil {
			return err
		}
	}
	if len(twice) > 0 {
		e := refuse(http.StatusBadRequest, wire.CodeDuplicateRecord, "There are already pending invitations for some of these addresses.")
		e.errs[0].Meta = &wire.ErrorMeta{EmailAddresses: twice}
		return e
	}
	return nil
}

// notMemberYet refuses the address of somebody who is in the organization.
func notMemberYet(tx Tx, orgID, normalized string) error {
	user, err := tx.UserByEmail(normalized)
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	_, err = tx.Membership(orgID, user.ID)
	return absent(err, alreadyMember())
}

// invited makes the invitation of an address as it was typed.
func invited(address string, role storedRole) (Invitation, error) {
	normal, err := addressParam(address)
	return Invitation{Address: strings.Trim(address, " "), Normalized: normal, Role: role.Key}, err
}

// revokeInvitation makes a pending invitation worthless.
func (c *call) revokeInvitation(tx Tx, i *Invitation, by doer) error {
	if invitationStatus(*i, c.now) != wire.InvitationPending {
		return invitationNotPending()
	}
	i.Status, i.UpdatedAt = wire.InvitationRevoked, c.now
	return errors.Join(tx.PutInvitation(*i), c.record(tx, by.event("invitation.revoked", i.OrgID, "", "invitation_id", i.ID)))
}

// acceptInvitation makes somebody a member as an invitation says. The caller has made sure
// that the invitation is theirs. Of two tries at once one finds it pending. A member keeps
// the role that they have.
func (c *call) acceptInvitation(tx Tx, i *Invitation, user User, by doer) (Membership, error) {
	if invitationStatus(*i, c.now) != wire.InvitationPending {
		return Membership{}, invitationNotPending()
	}
	org, err := tx.Organization(i.OrgID)
	if err != nil {
		return Membership{}, err
	}
	i.Status, i.UpdatedAt = wire.InvitationAccepted, c.now
	if err := tx.PutInvitation(*i); err != nil { // first: it takes no room beside the membership
		return Membership{}, err
	}
	done := c.record(tx, by.event("invitation.accepted", i.OrgID, user.ID, "invitation_id", i.ID))
	if m, err := tx.Membership(i.OrgID, user.ID); !errors.Is(err, ErrNotFound) {
		return m, errors.Join(err, done) // a member already: nothing is left to do
	}
	rules, err := c.access(tx)
	if err != nil {
		return Membership{}, err
	}
	role, ok := rules.role(i.Role)
	if !ok {
		return Membership{}, invitationNotPending()
	}
	m := Membership{UserID: user.ID, Role: role.Key, PublicMetadata: i.PublicMetadata, PrivateMetadata: i.PrivateMetadata}
	m, err = c.addMember(tx, org, m, by)
	return m, errors.Join(err, done)
}

func invitationNotPending() *apiError {
	return refuse(http.StatusNotFound, wire.CodeInvitationNotPending, "This invitation is not pending any more.")
}

func invitationNotFound() *apiError {
	return refuse(http.StatusNotFound, wire.CodeInvitationNotFound, "There is no such invitation.")
}

// provenAddresses are the person's addresses that are known to be theirs: invitations to
// the others are for whoever owns those (I27).
func provenAddresses(u User) []string {
	var list []string
	for _, e := range u.Emails {
		if e.Verified {
			list = append(list, e.Normalized)
		}
	}
	return list
}

// invitationRedirect accepts an address of this app as the one that accepting leads to.
func (c *call) invitationRedirect(target string) (string, error) {
	if target == "" {
		return "", nil
	}
	safe, ok := web.SafeReturn(target, c.origins.public, c.origins.allowed)
	if !ok {
		return "", invalid("redirect_url", wire.CodeParamFormatInvalid, "redirect_url must be an address of this app.")
	}
	return safe, nil
}
