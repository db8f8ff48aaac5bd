package identity

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/usherauth/usher/wire"
)

// Kinds of grants that are tickets: what signs somebody in, or up, without a password. They
// are the objects of the Backend API too.
const (
	ticketSignIn     = wire.TicketSignIn
	ticketActor      = wire.TicketActor
	ticketInvitation = wire.TicketInvitation // its grant has the invitation's id; the invitation says what became of it
)

// Refusals of tickets. Each kind has codes of its own, with the kind before them.
const (
	codeAlreadyUsed = "_already_used_code"
	codeRevoked     = "_revoked_code"
	codeNotRevoked  = "_cannot_be_revoked_code"
	codeNotInSignIn = "_not_in_sign_in_code"
)

// ticketData is the Data of a ticket's grant.
type ticketData struct {
	OrgID    string          `json:"org_id,omitempty"` // active from the start
	Actor    json.RawMessage `json:"actor,omitempty"`  // who impersonates the user
	Duration time.Duration   `json:"duration,omitempty"`
}

func ticketInvalid() *apiError {
	return refuse(http.StatusBadRequest, wire.CodeTicketInvalid, "This ticket is not valid.")
}

// ticketGrant finds the grant of a ticket that was sent.
func ticketGrant(tx Tx, ticket string) (Grant, error) {
	g, err := tx.GrantBySecret(hashSecret(ticket))
	if errors.Is(err, ErrNotFound) {
		err = ticketInvalid()
	}
	return g, err
}

// grantUsable refuses a ticket that can no longer be used.
func grantUsable(g Grant, now time.Time) error {
	name := strings.ReplaceAll(g.Kind, "_", " ")
	switch {
	case g.Status == wire.InvitationRevoked:
		return refuse(http.StatusBadRequest, g.Kind+codeRevoked, "This "+name+" has been revoked.")
	case g.Status != wire.InvitationPending:
		return refuse(http.StatusBadRequest, g.Kind+codeAlreadyUsed, "This "+name+" has already been used. Each can be used once.")
	case !g.ExpireAt.IsZero() && !now.Before(g.ExpireAt):
		return refuse(http.StatusBadRequest, wire.CodeTicketExpired, "This "+name+" has expired.")
	}
	return nil
}

// spendTicket makes a ticket used. Of two who try at the same time one succeeds: both read
// the state within their transactions (I16).
func (c *call) spendTicket(tx Tx, g Grant) error {
	if err := grantUsable(g, c.now); err != nil {
		return err
	}
	g.Status, g.UpdatedAt = wire.InvitationAccepted, c.now
	return errors.Join(tx.PutGrant(g), c.record(tx, AuditEvent{Type: g.Kind + ".accepted", UserID: g.UserID, Data: detail("ticket_id", g.ID)}))
}
