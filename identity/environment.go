package identity

import (
	"net/url"
	"strings"
	"time"

	"github.com/usherauth/usher/wire"
)

// environment is what browser clients read first: GET /environment (protocol reference
// 8.4). It is the same for everybody, and not wrapped.
func environment(c *call) (any, error) { return c.environ, nil }

func (s *Service) environment() wire.Environment {
	return wire.Environment{
		// Reverification stays false, whatever is asked of sensitive changes: all that it does
		// is to take the field of the present password out of the form for a new one.
		AuthConfig:    wire.AuthConfig{Object: "auth_config", ID: s.instance.id, SingleSessionMode: !s.cfg.MultiSession},
		DisplayConfig: s.displayConfig(),
		UserSettings:  s.userSettings(),
		OrganizationSettings: wire.OrganizationSettings{
			Enabled: true,
			Actions: wire.OrganizationActions{AdminDelete: true},
			Domains: wire.OrganizationDomainsSettings{EnrollmentModes: []string{}, DefaultRole: wire.RoleMember},
		},
		ProtectConfig: wire.ProtectConfig{Object: "protect_config", ID: s.instance.id},
		FraudSettings: wire.FraudSettings{Object: "fraud_settings", Native: wire.FraudNative{DeviceAttestationMode: "disabled"}},
	}
}

// displayConfig names the pages that people sign in on by their whole addresses, as hosted
// instances do: scripts of apps on other origins lead there. Where people go afterwards is a
// path, which each app has on its own origin.
func (s *Service) displayConfig() wire.DisplayConfig {
	return wire.DisplayConfig{
		Object:                     "display_config",
		ID:                         s.instance.id,
		InstanceEnvironment:        "production",
		ApplicationName:            s.cfg.ApplicationName,
		SignInURL:                  s.pageURL(s.cfg.SignInURL),
		SignUpURL:                  s.pageURL(s.cfg.SignUpURL),
		AfterSignInURL:             "/",
		AfterSignUpURL:             "/",
		AfterSignOutAllURL:         "/",
		AfterSignOutOneURL:         "/",
		AfterSwitchSessionURL:      "/",
		AfterCreateOrganizationURL: "/",
		AfterLeaveOrganizationURL:  "/",
		HomeURL:                    s.cfg.PublicOrigin,
		PreferredSignInStrategy:    wire.StrategyPassword,
		CaptchaOAuthBypass:         []string{},
	}
}

// pageURL is the whole address of a page of the app, or of one that is elsewhere.
func (s *Service) pageURL(address string) string {
	if u, err := url.Parse(address); err != nil || u.IsAbs() {
		return address
	}
	return s.cfg.PublicOrigin + "/" + strings.TrimPrefix(address, "/")
}

func (s *Service) userSettings() wire.UserSettings {
	return wire.UserSettings{
		Attributes: s.attributes(),
		Social:     map[string]any{},
		SignUp: map[string]any{
			"captcha_enabled": false, "captcha_widget_type": nil, "mode": "public", "progressive": true,
			"legal_consent_enabled": false, "allowlist_only": false, "mfa": map[string]any{"required": false},
		},
		SignIn: map[string]any{"second_factor": map[string]any{"required": false, "enabled": false}},
		PasswordSettings: wire.PasswordSettings{
			MinLength: s.cfg.MinPasswordLength, MaxLength: maxPasswordLength, DisableHIBP: true,
		},
		UsernameSettings: wire.UsernameSettings{MinLength: 4, MaxLength: 64},
		AttackProtection: wire.AttackProtection{
			UserLockout: wire.UserLockout{
				Enabled: true, MaxAttempts: failuresPerLock, DurationInMinutes: int(firstLock / time.Minute),
			},
			EnumerationProtection: wire.Restriction{Enabled: s.cfg.HideAccounts},
			PII:                   wire.Restriction{Enabled: true},
		},
		Restrictions: map[string]wire.Restriction{
			"allowlist": {}, "blocklist": {}, "block_email_subaddresses": {}, "block_disposable_email_domains": {},
			"ignore_dots_for_gmail_addresses": {},
		},
		Actions: wire.UserActions{DeleteSelf: true, CreateOrganization: true},
	}
}

// attributes says what people have, and how it is proven.
func (s *Service) attributes() map[string]wire.Attribute {
	all := map[string]wire.Attribute{}
	put := func(name string, a wire.Attribute) {
		a.Name, a.SecondFactors = name, []string{}
		if a.FirstFactors == nil {
			a.FirstFactors = []string{}
		}
		if a.Verifications == nil {
			a.Verifications = []string{}
		}
		all[name] = a
	}
	for _, name := range []string{
		"phone_number", "username", "web3_wallet", "authenticator_app", "backup_code", "passkey", "ticket",
	} {
		put(name, wire.Attribute{})
	}
	put("first_name", wire.Attribute{Enabled: true})
	put("last_name", wire.Attribute{Enabled: true})
	put("password", wire.Attribute{Enabled: true, Required: true})
	email := wire.Attribute{Enabled: true, Required: true, UsedForFirstFactor: true, VerifyAtSignUp: s.cfg.VerifyEmailAtSignUp}
	if s.outbox.Usable() {
		email.FirstFactors, email.Verifications = []string{wire.StrategyEmailCode}, []string{wire.StrategyEmailCode}
	}
	put("email_address", email)
	return all
}
