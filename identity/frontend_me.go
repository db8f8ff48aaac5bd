package identity

// meRoutes are what people may see and change of themselves (protocol reference 8.6).
func (s *Service) meRoutes() routes {
	return join(routes{
		"/v1/me":                      {"GET": getMe, "PATCH": updateMe},
		"/v1/me/metadata":             {"PATCH": mergeMyMetadata},
		"/v1/me/change_password":      {"POST": s.attempts(changePassword)},
		"/v1/me/profile_image":        {"POST": s.favours(setMyImage), "DELETE": deleteMyImage},
		"/v1/me/sessions/active":      {"GET": activeSessions},
		"/v1/me/sessions/{id}/revoke": {"POST": revokeMySession},
	}, notBuilt(
		"/v1/me/remove_password",
		"/v1/me/email_addresses", "/v1/me/email_addresses/{rest...}",
		"/v1/me/phone_numbers", "/v1/me/phone_numbers/{rest...}",
		"/v1/me/passkeys", "/v1/me/passkeys/{rest...}",
		"/v1/me/totp", "/v1/me/totp/{rest...}",
		"/v1/me/backup_codes",
		"/v1/me/external_accounts", "/v1/me/external_accounts/{rest...}",
	))
}
