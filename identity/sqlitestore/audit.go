package sqlitestore

import (
	"time"

	"github.com/usherauth/usher/identity/store"
)

const selectEvents = `SELECT id, type, actor_id, user_id, session_id, org_id, ip_address, user_agent, data, at FROM audit_events`

// newestEvents is the order of lists; seq counts up as events are recorded.
const newestEvents = "at DESC, seq DESC"

func eventFields(e *store.AuditEvent) []any {
	return []any{&e.ID, &e.Type, &e.ActorID, &e.UserID, &e.SessionID, &e.OrgID, &e.IPAddress, &e.UserAgent, (*raw)(&e.Data), (*at)(&e.At)}
}

func (t *tx) AuditEvents(q store.AuditQuery) ([]store.AuditEvent, error) {
	where := eventsWhere(q)
	return many(t, where.list(selectEvents, newestEvents, q.Limit, q.Offset), eventFields)
}

func eventsWhere(q store.AuditQuery) conditions {
	var c conditions
	// Only ids that are not empty are indexed.
	if q.UserID != "" {
		c.add("user_id <> '' AND user_id = ?", q.UserID)
	}
	if q.OrgID != "" {
		c.add("org_id <> '' AND org_id = ?", q.OrgID)
	}
	c.among("type", q.Types)
	if !q.Since.IsZero() {
		c.add("at >= ?", q.Since.UnixMilli())
	}
	if !q.Until.IsZero() {
		c.add("at < ?", q.Until.UnixMilli())
	}
	return c
}

func (t *tx) PutAuditEvent(e store.AuditEvent) error {
	const query = `INSERT INTO audit_events (id, type, actor_id, user_id, session_id, org_id, ip_address, user_agent, data, at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`
	return t.put("put audit event", query, e.ID, e.Type, e.ActorID, e.UserID, e.SessionID, e.OrgID, e.IPAddress, e.UserAgent,
		string(e.Data), e.At.UnixMilli())
}

func (t *tx) DeleteAuditEvents(before time.Time, limit int) (int64, error) {
	const query = `DELETE FROM audit_events WHERE seq IN (SELECT seq FROM audit_events WHERE at > ? AND at < ? ORDER BY at, seq LIMIT ?)`
	return t.exec("delete audit events", query, never, before.UnixMilli(), atMost(limit))
}

// forgetPlaces takes from events that name a user where they came from.
func (t *tx) forgetPlaces(user string) error {
	// The conditions on '' and on both ids are those of the indexes.
	for _, query := range []string{
		`UPDATE audit_events SET ip_address = '', user_agent = '' WHERE user_id <> '' AND user_id = ?`,
		`UPDATE audit_events SET ip_address = '', user_agent = '' WHERE actor_id <> '' AND actor_id <> user_id AND actor_id = ?`,
	} {
		if err := t.put("forget places of audit events", query, user); err != nil {
			return err
		}
	}
	return nil
}
