package sqlitestore_test

import (
	"path/filepath"
	"testing"

	"github.com/usherauth/usher/identity"
	"github.com/usherauth/usher/identity/sqlitestore"
	"github.com/usherauth/usher/identity/storetest"
)

func TestStore(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T) identity.Store { return open(t, t.TempDir()) })
}

func TestDurable(t *testing.T) {
	t.Parallel()
	storetest.RunDurable(t, open)
}

// open opens the store in a folder. Who calls it closes it.
func open(t *testing.T, dir string) identity.Store {
	t.Helper()
	s, err := sqlitestore.Open(t.Context(), sqlitestore.Config{Path: filepath.Join(dir, "usher.db")})
	if err != nil {
		t.Fatalf("Open = %v", err)
	}
	return s
}
