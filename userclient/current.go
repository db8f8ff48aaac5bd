package userclient

import (
	"context"

	"github.com/usherauth/usher/authctx"
)

// Current returns the signed-in user of the request that ctx belongs to. Nobody
// signed in is [authctx.ErrSignedOut], without a call. Otherwise it is [Users.Get] of
// that user: at most one call per request, shared by all who ask, also at the same
// time; a repeated Current allocates nothing.
//
// The User comes with private metadata: pass what people may see to a page, not the
// User. An error other than ErrSignedOut does not mean signed out. A page that only
// greets can go on with what the token says; see the example.
func (u Users) Current(ctx context.Context) (*User, error) {
	a := authctx.FromContext(ctx)
	if !a.SignedIn() {
		return nil, authctx.ErrSignedOut
	}
	return u.Get(ctx, a.UserID())
}
