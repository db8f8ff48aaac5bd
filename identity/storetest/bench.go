package storetest

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"testing"

	"github.com/usherauth/usher/identity/store"
)

// Bench measures what a signed-in page costs a store: reading a user, a session and a
// client, and a session touched by one caller and by 32 at the same time; and what a
// sign-up costs, in an Update of its own and in a large one, which is without the disk.
// It fills the store first and leaves closing it to the caller.
func Bench(b *testing.B, s store.Store) {
	ctx := b.Context()
	const people = 1000
	err := s.Update(ctx, func(tx store.Tx) error {
		for i := range people {
			if err := benchRecords(i).put(tx); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	r := benchRecords(people / 2)
	b.Run("User", func(b *testing.B) { benchGet(b, s, store.Tx.User, r.user.ID) })
	b.Run("Session", func(b *testing.B) { benchGet(b, s, store.Tx.Session, r.session.ID) })
	b.Run("Client", func(b *testing.B) { benchGet(b, s, store.Tx.Client, r.client.ID) })
	b.Run("Update", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if err := touch(ctx, s, r.session.ID); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("Update32", func(b *testing.B) { benchTogether(b, s) })
	next := people
	b.Run("SignUp", func(b *testing.B) { benchSignUp(b, s, &next, 1) })
	b.Run("SignUp500", func(b *testing.B) { benchSignUp(b, s, &next, 500) })
}

// benchSignUp puts people who are new from next on, so many to an Update.
func benchSignUp(b *testing.B, s store.Store, next *int, together int) {
	r := benchRecords(0)
	b.ReportAllocs()
	for b.Loop() {
		err := s.Update(b.Context(), func(tx store.Tx) error {
			for range together {
				if err := signUp(tx, r, strconv.Itoa(*next)); err != nil {
					return err
				}
				*next++
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
}

// signUp puts what a sign-up does.
func signUp(tx store.Tx, r records, id string) error {
	r.user.ID, r.user.ExternalID, r.user.Username = "user_"+id, "", ""
	r.user.Emails[0].ID, r.user.Emails[0].Address, r.user.Emails[0].Normalized = "idn_"+id, id+"@example.com", id+"@example.com"
	r.client.ID, r.client.SecretHash = "client_"+id, []byte(id)
	r.session.ID, r.session.UserID, r.session.ClientID = "sess_"+id, r.user.ID, r.client.ID
	if err := tx.PutUser(r.user); err != nil {
		return err
	}
	if err := tx.PutClient(r.client); err != nil {
		return err
	}
	return tx.PutSession(r.session)
}

// benchRecords is a person with one address.
func benchRecords(i int) records {
	r := allFilled(i, "")
	r.user.Emails = r.user.Emails[:1]
	return r
}

func benchGet[R any](b *testing.B, s store.Store, get func(store.Tx, string) (R, error), id string) {
	ctx, cancel := context.WithCancel(b.Context()) // as a request's is
	defer cancel()
	b.ReportAllocs()
	for b.Loop() {
		err := s.View(ctx, func(tx store.Tx) error { _, err := get(tx, id); return err })
		if err != nil {
			b.Fatal(err)
		}
	}
}

func touch(ctx context.Context, s store.Store, id string) error {
	return s.Update(ctx, func(tx store.Tx) error {
		session, err := tx.Session(id)
		if err != nil {
			return err
		}
		session.LastActiveAt = session.LastActiveAt.Add(1e6)
		return tx.PutSession(session)
	})
}

func benchTogether(b *testing.B, s store.Store) {
	b.ReportAllocs()
	var wg sync.WaitGroup
	errs := make([]error, workers)
	for w := range workers {
		wg.Go(func() {
			id := benchRecords(w).session.ID
			for i := w; i < b.N; i += workers {
				errs[w] = errors.Join(errs[w], touch(b.Context(), s, id))
			}
		})
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		b.Fatal(err)
	}
}
