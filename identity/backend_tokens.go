package identity

// backendTokenRoutes are tokens that an operator hands out, and the templates of others.
func backendTokenRoutes() routes {
	return notBuilt(
		"/v1/invitations", "/v1/invitations/{rest...}",
		"/v1/sign_in_tokens", "/v1/sign_in_tokens/{rest...}",
		"/v1/actor_tokens", "/v1/actor_tokens/{rest...}",
		"/v1/testing_tokens",
		"/v1/jwt_templates", "/v1/jwt_templates/{rest...}",
	)
}
