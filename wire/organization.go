package wire

import "encoding/json"

// Roles that every instance has, and the prefix of all.
const (
	RolePrefix = "org:"
	RoleAdmin  = "org:admin"
	RoleMember = "org:member"
)

// System permissions are about the organization itself. They are checked by the Frontend
// API and listed in memberships, and never in session tokens (protocol reference 3.2).
const (
	PermissionProfileManage     = "org:sys_profile:manage"
	PermissionProfileDelete     = "org:sys_profile:delete"
	PermissionMembershipsRead   = "org:sys_memberships:read"
	PermissionMembershipsManage = "org:sys_memberships:manage"
	PermissionDomainsRead       = "org:sys_domains:read"
	PermissionDomainsManage     = "org:sys_domains:manage"
	PermissionBillingRead       = "org:sys_billing:read"
	PermissionBillingManage     = "org:sys_billing:manage"
	PermissionAPIKeysRead       = "org:sys_api_keys:read"
	PermissionAPIKeysManage     = "org:sys_api_keys:manage"
)

// Statuses of an invitation.
const (
	InvitationPending  = "pending"
	InvitationAccepted = "accepted"
	InvitationRevoked  = "revoked"
	InvitationExpired  = "expired"
)

// Organization is a group of people with roles (protocol reference 7.4).
type Organization struct {
	Object                  string          `json:"object"` // "organization"
	ID                      string          `json:"id"`
	Name                    string          `json:"name"`
	Slug                    NullString      `json:"slug"`
	ImageURL                string          `json:"image_url"`
	HasImage                bool            `json:"has_image"`
	MembersCount            *int64          `json:"members_count,omitempty"`
	PendingInvitationsCount *int64          `json:"pending_invitations_count,omitempty"`
	WithoutElevatedMember   *bool           `json:"missing_member_with_elevated_permissions,omitempty"`
	MaxAllowedMemberships   int64           `json:"max_allowed_memberships"` // with pending invitations; 0 is no limit
	AdminDeleteEnabled      bool            `json:"admin_delete_enabled"`
	SelfServeSSOEnabled     bool            `json:"self_serve_sso_enabled"`
	ExclusiveMembership     bool            `json:"exclusive_membership"`
	PublicMetadata          json.RawMessage `json:"public_metadata"`
	PrivateMetadata         json.RawMessage `json:"private_metadata,omitempty"` // Backend API only
	CreatedBy               NullString      `json:"created_by"`
	LastActiveAt            *int64          `json:"last_active_at"`
	RoleSetKey              NullString      `json:"role_set_key"`
	CreatedAt               int64           `json:"created_at"`
	UpdatedAt               int64           `json:"updated_at"`
}

// OrganizationMembership is somebody's part in an organization.
type OrganizationMembership struct {
	Object          string          `json:"object"` // "organization_membership"
	ID              string          `json:"id"`
	Role            string          `json:"role"`
	RoleName        string          `json:"role_name"`
	Permissions     []string        `json:"permissions"` // system permissions among them
	PublicMetadata  json.RawMessage `json:"public_metadata"`
	PrivateMetadata json.RawMessage `json:"private_metadata,omitempty"` // Backend API only
	Organization    *Organization   `json:"organization"`
	PublicUserData  *MemberData     `json:"public_user_data"`
	CreatedAt       int64           `json:"created_at"`
	UpdatedAt       int64           `json:"updated_at"`
}

// MemberData is what members of an organization see of each other. What only operators
// see is nil in the Frontend API.
type MemberData struct {
	PublicUserData
	Username        NullString `json:"username"`
	ProfileImageURL string     `json:"profile_image_url,omitempty"` // image_url by its earlier name
	Banned          *bool      `json:"banned,omitempty"`
	Deprovisioned   *bool      `json:"deprovisioned,omitempty"`
}

// OrganizationInvitation asks the owner of an address to join an organization.
type OrganizationInvitation struct {
	Object                 string                  `json:"object"` // "organization_invitation"
	ID                     string                  `json:"id"`
	EmailAddress           string                  `json:"email_address"`
	Role                   string                  `json:"role"`
	RoleName               string                  `json:"role_name"`
	OrganizationID         string                  `json:"organization_id"`
	PublicOrganizationData *PublicOrganizationData `json:"public_organization_data,omitempty"`
	InviterID              NullString              `json:"inviter_id"`
	PublicInviterData      *PublicUserData         `json:"public_inviter_data"`
	Status                 string                  `json:"status"` // an Invitation… status
	PublicMetadata         json.RawMessage         `json:"public_metadata"`
	PrivateMetadata        json.RawMessage         `json:"private_metadata,omitempty"` // Backend API only
	URL                    NullString              `json:"url"`                        // in the answer that makes it, and only of the Backend API: it is a secret
	ExpiresAt              *int64                  `json:"expires_at"`
	CreatedAt              int64                   `json:"created_at"`
	UpdatedAt              int64                   `json:"updated_at"`
}

// PublicOrganizationData is what somebody who is not a member yet sees of an organization.
type PublicOrganizationData struct {
	ID       string     `json:"id"`
	Name     string     `json:"name"`
	Slug     NullString `json:"slug"`
	ImageURL string     `json:"image_url"`
	HasImage bool       `json:"has_image"`
}

// OrganizationRole is a role that members can have.
type OrganizationRole struct {
	Object            string                   `json:"object"` // "role"
	ID                string                   `json:"id"`
	Key               string                   `json:"key"`
	Name              string                   `json:"name"`
	Description       string                   `json:"description"`
	Permissions       []OrganizationPermission `json:"permissions"`
	IsCreatorEligible bool                     `json:"is_creator_eligible"` // has what at least one member must have
	CreatedAt         int64                    `json:"created_at"`
	UpdatedAt         int64                    `json:"updated_at"`
}

// OrganizationPermission is something that a role may allow.
type OrganizationPermission struct {
	Object      string `json:"object"` // "permission"
	ID          string `json:"id"`
	Key         string `json:"key"`
	Name        string `json:"name"`
	Description string `json:"description"`
	Type        string `json:"type"` // "system" or "user"
	CreatedAt   int64  `json:"created_at"`
	UpdatedAt   int64  `json:"updated_at"`
}

// List is a page of a list with the length of the whole (protocol reference 7.2).
type List[T any] struct {
	Data       []T   `json:"data"` // never nil
	TotalCount int64 `json:"total_count"`
}
