package userclient

import (
	"context"

	"github.com/usherauth/usher/authctx"
	"github.com/usherauth/usher/wire"
)

// Known returns what the session token says of the signed-in user; ok is false when
// nobody is signed in or the token carries no name. It never makes a call. The names are
// custom claims (first_name, last_name and image_url): the embedded service puts them
// there, and a hosted instance does when its session token is customised so. They are as
// fresh as the token, at most a minute old. Identifier is always "".
func (Users) Known(ctx context.Context) (p wire.PublicUserData, ok bool) {
	a := authctx.FromContext(ctx)
	claims := a.Claims()
	p = wire.PublicUserData{
		FirstName: wire.NullString(claims.String("first_name")),
		LastName:  wire.NullString(claims.String("last_name")),
		ImageURL:  claims.String("image_url"),
		UserID:    a.UserID(),
	}
	if p.UserID == "" || p.FirstName == "" && p.LastName == "" {
		return wire.PublicUserData{}, false
	}
	p.HasImage = p.ImageURL != ""
	return p, true
}

// Brief returns enough of the signed-in user to greet them: [Users.Known] where the token
// has their name, which costs no call and works whatever the state of the Backend API,
// and otherwise from [Users.Current], with its one call and its errors. Nobody signed in
// is [authctx.ErrSignedOut].
func (u Users) Brief(ctx context.Context) (wire.PublicUserData, error) {
	if p, ok := u.Known(ctx); ok {
		return p, nil
	}
	full, err := u.Current(ctx)
	if err != nil {
		return wire.PublicUserData{}, err
	}
	return full.Public(), nil
}
