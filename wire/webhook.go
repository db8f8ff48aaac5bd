package wire

import "encoding/json"

// Header names of a webhook (protocol reference 9). The id is the same in every delivery
// of an event; the timestamp is that of this delivery, in seconds since the Unix epoch.
const (
	HeaderWebhookID        = "Svix-Id"
	HeaderWebhookTimestamp = "Svix-Timestamp"
	HeaderWebhookSignature = "Svix-Signature"
)

// WebhookSecretPrefix begins a signing secret; the key follows in base64.
const WebhookSecretPrefix = "whsec_"

// Types of events (protocol reference 9). The comment says what Data is: the Backend API's
// object, or [Deleted]. Others exist, of billing above all, and more will.
const (
	EventUserCreated = "user.created" // User, with private metadata
	EventUserUpdated = "user.updated" // User, with private metadata
	EventUserDeleted = "user.deleted" // Deleted

	EventSessionCreated = "session.created" // Session
	EventSessionPending = "session.pending" // Session
	EventSessionEnded   = "session.ended"   // Session
	EventSessionRemoved = "session.removed" // Session
	EventSessionRevoked = "session.revoked" // Session

	EventOrganizationCreated = "organization.created"
	EventOrganizationUpdated = "organization.updated"
	EventOrganizationDeleted = "organization.deleted" // Deleted

	EventMembershipCreated = "organizationMembership.created"
	EventMembershipUpdated = "organizationMembership.updated"
	EventMembershipDeleted = "organizationMembership.deleted"

	EventInvitationCreated  = "organizationInvitation.created"
	EventInvitationAccepted = "organizationInvitation.accepted"
	EventInvitationRevoked  = "organizationInvitation.revoked"

	EventDomainCreated = "organizationDomain.created"
	EventDomainUpdated = "organizationDomain.updated"
	EventDomainDeleted = "organizationDomain.deleted" // Deleted

	EventRoleCreated       = "role.created"
	EventRoleUpdated       = "role.updated"
	EventRoleDeleted       = "role.deleted" // Deleted
	EventPermissionCreated = "permission.created"
	EventPermissionUpdated = "permission.updated"
	EventPermissionDeleted = "permission.deleted" // Deleted

	EventEmailCreated    = "email.created" // may hold a one-time code
	EventSMSCreated      = "sms.created"   // may hold a one-time code
	EventWaitlistCreated = "waitlistEntry.created"
	EventWaitlistUpdated = "waitlistEntry.updated"
)

// Event is the body of a webhook (protocol reference 9).
type Event struct {
	Object     string          `json:"object"` // "event"
	Type       string          `json:"type"`
	Data       json.RawMessage `json:"data"`
	Timestamp  int64           `json:"timestamp"` // when it happened: milliseconds, in some examples seconds
	InstanceID string          `json:"instance_id"`
	Attributes EventAttributes `json:"event_attributes"`
}

// EventAttributes say what led to an event; both fields are empty when no request did.
type EventAttributes struct {
	HTTPRequest EventRequest `json:"http_request"`
}

// EventRequest is the request that led to an event, as the service saw it.
type EventRequest struct {
	ClientIP  string `json:"client_ip"`
	UserAgent string `json:"user_agent"`
}
