package storetest

import (
	"errors"
	"slices"
	"testing"

	"github.com/usherauth/usher/identity/store"
)

var addressCases = []testCase{
	{"an address no longer in the user is gone", func(t *testing.T, s store.Store) {
		u, other := aUser(1), aUser(2)
		gone := u.Emails[1]
		mustPut(t, s, u)
		u.Emails = slices.Delete(slices.Clone(u.Emails), 1, 2)
		mustPut(t, s, u)
		wantRecord(t, s, store.Tx.User, u.ID, u)
		wantMissing(t, s, store.Tx.UserByEmail, gone.Normalized)
		wantMissing(t, s, store.Tx.UserByEmailID, gone.ID)
		other.Emails = []store.EmailAddress{gone}
		mustPut(t, s, other)
		wantRecord(t, s, store.Tx.UserByEmail, gone.Normalized, other)
	}},
	{"addresses come back in the order given", func(t *testing.T, s store.Store) {
		u := aUser(1)
		mustPut(t, s, u)
		slices.Reverse(u.Emails)
		mustPut(t, s, u)
		wantRecord(t, s, store.Tx.User, u.ID, u)
	}},
	{"two addresses of a user trade their normalized values", func(t *testing.T, s store.Store) {
		u := aUser(1)
		mustPut(t, s, u)
		u.Emails[0].Normalized, u.Emails[1].Normalized = u.Emails[1].Normalized, u.Emails[0].Normalized
		mustPut(t, s, u)
		wantRecord(t, s, store.Tx.User, u.ID, u)
		wantRecord(t, s, store.Tx.UserByEmail, u.Emails[0].Normalized, u)
	}},
	{"an address gets a new id within its user", func(t *testing.T, s store.Store) {
		u := aUser(1)
		mustPut(t, s, u)
		u.Emails[0].ID = "idn_new"
		mustPut(t, s, u)
		wantRecord(t, s, store.Tx.User, u.ID, u)
	}},
	{"an address moves from one user to another in one Update", func(t *testing.T, s store.Store) {
		from, to := aUser(1), aUser(2)
		mustPut(t, s, from, to)
		to.Emails = append(to.Emails, from.Emails[0])
		from.Emails = from.Emails[1:]
		mustPut(t, s, from, to)
		wantRecord(t, s, store.Tx.User, from.ID, from)
		wantRecord(t, s, store.Tx.UserByEmail, to.Emails[3].Normalized, to)
	}},
	{"an address differs from another by case or by a blank", func(t *testing.T, s store.Store) {
		for i, normalized := range []string{"a@example.com", "A@example.com", "a@example.com ", "ä@example.com"} {
			u := aUser(i)
			u.Emails = u.Emails[:1]
			u.Emails[0].Normalized = normalized
			mustPut(t, s, u)
			wantRecord(t, s, store.Tx.UserByEmail, normalized, u)
		}
	}},
	{"a taken value is a conflict and changes nothing, even if the function goes on", addressConflicts},
}

func addressConflicts(t *testing.T, s store.Store) {
	tests := []struct {
		name   string
		change func(u *store.User, taken store.User)
	}{
		{"another user's address", func(u *store.User, taken store.User) {
			u.Emails[2].Normalized = taken.Emails[0].Normalized
		}},
		{"another user's address id", func(u *store.User, taken store.User) { u.Emails[2].ID = taken.Emails[1].ID }},
		{"one address twice", func(u *store.User, _ store.User) { u.Emails[2].Normalized = u.Emails[0].Normalized }},
		{"one address id twice", func(u *store.User, _ store.User) { u.Emails[2].ID = u.Emails[0].ID }},
	}
	taken, old := aUser(1), aUser(2)
	mustPut(t, s, taken, old)
	for i, tt := range tests {
		newcomer, changed := aUser(10+i), aUser(20+i)
		changed.ID = old.ID
		for _, u := range []store.User{newcomer, changed} {
			tt.change(&u, taken)
			update(t, s, func(tx store.Tx) error {
				if err := tx.PutUser(u); !errors.Is(err, store.ErrConflict) {
					t.Errorf("%s: PutUser = %v, want ErrConflict", tt.name, err)
				}
				return nil
			})
		}
		wantMissing(t, s, store.Tx.User, newcomer.ID)
		wantMissing(t, s, store.Tx.UserByEmail, newcomer.Emails[0].Normalized)
		wantRecord(t, s, store.Tx.User, old.ID, old)
		wantRecord(t, s, store.Tx.UserByEmail, taken.Emails[0].Normalized, taken)
	}
}
