package identity

import (
	"crypto/rand"
	"time"

	"github.com/usherauth/usher/wire"
)

// backendTokenRoutes are tokens that an operator hands out, and the templates of others
// (protocol reference 7.3).
func backendTokenRoutes() routes {
	return routes{
		"/v1/invitations":             {"GET": listSignUpInvitations, "POST": inviteToSignUp},
		"/v1/invitations/bulk":        {"POST": inviteAllToSignUp},
		"/v1/invitations/{id}":        {"DELETE": deleteSignUpInvitation},
		"/v1/invitations/{id}/revoke": {"POST": revokeSignUpInvitation},

		"/v1/sign_in_tokens":             {"POST": createSignInToken},
		"/v1/sign_in_tokens/{id}/revoke": {"POST": revokeTicket(ticketSignIn)},
		"/v1/actor_tokens":               {"POST": createActorToken},
		"/v1/actor_tokens/{id}/revoke":   {"POST": revokeTicket(ticketActor)},
		"/v1/testing_tokens":             {"POST": createTestingToken},

		"/v1/jwt_templates":      {"GET": listTemplates, "POST": createTemplate},
		"/v1/jwt_templates/{id}": {"GET": getTemplate, "PATCH": updateTemplate, "DELETE": deleteTemplate},
	}
}

// createTestingToken makes what test suites send along to get past the detection of bots.
// There is none here, so that any such token has the effect it should have.
func createTestingToken(c *call) (any, error) {
	return wire.TestingToken{Object: "testing_token", Token: rand.Text(), ExpiresAt: c.now.Add(time.Hour).Unix()}, nil
}
