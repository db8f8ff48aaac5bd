package wire

// Environment is the part of GET /v1/environment that changes how a headless browser
// client behaves (protocol reference 8.4).
type Environment struct {
	AuthConfig           AuthConfig           `json:"auth_config"`
	DisplayConfig        DisplayConfig        `json:"display_config"`
	UserSettings         UserSettings         `json:"user_settings"`
	OrganizationSettings OrganizationSettings `json:"organization_settings"`
	MaintenanceMode      bool                 `json:"maintenance_mode"`
	ClientDebugMode      bool                 `json:"client_debug_mode"`
	PartitionedCookies   bool                 `json:"partitioned_cookies"`
}

// AuthConfig holds the instance's session rules.
type AuthConfig struct {
	Object            string `json:"object"` // "auth_config"
	ID                string `json:"id"`
	SingleSessionMode bool   `json:"single_session_mode"`
	Reverification    bool   `json:"reverification"`
}

// DisplayConfig holds names and addresses of the instance's pages.
type DisplayConfig struct {
	Object              string `json:"object"` // "display_config"
	ID                  string `json:"id"`
	InstanceEnvironment string `json:"instance_environment_type"`
	ApplicationName     string `json:"application_name"`
	SignInURL           string `json:"sign_in_url"`
	SignUpURL           string `json:"sign_up_url"`
	AfterSignInURL      string `json:"after_sign_in_url"`
	AfterSignUpURL      string `json:"after_sign_up_url"`
	AfterSignOutAllURL  string `json:"after_sign_out_all_url"`
}

// UserSettings says which attributes people have and what a password must be.
type UserSettings struct {
	Attributes       map[string]Attribute `json:"attributes"`
	Social           map[string]any       `json:"social"`
	SignUp           map[string]any       `json:"sign_up"`
	SignIn           map[string]any       `json:"sign_in"`
	PasswordSettings PasswordSettings     `json:"password_settings"`
}

// Attribute describes one attribute of a user.
type Attribute struct {
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
	MinLength   int  `json:"min_length"`
	MaxLength   int  `json:"max_length"`
	DisableHIBP bool `json:"disable_hibp"`
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
