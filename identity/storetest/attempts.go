package storetest

import (
	"testing"
	"time"

	"github.com/usherauth/usher/identity"
)

var attemptCases = []testCase{
	{"a sign-in is found by id, every field as it was put", func(t *testing.T, s identity.Store) {
		a, b := filled[identity.SignIn](1, ""), filled[identity.SignIn](2, "")
		mustPut(t, s, a)
		wantRecord(t, s, identity.Tx.SignIn, a.ID, a)
		wantMissing(t, s, identity.Tx.SignIn, b.ID)
		wantMissing(t, s, identity.Tx.SignUp, a.ID)
		b.ID = a.ID
		mustPut(t, s, b)
		wantRecord(t, s, identity.Tx.SignIn, a.ID, b)
	}},
	{"a sign-up is found by id, every field as it was put", func(t *testing.T, s identity.Store) {
		a, b := filled[identity.SignUp](1, ""), filled[identity.SignUp](2, "")
		mustPut(t, s, a)
		wantRecord(t, s, identity.Tx.SignUp, a.ID, a)
		wantMissing(t, s, identity.Tx.SignUp, b.ID)
		wantMissing(t, s, identity.Tx.SignIn, a.ID)
		b.ID = a.ID
		mustPut(t, s, b)
		b.UnsafeMetadata[0] = 'X'
		want := filled[identity.SignUp](2, "")
		want.ID = a.ID
		wantRecord(t, s, identity.Tx.SignUp, a.ID, want)
	}},
}

var expiryCases = []testCase{
	{"what expired before the time is deleted and counted, the rest stays", deleteExpired},
	{"clients that nothing belongs to any more are deleted with what expired", deleteIdleClients},
	{"nothing to delete is no error", func(t *testing.T, s identity.Store) {
		update(t, s, func(tx identity.Tx) error {
			n, err := tx.DeleteExpired(epoch)
			if n != 0 {
				t.Errorf("DeleteExpired = %d, want 0", n)
			}
			return err
		})
	}},
}

func deleteExpired(t *testing.T, s identity.Store) {
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
		mustPut(t, s, session, identity.SignIn{ID: e.id, ExpireAt: e.expire}, identity.SignUp{ID: e.id, ExpireAt: e.expire})
	}
	update(t, s, func(tx identity.Tx) error {
		n, err := tx.DeleteExpired(epoch)
		if n != 2+2+3 {
			t.Errorf("DeleteExpired = %d, want 7", n)
		}
		return err
	})
	for _, e := range ends {
		wantThere(t, s, identity.Tx.SignIn, e.id, e.attempt)
		wantThere(t, s, identity.Tx.SignUp, e.id, e.attempt)
		wantThere(t, s, identity.Tx.Session, e.id, e.active)
	}
	list, err := read(t, s, identity.Tx.Sessions, identity.SessionQuery{UserID: u.ID})
	if err != nil || len(list) != 3 {
		t.Errorf("Sessions = %d, %v, want 3", len(list), err)
	}
}

func deleteIdleClients(t *testing.T, s identity.Store) {
	const ms = time.Millisecond
	old, u := epoch.Add(-ms), aUser(1)
	client := func(id string, updated time.Time) identity.Client {
		return identity.Client{ID: id, SecretHash: []byte(id), UpdatedAt: updated}
	}
	session := func(c identity.Client, end time.Time) identity.Session {
		return identity.Session{ID: c.ID, ClientID: c.ID, UserID: u.ID, ExpireAt: end}
	}
	never, exact, idle := client("never", time.Time{}), client("exact", epoch), client("idle", old)
	signedIn, expired := client("signed in", old), client("expired", old)
	signingIn, signingUp, gaveUp := client("signing in", old), client("signing up", old), client("gave up", old)
	mustPut(t, s, u, never, exact, idle, signedIn, expired, signingIn, signingUp, gaveUp,
		session(signedIn, epoch), session(expired, old),
		identity.SignIn{ID: "a", ClientID: signingIn.ID, ExpireAt: epoch}, identity.SignIn{ID: "b", ClientID: gaveUp.ID, ExpireAt: old},
		identity.SignUp{ID: "a", ClientID: signingUp.ID, ExpireAt: epoch}, identity.SignUp{ID: "b", ClientID: gaveUp.ID, ExpireAt: old})
	update(t, s, func(tx identity.Tx) error {
		n, err := tx.DeleteExpired(epoch)
		if n != 3+3 {
			t.Errorf("DeleteExpired = %d, want 6", n)
		}
		return err
	})
	for _, c := range []identity.Client{never, exact, signedIn, signingIn, signingUp} {
		wantThere(t, s, identity.Tx.Client, c.ID, true)
	}
	for _, c := range []identity.Client{idle, expired, gaveUp} {
		wantThere(t, s, identity.Tx.Client, c.ID, false)
	}
	again := client("again", epoch)
	again.SecretHash = idle.SecretHash
	mustPut(t, s, again) // the secret of a deleted client is free
}

func wantThere[R any](t *testing.T, s identity.Store, get func(identity.Tx, string) (R, error), id string, there bool) {
	t.Helper()
	if _, err := read(t, s, get, id); (err == nil) != there {
		t.Errorf("%T %q: %v, want it there: %v", *new(R), id, err, there)
	}
}
