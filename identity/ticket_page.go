package identity

import (
	"errors"
	"net/url"

	"github.com/usherauth/usher/wire"
)

// ticketURL is where a ticket is accepted: the Frontend API, which leads on to one of the
// app's pages.
func (c *call) ticketURL(ticket string) string {
	return c.cfg.PublicOrigin + wire.ProxyPath + "/v1/tickets/accept?" + url.Values{"ticket": {ticket}}.Encode()
}

// acceptTicket leads whoever follows a ticket's address to a page of the app, with the
// ticket and what can be done with it. It changes nothing: a page asks, and a form accepts.
func acceptTicket(c *call) (any, error) {
	ticket := c.query.Get("ticket")
	var page, status string
	err := c.view(c.r.Context(), func(tx Tx) (err error) {
		page, status, err = c.ticketPage(tx, ticket)
		return err
	})
	if err != nil {
		return nil, err
	}
	if page == "" {
		page = map[string]string{"sign_in": c.cfg.SignInURL, "sign_up": c.cfg.SignUpURL}[status]
	}
	u, err := url.Parse(c.pageURL(page))
	if err != nil {
		return nil, errors.Join(errInternal, err)
	}
	q := u.Query()
	q.Set(wire.ParamTicket, ticket)
	q.Set("__clerk_status", status)
	u.RawQuery = q.Encode()
	c.w.Header().Set("Referrer-Policy", "no-referrer")
	return redirect{u.String()}, nil
}

// ticketPage says where a usable ticket leads, "" being the app's page for it, and whether
// that is to sign in or up.
func (c *call) ticketPage(tx Tx, ticket string) (page, status string, err error) {
	g, err := optional(ticket, func(t string) (Grant, error) { return tx.GrantBySecret(hashSecret(t)) })
	if err != nil {
		return "", "", err
	}
	if g != nil && (g.Kind == ticketSignIn || g.Kind == ticketActor) {
		return "", "sign_in", g.usable(c.now)
	}
	if g != nil && g.Kind == ticketInvitation {
		inv, err := c.invitationOf(tx, *g)
		return inv.RedirectURL, "sign_up", err
	}
	i, err := c.invitationByTicket(tx, ticket)
	if err != nil {
		return "", "", err
	}
	_, err = tx.UserByEmail(i.Normalized)
	if errors.Is(err, ErrNotFound) {
		return i.RedirectURL, "sign_up", nil
	}
	return i.RedirectURL, "sign_in", err
}
