package identity

import "github.com/usherauth/usher/wire"

// environment is what browser clients read first: GET /environment (protocol reference
// 8.4). It is the same for everybody, and not wrapped.
func environment(c *call) (any, error) { return c.environ, nil }

func (s *Service) environment() wire.Environment {
	return wire.Environment{
		AuthConfig: wire.AuthConfig{Object: "auth_config", ID: s.instance.id, SingleSessionMode: !s.cfg.MultiSession},
		DisplayConfig: wire.DisplayConfig{
			Object:              "display_config",
			ID:                  s.instance.id,
			InstanceEnvironment: "production",
			ApplicationName:     s.cfg.ApplicationName,
			SignInURL:           s.cfg.SignInURL,
			SignUpURL:           s.cfg.SignUpURL,
			AfterSignInURL:      "/",
			AfterSignUpURL:      "/",
			AfterSignOutAllURL:  "/",
		},
		UserSettings: wire.UserSettings{
			Attributes: attributes(),
			Social:     map[string]any{},
			SignUp:     map[string]any{"captcha_enabled": false, "mode": "public", "progressive": true},
			SignIn:     map[string]any{"second_factor": map[string]any{"required": false}},
			PasswordSettings: wire.PasswordSettings{
				MinLength: s.cfg.MinPasswordLength, MaxLength: maxPasswordLength, DisableHIBP: true,
			},
		},
		OrganizationSettings: wire.OrganizationSettings{
			Enabled: true,
			Actions: wire.OrganizationActions{AdminDelete: true},
			Domains: wire.OrganizationDomainsSettings{EnrollmentModes: []string{}},
		},
	}
}

// attributes says what people have. Addresses are not verified at sign-up.
func attributes() map[string]wire.Attribute {
	off := wire.Attribute{FirstFactors: []string{}, SecondFactors: []string{}, Verifications: []string{}}
	all := map[string]wire.Attribute{}
	for _, name := range []string{
		"phone_number", "username", "web3_wallet", "authenticator_app", "backup_code", "passkey", "ticket",
	} {
		all[name] = off
	}
	optional := off
	optional.Enabled = true
	all["first_name"], all["last_name"] = optional, optional
	required := optional
	required.Required = true
	all["password"] = required
	required.UsedForFirstFactor = true
	all["email_address"] = required
	return all
}
