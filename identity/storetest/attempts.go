package storetest

import (
	"testing"
	"time"

	"github.com/usherauth/usher/identity/store"
)

var attemptCases = []testCase{
	{"a sign-in is found by id, every field as it was put", func(t *testing.T, s store.Store) {
		a, b := filled[store.SignIn](1, ""), filled[store.SignIn](2, "")
		mustPut(t, s, a)
		wantRecord(t, s, store.Tx.SignIn, a.ID, a)
		wantMissing(t, s, store.Tx.SignIn, b.ID)
		wantMissing(t, s, store.Tx.SignUp, a.ID)
		b.ID = a.ID
		mustPut(t, s, b)
		wantRecord(t, s, store.Tx.SignIn, a.ID, b)
	}},
	{"a sign-up is found by id, every field as it was put", func(t *testing.T, s store.Store) {
		a, b := filled[store.SignUp](1, ""), filled[store.SignUp](2, "")
		mustPut(t, s, a)
		wantRecord(t, s, store.Tx.SignUp, a.ID, a)
		wantMissing(t, s, store.Tx.SignUp, b.ID)
		wantMissing(t, s, store.Tx.SignIn, a.ID)
		b.ID = a.ID
		mustPut(t, s, b)
		b.UnsafeMetadata[0] = 'X'
		want := filled[store.SignUp](2, "")
		want.ID = a.ID
		wantRecord(t, s, store.Tx.SignUp, a.ID, want)
	}},
}

var expiryCases = []testCase{
	{"what expired before the time is deleted and counted, the rest stays", deleteExpired},
	{"clients that nothing belongs to any more are deleted with what expired", deleteIdleClients},
	{"nothing to delete is no error", func(t *testing.T, s store.Store) {
		update(t, s, func(tx store.Tx) error {
			n, err := tx.DeleteExpired(epoch)
			if n != 0 {
				t.Errorf("DeleteExpired = %d, want 0", n)
			}
			return err
		})
	}},
}

// unfinishedCases are about what strangers can begin.
var unfinishedCases = []testCase{
	{"what is unfinished is counted, and dropped when it expired or there is too much of it", deleteUnfinished},
	{"clients in use are kept however many there are", keepUsedClients},
}

func deleteUnfinished(t *testing.T, s store.Store) {
	u := aUser(1)
	mustPut(t, s, u)
	at := func(n int) time.Time { return epoch.Add(time.Duration(n) * time.Second) }
	for i, id := range []string{"a", "b", "c", "d"} { // d is the newest
		mustPut(t, s, store.SignIn{ID: id, Status: "needs_first_factor", CreatedAt: at(i), ExpireAt: at(100)},
			store.SignUp{ID: id, Status: "missing_requirements", CreatedAt: at(i), ExpireAt: at(100)},
			store.Grant{ID: id, Kind: "code", CreatedAt: at(i), ExpireAt: at(100)},
			store.Grant{ID: "sent " + id, Kind: "sent", CreatedAt: at(i), ExpireAt: at(100)},
			store.Grant{ID: "ticket " + id, Kind: "ticket", CreatedAt: at(i), ExpireAt: at(100)},
			store.Grant{ID: "tried " + id, Kind: "tried", Attempts: 4 - i, CreatedAt: at(i), ExpireAt: at(100)},
			store.Grant{ID: "owned " + id, Kind: "code", UserID: u.ID, CreatedAt: at(i), ExpireAt: at(100)},
			store.SignIn{ID: "done " + id, Status: "complete", CreatedAt: at(i), ExpireAt: at(100)},
			store.SignUp{ID: "done " + id, Status: "complete", CreatedAt: at(i), ExpireAt: at(100)})
	}
	mustPut(t, s, store.SignIn{ID: "expired", Status: "needs_first_factor", CreatedAt: at(50), ExpireAt: at(60)},
		store.SignUp{ID: "never", Status: "missing_requirements", CreatedAt: at(-1)},
		store.Grant{ID: "expired", Kind: "code", CreatedAt: at(50), ExpireAt: at(60)})
	count := func(want int64) {
		t.Helper()
		update(t, s, func(tx store.Tx) error {
			n, err := tx.CountUnfinished("code", "sent", "tried")
			if n != want {
				t.Errorf("CountUnfinished = %d, want %d", n, want)
			}
			return err
		})
	}
	count(5 + 5 + 5 + 4 + 4)
	drop := func(ended time.Time, keep int, want int64) {
		t.Helper()
		update(t, s, func(tx store.Tx) error {
			n, err := tx.DeleteUnfinished(ended, keep, "code", "sent", "tried")
			if n != want {
				t.Errorf("DeleteUnfinished = %d, want %d", n, want)
			}
			return err
		})
	}
	drop(at(60), 5, 0)
	drop(at(61), 5, 2)
	drop(at(61), 2, 2+3+2+2+2)
	count(10)
	for _, id := range []string{"a", "b", "c", "d"} {
		left := id > "b"
		wantThere(t, s, store.Tx.SignIn, id, left)
		wantThere(t, s, store.Tx.SignUp, id, left)
		wantThere(t, s, store.Tx.Grant, id, left)
		wantThere(t, s, store.Tx.Grant, "sent "+id, left)
		wantThere(t, s, store.Tx.Grant, "tried "+id, !left) // the most Attempts stay, however old
		wantThere(t, s, store.Tx.Grant, "ticket "+id, true)
		wantThere(t, s, store.Tx.Grant, "owned "+id, true)
		wantThere(t, s, store.Tx.SignIn, "done "+id, true)
		wantThere(t, s, store.Tx.SignUp, "done "+id, true)
	}
	drop(at(61), 0, 10)
	count(0)
}

func keepUsedClients(t *testing.T, s store.Store) {
	u := aUser(1)
	mustPut(t, s, u)
	client := func(id string, n int) store.Client {
		return store.Client{ID: id, SecretHash: []byte(id), UpdatedAt: epoch.Add(time.Duration(n) * time.Second)}
	}
	active := client("active", 0)
	active.LastActiveSessionID = "sess"
	ended, trying, old, newer, newest := client("ended", 1), client("trying", 2), client("old", 3), client("newer", 4), client("newest", 5)
	mustPut(t, s, u, active, ended, trying, old, newer, newest,
		store.Session{ID: "sess", ClientID: active.ID, UserID: u.ID}, store.Session{ID: "over", ClientID: ended.ID, UserID: u.ID, Status: "ended"},
		store.SignUp{ID: "a", ClientID: trying.ID, Status: "missing_requirements"})
	update(t, s, func(tx store.Tx) error {
		n, err := tx.CountUnfinished()
		if n != 4+1 {
			t.Errorf("CountUnfinished = %d, want 5", n)
		}
		return err
	})
	update(t, s, func(tx store.Tx) error {
		n, err := tx.DeleteUnfinished(epoch, 2)
		if n != 1 {
			t.Errorf("DeleteUnfinished = %d, want 1", n)
		}
		return err
	})
	for _, c := range []store.Client{active, ended, trying, newer, newest} {
		wantThere(t, s, store.Tx.Client, c.ID, true)
	}
	wantThere(t, s, store.Tx.Client, old.ID, false)
	mustPut(t, s, store.Client{ID: "again", SecretHash: old.SecretHash}) // the secret of a deleted client is free
}

func deleteExpired(t *testing.T, s store.Store) {
	const ms = time.Millisecond
	u, c := aUser(1), aClient(1)
	mustPut(t, s, u, c)
	ends := []struct {
		id              string
		expire, abandon time.Time // attempts have only the first
		attempt, active bool      // what shall remain
	}{
		{"never", time.Time{}, time.Time{}, true, true},
		{"at the time", epoch, epoch, true, true},
		{"after", epoch.Add(ms), time.Time{}, true, true},
		{"before", epoch.Add(-ms), epoch.Add(time.Hour), false, false},
		{"abandoned", epoch.Add(time.Hour), epoch.Add(-ms), true, false},
		{"long ago", time.Unix(0, 0), time.Time{}, false, false},
	}
	for _, e := range ends {
		session := aSession(1, u, c)
		session.ID, session.ExpireAt, session.AbandonAt = e.id, e.expire, e.abandon
		mustPut(t, s, session, store.SignIn{ID: e.id, ExpireAt: e.expire}, store.SignUp{ID: e.id, ExpireAt: e.expire})
	}
	update(t, s, func(tx store.Tx) error {
		n, err := tx.DeleteExpired(epoch)
		if n != 2+2+3 {
			t.Errorf("DeleteExpired = %d, want 7", n)
		}
		return err
	})
	for _, e := range ends {
		wantThere(t, s, store.Tx.SignIn, e.id, e.attempt)
		wantThere(t, s, store.Tx.SignUp, e.id, e.attempt)
		wantThere(t, s, store.Tx.Session, e.id, e.active)
	}
	list, err := read(t, s, store.Tx.Sessions, store.SessionQuery{UserID: u.ID})
	if err != nil || len(list) != 3 {
		t.Errorf("Sessions = %d, %v, want 3", len(list), err)
	}
}

func deleteIdleClients(t *testing.T, s store.Store) {
	const ms = time.Millisecond
	old, u := epoch.Add(-ms), aUser(1)
	client := func(id string, updated time.Time) store.Client {
		return store.Client{ID: id, SecretHash: []byte(id), UpdatedAt: updated}
	}
	session := func(c store.Client, end time.Time) store.Session {
		return store.Session{ID: c.ID, ClientID: c.ID, UserID: u.ID, ExpireAt: end}
	}
	never, exact, idle := client("never", time.Time{}), client("exact", epoch), client("idle", old)
	signedIn, expired := client("signed in", old), client("expired", old)
	signingIn, signingUp, gaveUp := client("signing in", old), client("signing up", old), client("gave up", old)
	mustPut(t, s, u, never, exact, idle, signedIn, expired, signingIn, signingUp, gaveUp,
		session(signedIn, epoch), session(expired, old),
		store.SignIn{ID: "a", ClientID: signingIn.ID, ExpireAt: epoch}, store.SignIn{ID: "b", ClientID: gaveUp.ID, ExpireAt: old},
		store.SignUp{ID: "a", ClientID: signingUp.ID, ExpireAt: epoch}, store.SignUp{ID: "b", ClientID: gaveUp.ID, ExpireAt: old})
	update(t, s, func(tx store.Tx) error {
		n, err := tx.DeleteExpired(epoch)
		if n != 3+3 {
			t.Errorf("DeleteExpired = %d, want 6", n)
		}
		return err
	})
	for _, c := range []store.Client{never, exact, signedIn, signingIn, signingUp} {
		wantThere(t, s, store.Tx.Client, c.ID, true)
	}
	for _, c := range []store.Client{idle, expired, gaveUp} {
		wantThere(t, s, store.Tx.Client, c.ID, false)
	}
	again := client("again", epoch)
	again.SecretHash = idle.SecretHash
	mustPut(t, s, again) // the secret of a deleted client is free
}

func wantThere[R any](t *testing.T, s store.Store, get func(store.Tx, string) (R, error), id string, there bool) {
	t.Helper()
	if _, err := read(t, s, get, id); (err == nil) != there {
		t.Errorf("%T %q: %v, want it there: %v", *new(R), id, err, there)
	}
}
