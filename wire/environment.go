package wire

// Environment is GET /v1/environment: what browser clients read first (protocol reference
// 8.4). What is null or empty in it leaves a client's own default.
type Environment struct {
	AuthConfig           AuthConfig           `json:"auth_config"`
	DisplayConfig        DisplayConfig        `json:"display_config"`
	UserSettings         UserSettings         `json:"user_settings"`
	OrganizationSettings OrganizationSettings `json:"organization_settings"`
	CommerceSettings     CommerceSettings     `json:"commerce_settings"`
	APIKeysSettings      APIKeysSettings      `json:"api_keys_settings"`
	ProtectConfig        ProtectConfig        `json:"protect_config"`
	FraudSettings        FraudSettings        `json:"fraud_settings"`
	MaintenanceMode      bool                 `json:"maintenance_mode"`
	ClientDebugMode      bool                 `json:"client_debug_mode"`
	PartitionedCookies   bool                 `json:"partitioned_cookies"`
}

// AuthConfig holds the instance's session rules.
type AuthConfig struct {
	Object            string    `json:"object"` // "auth_config"
	ID                string    `json:"id"`
	SingleSessionMode bool      `json:"single_session_mode"`
	Reverification    bool      `json:"reverification"`
	SessionMinter     bool      `json:"session_minter"`
	ClaimedAt         *int64    `json:"claimed_at"`
	PreferredChannels *struct{} `json:"preferred_channels"`
	NativeSettings    *struct{} `json:"native_settings"`
}

// DisplayConfig holds names and addresses of the instance's pages.
type DisplayConfig struct {
	Object                     string     `json:"object"` // "display_config"
	ID                         string     `json:"id"`
	InstanceEnvironment        string     `json:"instance_environment_type"`
	ApplicationName            string     `json:"application_name"`
	SignInURL                  string     `json:"sign_in_url"`
	SignUpURL                  string     `json:"sign_up_url"`
	AfterSignInURL             string     `json:"after_sign_in_url"`
	AfterSignUpURL             string     `json:"after_sign_up_url"`
	AfterSignOutAllURL         string     `json:"after_sign_out_all_url"`
	AfterSignOutOneURL         string     `json:"after_sign_out_one_url"`
	AfterSwitchSessionURL      string     `json:"after_switch_session_url"`
	AfterCreateOrganizationURL string     `json:"after_create_organization_url"`
	AfterLeaveOrganizationURL  string     `json:"after_leave_organization_url"`
	HomeURL                    string     `json:"home_url"`
	UserProfileURL             string     `json:"user_profile_url"`
	OrganizationProfileURL     string     `json:"organization_profile_url"`
	CreateOrganizationURL      string     `json:"create_organization_url"`
	PreferredSignInStrategy    string     `json:"preferred_sign_in_strategy"`
	Branded                    bool       `json:"branded"`
	Theme                      struct{}   `json:"theme"`
	LogoImageURL               NullString `json:"logo_image_url"`
	FaviconImageURL            NullString `json:"favicon_image_url"`
	SupportEmail               NullString `json:"support_email"`
	TermsURL                   NullString `json:"terms_url"`
	PrivacyPolicyURL           NullString `json:"privacy_policy_url"`
	CaptchaPublicKey           NullString `json:"captcha_public_key"`
	CaptchaPublicKeyInvisible  NullString `json:"captcha_public_key_invisible"`
	CaptchaWidgetType          NullString `json:"captcha_widget_type"`
	CaptchaProvider            NullString `json:"captcha_provider"`
	CaptchaOAuthBypass         []string   `json:"captcha_oauth_bypass"` // never nil
	GoogleOneTapClientID       NullString `json:"google_one_tap_client_id"`
	ShowDevModeWarning         bool       `json:"show_devmode_warning"`
}

// UserSettings says which attributes people have and what a password must be.
type UserSettings struct {
	Attributes       map[string]Attribute   `json:"attributes"`
	Social           map[string]any         `json:"social"`
	SignUp           map[string]any         `json:"sign_up"`
	SignIn           map[string]any         `json:"sign_in"`
	PasswordSettings PasswordSettings       `json:"password_settings"`
	UsernameSettings UsernameSettings       `json:"username_settings"`
	PasskeySettings  PasskeySettings        `json:"passkey_settings"`
	AttackProtection AttackProtection       `json:"attack_protection"`
	EnterpriseSSO    EnterpriseSSO          `json:"enterprise_sso"`
	SAML             Restriction            `json:"saml"`
	Restrictions     map[string]Restriction `json:"restrictions"`
	Actions          UserActions            `json:"actions"`
}

// Attribute describes one attribute of a user.
type Attribute struct {
	Name                string   `json:"name"`
	Enabled             bool     `json:"enabled"`
	Required            bool     `json:"required"`
	UsedForFirstFactor  bool     `json:"used_for_first_factor"`
	FirstFactors        []string `json:"first_factors"`
	UsedForSecondFactor bool     `json:"used_for_second_factor"`
	SecondFactors       []string `json:"second_factors"`
	Verifications       []string `json:"verifications"`
	VerifyAtSignUp      bool     `json:"verify_at_sign_up"`
	Immutable           bool     `json:"immutable"`
}

// PasswordSettings are the password rules; lengths in code points.
type PasswordSettings struct {
	MinLength                int    `json:"min_length"`
	MaxLength                int    `json:"max_length"`
	DisableHIBP              bool   `json:"disable_hibp"`
	RequireSpecialChar       bool   `json:"require_special_char"`
	RequireNumbers           bool   `json:"require_numbers"`
	RequireUppercase         bool   `json:"require_uppercase"`
	RequireLowercase         bool   `json:"require_lowercase"`
	AllowedSpecialCharacters string `json:"allowed_special_characters"`
	ShowZxcvbn               bool   `json:"show_zxcvbn"`
	MinZxcvbnStrength        int    `json:"min_zxcvbn_strength"`
	EnforceHIBPOnSignIn      bool   `json:"enforce_hibp_on_sign_in"`
}

// OrganizationSettings says what people can do with organizations.
type OrganizationSettings struct {
	Enabled               bool                        `json:"enabled"`
	MaxAllowedMemberships int64                       `json:"max_allowed_memberships"` // of a new one; 0 is no limit
	ForceSelection        bool                        `json:"force_organization_selection"`
	Actions               OrganizationActions         `json:"actions"`
	Domains               OrganizationDomainsSettings `json:"domains"`
	Slug                  OrganizationSlugSettings    `json:"slug"`
	CreationDefaults      OrganizationDefaults        `json:"organization_creation_defaults"`
}

// OrganizationActions are what administrators may do.
type OrganizationActions struct {
	AdminDelete bool `json:"admin_delete"`
}

// OrganizationDomainsSettings is about joining by the domain of one's address.
type OrganizationDomainsSettings struct {
	Enabled         bool       `json:"enabled"`
	EnrollmentModes []string   `json:"enrollment_modes"` // never nil
	DefaultRole     NullString `json:"default_role"`
}

// OrganizationSlugSettings is about slugs.
type OrganizationSlugSettings struct {
	Disabled bool `json:"disabled"`
}

// OrganizationDefaults is about suggestions in the form that makes an organization.
type OrganizationDefaults struct {
	Enabled bool `json:"enabled"`
}
