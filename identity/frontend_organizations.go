package identity

// organizationRoutes are organizations as their members see them (protocol reference 8.6).
func (s *Service) organizationRoutes() routes {
	return notBuilt(
		"/v1/organizations", "/v1/organizations/{rest...}",
		"/v1/me/organization_memberships", "/v1/me/organization_memberships/{rest...}",
		"/v1/me/organization_invitations", "/v1/me/organization_suggestions",
	)
}
