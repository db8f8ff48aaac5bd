package memstore

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/usherauth/usher/identity"
)

func (t *tx) Session(id string) (identity.Session, error) { return get(t.sessions, id, cloneSession) }

func (t *tx) Sessions(q identity.SessionQuery) ([]identity.Session, error) {
	var found []identity.Session
	add := func(s identity.Session) {
		if (q.UserID == "" || s.UserID == q.UserID) && (q.ClientID == "" || s.ClientID == q.ClientID) &&
			(q.Status == "" || s.Status == q.Status) {
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
	slices.SortFunc(found, func(a, b identity.Session) int {
		return cmp.Or(b.CreatedAt.Compare(a.CreatedAt), strings.Compare(a.ID, b.ID))
	})
	return copies(page(found, q.Limit, q.Offset), cloneSession), nil
}

func (t *tx) PutSession(s identity.Session) error {
	if err := t.write(); err != nil {
		return err
	}
	if _, ok := t.users[s.UserID]; !ok {
		return fmt.Errorf("memstore: put session: user: %w", identity.ErrNotFound)
	}
	if _, ok := t.clients[s.ClientID]; !ok {
		return fmt.Errorf("memstore: put session: client: %w", identity.ErrNotFound)
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
	n := dropWhere(t, t.signIns, func(a identity.SignIn) bool { return before(a.ExpireAt, at) })
	n += dropWhere(t, t.signUps, func(a identity.SignUp) bool { return before(a.ExpireAt, at) })
	n += t.dropGrants(func(g identity.Grant) bool { return before(g.ExpireAt, at) })
	for id, s := range t.sessions {
		if before(s.ExpireAt, at) || before(s.AbandonAt, at) {
			t.dropSession(id)
			n++
		}
	}
	return n + t.dropIdleClients(at), nil
}

func cloneSession(s identity.Session) identity.Session {
	s.Actor = cloneSlice(s.Actor)
	return s
}
