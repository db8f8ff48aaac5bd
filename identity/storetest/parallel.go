package storetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/usherauth/usher/identity/store"
)

const workers = 32

var parallelCases = []testCase{
	{"no increment is lost", noLostUpdate},
	{"one of many sign-ups with the same address succeeds", oneAddress},
	{"one of many records with the same unique value is kept", oneOfMany},
	{"one of many spends a grant", spendOnce},
	{"the last place of an organization is given once", lastPlace},
	{"failing, panicking and cancelled Updates do not touch their neighbours", neighbours},
	{"a View is consistent while Updates run", consistentViews},
	{"a View never sees what is undone later", undoneUnseen},
	{"Close waits for those inside and fails the others", closeWhileBusy},
}

// together runs fn in many goroutines at once and waits for them.
func together(fn func(i int)) {
	var wg sync.WaitGroup
	for i := range workers {
		wg.Go(func() { fn(i) })
	}
	wg.Wait()
}

func noLostUpdate(t *testing.T, s store.Store) {
	u := aUser(1)
	u.FailedAttempts = 0
	mustPut(t, s, u)
	const times = 5
	together(func(int) {
		for range times {
			err := s.Update(t.Context(), func(tx store.Tx) error {
				u, err := tx.User(u.ID)
				if err != nil {
					return err
				}
				u.FailedAttempts++
				return tx.PutUser(u)
			})
			if err != nil {
				t.Errorf("Update = %v", err)
			}
		}
	})
	u.FailedAttempts = workers * times
	wantRecord(t, s, store.Tx.User, u.ID, u)
}

func oneAddress(t *testing.T, s store.Store) {
	errs := make([]error, workers)
	together(func(i int) {
		u := aUser(i)
		u.Emails[1].Normalized = "ada@example.com"
		errs[i] = s.Update(t.Context(), func(tx store.Tx) error {
			if err := tx.PutClient(aClient(i)); err != nil {
				return err
			}
			return tx.PutUser(u)
		})
	})
	var winner string
	for i, err := range errs {
		switch {
		case err == nil && winner == "":
			winner = aUser(i).ID
			wantRecord(t, s, store.Tx.Client, aClient(i).ID, aClient(i))
		case err == nil:
			t.Errorf("a second sign-up succeeded")
		default:
			wantError(t, "sign-up", err, store.ErrConflict)
			wantMissing(t, s, store.Tx.Client, aClient(i).ID)
		}
	}
	wantUsers(t, s, store.UserQuery{}, winner)
	wantUsers(t, s, store.UserQuery{Emails: []string{"ada@example.com"}}, winner)
}

// neighbours matters to stores that put several Updates into one commit.
func neighbours(t *testing.T, s store.Store) {
	const rounds = 4
	together(func(i int) {
		for r := range rounds {
			u := aUser(i*rounds + r)
			if got, want := outcome(t, s, u, i%4), []error{nil, errMine, errMine, context.Canceled}[i%4]; !errors.Is(got, want) {
				t.Errorf("Update of kind %d = %v, want %v", i%4, got, want)
			}
		}
	})
	for i := range workers * rounds {
		wantThere(t, s, store.Tx.User, aUser(i).ID, i/rounds%4 == 0)
	}
}

// outcome puts u in an Update that succeeds, fails, panics or is cancelled.
func outcome(t *testing.T, s store.Store, u store.User, kind int) (err error) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	defer func() {
		if p := recover(); p != nil {
			err = p.(error)
		}
	}()
	return s.Update(ctx, func(tx store.Tx) error {
		if err := tx.PutUser(u); err != nil {
			return err
		}
		switch kind {
		case 1:
			return errMine
		case 2:
			panic(errMine)
		case 3:
			cancel()
		}
		return nil
	})
}

func consistentViews(t *testing.T, s store.Store) {
	a, b := aUser(1), aUser(2)
	a.FailedAttempts, b.FailedAttempts = 0, 0
	mustPut(t, s, a, b)
	together(func(i int) {
		if i%4 == 0 {
			for range 5 {
				a, b := a, b
				a.FailedAttempts, b.FailedAttempts = i, i
				if err := put(t.Context(), s, a, b); err != nil {
					t.Errorf("Update = %v", err)
				}
			}
			return
		}
		for range 20 {
			view(t, s, func(tx store.Tx) error { return sameAttempts(tx, a.ID, b.ID) })
		}
	})
}

func sameAttempts(tx store.Tx, one, other string) error {
	a, err := tx.User(one)
	if err != nil {
		return err
	}
	b, err := tx.User(other)
	if err == nil && a.FailedAttempts != b.FailedAttempts {
		err = fmt.Errorf("one View read %d and %d", a.FailedAttempts, b.FailedAttempts)
	}
	return err
}

func undoneUnseen(t *testing.T, s store.Store) {
	together(func(i int) {
		for range 10 {
			if i%4 == 0 {
				_ = s.Update(t.Context(), func(tx store.Tx) error { _ = tx.PutUser(aUser(i)); return errMine })
				continue
			}
			wantUsers(t, s, store.UserQuery{})
		}
	})
}

func closeWhileBusy(t *testing.T, s store.Store) {
	together(func(i int) {
		if i == workers/2 {
			if err := s.Close(); err != nil {
				t.Errorf("Close = %v", err)
			}
			return
		}
		for range 5 {
			_ = put(t.Context(), s, aUser(i))
			_ = s.View(t.Context(), func(tx store.Tx) error {
				if u, err := tx.User(aUser(i).ID); err == nil && diff(aUser(i), u) != "" {
					t.Errorf("read a wrong user beside Close")
				}
				return nil
			})
		}
	})
	if err := s.Ping(t.Context()); err == nil {
		t.Error("Ping after Close is no error")
	}
}
