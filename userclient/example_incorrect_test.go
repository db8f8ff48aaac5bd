package userclient_test

import (
	"context"
	"fmt"
	"net/http"

	"github.com/usherauth/usher/userclient"
)

// Taking every error for "signed out" sends people to sign in who are signed in, and to
// whom signing in does not help, whenever the Backend API is away. See the example of
// Current for the three answers apart.
func ExampleUsers_Current_incorrect() {
	down := transport(func(*http.Request) (*http.Response, error) { return answer(503, ""), nil })
	client, err := userclient.New(userclient.Config{SecretKey: secretKey, Transport: down})
	if err != nil {
		fmt.Println(err)
		return
	}
	page := func(ctx context.Context) {
		if _, err := client.Users.Current(ctx); err != nil { // wrong: which error?
			fmt.Println("Sign in to view this page")
		}
	}
	if err := visit(context.Background(), "user_ada", page); err != nil {
		fmt.Println(err)
	}
	// Output: Sign in to view this page
}
