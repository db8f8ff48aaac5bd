package sqlitestore_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/usherauth/usher/identity/sqlitestore"
	"github.com/usherauth/usher/identity/store"
	"github.com/usherauth/usher/identity/storetest"
)

// TestStore migrates once and copies the file, as that takes longer than most cases.
func TestStore(t *testing.T) {
	t.Parallel()
	first := t.TempDir()
	check(t, open(t, first).Close())
	empty, err := os.ReadFile(filepath.Join(first, "usher.db"))
	check(t, err)
	storetest.Run(t, func(t *testing.T) store.Store {
		dir := t.TempDir()
		check(t, os.WriteFile(filepath.Join(dir, "usher.db"), empty, 0o600))
		return open(t, dir)
	})
}

func TestDurable(t *testing.T) {
	t.Parallel()
	storetest.RunDurable(t, open)
}

// open opens the store in a folder. Who calls it closes it.
func open(t *testing.T, dir string) store.Store {
	t.Helper()
	s, err := sqlitestore.Open(t.Context(), sqlitestore.Config{Path: filepath.Join(dir, "usher.db")})
	if err != nil {
		t.Fatalf("Open = %v", err)
	}
	return s
}
