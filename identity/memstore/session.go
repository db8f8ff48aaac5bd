package memstore

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/usherauth/usher/identity/store"
)

func (t *tx) Session(id string) (store.Session, error) { return get(t.sessions, id, cloneSession) }

func (t *tx) Sessions(q store.SessionQuery) ([]store.Session, error) {
	found := t.matching(q)
	slices.SortFunc(found, newestFirst)
	return copies(page(found, q.Limit, q.Offset), cloneSession), nil
}

func (t *tx) CountSessions(q store.SessionQuery) (int64, error) {
	return int64(len(t.matching(q))), nil
}

func newestFirst(a, b store.Session) int {
	return cmp.Or(b.CreatedAt.Compare(a.CreatedAt), strings.Compare(a.ID, b.ID))
}

// matching finds the sessions of a query, in no order.
func (t *tx) matching(q store.SessionQuery) (found []store.Session) {
	stamp(&q.At)
	add := func(s store.Session) {
		if (q.UserID == "" || s.UserID == q.UserID) && (q.ClientID == "" || s.ClientID == q.ClientID) &&
			(q.Status == "" || statusAt(s, q.At) == q.Status) && (!q.Live || live(s, q.At)) {
			found = append(found, s)
		}
	}
	switch {
	case q.ClientID != "":
		for _, id := range t.clientSessions[q.ClientID] {
			add(t.sessions[id])
		}
	case q.UserID != "":
		for _, id := range t.userSessions[q.UserID] {
			add(t.sessions[id])
		}
	default:
		for _, s := range t.sessions {
			add(s)
		}
	}
	return found
}

func live(s store.Session, at time.Time) bool {
	status := statusAt(s, at)
	return status == "active" || status == "pending"
}

func statusAt(s store.Session, at time.Time) string {
	switch {
	case at.IsZero() || s.Status != "active" && s.Status != "pending":
		return s.Status
	case !at.Before(s.ExpireAt):
		return "expired"
	case !at.Before(s.AbandonAt):
		return "abandoned"
	}
	return s.Status
}

func (t *tx) SignedInClients(limit, offset int) (ids []string, total int64, err error) {
	var latest []store.Session // one of each client
	for _, of := range t.clientSessions {
		var newest store.Session
		for _, id := range of {
			if s := t.sessions[id]; newest.ID == "" || newestFirst(s, newest) < 0 {
				newest = s
			}
		}
		if newest.ID != "" {
			latest = append(latest, newest)
		}
	}
	slices.SortFunc(latest, func(a, b store.Session) int {
		return cmp.Or(b.CreatedAt.Compare(a.CreatedAt), strings.Compare(a.ClientID, b.ClientID))
	})
	for _, s := range page(latest, limit, offset) {
		ids = append(ids, s.ClientID)
	}
	return ids, int64(len(latest)), nil
}

func (t *tx) PutSession(s store.Session) error {
	if err := t.write(); err != nil {
		return err
	}
	if _, ok := t.users[s.UserID]; !ok {
		return fmt.Errorf("memstore: put session: user: %w", store.ErrNotFound)
	}
	if _, ok := t.clients[s.ClientID]; !ok {
		return fmt.Errorf("memstore: put session: client: %w", store.ErrNotFound)
	}
	s = cloneSession(s)
	stamp(&s.FirstFactor, &s.SecondFactor, &s.LastActiveAt, &s.ExpireAt, &s.AbandonAt, &s.CreatedAt, &s.UpdatedAt)
	old, had := t.sessions[s.ID]
	if moved := had && (old.UserID != s.UserID || old.ClientID != s.ClientID); moved {
		t.dropSession(s.ID)
		had = false
	}
	if !had {
		link(t, t.userSessions, s.UserID, s.ID)
		link(t, t.clientSessions, s.ClientID, s.ID)
	}
	set(t, t.sessions, s.ID, s)
	return nil
}

func (t *tx) dropSession(id string) {
	s := t.sessions[id]
	unlink(t, t.userSessions, s.UserID, id)
	unlink(t, t.clientSessions, s.ClientID, id)
	unset(t, t.sessions, id)
}

func (t *tx) DeleteExpired(at time.Time) (int64, error) {
	if err := t.write(); err != nil {
		return 0, err
	}
	stamp(&at)
	n := dropWhere(t, t.signIns, func(a store.SignIn) bool { return before(a.ExpireAt, at) })
	n += dropWhere(t, t.signUps, func(a store.SignUp) bool { return before(a.ExpireAt, at) })
	n += t.dropGrants(func(g store.Grant) bool { return before(g.ExpireAt, at) })
	for id, s := range t.sessions {
		if before(s.ExpireAt, at) || before(s.AbandonAt, at) {
			t.dropSession(id)
			n++
		}
	}
	return n + t.dropIdleClients(at), nil
}

func cloneSession(s store.Session) store.Session {
	s.Actor = cloneSlice(s.Actor)
	return s
}
