package userclient

import (
	"context"

	"github.com/usherauth/usher/authctx"
	"github.com/usherauth/usher/wire"
)

// Brief returns enough of the signed-in user to greet them. When the session token
// carries their name (custom claims first_name, last_name and image_url, which the
// embedded service puts there and a hosted instance does when its session token is
// customised so) it is read from there: no call, whatever the state of the Backend API,
// and as fresh as the token, at most a minute old. Identifier is then "". Otherwise it
// comes from [Users.Current], with its one call and its errors.
//
// Nobody signed in is [authctx.ErrSignedOut].
func (u Users) Brief(ctx context.Context) (wire.PublicUserData, error) {
	a := authctx.FromContext(ctx)
	if !a.SignedIn() {
		return wire.PublicUserData{}, authctx.ErrSignedOut
	}
	claims := a.Claims()
	p := wire.PublicUserData{
		FirstName: wire.NullString(claims.String("first_name")),
		LastName:  wire.NullString(claims.String("last_name")),
		ImageURL:  claims.String("image_url"),
		UserID:    a.UserID(),
	}
	if p.FirstName != "" || p.LastName != "" {
		p.HasImage = p.ImageURL != ""
		return p, nil
	}
	full, err := u.Current(ctx)
	if err != nil {
		return wire.PublicUserData{}, err
	}
	return full.Public(), nil
}
