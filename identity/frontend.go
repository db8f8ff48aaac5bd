package identity

import (
	"net/http"

	"github.com/usherauth/usher/wire"
)

// newFrontend is the table of the Frontend API (protocol reference 8).
func (s *Service) newFrontend() http.Handler {
	create := func(e endpoint) endpoint { return limited(s.limits.creations, e) }
	attempt := func(e endpoint) endpoint { return limited(s.limits.attempts, e) }
	rs := routes{
		"/.well-known/jwks.json": {"GET": keySetEndpoint},
		"/v1/environment":        {"GET": environment, "PATCH": environment},

		"/v1/client": {
			"GET": getClient, "PUT": create(createClient), "POST": create(createClient), "DELETE": endAllSessions,
		},
		"/v1/client/handshake": {"GET": handshake},

		"/v1/client/sign_ups":      {"POST": create(createSignUp)},
		"/v1/client/sign_ups/{id}": {"GET": getSignUp, "PATCH": attempt(updateSignUp)},

		"/v1/client/sign_ins":                           {"POST": create(createSignIn)},
		"/v1/client/sign_ins/{id}":                      {"GET": getSignIn},
		"/v1/client/sign_ins/{id}/attempt_first_factor": {"POST": attempt(attemptFirstFactor)},

		"/v1/client/sessions":                        {"DELETE": endAllSessions},
		"/v1/client/sessions/{id}/touch":             {"POST": touchSession},
		"/v1/client/sessions/{id}/tokens":            {"POST": sessionToken},
		"/v1/client/sessions/{id}/tokens/{template}": {"POST": sessionTokenTemplate},
		"/v1/client/sessions/{id}/end":               {"POST": endSession(wire.SessionEnded)},
		"/v1/client/sessions/{id}/remove":            {"POST": endSession(wire.SessionRemoved)},

		"/v1/me":                      {"GET": getMe, "PATCH": updateMe},
		"/v1/me/metadata":             {"PATCH": mergeMyMetadata},
		"/v1/me/change_password":      {"POST": attempt(changePassword)},
		"/v1/me/sessions/active":      {"GET": activeSessions},
		"/v1/me/sessions/{id}/revoke": {"POST": revokeMySession},
	}
	for _, pattern := range frontendNotBuilt {
		rs[pattern] = everyMethod(notImplemented)
	}
	return s.newAPI((*call).prepareFrontend, rs)
}

// frontendNotBuilt are documented routes that answer 501.
var frontendNotBuilt = []string{
	"/v1/client/touch",
	"/v1/client/sign_ins/{id}/prepare_first_factor",
	"/v1/client/sign_ins/{id}/prepare_second_factor",
	"/v1/client/sign_ins/{id}/attempt_second_factor",
	"/v1/client/sign_ins/{id}/reset_password",
	"/v1/client/sign_ups/{id}/prepare_verification",
	"/v1/client/sign_ups/{id}/attempt_verification",
	"/v1/client/sessions/{id}/verify",
	"/v1/client/sessions/{id}/verify/{step}",
	"/v1/dev_browser",
	"/v1/verify",
	"/v1/oauth_callback",
	"/v1/organizations",
	"/v1/organizations/{rest...}",
	"/v1/me/remove_password",
	"/v1/me/profile_image",
	"/v1/me/email_addresses", "/v1/me/email_addresses/{rest...}",
	"/v1/me/phone_numbers", "/v1/me/phone_numbers/{rest...}",
	"/v1/me/passkeys", "/v1/me/passkeys/{rest...}",
	"/v1/me/totp", "/v1/me/totp/{rest...}",
	"/v1/me/backup_codes",
	"/v1/me/external_accounts", "/v1/me/external_accounts/{rest...}",
	"/v1/me/organization_memberships", "/v1/me/organization_memberships/{rest...}",
	"/v1/me/organization_invitations", "/v1/me/organization_suggestions",
}

// prepareFrontend comes before every Frontend API endpoint: who may ask at all, and what
// was sent.
func (c *call) prepareFrontend() (err error) {
	c.origins.cors(c.w.Header(), c.r)
	switch c.r.Method {
	case http.MethodGet, http.MethodHead, http.MethodOptions:
	default:
		if err := c.origins.check(c.r); err != nil {
			return err
		}
		if c.form, err = readForm(c.w, c.r); err != nil {
			return err
		}
	}
	c.method = c.methodMeant()
	c.ref, _ = c.openCookie()
	return nil
}

// methodMeant honours _method on a POST, which is how browsers send the methods that would
// need a CORS preflight (protocol reference 8.2). Headers never override it.
func (c *call) methodMeant() string {
	if c.r.Method == http.MethodPost {
		switch m := c.query.Get(wire.ParamMethod); m {
		case http.MethodPatch, http.MethodPut, http.MethodDelete:
			return m
		}
	}
	return c.r.Method
}

// keySetEndpoint is public and may be cached for a little while by anybody. Verifiers
// that meet a new kid ask again, so a rotation is seen at once.
func keySetEndpoint(c *call) (any, error) {
	set := c.currentKeys(c.r.Context()).jwks
	c.w.Header().Set("Cache-Control", "public, max-age=60")
	c.w.Header().Set("Vary", "Origin")
	return set, nil
}
