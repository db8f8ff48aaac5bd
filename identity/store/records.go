package store

import (
	"encoding/json"
	"time"
)

// User is a person. Times are UTC with millisecond precision; the zero time means never.
type User struct {
	ID              string
	ExternalID      string
	Username        string
	FirstName       string
	LastName        string
	PrimaryEmailID  string
	Emails          []EmailAddress // in order of creation
	PasswordHash    string         // PHC string; "" means no password
	PublicMetadata  json.RawMessage
	PrivateMetadata json.RawMessage
	UnsafeMetadata  json.RawMessage
	ImageID         string // profile image; "" means none
	Plan            string // key of the person's billing plan; "" means none
	Locale          string // language tag; "" is unknown, as for the time zone
	Timezone        string // name in the IANA database
	Banned          bool
	FailedAttempts  int       // wrong passwords since the last success
	LockedUntil     time.Time // zero: not locked
	MayNotDelete    bool      // the person cannot delete the account
	MayNotCreateOrg bool      // the person cannot create organizations
	MaxOrgs         int       // how many organizations the person may create; 0 is no limit
	LegalAcceptedAt time.Time
	PasswordAt      time.Time // when the password was set
	LastSignInAt    time.Time
	LastActiveAt    time.Time
	CreatedAt       time.Time
	UpdatedAt       time.Time
}

// EmailAddress is an address of a user. Normalized is what uniqueness and look-ups
// use; Address is how the person typed it.
type EmailAddress struct {
	ID         string
	Address    string
	Normalized string
	Verified   bool
	CreatedAt  time.Time
	UpdatedAt  time.Time
}

// Client is one browser. SecretHash is the SHA-256 of the secret in its __client
// cookie; a rotated secret makes the earlier cookie worthless.
type Client struct {
	ID                  string
	SecretHash          []byte
	SignInID            string
	SignUpID            string
	LastActiveSessionID string
	LastStrategy        string // how somebody last signed in here; "" is unknown
	CreatedAt           time.Time
	UpdatedAt           time.Time // also the value of __client_uat while somebody is signed in
}

// Session is one person's signed-in state in one client.
type Session struct {
	ID           string
	ClientID     string
	UserID       string
	Status       string // a wire.Session… status
	ActiveOrgID  string
	Actor        json.RawMessage // who impersonates the person, as in the act claim; empty: nobody
	IPAddress    string
	UserAgent    string
	FirstFactor  time.Time // when a first factor was last verified
	SecondFactor time.Time // zero: never
	LastActiveAt time.Time
	ExpireAt     time.Time // absolute end
	AbandonAt    time.Time // idle end
	CreatedAt    time.Time
	UpdatedAt    time.Time
}

// SignIn is a sign-in attempt in a client.
type SignIn struct {
	ID               string
	ClientID         string
	Status           string // a wire.Status…
	Identifier       string
	UserID           string // "" until the identifier was matched to somebody
	CreatedSessionID string
	ExpireAt         time.Time
	CreatedAt        time.Time
	UpdatedAt        time.Time
}

// SignUp is a sign-up attempt in a client.
type SignUp struct {
	ID               string
	ClientID         string
	Status           string
	EmailAddress     string
	FirstName        string
	LastName         string
	PasswordHash     string
	Locale           string // as in User
	Timezone         string
	UnsafeMetadata   json.RawMessage
	InvitationID     string    // the invitation that it accepts; "" for none
	VerifiedAt       time.Time // when the address was proven; zero: not yet
	CreatedSessionID string
	CreatedUserID    string
	ExpireAt         time.Time
	CreatedAt        time.Time
	UpdatedAt        time.Time
}

// SigningKey is an RSA key that signs session tokens. The newest one signs; all of
// them are published until deleted.
type SigningKey struct {
	Kid       string
	PKCS8     []byte // DER
	CreatedAt time.Time
}

// Organization is a group of people with roles. Slug is unique and may be "".
type Organization struct {
	ID              string
	Name            string
	Slug            string
	ImageID         string // logo; "" means none
	Plan            string // key of its billing plan; "" means none
	CreatedBy       string // a user's id; "" when the Backend API made it for nobody
	MaxMemberships  int    // with pending invitations; 0 is no limit
	MayNotDelete    bool   // its administrators cannot delete it
	PublicMetadata  json.RawMessage
	PrivateMetadata json.RawMessage
	CreatedAt       time.Time
	UpdatedAt       time.Time
}

// Membership is a user's part in an organization, one for each pair.
type Membership struct {
	ID              string
	OrgID           string
	UserID          string
	Role            string // "org:admin"
	PublicMetadata  json.RawMessage
	PrivateMetadata json.RawMessage
	CreatedAt       time.Time
	UpdatedAt       time.Time
}

// Invitation asks the owner of an address to join an organization or, without one, to
// sign up.
type Invitation struct {
	ID              string
	OrgID           string // "" for an invitation to sign up
	Address         string
	Normalized      string
	Role            string // in the organization
	InviterID       string // a user's id; "" when the Backend API invited
	Status          string // "pending", "accepted", "revoked"
	RedirectURL     string
	PublicMetadata  json.RawMessage
	PrivateMetadata json.RawMessage
	ExpireAt        time.Time // zero: never
	CreatedAt       time.Time
	UpdatedAt       time.Time
}

// Grant is something that can be spent: a sign-in token, a handshake's nonce, a code
// that was sent by mail, a refresh token. The secret itself is never stored.
type Grant struct {
	ID         string
	Kind       string
	SecretHash []byte // nil: none; otherwise unique
	UserID     string // "" for nobody's; deleted with the user
	SessionID  string
	Subject    string // what else it is for, by id
	Status     string // "pending", "accepted", "revoked"
	Attempts   int    // wrong tries so far
	Data       json.RawMessage
	ExpireAt   time.Time // zero: never
	CreatedAt  time.Time
	UpdatedAt  time.Time
}

// Image is a profile image or a logo, as it is served.
type Image struct {
	ID          string
	ContentType string
	Data        []byte
	CreatedAt   time.Time
}

// AuditEvent is one thing that happened to an account. It names people by id only, so that
// it can outlive them, and nothing in it is changed until then.
type AuditEvent struct {
	ID        string
	Type      string // "sign_in.failed"
	ActorID   string // who did it: a user's id, "" for the Backend API or the service
	UserID    string // whom it happened to
	SessionID string
	OrgID     string
	IPAddress string // this and UserAgent are "" once who did it, or whom it happened to, is deleted
	UserAgent string
	Data      json.RawMessage // what else is worth knowing; no secrets
	At        time.Time
}
