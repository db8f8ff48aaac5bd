package fapi

import (
	"context"
	"net/http"
	"net/url"
	"strconv"

	"github.com/usherauth/usher/wire"
)

// SignUp begins, and where the instance asks for no more, completes a sign-up. Empty
// names are not sent.
func (c *Client) SignUp(ctx context.Context, b Browser, emailAddress, password, firstName, lastName string) (*Answer[wire.SignUp], error) {
	form := url.Values{"email_address": {emailAddress}, "password": {password}}
	setNames(form, firstName, lastName)
	return do[wire.SignUp](ctx, c, b, request{"sign up", http.MethodPost, "/client/sign_ups", form})
}

func setNames(form url.Values, firstName, lastName string) {
	for field, v := range map[string]string{"first_name": firstName, "last_name": lastName} {
		if v != "" {
			form.Set(field, v)
		}
	}
}

// SignIn tries a password in one step (protocol reference 8.6).
func (c *Client) SignIn(ctx context.Context, b Browser, identifier, password string) (*Answer[wire.SignIn], error) {
	form := url.Values{"identifier": {identifier}, "password": {password}, "strategy": {wire.StrategyPassword}}
	return do[wire.SignIn](ctx, c, b, request{"sign in", http.MethodPost, "/client/sign_ins", form})
}

// EndSessions signs the browser out of every session of its client.
func (c *Client) EndSessions(ctx context.Context, b Browser) (*Answer[*wire.Client], error) {
	return do[*wire.Client](ctx, c, b, request{"end sessions", http.MethodDelete, "/client/sessions", nil})
}

// Client reads the browser's client; the resource is nil for a browser without one.
func (c *Client) Client(ctx context.Context, b Browser) (*Answer[*wire.Client], error) {
	a, err := do[*wire.Client](ctx, c, b, request{"read client", http.MethodGet, "/client", nil})
	if err == nil && a.Client == nil {
		a.Client = a.Resource
	}
	return a, err
}

// Touch marks the session as used and answers with a fresh token.
func (c *Client) Touch(ctx context.Context, b Browser, sessionID string) (*Answer[wire.Session], error) {
	path := "/client/sessions/" + segment(sessionID) + "/touch"
	return do[wire.Session](ctx, c, b, request{"touch session", http.MethodPost, path, url.Values{"intent": {"select_session"}}})
}

// UpdateMe changes the names of the signed-in user; an empty one is removed.
func (c *Client) UpdateMe(ctx context.Context, b Browser, firstName, lastName string) (*Answer[wire.User], error) {
	form := url.Values{"first_name": {firstName}, "last_name": {lastName}}
	return do[wire.User](ctx, c, b, request{"update user", http.MethodPatch, "/me", form})
}

// ChangePassword replaces the password of the signed-in user, who has to know the
// present one.
func (c *Client) ChangePassword(ctx context.Context, b Browser, current, next string, signOutOthers bool) (*Answer[wire.User], error) {
	form := url.Values{
		"current_password": {current}, "new_password": {next},
		"sign_out_of_other_sessions": {strconv.FormatBool(signOutOthers)},
	}
	return do[wire.User](ctx, c, b, request{"change password", http.MethodPost, "/me/change_password", form})
}

// ActiveSessions lists where the signed-in user is signed in.
func (c *Client) ActiveSessions(ctx context.Context, b Browser) (*Answer[[]wire.Session], error) {
	return do[[]wire.Session](ctx, c, b, request{"list sessions", http.MethodGet, "/me/sessions/active", nil})
}

// RevokeSession ends another session of the signed-in user.
func (c *Client) RevokeSession(ctx context.Context, b Browser, sessionID string) (*Answer[wire.Session], error) {
	path := "/me/sessions/" + segment(sessionID) + "/revoke"
	return do[wire.Session](ctx, c, b, request{"revoke session", http.MethodPost, path, nil})
}
