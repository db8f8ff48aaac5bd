package sqlitestore_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/usherauth/usher/identity/sqlitestore"
	"github.com/usherauth/usher/identity/store"
)

func openShared(t *testing.T, dir string) *sqlitestore.Store {
	t.Helper()
	s, err := sqlitestore.Open(t.Context(), sqlitestore.Config{Path: filepath.Join(dir, "usher.db"), Shared: true})
	check(t, err)
	return s
}

func TestSharedStoresSeeEachOthersWrites(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	server, operator := open(t, dir), openShared(t, dir)
	check(t, server.Update(t.Context(), setting("a")))
	check(t, operator.View(t.Context(), func(tx store.Tx) error { _, err := tx.Setting("a"); return err }))
	check(t, operator.Update(t.Context(), setting("b")))
	check(t, operator.Close())
	check(t, server.View(t.Context(), func(tx store.Tx) error { _, err := tx.Setting("b"); return err }))
	check(t, server.Close())
}

func TestInUse(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "usher.db")
	if sqlitestore.InUse(path) {
		t.Error("a file that is not there is in use")
	}
	server := open(t, dir)
	for range 2 { // asking changes nothing
		if !sqlitestore.InUse(path) {
			t.Error("a file that is served is not in use")
		}
	}
	check(t, server.Close())
	operator := openShared(t, dir)
	if sqlitestore.InUse(path) {
		t.Error("a file that an operator has open is in use")
	}
	check(t, operator.Close())
}

func TestSharedStoresMakeTheFileAndLockNobodyOut(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first, second := openShared(t, dir), openShared(t, dir)
	server := open(t, dir)
	check(t, first.Update(t.Context(), setting("a")))
	check(t, errors.Join(first.Close(), second.Close()))
	check(t, server.Update(t.Context(), setting("b")))
	check(t, server.Close())
}

func TestSharedStoreRefusesAnEarlierSchemaThatIsServed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	server := open(t, dir)
	change(t, filepath.Join(dir, "usher.db"), "DELETE FROM schema_migrations WHERE version_id > 0")
	_, err := sqlitestore.Open(t.Context(), sqlitestore.Config{Path: filepath.Join(dir, "usher.db"), Shared: true})
	if !errors.Is(err, sqlitestore.ErrInUse) {
		t.Errorf("Open = %v, want ErrInUse", err)
	}
	check(t, server.Close())
}

func TestSharedStoreRefusesANewerSchema(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	check(t, open(t, dir).Close())
	change(t, filepath.Join(dir, "usher.db"), "INSERT INTO schema_migrations (version_id, is_applied) VALUES (99, 1)")
	_, err := sqlitestore.Open(t.Context(), sqlitestore.Config{Path: filepath.Join(dir, "usher.db"), Shared: true})
	if !errors.Is(err, sqlitestore.ErrNewerSchema) {
		t.Errorf("Open = %v, want ErrNewerSchema", err)
	}
}

// TestSharedProcess is the operator of the next test, in a process of its own.
func TestSharedProcess(t *testing.T) {
	dir := os.Getenv("USHER_SHARED_DIR")
	if dir == "" {
		t.Skip("run by TestTwoProcessesLoseNoWrite")
	}
	s := openShared(t, dir)
	for range sharedWrites {
		check(t, s.Update(t.Context(), increment))
	}
	check(t, s.Close())
}

const sharedWrites = 150

// increment is lost by any two transactions that do not run one after the other.
func increment(tx store.Tx) error {
	n := 0
	raw, err := tx.Setting("count")
	if err == nil {
		_, err = fmt.Sscan(string(raw), &n)
	} else if errors.Is(err, store.ErrNotFound) {
		err = nil
	}
	return errors.Join(err, tx.PutSetting("count", fmt.Append(nil, n+1)))
}

func TestTwoProcessesLoseNoWrite(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	server := open(t, dir)
	var wg sync.WaitGroup
	wg.Go(func() {
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestSharedProcess$")
		cmd.Env = append(os.Environ(), "USHER_SHARED_DIR="+dir)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("the other process: %v\n%s", err, out)
		}
	})
	for range sharedWrites {
		check(t, server.Update(t.Context(), increment))
	}
	wg.Wait()
	check(t, server.View(t.Context(), func(tx store.Tx) error {
		if raw, err := tx.Setting("count"); err != nil || string(raw) != fmt.Sprint(2*sharedWrites) {
			t.Errorf("count = %s, %v, want %d", raw, err, 2*sharedWrites)
		}
		return nil
	}))
	check(t, server.Close())
}
