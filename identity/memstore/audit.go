package memstore

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/usherauth/usher/identity/store"
)

// recorded is an event with its sequence number in the order of recording.
type recorded struct {
	store.AuditEvent
	seq uint64
}

// byRecording sorts the oldest first, events of one time in the order of recording.
func byRecording(a, b recorded) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.seq, b.seq)) }

func (t *tx) AuditEvents(q store.AuditQuery) ([]store.AuditEvent, error) {
	stamp(&q.Since, &q.Until)
	found := where(t.events, func(e recorded) bool {
		return (q.UserID == "" || e.UserID == q.UserID) && (q.OrgID == "" || e.OrgID == q.OrgID) && among(q.Types, e.Type) &&
			(q.Since.IsZero() || !e.At.Before(q.Since)) && (q.Until.IsZero() || e.At.Before(q.Until))
	})
	slices.SortFunc(found, reversed(byRecording))
	var list []store.AuditEvent
	for _, e := range page(found, q.Limit, q.Offset) {
		list = append(list, cloneEvent(e.AuditEvent))
	}
	return list, nil
}

func (t *tx) PutAuditEvent(e store.AuditEvent) error {
	if err := t.write(); err != nil {
		return err
	}
	if _, ok := t.events[e.ID]; ok {
		return fmt.Errorf("memstore: put audit event: id: %w", store.ErrConflict)
	}
	e = cloneEvent(e)
	stamp(&e.At)
	t.lastSeq++ // those of undone events are not used again
	set(t, t.events, e.ID, recorded{e, t.lastSeq})
	return nil
}

func (t *tx) DeleteAuditEvents(end time.Time, limit int) (int64, error) {
	if err := t.write(); err != nil {
		return 0, err
	}
	stamp(&end)
	old := where(t.events, func(e recorded) bool { return before(e.At, end) })
	slices.SortFunc(old, byRecording)
	old = page(old, limit, 0)
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

func cloneEvent(e store.AuditEvent) store.AuditEvent {
	e.Data = cloneSlice(e.Data)
	return e
}
