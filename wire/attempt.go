package wire

import "encoding/json"

// Statuses of sign-in and sign-up attempts (protocol reference 8.6).
const (
	StatusNeedsIdentifier     = "needs_identifier"
	StatusNeedsFirstFactor    = "needs_first_factor"
	StatusNeedsSecondFactor   = "needs_second_factor"
	StatusNeedsClientTrust    = "needs_client_trust" // a second factor, in a browser that is new
	StatusNeedsNewPassword    = "needs_new_password"
	StatusMissingRequirements = "missing_requirements"
	StatusComplete            = "complete"
	StatusAbandoned           = "abandoned"
)

// Strategies: ways to prove a factor (protocol reference 8.6).
const (
	StrategyPassword          = "password"
	StrategyEmailCode         = "email_code"
	StrategyResetPasswordCode = "reset_password_email_code"
	StrategyTicket            = "ticket" // a sign-in token, an actor token or an invitation
)

// SignIn is a sign-in attempt.
type SignIn struct {
	Object                   string        `json:"object"` // "sign_in_attempt"
	ID                       string        `json:"id"`
	Status                   string        `json:"status"`
	Identifier               NullString    `json:"identifier"`
	SupportedIdentifiers     []string      `json:"supported_identifiers"`
	SupportedFirstFactors    []Factor      `json:"supported_first_factors"`
	SupportedSecondFactors   []Factor      `json:"supported_second_factors"`
	FirstFactorVerification  *Verification `json:"first_factor_verification"`
	SecondFactorVerification *Verification `json:"second_factor_verification"`
	UserData                 *UserData     `json:"user_data"`
	CreatedSessionID         NullString    `json:"created_session_id"`
	AbandonAt                int64         `json:"abandon_at"`
	ClientTrustState         NullString    `json:"client_trust_state,omitempty"`
}

// Factor is one way to prove an identity in an attempt.
type Factor struct {
	Strategy       string `json:"strategy"`
	SafeIdentifier string `json:"safe_identifier,omitempty"`
	EmailAddressID string `json:"email_address_id,omitempty"`
	Primary        bool   `json:"primary,omitempty"`
}

// UserData is what a sign-in attempt may show of the person it is about.
type UserData struct {
	FirstName NullString `json:"first_name"`
	LastName  NullString `json:"last_name"`
	ImageURL  string     `json:"image_url"`
	HasImage  bool       `json:"has_image"`
}

// SignUp is a sign-up attempt. PasswordEnabled and HasPassword say the same: the
// published schema names the first, the browser client reads the second.
type SignUp struct {
	Object           string                   `json:"object"` // "sign_up_attempt"
	ID               string                   `json:"id"`
	Status           string                   `json:"status"`
	RequiredFields   []string                 `json:"required_fields"`
	OptionalFields   []string                 `json:"optional_fields"`
	MissingFields    []string                 `json:"missing_fields"`
	UnverifiedFields []string                 `json:"unverified_fields"`
	Verifications    map[string]*Verification `json:"verifications"`
	Username         NullString               `json:"username"`
	EmailAddress     NullString               `json:"email_address"`
	PhoneNumber      NullString               `json:"phone_number"`
	Web3Wallet       NullString               `json:"web3_wallet"`
	FirstName        NullString               `json:"first_name"`
	LastName         NullString               `json:"last_name"`
	Locale           NullString               `json:"locale"`
	Timezone         NullString               `json:"timezone"`
	PasswordEnabled  bool                     `json:"password_enabled"`
	HasPassword      bool                     `json:"has_password"`
	UnsafeMetadata   json.RawMessage          `json:"unsafe_metadata"`
	PublicMetadata   json.RawMessage          `json:"public_metadata"`
	ExternalID       NullString               `json:"external_id"`
	CreatedSessionID NullString               `json:"created_session_id"`
	CreatedUserID    NullString               `json:"created_user_id"`
	AbandonAt        int64                    `json:"abandon_at"`
	LegalAcceptedAt  *int64                   `json:"legal_accepted_at"`
	CustomAction     bool                     `json:"custom_action"`
}
