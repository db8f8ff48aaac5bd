package identity

import "github.com/usherauth/usher/wire"

// clientRoutes are what a browser asks for itself: signing up, in and out, and tokens
// (protocol reference 8.6 and 8.7).
func (s *Service) clientRoutes() routes {
	return join(routes{
		"/v1/client": {
			"GET": getClient, "PUT": s.creates(createClient), "POST": s.creates(createClient), "DELETE": endAllSessions,
		},
		"/v1/client/handshake": {"GET": handshake},
		"/v1/client/touch":     {"GET": touchClient},

		"/v1/client/sign_ups":                           {"POST": s.creates(createSignUp)},
		"/v1/client/sign_ups/{id}":                      {"GET": getSignUp, "PATCH": s.attempts(updateSignUp)},
		"/v1/client/sign_ups/{id}/prepare_verification": {"POST": s.favours(prepareSignUp)},
		"/v1/client/sign_ups/{id}/attempt_verification": {"POST": s.attempts(attemptSignUp)},

		"/v1/client/sign_ins":                           {"POST": s.creates(createSignIn)},
		"/v1/client/sign_ins/{id}":                      {"GET": getSignIn},
		"/v1/client/sign_ins/{id}/prepare_first_factor": {"POST": s.favours(prepareFirstFactor)},
		"/v1/client/sign_ins/{id}/attempt_first_factor": {"POST": s.attempts(attemptFirstFactor)},
		"/v1/client/sign_ins/{id}/reset_password":       {"POST": s.attempts(finishReset)},

		"/v1/client/sessions":                                  {"DELETE": endAllSessions},
		"/v1/client/sessions/{id}/touch":                       {"POST": touchSession},
		"/v1/client/sessions/{id}/tokens":                      {"POST": sessionToken},
		"/v1/client/sessions/{id}/tokens/{template}":           {"POST": sessionTokenTemplate},
		"/v1/client/sessions/{id}/end":                         {"POST": endSession(wire.SessionEnded)},
		"/v1/client/sessions/{id}/verify":                      {"POST": startReverification},
		"/v1/client/sessions/{id}/verify/prepare_first_factor": {"POST": s.favours(prepareReverification)},
		"/v1/client/sessions/{id}/verify/attempt_first_factor": {"POST": s.attempts(attemptReverification)},
		"/v1/client/sessions/{id}/remove":                      {"POST": endSession(wire.SessionRemoved)},
	}, notBuilt(
		"/v1/client/sign_ins/{id}/prepare_second_factor",
		"/v1/client/sign_ins/{id}/attempt_second_factor",
		"/v1/client/sessions/{id}/verify/{step}",
		"/v1/dev_browser",
		"/v1/verify",
		"/v1/oauth_callback",
	))
}
