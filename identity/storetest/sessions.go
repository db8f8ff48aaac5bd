package storetest

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/usherauth/usher/identity/store"
)

var sessionCases = []testCase{
	{"a session is found by id, every field as it was put", func(t *testing.T, s store.Store) {
		u, c := aUser(1), aClient(1)
		session, changed := aSession(1, u, c), aSession(2, u, c)
		mustPut(t, s, u, c, session)
		wantRecord(t, s, store.Tx.Session, session.ID, session)
		wantMissing(t, s, store.Tx.Session, "sess_none")
		changed.ID = session.ID
		mustPut(t, s, changed)
		wantRecord(t, s, store.Tx.Session, session.ID, changed)
		bare := store.Session{ID: "sess_bare", UserID: u.ID, ClientID: c.ID}
		mustPut(t, s, bare)
		wantRecord(t, s, store.Tx.Session, bare.ID, bare)
	}},
	{"a session needs its user and its client", func(t *testing.T, s store.Store) {
		u, c := aUser(1), aClient(1)
		mustPut(t, s, u, c)
		for _, session := range []store.Session{aSession(1, aUser(2), c), aSession(2, u, aClient(2)), {ID: "sess_bare"}} {
			update(t, s, func(tx store.Tx) error {
				if err := tx.PutSession(session); !errors.Is(err, store.ErrNotFound) {
					t.Errorf("PutSession = %v, want ErrNotFound", err)
				}
				return nil
			})
			wantMissing(t, s, store.Tx.Session, session.ID)
		}
		wantSessions(t, s, store.SessionQuery{})
	}},
	{"a session moves to another user and client", func(t *testing.T, s store.Store) {
		u, v, c, d := aUser(1), aUser(2), aClient(1), aClient(2)
		session := aSession(1, u, c)
		mustPut(t, s, u, v, c, d, session)
		session.UserID, session.ClientID = v.ID, d.ID
		mustPut(t, s, session)
		wantSessions(t, s, store.SessionQuery{UserID: u.ID})
		wantSessions(t, s, store.SessionQuery{ClientID: c.ID})
		wantSessions(t, s, store.SessionQuery{UserID: v.ID, ClientID: d.ID}, session)
	}},
	{"replacing a user or a client keeps the sessions", func(t *testing.T, s store.Store) {
		u, c := aUser(1), aClient(1)
		session := aSession(1, u, c)
		mustPut(t, s, u, c, session)
		u.FirstName, u.Emails, c.SecretHash = "Ada", nil, []byte("rotated")
		mustPut(t, s, u, c)
		wantSessions(t, s, store.SessionQuery{UserID: u.ID, ClientID: c.ID}, session)
	}},
	{"changing a session after putting or getting it changes nothing stored", func(t *testing.T, s store.Store) {
		u, c := aUser(1), aClient(1)
		session := aSession(1, u, c)
		mustPut(t, s, u, c, session)
		session.Actor[0] = 'X'
		for range 2 {
			update(t, s, func(tx store.Tx) error {
				one, _ := tx.Session(session.ID)
				listed, _ := tx.Sessions(store.SessionQuery{})
				one.Actor[0], listed[0].Actor[0] = 'X', 'X'
				return nil
			})
			wantRecord(t, s, store.Tx.Session, session.ID, aSession(1, u, c))
		}
	}},
	{"queries combine, newest first, ties by id", sessionQueries},
}

func wantSessions(t *testing.T, s store.Store, q store.SessionQuery, want ...store.Session) {
	t.Helper()
	got, err := read(t, s, store.Tx.Sessions, q)
	if err != nil {
		t.Errorf("Sessions(%+v) = %v", q, err)
	} else if d := diff(want, got); d != "" {
		t.Errorf("Sessions(%+v): (-want +got)\n%s", q, d)
	}
}

func sessionQueries(t *testing.T, s store.Store) {
	users, clients := []store.User{aUser(1), aUser(2)}, []store.Client{aClient(1), aClient(2)}
	mustPut(t, s, users[0], users[1], clients[0], clients[1])
	var all []store.Session // newest first, as they shall come back
	for i := range 16 {
		session := aSession(i, users[i%2], clients[i/2%2])
		session.ID = fmt.Sprintf("sess_%02d", i)
		session.Status = []string{"active", "ended", "removed", "active", "pending"}[i%5]
		session.CreatedAt = epoch.AddDate(0, 0, -i/4) // four share a time
		session.ExpireAt, session.AbandonAt = epoch.Add(time.Duration(i%7-3)*time.Millisecond), epoch.Add(time.Duration(i%4-1)*time.Millisecond)
		all = append(all, session)
	}
	for _, i := range []int{7, 0, 11, 15, 3, 1, 13, 9, 2, 12, 10, 4, 6, 14, 8, 5} {
		mustPut(t, s, all[i])
	}
	for _, q := range []store.SessionQuery{
		{}, {UserID: users[0].ID}, {ClientID: clients[1].ID}, {Status: "active"},
		{UserID: users[1].ID, ClientID: clients[0].ID}, {UserID: users[1].ID, Status: "ended"},
		{ClientID: clients[0].ID, Status: "removed"}, {UserID: users[0].ID, ClientID: clients[0].ID, Status: "active"},
		{UserID: "user_none"}, {ClientID: users[0].ID}, {Status: "' OR ''='"}, {Limit: 5}, {Offset: 5}, {Limit: 4, Offset: 10},
		{Offset: 99}, {UserID: users[1].ID, Limit: 2, Offset: 1},
		{Status: "active", At: epoch}, {Status: "expired", At: epoch}, {Status: "abandoned", At: epoch}, {Status: "ended", At: epoch},
		{UserID: users[0].ID, Status: "expired", At: epoch.Add(time.Millisecond)}, {Status: "active", At: epoch, Limit: 1}, {At: epoch},
		{Live: true}, {Live: true, At: epoch}, {ClientID: clients[0].ID, Live: true, At: epoch}, {UserID: users[1].ID, Live: true, At: epoch.Add(-time.Millisecond)},
		{Live: true, At: epoch, Limit: 1, Offset: 1}, {Live: true, Status: "pending"}, {Live: true, Status: "ended"}, {Live: true, Status: "expired", At: epoch},
	} {
		wantSessions(t, s, q, expected(all, q)...)
		wantSessionCount(t, s, q, len(expected(all, store.SessionQuery{UserID: q.UserID, ClientID: q.ClientID, Status: q.Status, At: q.At, Live: q.Live})))
	}
	for _, of := range []struct{ limit, offset int }{{0, 0}, {1, 0}, {1, 1}, {5, 5}} {
		wantSignedIn(t, s, of.limit, of.offset, clients[0].ID, clients[1].ID)
	}
}

func wantSessionCount(t *testing.T, s store.Store, q store.SessionQuery, want int) {
	t.Helper()
	if n, err := read(t, s, store.Tx.CountSessions, q); err != nil || n != int64(want) {
		t.Errorf("CountSessions(%+v) = %d, %v, want %d", q, n, err, want)
	}
}

// wantSignedIn fails unless a page of SignedInClients is that page of all.
func wantSignedIn(t *testing.T, s store.Store, limit, offset int, all ...string) {
	t.Helper()
	want := all[min(offset, len(all)):]
	if limit > 0 {
		want = want[:min(limit, len(want))]
	}
	view(t, s, func(tx store.Tx) error {
		ids, total, err := tx.SignedInClients(limit, offset)
		if err != nil || total != int64(len(all)) || !slices.Equal(ids, want) {
			t.Errorf("SignedInClients(%d, %d) = %q, %d, %v, want %q of %d", limit, offset, ids, total, err, want, len(all))
		}
		return nil
	})
}

// statusAt is what SessionQuery.At promises.
func statusAt(s store.Session, at time.Time) string {
	ends := s.Status == "active" || s.Status == "pending"
	switch {
	case !at.IsZero() && ends && !s.ExpireAt.After(at):
		return "expired"
	case !at.IsZero() && ends && !s.AbandonAt.After(at):
		return "abandoned"
	}
	return s.Status
}

// expected applies a query to sessions that are in order.
func expected(all []store.Session, q store.SessionQuery) []store.Session {
	found := slices.DeleteFunc(slices.Clone(all), func(s store.Session) bool {
		return q.UserID != "" && s.UserID != q.UserID || q.ClientID != "" && s.ClientID != q.ClientID ||
			q.Status != "" && statusAt(s, q.At) != q.Status ||
			q.Live && statusAt(s, q.At) != "active" && statusAt(s, q.At) != "pending"
	})
	found = found[min(q.Offset, len(found)):]
	if q.Limit > 0 {
		found = found[:min(q.Limit, len(found))]
	}
	return found
}
