package memstore

import (
	"fmt"
	"time"

	"github.com/usherauth/usher/identity"
)

func (t *tx) AuditEvents(q identity.AuditQuery) ([]identity.AuditEvent, error) {
	stamp(&q.Since, &q.Until)
	found := where(t.events, func(e identity.AuditEvent) bool {
		return (q.UserID == "" || e.UserID == q.UserID) && (q.OrgID == "" || e.OrgID == q.OrgID) && among(q.Types, e.Type) &&
			(q.Since.IsZero() || !e.At.Before(q.Since)) && (q.Until.IsZero() || e.At.Before(q.Until))
	})
	at := byTime(func(e identity.AuditEvent) time.Time { return e.At })
	found = sorted(found, reversed(at), func(e identity.AuditEvent) string { return e.ID })
	return copies(page(found, q.Limit, q.Offset), cloneEvent), nil
}

func (t *tx) PutAuditEvent(e identity.AuditEvent) error {
	if err := t.write(); err != nil {
		return err
	}
	if _, ok := t.events[e.ID]; ok {
		return fmt.Errorf("memstore: put audit event: id: %w", identity.ErrConflict)
	}
	e = cloneEvent(e)
	stamp(&e.At)
	set(t, t.events, e.ID, e)
	return nil
}

func (t *tx) DeleteAuditEvents(end time.Time, limit int) (int64, error) {
	if err := t.write(); err != nil {
		return 0, err
	}
	stamp(&end)
	old := where(t.events, func(e identity.AuditEvent) bool { return before(e.At, end) })
	at := byTime(func(e identity.AuditEvent) time.Time { return e.At })
	old = page(sorted(old, at, func(e identity.AuditEvent) string { return e.ID }), limit, 0)
	for _, e := range old {
		unset(t, t.events, e.ID)
	}
	return int64(len(old)), nil
}

// forgetPlaces takes from events that name a user where they came from.
func (t *tx) forgetPlaces(user string) {
	for id, e := range t.events {
		if e.UserID == user || e.ActorID == user {
			e.IPAddress, e.UserAgent = "", ""
			set(t, t.events, id, e)
		}
	}
}

func cloneEvent(e identity.AuditEvent) identity.AuditEvent {
	e.Data = cloneSlice(e.Data)
	return e
}
