package sqlitestore_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/usherauth/usher/identity/sqlitestore"
	"github.com/usherauth/usher/identity/store"
)

// foreignWriter holds the database's write lock from outside until the returned
// function is called.
func foreignWriter(t *testing.T, path string) (release func()) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	check(t, err)
	c, err := db.Conn(t.Context())
	check(t, err)
	_, err = c.ExecContext(t.Context(), "BEGIN IMMEDIATE")
	check(t, err)
	return func() {
		_, err := c.ExecContext(context.Background(), "ROLLBACK")
		if err := errors.Join(err, c.Close(), db.Close()); err != nil {
			t.Error(err)
		}
	}
}

func openBusy(t *testing.T, timeout time.Duration) (*sqlitestore.Store, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "usher.db")
	s, err := sqlitestore.Open(t.Context(), sqlitestore.Config{Path: path, BusyTimeout: timeout})
	check(t, err)
	t.Cleanup(func() { check(t, s.Close()) })
	return s, path
}

func setting(name string) func(store.Tx) error {
	return func(tx store.Tx) error { return tx.PutSetting(name, nil) }
}

func TestL08_UpdateWaitsThreeSecondsForAnotherWriter(t *testing.T) {
	t.Parallel()
	s, path := openBusy(t, 0)
	release := foreignWriter(t, path)
	start := time.Now()
	time.AfterFunc(3*time.Second, release)
	check(t, s.Update(t.Context(), setting("a")))
	if waited := time.Since(start); waited < 3*time.Second {
		t.Errorf("Update returned after %v, while the other held the database", waited)
	}
	check(t, s.View(t.Context(), func(tx store.Tx) error { _, err := tx.Setting("a"); return err }))
}

func TestL08_UpdateGivesUpAfterTheBusyTimeout(t *testing.T) {
	t.Parallel()
	s, path := openBusy(t, 150*time.Millisecond)
	check(t, s.Update(t.Context(), setting("before")))
	release := foreignWriter(t, path)
	start := time.Now()
	var wg sync.WaitGroup
	for range 8 { // also those in the queue behind the first
		wg.Go(func() {
			err := s.Update(t.Context(), func(store.Tx) error { t.Error("function run"); return nil })
			if !errors.Is(err, store.ErrBusy) {
				t.Errorf("Update = %v, want ErrBusy", err)
			}
		})
	}
	wg.Wait()
	if waited := time.Since(start); waited < 140*time.Millisecond || waited > 2*time.Second {
		t.Errorf("gave up after %v, want 150ms", waited)
	}
	check(t, s.View(t.Context(), func(tx store.Tx) error { _, err := tx.Setting("before"); return err }))
	release()
	check(t, s.Update(t.Context(), setting("after")))
}

func TestL08_WaitingForAnotherWriterEndsWithTheContext(t *testing.T) {
	t.Parallel()
	s, path := openBusy(t, time.Minute)
	release := foreignWriter(t, path)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := s.Update(ctx, setting("a")); !errors.Is(err, context.DeadlineExceeded) || errors.Is(err, store.ErrBusy) {
		t.Errorf("Update = %v, want the context's error", err)
	}
	release()
	check(t, s.Update(t.Context(), setting("a")))
}

func TestUpdateBehindASlowOneIsBusy(t *testing.T) {
	t.Parallel()
	s, _ := openBusy(t, 100*time.Millisecond)
	check(t, s.Update(t.Context(), func(store.Tx) error {
		// The same as from another goroutine, and a mistake that must not hang.
		if err := s.Update(t.Context(), setting("inner")); !errors.Is(err, store.ErrBusy) {
			t.Errorf("Update = %v, want ErrBusy", err)
		}
		return nil
	}))
}

func TestUpdatesShareATransaction(t *testing.T) {
	t.Parallel()
	s, _ := openBusy(t, 0)
	const others = 8
	var wg sync.WaitGroup
	errs := make([]error, others)
	started := make(chan struct{}, others)
	check(t, s.Update(t.Context(), func(tx store.Tx) error {
		for i := range others {
			wg.Go(func() {
				started <- struct{}{}
				errs[i] = s.Update(t.Context(), func(tx store.Tx) error {
					if i%2 == 1 {
						_ = tx.PutSetting(fmt.Sprint(i), nil)
						return context.Canceled
					}
					if _, err := tx.Setting("first"); err != nil {
						return err
					}
					return tx.PutSetting(fmt.Sprint(i), nil)
				})
			})
		}
		for range others {
			<-started
		}
		return tx.PutSetting("first", nil)
	}))
	wg.Wait()
	check(t, s.View(t.Context(), func(tx store.Tx) error {
		for i, err := range errs {
			if _, got := tx.Setting(fmt.Sprint(i)); (got == nil) != (i%2 == 0) || (err == nil) != (i%2 == 0) {
				t.Errorf("Update %d = %v, then Setting = %v", i, err, got)
			}
		}
		return nil
	}))
}

func TestCloseCommitsWhatWaitsForIt(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, dir)
	closed := make(chan error)
	check(t, s.Update(t.Context(), func(tx store.Tx) error {
		go func() { closed <- s.Close() }()
		for s.Ping(t.Context()) == nil {
			time.Sleep(time.Millisecond)
		}
		time.Sleep(20 * time.Millisecond) // Close is next in the queue now
		return tx.PutSetting("last", nil)
	}))
	check(t, <-closed)
	s = open(t, dir)
	defer func() { _ = s.Close() }()
	check(t, s.View(t.Context(), func(tx store.Tx) error { _, err := tx.Setting("last"); return err }))
}

// A full disk makes SQLite roll back a transaction by itself: nobody who shares it may
// be told that his writes are kept, and nothing may be written outside of it.
func TestL08_FullDiskLosesTheTransactionForAllWhoShareIt(t *testing.T) {
	t.Parallel()
	s, _ := openBusy(t, 0)
	check(t, sqlitestore.LimitPages(s, "60"))
	big := bytes.Repeat([]byte("x"), 1<<20)
	var wg sync.WaitGroup
	errs := make([]error, 16)
	for i := range errs {
		wg.Go(func() {
			errs[i] = s.Update(t.Context(), func(tx store.Tx) error {
				_ = tx.PutSetting(fmt.Sprint("small", i), nil)
				if i%4 == 0 {
					_ = tx.PutSetting("big", big) // passes over the failure
					_ = tx.PutSetting(fmt.Sprint("after", i), nil)
				}
				return nil
			})
		})
	}
	wg.Wait()
	check(t, sqlitestore.LimitPages(s, "1000000"))
	check(t, s.View(t.Context(), func(tx store.Tx) error {
		for i, err := range errs {
			if err == nil && i%4 == 0 {
				t.Errorf("Update %d on a full disk is acknowledged", i)
			}
			if _, got := tx.Setting(fmt.Sprint("small", i)); (got == nil) != (err == nil) {
				t.Errorf("Update %d = %v, then Setting = %v", i, err, got)
			}
			if _, got := tx.Setting(fmt.Sprint("after", i)); got == nil {
				t.Errorf("Update %d wrote after its transaction was lost", i)
			}
		}
		return nil
	}))
	check(t, s.Update(t.Context(), func(tx store.Tx) error { return tx.PutSetting("big", big) }))
}
