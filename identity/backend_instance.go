package identity

// backendInstanceRoutes are the instance itself: its keys and settings.
func backendInstanceRoutes() routes {
	return join(routes{
		"/v1/jwks": {"GET": backendKeySet},
	}, notBuilt(
		"/v1/instance", "/v1/domains", "/v1/redirect_urls",
		"/v1/allowlist_identifiers", "/v1/blocklist_identifiers",
	))
}

func backendKeySet(c *call) (any, error) { return c.currentKeys(c.r.Context()).jwks, nil }
