package storetest

import (
	"errors"
	"testing"

	"github.com/usherauth/usher/identity/store"
)

var clientCases = []testCase{
	{"a client is found by id, every field as it was put", func(t *testing.T, s store.Store) {
		a, b := aClient(1), aClient(2)
		mustPut(t, s, a, b)
		wantRecord(t, s, store.Tx.Client, a.ID, a)
		wantMissing(t, s, store.Tx.Client, "client_none")
		b.ID = a.ID
		b.SecretHash = []byte("rotated")
		mustPut(t, s, b)
		wantRecord(t, s, store.Tx.Client, a.ID, b)
	}},
	{"a secret belongs to one client", func(t *testing.T, s store.Store) {
		a, b := aClient(1), aClient(2)
		mustPut(t, s, a, b)
		thief := b
		thief.SecretHash = a.SecretHash
		update(t, s, func(tx store.Tx) error {
			if err := tx.PutClient(thief); !errors.Is(err, store.ErrConflict) {
				t.Errorf("PutClient = %v, want ErrConflict", err)
			}
			return nil
		})
		wantRecord(t, s, store.Tx.Client, b.ID, b)
		free := a.SecretHash
		a.SecretHash = []byte("rotated")
		b.SecretHash = free
		mustPut(t, s, a, b) // a rotated secret is free
		wantRecord(t, s, store.Tx.Client, b.ID, b)
	}},
	{"clients without a secret do not conflict", func(t *testing.T, s store.Store) {
		a, b := store.Client{ID: "client_a"}, store.Client{ID: "client_b", SecretHash: []byte{}}
		mustPut(t, s, a, b)
		wantRecord(t, s, store.Tx.Client, "client_a", a)
		wantRecord(t, s, store.Tx.Client, "client_b", b)
	}},
	{"deleting a client deletes its sessions and attempts, not the users", deleteClientCascades},
}

func deleteClientCascades(t *testing.T, s store.Store) {
	u, gone, stays := aUser(1), aClient(1), aClient(2)
	theirs, others := aSession(1, u, gone), aSession(2, u, stays)
	signIn, signUp := filled[store.SignIn](1, ""), filled[store.SignUp](1, "")
	otherIn, otherUp := filled[store.SignIn](2, ""), filled[store.SignUp](2, "")
	signIn.ClientID, signUp.ClientID = gone.ID, gone.ID
	mustPut(t, s, u, gone, stays, theirs, others, signIn, signUp, otherIn, otherUp)
	del := func(tx store.Tx) error { return tx.DeleteClient(gone.ID) }
	update(t, s, del)
	wantMissing(t, s, store.Tx.Client, gone.ID)
	wantMissing(t, s, store.Tx.Session, theirs.ID)
	wantMissing(t, s, store.Tx.SignIn, signIn.ID)
	wantMissing(t, s, store.Tx.SignUp, signUp.ID)
	wantSessions(t, s, store.SessionQuery{UserID: u.ID}, others)
	wantRecord(t, s, store.Tx.SignIn, otherIn.ID, otherIn)
	wantRecord(t, s, store.Tx.SignUp, otherUp.ID, otherUp)
	wantRecord(t, s, store.Tx.User, u.ID, u)
	wantError(t, "second DeleteClient", s.Update(t.Context(), del), store.ErrNotFound)
	stays.SecretHash = gone.SecretHash
	mustPut(t, s, stays)
}
