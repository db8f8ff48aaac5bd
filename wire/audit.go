package wire

import "encoding/json"

// AuditEvent is one thing that happened to an account or to the instance. It is this
// service's own: a hosted instance has no such object, and answers 404 where it is asked
// for.
type AuditEvent struct {
	Object         string           `json:"object"` // "audit_event"
	ID             string           `json:"id"`
	Type           string           `json:"type"`     // "password.changed"
	ActorID        NullString       `json:"actor_id"` // who did it, null for the Backend API and the service
	UserID         NullString       `json:"user_id"`  // whom it happened to
	SessionID      NullString       `json:"session_id"`
	OrganizationID NullString       `json:"organization_id"`
	UserAgent      NullString       `json:"user_agent"`
	Activity       *SessionActivity `json:"activity"` // from where; null once a user whom it names is deleted
	Data           json.RawMessage  `json:"data"`     // an object of ids, names of roles and counts
	CreatedAt      int64            `json:"created_at"`
}
