package userclient_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/usherauth/usher/authctx"
	"github.com/usherauth/usher/userclient"
)

// greeting is what a page needs of the user. It is made by a handler, so that the
// page itself asks nobody.
func greeting(ctx context.Context, users userclient.Users) (string, error) {
	u, err := users.Current(ctx)
	switch {
	case err == nil:
		return "Welcome, " + string(u.FirstName) + "!", nil
	case errors.Is(err, authctx.ErrSignedOut):
		return "Sign in to view this page", nil
	case errors.Is(err, userclient.ErrUnavailable):
		// Still signed in: the token says who, only the name is missing.
		return "Welcome, " + authctx.FromContext(ctx).UserID() + "!", nil
	default:
		return "", err
	}
}

// A page that only greets goes on without the API.
func ExampleUsers_Current() {
	up := func(*http.Request) (*http.Response, error) { return answer(200, ada), nil }
	down := func(*http.Request) (*http.Response, error) { return answer(503, ""), nil }
	for _, api := range []transport{up, down} {
		client, err := userclient.New(userclient.Config{SecretKey: secretKey, Transport: api})
		if err != nil {
			fmt.Println(err)
			return
		}
		page := func(ctx context.Context) {
			text, err := greeting(ctx, client.Users)
			fmt.Println(text, err)
		}
		for _, who := range []string{"user_1", ""} {
			if err := visit(context.Background(), who, page); err != nil {
				fmt.Println(err)
			}
		}
	}
	// Output:
	// Welcome, Ada! <nil>
	// Sign in to view this page <nil>
	// Welcome, user_1! <nil>
	// Sign in to view this page <nil>
}
