package wire

import "encoding/json"

// User is a user as both APIs send it (protocol reference 7.4, 8.5). The Frontend
// API leaves PrivateMetadata out; only the Backend API fills it.
type User struct {
	Object                  string                   `json:"object"` // "user"
	ID                      string                   `json:"id"`
	ExternalID              NullString               `json:"external_id"`
	PrimaryEmailAddressID   NullString               `json:"primary_email_address_id"`
	PrimaryPhoneNumberID    NullString               `json:"primary_phone_number_id"`
	PrimaryWeb3WalletID     NullString               `json:"primary_web3_wallet_id"`
	Username                NullString               `json:"username"`
	FirstName               NullString               `json:"first_name"`
	LastName                NullString               `json:"last_name"`
	Locale                  NullString               `json:"locale"`
	Timezone                NullString               `json:"timezone"`
	ImageURL                string                   `json:"image_url"`
	HasImage                bool                     `json:"has_image"`
	PublicMetadata          json.RawMessage          `json:"public_metadata"`
	PrivateMetadata         json.RawMessage          `json:"private_metadata,omitempty"`
	UnsafeMetadata          json.RawMessage          `json:"unsafe_metadata"`
	EmailAddresses          []EmailAddress           `json:"email_addresses"`
	PhoneNumbers            []struct{}               `json:"phone_numbers"`
	Web3Wallets             []struct{}               `json:"web3_wallets"`
	Passkeys                []struct{}               `json:"passkeys"`
	ExternalAccounts        []struct{}               `json:"external_accounts"`
	SAMLAccounts            []struct{}               `json:"saml_accounts"`
	EnterpriseAccounts      []struct{}               `json:"enterprise_accounts"`
	OrganizationMemberships []OrganizationMembership `json:"organization_memberships"`
	PasswordEnabled         bool                     `json:"password_enabled"`
	TwoFactorEnabled        bool                     `json:"two_factor_enabled"`
	TOTPEnabled             bool                     `json:"totp_enabled"`
	BackupCodeEnabled       bool                     `json:"backup_code_enabled"`
	MFAEnabledAt            *int64                   `json:"mfa_enabled_at"`
	MFADisabledAt           *int64                   `json:"mfa_disabled_at"`
	PasswordLastUpdatedAt   *int64                   `json:"password_last_updated_at"`
	LastSignInAt            *int64                   `json:"last_sign_in_at"`
	LastActiveAt            *int64                   `json:"last_active_at"`
	Banned                  bool                     `json:"banned"`
	Locked                  bool                     `json:"locked"`
	LockoutExpiresInSeconds *int64                   `json:"lockout_expires_in_seconds"`
	AttemptsRemaining       *int64                   `json:"verification_attempts_remaining"`
	DeleteSelfEnabled       bool                     `json:"delete_self_enabled"`
	CreateOrgEnabled        bool                     `json:"create_organization_enabled"`
	CreateOrgsLimit         *int64                   `json:"create_organizations_limit"`
	LegalAcceptedAt         *int64                   `json:"legal_accepted_at"`
	CreatedAt               int64                    `json:"created_at"`
	UpdatedAt               int64                    `json:"updated_at"`
}

// EmailAddress is one address of a user.
type EmailAddress struct {
	Object               string        `json:"object"` // "email_address"
	ID                   string        `json:"id"`
	EmailAddress         string        `json:"email_address"`
	Reserved             bool          `json:"reserved"`
	Verification         *Verification `json:"verification"`
	LinkedTo             []struct{}    `json:"linked_to"`
	MatchesSSOConnection bool          `json:"matches_sso_connection"`
	CreatedAt            int64         `json:"created_at"`
	UpdatedAt            int64         `json:"updated_at"`
}

// Verification is the state of proving an identifier or a factor. NextAction and
// SupportedStrategies are sent in sign-up attempts only (protocol reference 8.5).
type Verification struct {
	Object              string   `json:"object,omitempty"`
	Status              string   `json:"status"` // unverified, verified, failed, expired, transferable
	Strategy            string   `json:"strategy"`
	Attempts            *int64   `json:"attempts"`
	ExpireAt            *int64   `json:"expire_at"`
	NextAction          string   `json:"next_action,omitempty"`
	SupportedStrategies []string `json:"supported_strategies,omitempty"`
}

// PublicUserData is the part of a user that other people in a session's context may see.
type PublicUserData struct {
	FirstName  NullString `json:"first_name"`
	LastName   NullString `json:"last_name"`
	ImageURL   string     `json:"image_url"`
	HasImage   bool       `json:"has_image"`
	Identifier string     `json:"identifier"`
	UserID     string     `json:"user_id,omitempty"`
}

// Deleted answers a deletion, and tells of it in webhooks. Only those say Slug and
// ExternalID, where the object had one.
type Deleted struct {
	Object     string `json:"object"`
	ID         string `json:"id,omitempty"`
	Slug       string `json:"slug,omitempty"`
	ExternalID string `json:"external_id,omitempty"`
	Deleted    bool   `json:"deleted"`
}

// TotalCount answers a count (protocol reference 7.3).
type TotalCount struct {
	Object     string `json:"object"` // "total_count"
	TotalCount int64  `json:"total_count"`
}

// FullName joins first and last name; "" when neither shows anything.
func (u *User) FullName() string { return fullName(u.FirstName, u.LastName) }

// FullName joins first and last name; "" when neither shows anything.
func (p PublicUserData) FullName() string { return fullName(p.FirstName, p.LastName) }

// fullName leaves out a part that nobody would see.
func fullName(first, last NullString) string {
	if !Shows(string(first)) {
		first = ""
	}
	if !Shows(string(last)) {
		last = ""
	}
	if first == "" || last == "" {
		return string(first + last)
	}
	return string(first + " " + last)
}

// PrimaryEmail is the address that PrimaryEmailAddressID names; "" when there is none.
func (u *User) PrimaryEmail() string {
	for _, e := range u.EmailAddresses {
		if e.ID == string(u.PrimaryEmailAddressID) {
			return e.EmailAddress
		}
	}
	return ""
}

// Public is the part of u that may be shown to anybody who sees them; of a nil u, nothing.
func (u *User) Public() PublicUserData {
	if u == nil {
		return PublicUserData{}
	}
	identifier := u.PrimaryEmail()
	if identifier == "" {
		identifier = string(u.Username)
	}
	return PublicUserData{
		FirstName: u.FirstName, LastName: u.LastName, ImageURL: u.ImageURL, HasImage: u.HasImage,
		Identifier: identifier, UserID: u.ID,
	}
}
