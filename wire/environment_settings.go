package wire

// Restriction is something that an instance can have switched on.
type Restriction struct {
	Enabled bool `json:"enabled"`
}

// UserActions are what people may do with their own account.
type UserActions struct {
	DeleteSelf         bool `json:"delete_self"`
	CreateOrganization bool `json:"create_organization"`
}

// AttackProtection says how accounts are protected.
type AttackProtection struct {
	UserLockout           UserLockout `json:"user_lockout"`
	EnumerationProtection Restriction `json:"enumeration_protection"`
	PII                   Restriction `json:"pii"`
}

// UserLockout is how many wrong passwords lock an account, and for how long at first.
type UserLockout struct {
	Enabled           bool `json:"enabled"`
	MaxAttempts       int  `json:"max_attempts"`
	DurationInMinutes int  `json:"duration_in_minutes"`
}

// PasskeySettings are how passkeys are offered.
type PasskeySettings struct {
	AllowAutofill    bool `json:"allow_autofill"`
	ShowSignInButton bool `json:"show_sign_in_button"`
}

// UsernameSettings are the rules of user names; lengths in characters.
type UsernameSettings struct {
	MinLength int `json:"min_length"`
	MaxLength int `json:"max_length"`
}

// EnterpriseSSO is whether people sign in through their company.
type EnterpriseSSO struct {
	Enabled                  bool `json:"enabled"`
	SelfServeSSO             bool `json:"self_serve_sso"`
	SelfServeDirectorySync   bool `json:"self_serve_directory_sync"`
	AllowOrganizationLinking bool `json:"allow_organization_account_linking"`
}

// CommerceSettings say whether there is billing. Browser clients read both parts.
type CommerceSettings struct {
	Billing Billing `json:"billing"`
}

// Billing is billing of people and of organizations.
type Billing struct {
	StripePublishableKey NullString   `json:"stripe_publishable_key"`
	Organization         BillingScope `json:"organization"`
	User                 BillingScope `json:"user"`
}

// BillingScope is whether something is sold to somebody.
type BillingScope struct {
	Enabled      bool `json:"enabled"`
	HasPaidPlans bool `json:"has_paid_plans"`
}

// APIKeysSettings say who may make API keys.
type APIKeysSettings struct {
	UserAPIKeysEnabled bool `json:"user_api_keys_enabled"`
	OrgsAPIKeysEnabled bool `json:"orgs_api_keys_enabled"`
}

// ProtectConfig is about checks of a browser by other parties, of which there are none.
type ProtectConfig struct {
	Object string `json:"object"` // "protect_config"
	ID     string `json:"id"`
}

// FraudSettings are about checks of devices.
type FraudSettings struct {
	Object string      `json:"object"` // "fraud_settings"
	Native FraudNative `json:"native"`
}

// FraudNative is about apps that are no browser.
type FraudNative struct {
	DeviceAttestationMode string `json:"device_attestation_mode"`
}
