package storetest

import (
	"testing"
	"time"

	"github.com/usherauth/usher/identity/store"
)

var grantCases = []testCase{
	{"a grant is found by id and secret, every field as it was put", func(t *testing.T, s store.Store) {
		u := aUser(1)
		g, changed := aGrant(1, u), aGrant(2, u)
		mustPut(t, s, u, g)
		wantRecord(t, s, store.Tx.Grant, g.ID, g)
		wantRecord(t, s, store.Tx.GrantBySecret, g.SecretHash, g)
		wantMissing(t, s, store.Tx.Grant, string(g.SecretHash))
		wantMissing(t, s, store.Tx.GrantBySecret, []byte(g.ID))
		wantMissing(t, s, store.Tx.GrantBySecret, g.SecretHash[:len(g.SecretHash)-1])
		changed.ID = g.ID
		mustPut(t, s, changed)
		wantRecord(t, s, store.Tx.Grant, g.ID, changed)
		wantRecord(t, s, store.Tx.GrantBySecret, changed.SecretHash, changed)
		wantMissing(t, s, store.Tx.GrantBySecret, g.SecretHash)
		bare := store.Grant{ID: g.ID} // nobody's from now on
		mustPut(t, s, bare)
		wantRecord(t, s, store.Tx.Grant, g.ID, bare)
		wantMissing(t, s, store.Tx.GrantBySecret, changed.SecretHash)
	}},
	{"a secret belongs to one grant", func(t *testing.T, s store.Store) {
		u, c := aUser(1), aClient(1)
		a, b := aGrant(1, u), aGrant(2, u)
		c.SecretHash = a.SecretHash // a client's is another matter
		mustPut(t, s, u, c, a, b)
		thief, newcomer := b, aGrant(3, u)
		thief.Status, thief.SecretHash, newcomer.SecretHash = "changed", a.SecretHash, a.SecretHash
		wantRefused(t, s, thief, store.ErrConflict)
		wantRefused(t, s, newcomer, store.ErrConflict)
		wantRecord(t, s, store.Tx.Grant, b.ID, b)
		wantMissing(t, s, store.Tx.Grant, newcomer.ID)
		a.SecretHash, b.SecretHash = []byte("new"), a.SecretHash // what is given up is free
		mustPut(t, s, a, b)
		wantRecord(t, s, store.Tx.GrantBySecret, b.SecretHash, b)
	}},
	{"grants without a secret do not conflict and are not found by it", func(t *testing.T, s store.Store) {
		a, b := store.Grant{ID: "a"}, store.Grant{ID: "b", SecretHash: []byte{}}
		mustPut(t, s, a, b)
		wantRecord(t, s, store.Tx.Grant, b.ID, b)
		wantMissing(t, s, store.Tx.GrantBySecret, nil)
		wantMissing(t, s, store.Tx.GrantBySecret, []byte{})
	}},
	{"a grant needs its user, if it names one", func(t *testing.T, s store.Store) {
		nobodys, strangers := aGrant(1, store.User{}), aGrant(2, aUser(1))
		wantRefused(t, s, strangers, store.ErrNotFound)
		wantMissing(t, s, store.Tx.Grant, strangers.ID)
		wantMissing(t, s, store.Tx.GrantBySecret, strangers.SecretHash)
		mustPut(t, s, nobodys)
		wantRecord(t, s, store.Tx.Grant, nobodys.ID, nobodys)
	}},
	{"deleting a user deletes the grants, and their secrets are free", func(t *testing.T, s store.Store) {
		gone, stays := aUser(1), aUser(2)
		theirs, others, nobodys := aGrant(1, gone), aGrant(2, stays), aGrant(3, store.User{})
		moved := aGrant(4, gone)
		mustPut(t, s, gone, stays, theirs, others, nobodys, moved)
		moved.UserID = stays.ID
		mustPut(t, s, moved)
		if err := deleteUser(t, s, gone.ID); err != nil {
			t.Fatalf("DeleteUser = %v", err)
		}
		wantMissing(t, s, store.Tx.Grant, theirs.ID)
		wantMissing(t, s, store.Tx.GrantBySecret, theirs.SecretHash)
		for _, g := range []store.Grant{others, nobodys, moved} {
			wantRecord(t, s, store.Tx.Grant, g.ID, g)
		}
		others.SecretHash = theirs.SecretHash
		mustPut(t, s, others)
	}},
	{"a grant is deleted once, and its secret is free", func(t *testing.T, s store.Store) {
		u := aUser(1)
		g, stays := aGrant(1, u), aGrant(2, u)
		mustPut(t, s, u, g, stays)
		wantDeleted(t, s, func(tx store.Tx) error { return tx.DeleteGrant(g.ID) })
		wantMissing(t, s, store.Tx.Grant, g.ID)
		wantMissing(t, s, store.Tx.GrantBySecret, g.SecretHash)
		wantRecord(t, s, store.Tx.Grant, stays.ID, stays)
		stays.SecretHash = g.SecretHash
		mustPut(t, s, stays)
	}},
	{"changing a grant after putting or getting it changes nothing stored", func(t *testing.T, s store.Store) {
		spoil := func(g store.Grant) { g.SecretHash[0], g.Data[0] = 'X', 'X' }
		u := aUser(1)
		g := aGrant(1, u)
		hash := aGrant(1, u).SecretHash
		mustPut(t, s, u, g)
		spoil(g)
		for range 2 {
			update(t, s, func(tx store.Tx) error {
				one, _ := tx.Grant(g.ID)
				other, _ := tx.GrantBySecret(hash)
				spoil(one)
				spoil(other)
				return nil
			})
			wantRecord(t, s, store.Tx.GrantBySecret, hash, aGrant(1, u))
		}
	}},
	{"grants that expired are deleted, the others stay", func(t *testing.T, s store.Store) {
		const ms = time.Millisecond
		ends := map[string]time.Time{"never": {}, "at the time": epoch, "after": epoch.Add(ms), "before": epoch.Add(-ms), "long ago": time.Unix(0, 0)}
		for id, end := range ends {
			mustPut(t, s, store.Grant{ID: id, SecretHash: []byte(id), ExpireAt: end})
		}
		update(t, s, func(tx store.Tx) error {
			n, err := tx.DeleteExpired(epoch.Add(ms / 2)) // times are in milliseconds
			if n != 2 {
				t.Errorf("DeleteExpired = %d, want 2", n)
			}
			return err
		})
		for id, end := range ends {
			wantThere(t, s, store.Tx.Grant, id, end.IsZero() || !end.Before(epoch))
		}
		wantMissing(t, s, store.Tx.GrantBySecret, []byte("before"))
		mustPut(t, s, store.Grant{ID: "again", SecretHash: []byte("before")})
	}},
}
