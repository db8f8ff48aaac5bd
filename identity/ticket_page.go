package identity

import (
	"errors"
	"net/http"
	"net/url"

	"github.com/usherauth/usher/wire"
)

// ticketURL is where a ticket is accepted: the Frontend API, which redirects to one of the
// app's pages.
func (c *call) ticketURL(ticket string) string {
	return c.cfg.PublicOrigin + wire.ProxyPath + "/v1/tickets/accept?" + url.Values{"ticket": {ticket}}.Encode()
}

// acceptTicket redirects people who follow a ticket's address to a page of the app, with the
// ticket and what can be done with it. It changes nothing: a page asks, and a form accepts.
func acceptTicket(c *call) (any, error) {
	t, err := c.readTicket(c.query.Get("ticket"))
	if err != nil {
		return nil, err
	}
	page, status := t.redirectURL, "sign_in"
	if t.info.Account == wire.TicketAccountNone {
		status = "sign_up"
	}
	if page == "" {
		page = map[string]string{"sign_in": c.cfg.SignInURL, "sign_up": c.cfg.SignUpURL}[status]
	}
	u, err := url.Parse(c.pageURL(page))
	if err != nil {
		return nil, errors.Join(errInternal, err)
	}
	q := u.Query()
	q.Set(wire.ParamTicket, c.query.Get("ticket"))
	q.Set(wire.ParamTicketStatus, status)
	u.RawQuery = q.Encode()
	c.w.Header().Set("Referrer-Policy", "no-referrer")
	return redirect{u.String()}, nil
}

// describeTicket says what a usable ticket is for, so that a page can ask before it is used.
// It changes nothing.
func describeTicket(c *call) (any, error) {
	t, err := c.readTicket(c.query.Get("ticket"))
	if err != nil {
		return nil, err
	}
	return wire.Response[wire.TicketInfo]{Response: t.info}, nil
}

// acceptTicketHere accepts an invitation in the name of the signed-in person: POST
// /tickets/accept. The ticket was mailed to one of their addresses, which it proves. To
// accept the same invitation again changes nothing.
func acceptTicketHere(c *call) (any, error) {
	ticket, err := c.form.required("ticket")
	if err != nil {
		return nil, err
	}
	var b *browser
	var t shownTicket
	err = c.update(c.r.Context(), func(tx Tx) error {
		m, err := c.me(tx)
		if err != nil {
			return err
		}
		if err := c.notImpersonated(m.session); err != nil {
			return err
		}
		if t, err = c.shownTicket(tx, ticket); err != nil && !t.doneBy(tx, m.user) {
			return err
		}
		if err == nil {
			if err := c.acceptHere(tx, &m, t.invitation); err != nil {
				return err
			}
		}
		b, err = loadBrowser(tx, m.browser.client, c.now)
		return err
	})
	if err != nil {
		return nil, err
	}
	return c.wrap(t.info, b)
}

// acceptHere accepts an invitation to one of m's addresses in m's session.
func (c *call) acceptHere(tx Tx, m *me, inv Invitation) error {
	if addressIndex(m.user, inv.Normalized) < 0 {
		return refuse(http.StatusForbidden, wire.CodeAuthorizationInvalid, "This invitation is for another email address.")
	}
	if err := c.proveAddress(tx, &m.user, inv.Normalized, m.session.ID); err != nil {
		return err
	}
	if err := tx.PutUser(m.user); err != nil {
		return err
	}
	if err := c.useInvitation(tx, inv, m.user, &m.session); err != nil {
		return err
	}
	return tx.PutSession(m.session)
}

// shownTicket is what is known of a ticket.
type shownTicket struct {
	info        wire.TicketInfo
	invitation  Invitation // zero for a ticket that is none
	redirectURL string     // page of the app that the ticket leads to; "" is the usual one
}

// doneBy reports an invitation that was accepted with one of u's addresses before: a second
// click finds it done.
func (t shownTicket) doneBy(tx Tx, u User) bool {
	i := t.invitation
	if i.Status != wire.InvitationAccepted || !hasProved(u, i.Normalized) {
		return false
	}
	_, err := tx.Membership(i.OrgID, u.ID)
	return i.OrgID == "" || err == nil
}

// readTicket finds out what a usable ticket is for.
func (c *call) readTicket(ticket string) (t shownTicket, err error) {
	err = c.view(c.r.Context(), func(tx Tx) (err error) {
		t, err = c.shownTicket(tx, ticket)
		return err
	})
	return t, err
}

// shownTicket refuses a ticket that cannot be used any more; what it was is known then too.
func (c *call) shownTicket(tx Tx, ticket string) (t shownTicket, err error) {
	if ticket == "" {
		return t, missingParam("ticket")
	}
	g, err := tx.GrantBySecret(hashSecret(ticket))
	if errors.Is(err, ErrNotFound) {
		return t, invitationNotFound()
	}
	if err != nil {
		return t, err
	}
	t.info = wire.TicketInfo{Object: "ticket", Kind: g.Kind}
	var account *User
	switch g.Kind {
	case ticketSignIn, ticketActor:
		if err := grantUsable(g, c.now); err != nil {
			return t, err
		}
		account, err = optional(g.UserID, tx.User)
		t.info.Account = wire.TicketAccountVerified
	case ticketInvitation, ticketOrganization:
		if t.invitation, err = c.invitationOf(tx, g); err != nil {
			return t, err
		}
		account, err = c.invitedAccount(tx, &t)
	default:
		err = invitationNotFound()
	}
	if err != nil {
		return t, err
	}
	return t, c.holder(tx, &t, account)
}

// invitedAccount describes an invitation and finds the account that it would sign in.
func (c *call) invitedAccount(tx Tx, t *shownTicket) (*User, error) {
	i := t.invitation
	t.redirectURL, t.info.EmailAddress, t.info.Account = i.RedirectURL, i.Address, wire.TicketAccountNone
	words, err := wordsOf(tx, i)
	if err != nil {
		return nil, err
	}
	t.info.OrganizationName, t.info.InviterName = words.organization, words.inviter
	account, err := optional(i.Normalized, func(email string) (User, error) { return userByCode(tx, email) })
	switch {
	case err != nil || account == nil:
	case hasProvenAddress(*account):
		t.info.Account = wire.TicketAccountVerified
	default:
		t.info.Account, t.info.HasPassword = wire.TicketAccountUnverified, account.PasswordHash != ""
	}
	return account, err
}

// holder says whether the ticket is for the person who is signed in.
func (c *call) holder(tx Tx, t *shownTicket, account *User) error {
	b, err := c.browser(tx)
	if err != nil {
		return err
	}
	s, ok := b.session(c.query.Get("_clerk_session_id"))
	if !ok {
		return nil
	}
	user := b.users[s.UserID]
	t.info.SignedIn = wire.TicketHolderOther
	if account != nil && account.ID == user.ID || addressIndex(user, t.invitation.Normalized) >= 0 {
		t.info.SignedIn = wire.TicketHolderSelf
	}
	return nil
}

// shownName is how people know somebody: by name, or by address.
func shownName(u User) string {
	full := wire.PublicUserData{FirstName: wire.NullString(u.FirstName), LastName: wire.NullString(u.LastName)}
	if name := full.FullName(); name != "" {
		return name
	}
	if i := emailIndex(u, u.PrimaryEmailID); i >= 0 {
		return u.Emails[i].Address
	}
	return ""
}
