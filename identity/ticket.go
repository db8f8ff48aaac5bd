package identity

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/usherauth/usher/wire"
)

// Kinds of grants that are tickets: what signs somebody in, or up, without a password. They
// are the objects of the Backend API too.
const (
	ticketSignIn     = "sign_in_token"
	ticketActor      = "actor_token"
	ticketInvitation = "invitation" // its grant has the invitation's id; the invitation says what became of it
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

// spendTicket makes a ticket used. Of two who try at the same time one succeeds: both read
// the state within their transactions (I16).
func (c *call) spendTicket(tx Tx, g Grant) error {
	name := strings.ReplaceAll(g.Kind, "_", " ")
	switch {
	case g.Status == wire.InvitationRevoked:
		return refuse(http.StatusBadRequest, g.Kind+codeRevoked, "This "+name+" has been revoked.")
	case g.Status != wire.InvitationPending:
		return refuse(http.StatusBadRequest, g.Kind+codeAlreadyUsed, "This "+name+" has already been used. Each can be used once.")
	case g.expired(c.now):
		return refuse(http.StatusBadRequest, wire.CodeTicketExpired, "This "+name+" has expired.")
	}
	g.Status, g.UpdatedAt = wire.InvitationAccepted, c.now
	return errors.Join(tx.PutGrant(g), c.record(tx, AuditEvent{Type: g.Kind + ".accepted", UserID: g.UserID, Data: detail("ticket_id", g.ID)}))
}

func (g Grant) expired(now time.Time) bool { return !g.ExpireAt.IsZero() && !now.Before(g.ExpireAt) }

// signInWithTicket signs somebody in who shows a sign-in token or an actor token: POST
// /client/sign_ins with strategy=ticket (protocol reference 8.6).
func (c *call) signInWithTicket() (any, error) {
	ticket, err := c.form.required("ticket")
	if err != nil {
		return nil, err
	}
	if err := c.requireSignedOut(); err != nil {
		return nil, err
	}
	attempt := SignIn{
		ID: newID(prefixSignIn), Status: wire.StatusComplete,
		ExpireAt: c.now.Add(attemptLifetime), CreatedAt: c.now, UpdatedAt: c.now,
	}
	secret := newClientSecret()
	var opened opened
	err = c.update(c.r.Context(), func(tx Tx) error {
		g, err := ticketGrant(tx, ticket)
		if err != nil {
			return err
		}
		if g.Kind != ticketSignIn && g.Kind != ticketActor {
			return ticketInvalid()
		}
		if err := c.spendTicket(tx, g); err != nil {
			return err
		}
		if opened, err = c.openTicket(tx, g, secret); err != nil {
			return err
		}
		attempt.ClientID, attempt.UserID = opened.browser.client.ID, g.UserID
		attempt.CreatedSessionID = opened.session.ID
		return tx.PutSignIn(attempt)
	})
	if err != nil {
		return nil, err
	}
	if err := c.setCookies(opened.browser, secret); err != nil {
		return nil, err
	}
	return c.wrap(signInJSON(&attempt), opened.browser)
}

// openTicket opens the session that a ticket stands for. Bans and locks hold for tickets
// too. Whoever impersonates somebody is named in the session, which ends soon; the person
// does not count as having been here.
func (c *call) openTicket(tx Tx, g Grant, secret string) (opened, error) {
	var data ticketData
	if err := json.Unmarshal(g.Data, &data); err != nil {
		return opened{}, errors.Join(errInternal, err)
	}
	user, err := tx.User(g.UserID)
	if err != nil {
		return opened{}, err
	}
	if user.Banned {
		return opened{}, userBanned()
	}
	if user.lockLeft(c.now) > 0 {
		return opened{}, userLocked()
	}
	o, err := c.openSession(tx, user, secret)
	if err != nil {
		return opened{}, err
	}
	if g.Kind == ticketActor {
		if err := c.impersonate(tx, &o, user, data); err != nil {
			return opened{}, err
		}
	}
	if o.session.ActiveOrgID, err = memberOf(tx, data.OrgID, user.ID); err != nil {
		return opened{}, err
	}
	if err := tx.PutSession(o.session); err != nil {
		return opened{}, err
	}
	o.browser, err = loadBrowser(tx, o.browser.client, c.now)
	return o, err
}

// memberOf is the organization if the user still belongs to it, "" otherwise.
func memberOf(tx Tx, orgID, userID string) (string, error) {
	if orgID == "" {
		return "", nil
	}
	_, err := tx.Membership(orgID, userID)
	if errors.Is(err, ErrNotFound) {
		return "", nil
	}
	return orgID, err
}

// impersonate marks the session as somebody else's. before is the user as he was.
func (c *call) impersonate(tx Tx, o *opened, before User, data ticketData) error {
	s := &o.session
	s.Actor = data.Actor
	if end := c.now.Add(data.Duration); end.Before(s.ExpireAt) {
		s.ExpireAt = end
	}
	s.AbandonAt = s.idleEnd(c.now, c.cfg.IdleLifetime)
	var actor wire.Actor
	if err := json.Unmarshal(data.Actor, &actor); err != nil {
		return errors.Join(errInternal, err)
	}
	begun := AuditEvent{Type: "user.impersonated", UserID: s.UserID, ActorID: actor.Sub, SessionID: s.ID}
	return errors.Join(tx.PutUser(before), c.record(tx, begun))
}

// notImpersonated refuses what only the person may do: whoever acts for somebody else can
// change neither credentials nor the account itself (M13).
func (s Session) notImpersonated() error {
	if len(s.Actor) == 0 {
		return nil
	}
	return refuse(http.StatusForbidden, wire.CodeImpersonated, "This is not possible while acting for somebody else.")
}

// ticketURL is the address of one of the app's pages with a ticket for it. page is "" for
// the sign-in or sign-up page that is configured.
func (c *call) ticketURL(page, ticket, status string) string {
	if strings.HasPrefix(page, "/") {
		page = c.cfg.PublicOrigin + page
	}
	u, err := url.Parse(page)
	if err != nil {
		return "" // what is not an address was refused before
	}
	q := u.Query()
	q.Set("__clerk_ticket", ticket)
	q.Set("__clerk_status", status)
	u.RawQuery = q.Encode()
	return u.String()
}
