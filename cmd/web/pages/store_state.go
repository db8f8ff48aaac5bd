package pages

import (
	"context"

	"github.com/usherauth/usher/authctx"
	"github.com/usherauth/usher/wire"
)

// storeState is what a store starts with, as the script writes it: the server renders the
// same text, so that nothing changes when the script arrives.
type storeState struct {
	When string            // "loading", "signed-in" or "signed-out"
	Name string            // the field of Text to greet with
	Text map[string]string // by field; a field that is not known is ""
}

var authFields = []string{"isLoaded", "isSignedIn", "userId", "sessionId", "orgId"}

var loadingAuth = storeState{When: "loading", Text: map[string]string{
	"isLoaded": "false", "isSignedIn": "undefined",
	"userId": "undefined", "sessionId": "undefined", "orgId": "undefined",
}}

var signedOutAuth = storeState{When: "signed-out", Text: map[string]string{
	"isLoaded": "true", "isSignedIn": "false",
	"userId": "null", "sessionId": "null", "orgId": "null",
}}

func authState(a *authctx.Auth) storeState {
	if !a.SignedIn() {
		return signedOutAuth
	}
	org := a.OrgID()
	if org == "" {
		org = "null"
	}
	return storeState{When: "signed-in", Text: map[string]string{
		"isLoaded": "true", "isSignedIn": "true",
		"userId": a.UserID(), "sessionId": a.SessionID(), "orgId": org,
	}}
}

var userFields = []string{"isLoaded", "isSignedIn", "firstName", "lastName", "primaryEmailAddress"}

// loadingUser is what useUser starts with where the page did not say who u is.
func loadingUser(u *wire.User) storeState {
	return storeState{When: "loading", Name: nameField(u), Text: map[string]string{"isLoaded": "false"}}
}

// userState is what useUser starts with: without the user's data it has to load them.
func userState(ctx context.Context, u *wire.User) storeState {
	switch {
	case !authctx.FromContext(ctx).SignedIn():
		return storeState{When: "signed-out", Name: "firstName", Text: map[string]string{
			"isLoaded": "true", "isSignedIn": "false",
		}}
	case u == nil:
		return loadingUser(u)
	}
	return storeState{When: "signed-in", Name: nameField(u), Text: map[string]string{
		"isLoaded": "true", "isSignedIn": "true", "firstName": string(u.FirstName),
		"lastName": string(u.LastName), "primaryEmailAddress": u.PrimaryEmail(),
	}}
}
