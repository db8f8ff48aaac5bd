package identity

import (
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/usherauth/usher/wire"
)

func accountExists() *apiError {
	return refuse(http.StatusBadRequest, wire.CodeInvitationAccountExists, "There is an account with the invited address. Please sign in.")
}

// invitationUsable refuses an invitation that can no longer be accepted.
func invitationUsable(i Invitation, now time.Time) error {
	switch invitationStatus(i, now) {
	case wire.InvitationPending:
		return nil
	case wire.InvitationAccepted:
		return refuse(http.StatusBadRequest, wire.CodeInvitationAccepted, "This invitation has been accepted already. Please sign in.")
	case wire.InvitationRevoked:
		return refuse(http.StatusBadRequest, wire.CodeInvitationRevoked, "This invitation has been revoked.")
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
		err = invitationUsable(i, c.now)
	}
	return i, err
}

// hasProved reports whether an address of the person's is known to be theirs.
func hasProved(u User, email string) bool { return slices.Contains(provenAddresses(u), email) }

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
		owner, err := optional(inv.Normalized, func(email string) (User, error) { return userByCode(tx, email) })
		if err == nil && owner != nil && hasProvenAddress(*owner) {
			err = accountExists()
		}
		attempt.InvitationID, attempt.EmailAddress, attempt.VerifiedAt = inv.ID, inv.Address, c.now
		return err
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

// acceptInvited accepts the invitation of a finished sign-up.
func (c *call) acceptInvited(tx Tx, attempt SignUp, o *opened) error {
	if attempt.InvitationID == "" {
		return nil
	}
	inv, err := c.invitationOf(tx, Grant{Subject: attempt.InvitationID})
	if err != nil {
		return err
	}
	return c.acceptAs(tx, inv, o)
}

// acceptAs accepts an invitation in the name of the session's person.
func (c *call) acceptAs(tx Tx, inv Invitation, o *opened) error {
	c.proved = o.session.UserID // by the invitation's ticket
	user, err := tx.User(o.session.UserID)
	if err != nil {
		return err
	}
	if err := c.useInvitation(tx, inv, user, &o.session); err != nil {
		return err
	}
	return c.keepOpened(tx, o)
}

// useInvitation makes an invitation used. One to an organization makes the person a member
// of it, and that the active one; one to sign up leaves its metadata with them. Of two who
// try at the same time one succeeds (I16). It leaves writing the session to its caller.
func (c *call) useInvitation(tx Tx, inv Invitation, user User, s *Session) error {
	if inv.OrgID != "" {
		if _, err := c.acceptInvitation(tx, &inv, user, doer{user.ID, s.ID}); err != nil {
			return err
		}
		s.ActiveOrgID = inv.OrgID
		return nil
	}
	if bag, err := mergeMetadata("public_metadata", user.PublicMetadata, inv.PublicMetadata); err == nil {
		user.PublicMetadata = bag
	} else { // nobody who accepts could do anything about it
		c.log.WarnContext(c.r.Context(), "metadata of an invitation left out: with the user's it is too much", "invitation_id", inv.ID, "user_id", user.ID)
	}
	user.UpdatedAt = c.now
	inv.Status, inv.UpdatedAt = wire.InvitationAccepted, c.now
	accepted := AuditEvent{Type: "invitation.accepted", UserID: user.ID, ActorID: user.ID, SessionID: s.ID, Data: detail("invitation_id", inv.ID)}
	return errors.Join(tx.PutUser(user), tx.PutInvitation(inv), c.record(tx, accepted))
}
