package identity

// backendOrganizationRoutes are organizations as an operator sees them (protocol reference
// 7.3).
func backendOrganizationRoutes() routes {
	return notBuilt(
		"/v1/organizations", "/v1/organizations/{rest...}",
		"/v1/organization_memberships",
	)
}
