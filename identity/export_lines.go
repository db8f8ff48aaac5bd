package identity

import (
	"encoding/json"
	"time"
)

// exportVersion is the form that is written. A form that earlier programs would misread
// gets another number.
const exportVersion = 1

// exportHeader is the first line of an export.
type exportHeader struct {
	Version    int       `json:"usher_export"`
	InstanceID string    `json:"instance_id"`
	ExportedAt time.Time `json:"exported_at"`
}

// exportLine is every other line: one record, under the name of its kind.
type exportLine struct {
	Access       json.RawMessage `json:"access,omitempty"` // roles, permissions, features and plans
	Instance     *instanceLine   `json:"instance,omitempty"`
	Organization *orgLine        `json:"organization,omitempty"`
	User         *userLine       `json:"user,omitempty"`
	Membership   *membershipLine `json:"membership,omitempty"`
	Invitation   *invitationLine `json:"invitation,omitempty"`
}

// The fields of a record are those of its type with names for JSON: the compiler lets one
// be converted into the other only as long as they are the same, so that a new field is
// either exported or left out on purpose. What follows from other fields is left out.

type userFields struct {
	ID              string          `json:"id"`
	ExternalID      string          `json:"external_id,omitempty"`
	Username        string          `json:"username,omitempty"`
	FirstName       string          `json:"first_name,omitempty"`
	LastName        string          `json:"last_name,omitempty"`
	PrimaryEmailID  string          `json:"primary_email_address_id,omitempty"`
	Emails          []EmailAddress  `json:"-"`
	PasswordHash    string          `json:"password_hash,omitempty"`
	PublicMetadata  json.RawMessage `json:"public_metadata,omitempty"`
	PrivateMetadata json.RawMessage `json:"private_metadata,omitempty"`
	UnsafeMetadata  json.RawMessage `json:"unsafe_metadata,omitempty"`
	ImageID         string          `json:"-"`
	Plan            string          `json:"plan,omitempty"`
	Locale          string          `json:"locale,omitempty"`
	Timezone        string          `json:"timezone,omitempty"`
	Banned          bool            `json:"banned,omitempty"`
	FailedAttempts  int             `json:"failed_attempts,omitempty"`
	LockedUntil     time.Time       `json:"locked_until,omitzero"`
	MayNotDelete    bool            `json:"may_not_delete,omitempty"`
	MayNotCreateOrg bool            `json:"may_not_create_organizations,omitempty"`
	MaxOrgs         int             `json:"max_organizations,omitempty"`
	LegalAcceptedAt time.Time       `json:"legal_accepted_at,omitzero"`
	PasswordAt      time.Time       `json:"password_set_at,omitzero"`
	LastSignInAt    time.Time       `json:"last_sign_in_at,omitzero"`
	LastActiveAt    time.Time       `json:"last_active_at,omitzero"`
	CreatedAt       time.Time       `json:"created_at,omitzero"`
	UpdatedAt       time.Time       `json:"updated_at,omitzero"`
}

type emailLine struct {
	ID         string    `json:"id"`
	Address    string    `json:"address"`
	Normalized string    `json:"-"`
	Verified   bool      `json:"verified"`
	CreatedAt  time.Time `json:"created_at,omitzero"`
	UpdatedAt  time.Time `json:"updated_at,omitzero"`
}

type imageLine struct {
	ID          string    `json:"id"`
	ContentType string    `json:"content_type"`
	Data        []byte    `json:"data"`
	CreatedAt   time.Time `json:"created_at,omitzero"`
}

// userLine is a user with all that is of it alone.
type userLine struct {
	userFields
	Addresses []emailLine `json:"email_addresses"`
	Image     *imageLine  `json:"image,omitempty"`
}

type orgFields struct {
	ID              string          `json:"id"`
	Name            string          `json:"name"`
	Slug            string          `json:"slug,omitempty"`
	ImageID         string          `json:"-"`
	Plan            string          `json:"plan,omitempty"`
	CreatedBy       string          `json:"created_by,omitempty"`
	MaxMemberships  int             `json:"max_memberships,omitempty"`
	MayNotDelete    bool            `json:"may_not_delete,omitempty"`
	PublicMetadata  json.RawMessage `json:"public_metadata,omitempty"`
	PrivateMetadata json.RawMessage `json:"private_metadata,omitempty"`
	CreatedAt       time.Time       `json:"created_at,omitzero"`
	UpdatedAt       time.Time       `json:"updated_at,omitzero"`
}

type orgLine struct {
	orgFields
	Image *imageLine `json:"image,omitempty"`
}

type membershipLine struct {
	ID              string          `json:"id"`
	OrgID           string          `json:"organization_id"`
	UserID          string          `json:"user_id"`
	Role            string          `json:"role"`
	PublicMetadata  json.RawMessage `json:"public_metadata,omitempty"`
	PrivateMetadata json.RawMessage `json:"private_metadata,omitempty"`
	CreatedAt       time.Time       `json:"created_at,omitzero"`
	UpdatedAt       time.Time       `json:"updated_at,omitzero"`
}

type invitationLine struct {
	ID              string          `json:"id"`
	OrgID           string          `json:"organization_id,omitempty"`
	Address         string          `json:"address,omitempty"`
	Normalized      string          `json:"-"`
	Role            string          `json:"role,omitempty"`
	InviterID       string          `json:"inviter_id,omitempty"`
	Status          string          `json:"status"`
	RedirectURL     string          `json:"redirect_url,omitempty"`
	PublicMetadata  json.RawMessage `json:"public_metadata,omitempty"`
	PrivateMetadata json.RawMessage `json:"private_metadata,omitempty"`
	ExpireAt        time.Time       `json:"expire_at,omitzero"`
	CreatedAt       time.Time       `json:"created_at,omitzero"`
	UpdatedAt       time.Time       `json:"updated_at,omitzero"`
}

// instanceLine is who the instance is. Whoever has it is the instance.
type instanceLine struct {
	storedInstance
	SigningKeys []keyLine `json:"signing_keys"` // newest first
}

type keyLine struct {
	Kid       string    `json:"kid"`
	PKCS8     []byte    `json:"pkcs8"`
	CreatedAt time.Time `json:"created_at"`
}

// lineOf is a user as it is exported; img is nil without a picture.
func lineOf(u User, img *Image) *userLine {
	u.PublicMetadata, u.PrivateMetadata, u.UnsafeMetadata = exported(u.PublicMetadata), exported(u.PrivateMetadata), exported(u.UnsafeMetadata)
	line := &userLine{userFields: userFields(u), Addresses: []emailLine{}, Image: (*imageLine)(img)}
	for _, e := range u.Emails {
		line.Addresses = append(line.Addresses, emailLine(e))
	}
	return line
}

// exported is a bag as an import accepts it, empty if it is.
func exported(bag json.RawMessage) json.RawMessage {
	if len(bag) == 0 {
		return nil
	}
	return metadata(bag)
}
