package identity

import (
	"errors"
	"strings"

	"github.com/usherauth/usher/wire"
)

// backendAuditRoutes are the audit log. The protocol has no such thing: see "One protocol,
// one path" in docs/architecture.md.
func backendAuditRoutes() routes {
	return routes{"/v1/audit_events": {"GET": listAuditEvents}}
}

// listAuditEvents lists what happened, newest first, to a user_id, in an organization_id,
// of some types, or all of it; hosted instances have no such endpoint. since and until are
// in milliseconds, until being left out itself. An id that does not exist has the events
// from before it was deleted, or none.
func listAuditEvents(c *call) (any, error) {
	page, err1 := c.page()
	types, err2 := c.list("type")
	since, err3 := c.millis("since")
	until, err4 := c.millis("until")
	if err := errors.Join(err1, err2, err3, err4); err != nil {
		return nil, err
	}
	q := AuditQuery{
		UserID: c.query.Get("user_id"), OrgID: c.query.Get("organization_id"), Types: types,
		Since: since, Until: until, Limit: page.limit, Offset: page.offset,
	}
	var events []AuditEvent
	err := c.view(c.r.Context(), func(tx Tx) (err error) {
		events, err = tx.AuditEvents(q)
		return err
	})
	if err != nil {
		return nil, err
	}
	out := make([]wire.AuditEvent, len(events))
	for i, e := range events {
		out[i] = auditEventJSON(e)
	}
	return out, nil
}

func auditEventJSON(e AuditEvent) wire.AuditEvent {
	out := wire.AuditEvent{
		Object:         "audit_event",
		ID:             e.ID,
		Type:           e.Type,
		ActorID:        wire.NullString(e.ActorID),
		UserID:         wire.NullString(e.UserID),
		SessionID:      wire.NullString(e.SessionID),
		OrganizationID: wire.NullString(e.OrgID),
		UserAgent:      wire.NullString(e.UserAgent),
		Data:           metadata(e.Data),
		CreatedAt:      millis(e.At),
	}
	if e.IPAddress != "" || e.UserAgent != "" {
		out.Activity = activityJSON("sess_activity_"+strings.TrimPrefix(e.ID, prefixAuditEvent), e.IPAddress, e.UserAgent)
	}
	return out
}
