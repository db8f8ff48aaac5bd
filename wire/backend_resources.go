package wire

import "encoding/json"

// BackendClient is a client as the Backend API sends it (protocol reference 7.4).
type BackendClient struct {
	Object                     string     `json:"object"` // "client"
	ID                         string     `json:"id"`
	SessionIDs                 []string   `json:"session_ids"`
	Sessions                   []Session  `json:"sessions"`
	SignInID                   NullString `json:"sign_in_id"`
	SignUpID                   NullString `json:"sign_up_id"`
	LastActiveSessionID        NullString `json:"last_active_session_id"`
	LastAuthenticationStrategy NullString `json:"last_authentication_strategy"`
	CreatedAt                  int64      `json:"created_at"`
	UpdatedAt                  int64      `json:"updated_at"`
}

// Ticket is a sign-in token or an actor token. Token and URL are sent once, when it is
// made: only a hash of the token is kept. An actor token has an Actor.
type Ticket struct {
	Object    string          `json:"object"` // "sign_in_token" or "actor_token"
	ID        string          `json:"id"`
	Status    string          `json:"status"` // pending, accepted, revoked
	UserID    string          `json:"user_id"`
	Actor     json.RawMessage `json:"actor,omitempty"`
	Token     string          `json:"token,omitempty"`
	URL       string          `json:"url,omitempty"`
	CreatedAt int64           `json:"created_at"`
	UpdatedAt int64           `json:"updated_at"`
}

// Invitation asks the owner of an address to sign up. URL is sent once, when it is made:
// only a hash of the ticket in it is kept.
type Invitation struct {
	Object         string          `json:"object"` // "invitation"
	ID             string          `json:"id"`
	EmailAddress   string          `json:"email_address"`
	PublicMetadata json.RawMessage `json:"public_metadata"`
	Revoked        bool            `json:"revoked"`
	Status         string          `json:"status"` // pending, accepted, revoked, expired
	URL            string          `json:"url,omitempty"`
	ExpiresAt      *int64          `json:"expires_at"`
	CreatedAt      int64           `json:"created_at"`
	UpdatedAt      int64           `json:"updated_at"`
}

// JWTTemplate says what tokens of its name hold. Lifetime and AllowedClockSkew are in
// seconds.
type JWTTemplate struct {
	Object           string          `json:"object"` // "jwt_template"
	ID               string          `json:"id"`
	Name             string          `json:"name"`
	Claims           json.RawMessage `json:"claims"`
	Lifetime         int64           `json:"lifetime"`
	AllowedClockSkew int64           `json:"allowed_clock_skew"`
	CustomSigningKey bool            `json:"custom_signing_key"`
	SigningAlgorithm string          `json:"signing_algorithm"`
	CreatedAt        int64           `json:"created_at"`
	UpdatedAt        int64           `json:"updated_at"`
}

// TestingToken is what end-to-end tests send along to pass the detection of bots.
// ExpiresAt is in seconds.
type TestingToken struct {
	Object    string `json:"object"` // "testing_token"
	Token     string `json:"token"`
	ExpiresAt int64  `json:"expires_at"`
}

// Instance says what kind of instance this is.
type Instance struct {
	Object          string   `json:"object"` // "instance"
	ID              string   `json:"id"`
	EnvironmentType string   `json:"environment_type"` // "production"
	AllowedOrigins  []string `json:"allowed_origins"`  // besides the public one; null for none
}

// InstanceRestrictions says who may sign up.
type InstanceRestrictions struct {
	Object                      string `json:"object"` // "instance_restrictions"
	Allowlist                   bool   `json:"allowlist"`
	Blocklist                   bool   `json:"blocklist"`
	BlockEmailSubaddresses      bool   `json:"block_email_subaddresses"`
	BlockDisposableEmailDomains bool   `json:"block_disposable_email_domains"`
	IgnoreDotsForGmailAddresses bool   `json:"ignore_dots_for_gmail_addresses"`
}

// Verified answers that a password is right.
type Verified struct {
	Verified bool `json:"verified"`
}

// UserID names the user whose factors were removed.
type UserID struct {
	UserID string `json:"user_id"`
}
