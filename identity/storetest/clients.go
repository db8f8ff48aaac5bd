package storetest

import (
	"errors"
	"testing"

	"github.com/usherauth/usher/identity"
)

var clientCases = []testCase{
	{"a client is found by id, every field as it was put", func(t *testing.T, s identity.Store) {
		a, b := aClient(1), aClient(2)
		mustPut(t, s, a, b)
		wantRecord(t, s, identity.Tx.Client, a.ID, a)
		wantMissing(t, s, identity.Tx.Client, "client_none")
		b.ID = a.ID
		b.SecretHash = []byte("rotated")
		mustPut(t, s, b)
		wantRecord(t, s, identity.Tx.Client, a.ID, b)
	}},
	{"a secret belongs to one client", func(t *testing.T, s identity.Store) {
		a, b := aClient(1), aClient(2)
		mustPut(t, s, a, b)
		thief := b
		thief.SecretHash = a.SecretHash
		update(t, s, func(tx identity.Tx) error {
			if err := tx.PutClient(thief); !errors.Is(err, identity.ErrConflict) {
				t.Errorf("PutClient = %v, want ErrConflict", err)
			}
			return nil
		})
		wantRecord(t, s, identity.Tx.Client, b.ID, b)
		free := a.SecretHash
		a.SecretHash = []byte("rotated")
		b.SecretHash = free
		mustPut(t, s, a, b) // a rotated secret is free
		wantRecord(t, s, identity.Tx.Client, b.ID, b)
	}},
	{"clients without a secret do not conflict", func(t *testing.T, s identity.Store) {
		a, b := identity.Client{ID: "client_a"}, identity.Client{ID: "client_b", SecretHash: []byte{}}
		mustPut(t, s, a, b)
		wantRecord(t, s, identity.Tx.Client, "client_a", a)
		wantRecord(t, s, identity.Tx.Client, "client_b", b)
	}},
	{"deleting a client deletes its sessions and attempts, not the users", deleteClientCascades},
}

func deleteClientCascades(t *testing.T, s identity.Store) {
	u, gone, stays := aUser(1), aClient(1), aClient(2)
	theirs, others := aSession(1, u, gone), aSession(2, u, stays)
	signIn, signUp := filled[identity.SignIn](1, ""), filled[identity.SignUp](1, "")
	otherIn, otherUp := filled[identity.SignIn](2, ""), filled[identity.SignUp](2, "")
	signIn.ClientID, signUp.ClientID = gone.ID, gone.ID
	mustPut(t, s, u, gone, stays, theirs, others, signIn, signUp, otherIn, otherUp)
	del := func(tx identity.Tx) error { return tx.DeleteClient(gone.ID) }
	update(t, s, del)
	wantMissing(t, s, identity.Tx.Client, gone.ID)
	wantMissing(t, s, identity.Tx.Session, theirs.ID)
	wantMissing(t, s, identity.Tx.SignIn, signIn.ID)
	wantMissing(t, s, identity.Tx.SignUp, signUp.ID)
	wantSessions(t, s, identity.SessionQuery{UserID: u.ID}, others)
	wantRecord(t, s, identity.Tx.SignIn, otherIn.ID, otherIn)
	wantRecord(t, s, identity.Tx.SignUp, otherUp.ID, otherUp)
	wantRecord(t, s, identity.Tx.User, u.ID, u)
	wantError(t, "second DeleteClient", s.Update(t.Context(), del), identity.ErrNotFound)
	stays.SecretHash = gone.SecretHash
	mustPut(t, s, stays)
}
