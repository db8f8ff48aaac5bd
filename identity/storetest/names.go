package storetest

import (
	"testing"

	"github.com/usherauth/usher/identity/store"
)

var nameCases = []testCase{
	{"an external id and a user name belong to one user", func(t *testing.T, s store.Store) {
		taken, old := aUser(1), aUser(2)
		mustPut(t, s, taken, old)
		steal := map[string]func(*store.User){
			"external id": func(u *store.User) { u.ExternalID = taken.ExternalID },
			"user name":   func(u *store.User) { u.Username = taken.Username },
		}
		for name, change := range steal {
			newcomer, changed := aUser(3), aUser(4)
			changed.ID = old.ID
			for _, u := range []store.User{newcomer, changed} {
				change(&u)
				wantRefused(t, s, u, store.ErrConflict)
			}
			wantMissing(t, s, store.Tx.User, newcomer.ID)
			wantMissing(t, s, store.Tx.UserByEmail, newcomer.Emails[0].Normalized)
			wantRecord(t, s, store.Tx.User, old.ID, old)
			if t.Failed() {
				t.Fatal(name)
			}
		}
		wantUsers(t, s, store.UserQuery{ExternalIDs: []string{taken.ExternalID}, Usernames: []string{taken.Username}}, taken.ID)
	}},
	{"a value can be one user's external id and another's user name", func(t *testing.T, s store.Store) {
		a, b := aUser(1), aUser(2)
		a.Username, b.ExternalID = b.ExternalID, a.Username
		mustPut(t, s, a, b)
		wantRecord(t, s, store.Tx.User, b.ID, b)
	}},
	{"empty external ids and user names do not conflict and are nobody's", func(t *testing.T, s store.Store) {
		a, b := store.User{ID: "user_a"}, store.User{ID: "user_b"}
		mustPut(t, s, a, b)
		wantUsers(t, s, store.UserQuery{}, a.ID, b.ID)
		wantUsers(t, s, store.UserQuery{ExternalIDs: []string{""}})
		wantUsers(t, s, store.UserQuery{Usernames: []string{""}})
	}},
	{"external ids and user names differ by case or by a blank", func(t *testing.T, s store.Store) {
		for i, name := range []string{"ada", "Ada", "ada ", "ädä"} {
			u := aUser(i)
			u.ExternalID, u.Username = name, name
			mustPut(t, s, u)
			wantUsers(t, s, store.UserQuery{ExternalIDs: []string{name}}, u.ID)
			wantUsers(t, s, store.UserQuery{Usernames: []string{name}}, u.ID)
		}
	}},
	{"what a user gives up is free", func(t *testing.T, s store.Store) {
		a, b := aUser(1), aUser(2)
		mustPut(t, s, a, b)
		external, name := a.ExternalID, a.Username
		a.ExternalID, a.Username = "", "new"
		b.ExternalID, b.Username = external, name
		mustPut(t, s, a, b)
		wantRecord(t, s, store.Tx.User, b.ID, b)
		if err := deleteUser(t, s, b.ID); err != nil {
			t.Fatalf("DeleteUser = %v", err)
		}
		a.ExternalID, a.Username = external, name
		mustPut(t, s, a)
		wantUsers(t, s, store.UserQuery{ExternalIDs: []string{external}}, a.ID)
	}},
}
