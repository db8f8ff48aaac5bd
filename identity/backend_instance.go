package identity

import (
	"slices"

	"github.com/usherauth/usher/wire"
)

// backendInstanceRoutes are the instance itself: its keys and settings (protocol reference
// 7.3).
func backendInstanceRoutes() routes {
	return join(routes{
		"/v1/jwks":                  {"GET": backendKeySet},
		"/v1/unfinished_attempts":   {"GET": countUnfinished},
		"/v1/instance":              {"GET": getInstance, "PATCH": updateInstance},
		"/v1/instance/restrictions": {"PATCH": updateRestrictions},
	}, notBuilt(
		"/v1/instance/{setting}",
		"/v1/domains", "/v1/domains/{rest...}",
		"/v1/redirect_urls", "/v1/redirect_urls/{rest...}",
		"/v1/allowlist_identifiers", "/v1/allowlist_identifiers/{rest...}",
		"/v1/blocklist_identifiers", "/v1/blocklist_identifiers/{rest...}",
		"/v1/waitlist_entries", "/v1/waitlist_entries/{rest...}",
		"/v1/sign_ups/{id}",
		"/v1/saml_connections", "/v1/saml_connections/{rest...}",
		"/v1/enterprise_connections", "/v1/enterprise_connections/{rest...}",
		"/v1/oauth_applications", "/v1/oauth_applications/{rest...}",
		"/v1/machines", "/v1/machines/{rest...}",
		"/v1/email", "/v1/email/{rest...}",
		"/v1/accountless_applications", "/v1/accountless_applications/{rest...}",
		"/v1/api_keys", "/v1/api_keys/{rest...}", "/api_keys", "/api_keys/{rest...}", // clients send these without a version
		"/v1/m2m_tokens", "/v1/m2m_tokens/{rest...}", "/m2m_tokens", "/m2m_tokens/{rest...}",
		"/oauth_applications/access_tokens/{rest...}",
		"/v1/proxy_checks", "/v1/webhooks/{rest...}", "/v1/templates/{rest...}",
		"/v1/beta_features/{rest...}", "/v1/billing/{rest...}", "/v1/agents/{rest...}",
	))
}

// backendKeySet is the key set that verifies tokens.
func backendKeySet(c *call) (any, error) { return c.currentKeys(c.r.Context()).jwks, nil }

// getInstance says what kind of instance this is.
func getInstance(c *call) (any, error) {
	return wire.Instance{
		Object: "instance", ID: c.instance.id, EnvironmentType: "production", AllowedOrigins: c.origins.allowed,
	}, nil
}

// updateInstance accepts what is so already. The program that runs the instance decides
// its settings; changing one here is a 501.
func updateInstance(c *call) (any, error) {
	var in struct {
		TestMode       *bool    `json:"test_mode"`
		HIBP           *bool    `json:"hibp"`
		Deliverability *bool    `json:"enhanced_email_deliverability"`
		SupportEmail   *string  `json:"support_email"`
		ClerkJS        *string  `json:"clerk_js_version"`
		DevOrigin      *string  `json:"development_origin"`
		Origins        []string `json:"allowed_origins"`
		Cookieless     *bool    `json:"cookieless_dev"`
		URLSyncing     *bool    `json:"url_based_session_syncing"`
		Preferred      *string  `json:"preferred_sign_in_strategy_when_password_required"`
	}
	if err := c.readJSON(&in); err != nil {
		return nil, err
	}
	for _, p := range []struct {
		param   string
		changes bool
	}{
		{"test_mode", orFalse(in.TestMode)},
		{"hibp", orFalse(in.HIBP)},
		{"enhanced_email_deliverability", orFalse(in.Deliverability)},
		{"support_email", in.SupportEmail != nil && *in.SupportEmail != ""},
		{"clerk_js_version", in.ClerkJS != nil && *in.ClerkJS != ""},
		{"development_origin", in.DevOrigin != nil && *in.DevOrigin != ""},
		{"allowed_origins", in.Origins != nil && !slices.Equal(in.Origins, c.origins.allowed)},
		{"cookieless_dev", orFalse(in.Cookieless)},
		{"url_based_session_syncing", orFalse(in.URLSyncing)},
		{"preferred_sign_in_strategy_when_password_required", in.Preferred != nil && *in.Preferred != "" && *in.Preferred != "password"},
	} {
		if p.changes {
			return nil, notOffered(p.param, "settings that change while it runs")
		}
	}
	return noContent{}, nil
}

// updateRestrictions accepts what is so already: everybody may sign up.
func updateRestrictions(c *call) (any, error) {
	var in struct {
		Allowlist    *bool `json:"allowlist"`
		Blocklist    *bool `json:"blocklist"`
		NotOnSignIn  *bool `json:"allowlist_blocklist_disabled_on_sign_in"`
		Subaddresses *bool `json:"block_email_subaddresses"`
		Disposable   *bool `json:"block_disposable_email_domains"`
		GmailDots    *bool `json:"ignore_dots_for_gmail_addresses"`
	}
	if err := c.readJSON(&in); err != nil {
		return nil, err
	}
	for _, p := range []struct {
		param string
		on    *bool
	}{
		{"allowlist", in.Allowlist},
		{"blocklist", in.Blocklist},
		{"block_email_subaddresses", in.Subaddresses},
		{"block_disposable_email_domains", in.Disposable},
		{"ignore_dots_for_gmail_addresses", in.GmailDots},
	} {
		if orFalse(p.on) {
			return nil, notOffered(p.param, "restrictions of who may sign up")
		}
	}
	return wire.InstanceRestrictions{Object: "instance_restrictions"}, nil
}
