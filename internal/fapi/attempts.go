package fapi

import (
	"context"
	"net/http"
	"net/url"
	"strconv"

	"github.com/usherauth/usher/wire"
)

// PrepareSignUp has the code sent that proves the address of a sign-up.
func (c *Client) PrepareSignUp(ctx context.Context, b Browser, id string) (*Answer[wire.SignUp], error) {
	form := url.Values{"strategy": {wire.StrategyEmailCode}}
	return do[wire.SignUp](ctx, c, b, request{"prepare sign-up", http.MethodPost, signUpPath(id, "/prepare_verification"), form})
}

// AttemptSignUp proves the address of a sign-up with the code that was sent to it.
func (c *Client) AttemptSignUp(ctx context.Context, b Browser, id, code string) (*Answer[wire.SignUp], error) {
	form := url.Values{"strategy": {wire.StrategyEmailCode}, "code": {code}}
	return do[wire.SignUp](ctx, c, b, request{"prove sign-up", http.MethodPost, signUpPath(id, "/attempt_verification"), form})
}

// BeginSignIn begins a sign-in without a factor; the answer lists which ones there are.
func (c *Client) BeginSignIn(ctx context.Context, b Browser, identifier string) (*Answer[wire.SignIn], error) {
	form := url.Values{"identifier": {identifier}}
	return do[wire.SignIn](ctx, c, b, request{"begin sign-in", http.MethodPost, "/client/sign_ins", form})
}

// PrepareFirstFactor has the code of a sign-in sent. factor is one that the attempt lists.
func (c *Client) PrepareFirstFactor(ctx context.Context, b Browser, id string, factor wire.Factor) (*Answer[wire.SignIn], error) {
	form := url.Values{"strategy": {factor.Strategy}, "email_address_id": {factor.EmailAddressID}}
	return do[wire.SignIn](ctx, c, b, request{"prepare sign-in", http.MethodPost, signInPath(id, "/prepare_first_factor"), form})
}

// AttemptFirstFactor goes on with a sign-in by the code that was sent.
func (c *Client) AttemptFirstFactor(ctx context.Context, b Browser, id, strategy, code string) (*Answer[wire.SignIn], error) {
	form := url.Values{"strategy": {strategy}, "code": {code}}
	return do[wire.SignIn](ctx, c, b, request{"prove sign-in", http.MethodPost, signInPath(id, "/attempt_first_factor"), form})
}

// PrepareSecondFactor has the code of a sign-in's second factor sent. factor is one that the
// attempt lists.
func (c *Client) PrepareSecondFactor(ctx context.Context, b Browser, id string, factor wire.Factor) (*Answer[wire.SignIn], error) {
	form := url.Values{"strategy": {factor.Strategy}, "email_address_id": {factor.EmailAddressID}}
	return do[wire.SignIn](ctx, c, b, request{"prepare second factor", http.MethodPost, signInPath(id, "/prepare_second_factor"), form})
}

// AttemptSecondFactor finishes a sign-in by the code that was sent.
func (c *Client) AttemptSecondFactor(ctx context.Context, b Browser, id, strategy, code string) (*Answer[wire.SignIn], error) {
	form := url.Values{"strategy": {strategy}, "code": {code}}
	return do[wire.SignIn](ctx, c, b, request{"prove second factor", http.MethodPost, signInPath(id, "/attempt_second_factor"), form})
}

// ResetPassword finishes a sign-in that waits for a new password.
func (c *Client) ResetPassword(ctx context.Context, b Browser, id, password string, signOutOthers bool) (*Answer[wire.SignIn], error) {
	form := url.Values{"password": {password}, "sign_out_of_other_sessions": {strconv.FormatBool(signOutOthers)}}
	return do[wire.SignIn](ctx, c, b, request{"reset password", http.MethodPost, signInPath(id, "/reset_password"), form})
}

func signUpPath(id, step string) string { return "/client/sign_ups/" + url.PathEscape(id) + step }
func signInPath(id, step string) string { return "/client/sign_ins/" + url.PathEscape(id) + step }
