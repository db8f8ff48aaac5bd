package identity

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/usherauth/usher/identity/internal/mail"
	"github.com/usherauth/usher/wire"
)

var invitationOrders = []string{"created_at", "email_address", "expires_at"}

// signUpInvitation are the parameters of one invitation. Where there is no mail, whoever
// invites passes on the address in the answer.
type signUpInvitation struct {
	invitationTerms
	IgnoreExisting *bool   `json:"ignore_existing"`
	TemplateSlug   *string `json:"template_slug"` // there is one template

	secret string // of the ticket
}

// inviteToSignUp invites the owner of an address to sign up, by mail where there is mail.
func inviteToSignUp(c *call) (any, error) {
	var in signUpInvitation
	if err := c.readJSON(&in); err != nil {
		return nil, err
	}
	all, err := c.inviteForSignUp([]signUpInvitation{in})
	if err != nil {
		return nil, err
	}
	return all[0], nil
}

// inviteAllToSignUp makes several invitations, or none.
func inviteAllToSignUp(c *call) (any, error) {
	var in []signUpInvitation
	if err := c.readJSON(&in); err != nil {
		return nil, err
	}
	if len(in) == 0 || len(in) > maxBackendInvites {
		return nil, malformed("The body must be a list of 1 to 10 invitations.")
	}
	return c.inviteForSignUp(in)
}

func (c *call) inviteForSignUp(in []signUpInvitation) ([]wire.Invitation, error) {
	invitations := make([]Invitation, len(in))
	var bad joinInvalid
	mails := 0
	for i := range in {
		var err error
		invitations[i], err = in[i].invitation(c)
		invitations[i].ID, in[i].secret = newID(prefixSignUpInvitation), newClientSecret()
		if err := bad.add(err); err != nil {
			return nil, err
		}
		if in[i].mailed() {
			mails++
		}
	}
	if err := bad.err(); err != nil {
		return nil, err
	}
	if err := c.reserveMail(mails, mail.Invitations); err != nil {
		return nil, err
	}
	err := c.update(c.r.Context(), func(tx Tx) error {
		for i, inv := range invitations {
			if err := c.putSignUpInvitation(tx, inv, in[i]); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	out := make([]wire.Invitation, len(in))
	for i, inv := range invitations {
		out[i] = signUpInvitationJSON(inv, c.now)
		out[i].URL = c.ticketURL(in[i].secret)
		if in[i].mailed() {
			c.mailInvitation(inv.Address, invitationWords{}, in[i].secret)
		}
	}
	return out, nil
}

// putSignUpInvitation stores an invitation and the hash of its ticket. An address that
// somebody has proven, or that is invited already, is refused unless that is to be ignored.
// An account that was made with the address and never proven is no obstacle: anybody could
// have made it, and the invited person claims it.
func (c *call) putSignUpInvitation(tx Tx, inv Invitation, in signUpInvitation) error {
	if !orFalse(in.IgnoreExisting) {
		owner, err := optional(inv.Normalized, tx.UserByEmail)
		if err != nil {
			return err
		}
		if owner != nil && hasProved(*owner, inv.Normalized) {
			return addressTaken()
		}
		none := ""
		earlier, err := tx.Invitations(InvitationQuery{OrgID: &none, Emails: []string{inv.Normalized}, Statuses: []string{wire.InvitationPending}})
		if err != nil {
			return err
		}
		if slices.ContainsFunc(earlier, func(i Invitation) bool { return invitationStatus(i, c.now) == wire.InvitationPending }) {
			return refuse(http.StatusBadRequest, wire.CodeDuplicateRecord, "There is a pending invitation for this e-mail address already.")
		}
	}
	ticket := Grant{
		ID: inv.ID, Kind: ticketInvitation, SecretHash: hashSecret(in.secret), Subject: inv.ID, Status: wire.InvitationPending,
		ExpireAt: inv.ExpireAt, CreatedAt: c.now, UpdatedAt: c.now,
	}
	created := AuditEvent{Type: "invitation.created", Data: detail("invitation_id", inv.ID)}
	return errors.Join(tx.PutInvitation(inv), tx.PutGrant(ticket), c.record(tx, created))
}

// listSignUpInvitations lists those that are not revoked, or those of the status that is asked
// for.
func listSignUpInvitations(c *call) (any, error) {
	page, err1 := c.page()
	order, err2 := c.orderBy(invitationOrders...)
	states, err3 := c.statusFilter()
	if err := joinFields(err1, err2, err3); err != nil {
		return nil, err
	}
	var all []Invitation
	none := ""
	err := c.view(c.r.Context(), func(tx Tx) (err error) {
		all, err = tx.Invitations(InvitationQuery{OrgID: &none})
		return err
	})
	if err != nil {
		return nil, err
	}
	search := strings.ToLower(c.query.Get("query"))
	all = slices.DeleteFunc(all, func(i Invitation) bool {
		state := invitationStatus(i, c.now)
		wanted := len(states) == 0 && state != wire.InvitationRevoked || slices.Contains(states, state)
		return !wanted || !strings.Contains(i.Normalized, search) && !strings.Contains(strings.ToLower(i.ID), search)
	})
	slices.SortStableFunc(all, invitationOrder(order))
	out := []wire.Invitation{}
	for _, i := range cut(page, all) {
		out = append(out, signUpInvitationJSON(i, c.now))
	}
	return listed(c, out, int64(len(all))), nil
}

// invitationOrder compares for an order_by; "" leaves them as they are, newest first.
func invitationOrder(order string) func(a, b Invitation) int {
	if order == "" {
		return func(Invitation, Invitation) int { return 0 }
	}
	compare := map[string]func(a, b Invitation) int{
		"created_at":    func(a, b Invitation) int { return a.CreatedAt.Compare(b.CreatedAt) },
		"email_address": func(a, b Invitation) int { return strings.Compare(a.Normalized, b.Normalized) },
		"expires_at":    func(a, b Invitation) int { return a.ExpireAt.Compare(b.ExpireAt) },
	}[order[1:]]
	if order[0] == '-' {
		return func(a, b Invitation) int { return compare(b, a) }
	}
	return compare
}

// revokeSignUpInvitation takes an invitation back that nobody accepted.
func revokeSignUpInvitation(c *call) (any, error) {
	var inv Invitation
	err := c.update(c.r.Context(), func(tx Tx) (err error) {
		if inv, err = pathRecord(c, tx.Invitation); err != nil {
			return err
		}
		switch {
		case inv.OrgID != "":
			return notFound()
		case inv.Status == wire.InvitationAccepted:
			return refuse(http.StatusBadRequest, wire.CodeInvitationAccepted, "This invitation has been accepted already.")
		case inv.Status == wire.InvitationRevoked:
			return refuse(http.StatusBadRequest, "invitation_already_revoked", "This invitation has been revoked already.")
		}
		inv.Status, inv.UpdatedAt = wire.InvitationRevoked, c.now
		revoked := AuditEvent{Type: "invitation.revoked", Data: detail("invitation_id", inv.ID)}
		return errors.Join(tx.PutInvitation(inv), c.record(tx, revoked))
	})
	if err != nil {
		return nil, err
	}
	return signUpInvitationJSON(inv, c.now), nil
}

// deleteSignUpInvitation forgets who was invited, whatever became of the invitation.
func deleteSignUpInvitation(c *call) (any, error) {
	id := c.r.PathValue("id")
	err := c.update(c.r.Context(), func(tx Tx) error {
		inv, err := pathRecord(c, tx.Invitation)
		if err == nil && inv.OrgID != "" {
			err = notFound()
		}
		if err != nil {
			return err
		}
		deleted := AuditEvent{Type: "invitation.deleted", Data: detail("invitation_id", inv.ID)}
		return errors.Join(tx.DeleteInvitation(inv.ID), dropGrant(tx, inv.ID), c.record(tx, deleted))
	})
	return wire.Deleted{Object: "invitation", ID: id, Deleted: true}, err
}

func signUpInvitationJSON(i Invitation, now time.Time) wire.Invitation {
	return wire.Invitation{
		Object: "invitation", ID: i.ID, EmailAddress: i.Address, PublicMetadata: metadata(i.PublicMetadata),
		Revoked: i.Status == wire.InvitationRevoked, Status: invitationStatus(i, now), ExpiresAt: optionalMillis(i.ExpireAt),
		CreatedAt: millis(i.CreatedAt), UpdatedAt: millis(i.UpdatedAt),
	}
}
