package fapi

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	"github.com/usherauth/usher/wire"
)

// SignUpInvited signs up with the ticket of an invitation, which stands for the address and
// proves it. Empty names are not sent.
func (c *Client) SignUpInvited(ctx context.Context, b Browser, ticket, password, firstName, lastName string) (*Answer[wire.SignUp], error) {
	form := url.Values{"strategy": {wire.StrategyTicket}, "ticket": {ticket}, "password": {password}}
	setNames(form, firstName, lastName)
	return do[wire.SignUp](ctx, c, b, request{"sign up with a ticket", http.MethodPost, "/client/sign_ups", form})
}

// SignInWithTicket signs in whom a ticket is for.
func (c *Client) SignInWithTicket(ctx context.Context, b Browser, ticket string) (*Answer[wire.SignIn], error) {
	form := url.Values{"strategy": {wire.StrategyTicket}, "ticket": {ticket}}
	return do[wire.SignIn](ctx, c, b, request{"sign in with a ticket", http.MethodPost, "/client/sign_ins", form})
}

// SignInInvited signs in with the ticket of an invitation and the password of an account
// whose address was never proven, which then keeps its password.
func (c *Client) SignInInvited(ctx context.Context, b Browser, ticket, password string) (*Answer[wire.SignIn], error) {
	form := url.Values{"strategy": {wire.StrategyTicket}, "ticket": {ticket}, "password": {password}}
	return do[wire.SignIn](ctx, c, b, request{"sign in with a ticket and a password", http.MethodPost, "/client/sign_ins", form})
}

// AcceptTicket accepts an invitation in the name of the signed-in user.
func (c *Client) AcceptTicket(ctx context.Context, b Browser, ticket string) (*Answer[wire.TicketInfo], error) {
	return do[wire.TicketInfo](ctx, c, b, request{"accept a ticket", http.MethodPost, "/tickets/accept", url.Values{"ticket": {ticket}}})
}

// Ticket asks what a usable ticket is for. It is nil where the instance does not say: the
// endpoint is not part of the protocol.
func (c *Client) Ticket(ctx context.Context, b Browser, ticket string) (*wire.TicketInfo, error) {
	a, err := do[wire.TicketInfo](ctx, c, b, request{"read a ticket", http.MethodGet, "/tickets", url.Values{"ticket": {ticket}}})
	var refused *Error
	if errors.As(err, &refused) && refused.Status == http.StatusNotFound && !refused.Has(wire.CodeInvitationNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return &a.Resource, nil
}
