package identity

// meRoutes are what people may see and change of themselves (protocol reference 8.6).
func (s *Service) meRoutes() routes {
	return join(routes{
		"/v1/me":                                           {"GET": getMe, "PATCH": updateMe, "DELETE": deleteMe},
		"/v1/me/metadata":                                  {"PATCH": mergeMyMetadata},
		"/v1/me/change_password":                           {"POST": s.attempts(changePassword)},
		"/v1/me/remove_password":                           {"POST": s.attempts(removePassword)},
		"/v1/me/profile_image":                             {"POST": s.favours(setMyImage), "DELETE": deleteMyImage},
		"/v1/me/email_addresses":                           {"GET": listMyEmails, "POST": s.favours(createMyEmail)},
		"/v1/me/email_addresses/{$}":                       {"GET": listMyEmails, "POST": s.favours(createMyEmail)}, // as browser clients spell it
		"/v1/me/email_addresses/{id}":                      {"GET": getMyEmail, "DELETE": deleteMyEmail},
		"/v1/me/email_addresses/{id}/prepare_verification": {"POST": s.favours(prepareMyEmail)},
		"/v1/me/email_addresses/{id}/attempt_verification": {"POST": s.attempts(attemptMyEmail)},
		"/v1/me/sessions":                                  {"GET": mySessions},
		"/v1/me/sessions/active":                           {"GET": activeSessions},
		"/v1/me/sessions/{id}/revoke":                      {"POST": revokeMySession},
	}, notBuilt(
		"/v1/me/phone_numbers", "/v1/me/phone_numbers/{rest...}",
		"/v1/me/web3_wallets", "/v1/me/web3_wallets/{rest...}",
		"/v1/me/passkeys", "/v1/me/passkeys/{rest...}",
		"/v1/me/biometric_credentials", "/v1/me/biometric_credentials/{rest...}",
		"/v1/me/oauth/device", "/v1/me/oauth/device/{rest...}",
		"/v1/me/totp", "/v1/me/totp/{rest...}",
		"/v1/me/backup_codes", "/v1/me/backup_codes/{rest...}",
		"/v1/me/external_accounts", "/v1/me/external_accounts/{rest...}",
		"/v1/me/enterprise_connections", "/v1/me/enterprise_connections/{rest...}",
	))
}
