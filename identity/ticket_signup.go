package identity

import (
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/usherauth/usher/wire"
)

// Refusals of invitations as tickets (protocol reference 8.10).
const (
	codeInvitationRevoked  = "revoked_invitation"
	codeInvitationAccepted = "invitation_already_accepted"
	codeNoAccount          = "invitation_account_not_exists"
)

// usable refuses an invitation that can no longer be accepted.
func (i Invitation) usable(now time.Time) error {
	switch i.statusAt(now) {
	case wire.InvitationPending:
		return nil
	case wire.InvitationAccepted:
		return refuse(http.StatusBadRequest, codeInvitationAccepted, "This invitation has been accepted already. Please sign in.")
	case wire.InvitationRevoked:
		return refuse(http.StatusBadRequest, codeInvitationRevoked, "This invitation has been revoked.")
	}
	return refuse(http.StatusBadRequest, wire.CodeTicketExpired, "This invitation has expired.")
}

// invitationOf finds the usable invitation that a ticket is for.
func (c *call) invitationOf(tx Tx, g Grant) (Invitation, error) {
	i, err := tx.Invitation(g.Subject)
	if errors.Is(err, ErrNotFound) { // its organization is gone
		return i, ticketInvalid()
	}
	if err == nil {
		err = i.usable(c.now)
	}
	return i, err
}

// proved reports whether an address of the person's is known to be theirs.
func (u User) proved(email string) bool { return slices.Contains(u.provenAddresses(), email) }

// beginInvited puts the invited address into a sign-up that was sent with a ticket. It
// counts as proven: the ticket went to that address.
func (c *call) beginInvited(attempt *SignUp) error {
	strategy, _, err := c.form.get("strategy")
	if err != nil || strategy != wire.StrategyTicket {
		return err
	}
	ticket, err := c.form.required("ticket")
	if err != nil {
		return err
	}
	return c.view(c.r.Context(), func(tx Tx) error {
		g, err := ticketGrant(tx, ticket)
		if err != nil {
			return err
		}
		switch g.Kind {
		case ticketSignIn, ticketActor:
			return refuse(http.StatusBadRequest, g.Kind+codeNotInSignIn, "This ticket is for signing in.")
		case ticketInvitation, ticketOrganization:
		default:
			return ticketInvalid()
		}
		inv, err := c.invitationOf(tx, g)
		if err != nil {
			return err
		}
		attempt.InvitationID, attempt.EmailAddress, attempt.VerifiedAt = inv.ID, inv.Address, c.now
		return nil
	})
}

// keepInvited refuses another address than the invited one (I27).
func keepInvited(attempt SignUp, f signUpFields) error {
	if attempt.InvitationID == "" || !f.hasEmail {
		return nil
	}
	if invited, err := normalizeEmail(attempt.EmailAddress); err == nil && invited == f.email {
		return nil
	}
	return invalid("email_address", wire.CodeParamValueInvalid, "This invitation is for another e-mail address.")
}

// acceptInvited makes the invitation of a finished sign-up used. One to an organization
// makes the person a member of it; one to sign up leaves its metadata with them. Of two who
// try at the same time one succeeds (I16).
func (c *call) acceptInvited(tx Tx, attempt SignUp, o *opened) error {
	if attempt.InvitationID == "" {
		return nil
	}
	inv, err := tx.Invitation(attempt.InvitationID)
	if errors.Is(err, ErrNotFound) {
		return ticketInvalid()
	}
	if err != nil {
		return err
	}
	if err := inv.usable(c.now); err != nil {
		return err
	}
	if inv.OrgID != "" {
		return c.joinInvited(tx, inv, o)
	}
	user, err := tx.User(o.session.UserID)
	if err != nil {
		return err
	}
	user.PublicMetadata = inv.PublicMetadata
	inv.Status, inv.UpdatedAt = wire.InvitationAccepted, c.now
	accepted := AuditEvent{Type: "invitation.accepted", UserID: user.ID, ActorID: user.ID, SessionID: o.session.ID, Data: detail("invitation_id", inv.ID)}
	if err := errors.Join(tx.PutUser(user), tx.PutInvitation(inv), c.record(tx, accepted)); err != nil {
		return err
	}
	return c.keepOpened(tx, o)
}

// joinInvited makes the session's person a member of the organization that an invitation is
// to, and that the active one.
func (c *call) joinInvited(tx Tx, inv Invitation, o *opened) error {
	user, err := tx.User(o.session.UserID)
	if err != nil {
		return err
	}
	if _, err := c.acceptInvitation(tx, &inv, user, doer{user.ID, o.session.ID}); err != nil {
		return err
	}
	o.session.ActiveOrgID = inv.OrgID
	return c.keepOpened(tx, o)
}
