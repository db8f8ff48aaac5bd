package identity

import (
	"errors"
	"net/http"
	"time"

	"github.com/usherauth/usher/wire"
)

// Refusals of invitations (protocol reference 8.10).
const (
	codeInvitationRevoked  = "revoked_invitation"
	codeInvitationAccepted = "invitation_already_accepted"
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
		case ticketInvitation:
		default:
			return ticketInvalid()
		}
		inv, err := tx.Invitation(g.Subject)
		if err != nil {
			return err
		}
		if err := inv.usable(c.now); err != nil {
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

// acceptSignUpInvitation makes the invitation of a finished sign-up used, and gives the person
// what came with it. Of two who try at the same time one succeeds (I16).
func (c *call) acceptSignUpInvitation(tx Tx, attempt SignUp, u *User) error {
	if attempt.InvitationID == "" {
		return nil
	}
	inv, err := tx.Invitation(attempt.InvitationID)
	if err != nil {
		return err
	}
	if err := inv.usable(c.now); err != nil {
		return err
	}
	u.PublicMetadata = inv.PublicMetadata
	inv.Status, inv.UpdatedAt = wire.InvitationAccepted, c.now
	accepted := AuditEvent{Type: "invitation.accepted", UserID: u.ID, ActorID: u.ID, Data: detail("invitation_id", inv.ID)}
	return errors.Join(tx.PutInvitation(inv), c.record(tx, accepted))
}
