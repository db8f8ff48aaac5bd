package identity

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"

	"github.com/usherauth/usher/wire"
)

// signInWithTicket signs somebody in who shows a sign-in token, an actor token, or an
// invitation that went to an address of theirs: POST /client/sign_ins with strategy=ticket
// (protocol reference 8.6). A password may come along with an invitation, so that an
// account whose address was never proven keeps it.
func (c *call) signInWithTicket() (any, error) {
	ticket, err := c.form.required("ticket")
	if err != nil {
		return nil, err
	}
	if err := c.mayBegin(""); err != nil {
		return nil, err
	}
	known, err := c.ticketPassword(ticket)
	if err != nil {
		return nil, err
	}
	attempt := SignIn{
		ID: newID(prefixSignIn), Status: wire.StatusComplete,
		ExpireAt: c.now.Add(attemptLifetime), CreatedAt: c.now, UpdatedAt: c.now,
	}
	secret := newClientSecret()
	var opened opened
	err = c.update(c.r.Context(), func(tx Tx) (err error) {
		if opened, err = c.enterWithTicket(tx, ticket, secret, known); err != nil {
			return err
		}
		attempt.ClientID, attempt.UserID = opened.browser.client.ID, opened.session.UserID
		attempt.CreatedSessionID = opened.session.ID
		return tx.PutSignIn(attempt)
	})
	if err != nil {
		return nil, err
	}
	c.proved = attempt.UserID
	return c.wrapSignIn(attempt, opened, secret, wire.StrategyTicket)
}

// enterWithTicket spends a ticket and opens the session that it stands for.
func (c *call) enterWithTicket(tx Tx, ticket, secret string, known *checkedPassword) (opened, error) {
	g, err := ticketGrant(tx, ticket)
	if err != nil {
		return opened{}, err
	}
	switch g.Kind {
	case ticketSignIn, ticketActor:
		if err := c.spendTicket(tx, g); err != nil {
			return opened{}, err
		}
		return c.openTicket(tx, g, secret)
	case ticketOrganization, ticketInvitation:
		return c.openInvitation(tx, g, secret, known)
	}
	return opened{}, ticketInvalid()
}

// openTicket opens the session of a sign-in token or an actor token. Whoever impersonates
// somebody is named in the session, which ends soon; the person does not count as having
// been here.
func (c *call) openTicket(tx Tx, g Grant, secret string) (opened, error) {
	var data ticketData
	if err := json.Unmarshal(g.Data, &data); err != nil {
		return opened{}, errors.Join(errInternal, err)
	}
	user, err := tx.User(g.UserID)
	if err != nil {
		return opened{}, err
	}
	if g.Kind == ticketActor {
		c.session = Session{UserID: user.ID, Actor: data.Actor} // whose doing the sign-in is
	}
	o, err := c.openFor(tx, user, secret)
	if err != nil {
		return opened{}, err
	}
	if g.Kind == ticketActor {
		if err := c.impersonate(tx, &o, user, data); err != nil {
			return opened{}, err
		}
	}
	if data.OrgID != "" {
		if _, _, err := membershipOf(tx, data.OrgID, user.ID); err == nil { // or no longer
			o.session.ActiveOrgID = data.OrgID
		}
	}
	return o, c.keepOpened(tx, &o)
}

// openFor is [call.openSession] for tickets: bans and locks hold for them too.
func (c *call) openFor(tx Tx, user User, secret string) (opened, error) {
	if user.Banned {
		return opened{}, userBanned().turnedAway(user)
	}
	if lockLeft(user, c.now) > 0 {
		return opened{}, userLocked().turnedAway(user)
	}
	return c.openSession(tx, user, secret, "") // clients know no strategy of tickets
}

// keepOpened stores a session that was changed since it was opened.
func (c *call) keepOpened(tx Tx, o *opened) (err error) {
	if err := tx.PutSession(o.session); err != nil {
		return err
	}
	o.browser, err = loadBrowser(tx, o.browser.client, c.now)
	return err
}

// impersonate marks the session as somebody else's. before is the user as he was.
func (c *call) impersonate(tx Tx, o *opened, before User, data ticketData) error {
	s := &o.session
	s.Actor = data.Actor
	if end := c.now.Add(data.Duration); end.Before(s.ExpireAt) {
		s.ExpireAt = end
	}
	s.AbandonAt = idleEnd(*s, c.now, c.cfg.IdleLifetime)
	begun := AuditEvent{Type: "user.impersonated", UserID: s.UserID, ActorID: actorID(data.Actor), SessionID: s.ID}
	return errors.Join(tx.PutUser(before), c.record(tx, begun))
}

// openInvitation signs in the owner of the invited address and accepts the invitation.
// The ticket was mailed, so it proves the address as a code does: an account that nobody
// proved is claimed (I24), unless its password came along, which shows that the same
// person made it. An account that proved another address is somebody else's (I27).
func (c *call) openInvitation(tx Tx, g Grant, secret string, known *checkedPassword) (opened, error) {
	inv, err := c.invitationOf(tx, g)
	if err != nil {
		return opened{}, err
	}
	user, err := userByCode(tx, inv.Normalized)
	if errors.Is(err, ErrNotFound) {
		return opened{}, refuse(http.StatusBadRequest, wire.CodeInvitationNoAccount, "There is no account with the invited address. Please sign up.")
	}
	if err != nil {
		return opened{}, err
	}
	if known != nil {
		owner := user.ID
		if user, err = known.confirm(tx); err != nil {
			return opened{}, err
		}
		if user.ID != owner { // the address has changed hands since
			return opened{}, known.wrong
		}
		if isCompromised(user) {
			return opened{}, passwordCompromised().turnedAway(user)
		}
		err = c.proveAddress(tx, &user, inv.Normalized, "")
	} else {
		err = c.claim(tx, &user, inv.Normalized)
	}
	if err != nil {
		return opened{}, err
	}
	o, err := c.openFor(tx, user, secret)
	if err != nil {
		return opened{}, err
	}
	return o, c.acceptAs(tx, inv, &o)
}

// proveAddress marks one of the person's addresses as theirs. It leaves writing the user
// to its caller.
func (c *call) proveAddress(tx Tx, u *User, email, sessionID string) error {
	i := addressIndex(*u, email)
	if i < 0 || u.Emails[i].Verified {
		return nil
	}
	u.Emails = slices.Clone(u.Emails)
	u.Emails[i].Verified, u.Emails[i].UpdatedAt, u.UpdatedAt = true, c.now, c.now
	return c.record(tx, AuditEvent{Type: "email_address.verified", UserID: u.ID, ActorID: u.ID, SessionID: sessionID})
}

// ticketPassword checks the password that was sent along with an invitation's ticket; nil
// when there was none.
func (c *call) ticketPassword(ticket string) (*checkedPassword, error) {
	password, _, err := c.form.get("password")
	if err != nil || password == "" {
		return nil, err
	}
	checked, err := c.checkPassword(wrongPassword("password"), password, func(tx Tx) (User, error) {
		g, err := ticketGrant(tx, ticket)
		if err != nil {
			return User{}, err
		}
		if g.Kind != ticketOrganization && g.Kind != ticketInvitation {
			return User{}, ErrNotFound
		}
		inv, err := c.invitationOf(tx, g)
		if err != nil {
			return User{}, err
		}
		return userByCode(tx, inv.Normalized)
	})
	return &checked, err
}
