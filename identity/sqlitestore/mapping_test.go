package sqlitestore_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/usherauth/usher/identity/sqlitestore"
	"github.com/usherauth/usher/identity/store"
)

// Views that follow each other use one connection, whose cache and mapping are warm.
func TestTheWarmestReaderIsUsed(t *testing.T) {
	t.Parallel()
	s := open(t, t.TempDir())
	defer func() { check(t, s.Close()) }()
	read := func(tx store.Tx) error { _, err := tx.SigningKeys(); return err }
	for range 8 {
		check(t, s.View(t.Context(), read))
	}
	if n := sqlitestore.IdleReaders(s); n != 1 {
		t.Errorf("%d readers were opened, want 1", n)
	}
	check(t, s.View(t.Context(), func(store.Tx) error { return s.View(t.Context(), read) }))
	if n := sqlitestore.IdleReaders(s); n != 2 {
		t.Errorf("%d readers were opened, want 2", n)
	}
}

// Readers take pages from a mapping of the file, the writer does not.
func TestReadersMapTheFile(t *testing.T) {
	t.Parallel()
	s := open(t, t.TempDir())
	defer func() { check(t, s.Close()) }()
	if got := sqlitestore.ReaderPragma(s, "mmap_size"); got != "2147418112" {
		t.Errorf("mmap_size of readers = %s", got)
	}
	if got := sqlitestore.WriterPragma(s, "mmap_size"); got != "0" {
		t.Errorf("mmap_size of the writer = %s", got)
	}
}

// A file that is cut short under the store ends what is served, not the process.
func TestFileCutShortIsAnError(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, dir)
	for i := range 300 {
		check(t, s.Update(t.Context(), func(tx store.Tx) error { return signUp(fmt.Sprint(i))(tx) }))
	}
	check(t, s.Close()) // which empties the log, so that what follows reads the file
	s = open(t, dir)
	everybody := func(tx store.Tx) error {
		users, err := tx.Users(store.UserQuery{})
		if err == nil && len(users) != 300 {
			err = fmt.Errorf("%d users", len(users))
		}
		return err
	}
	check(t, s.View(t.Context(), everybody))
	err := s.View(t.Context(), func(tx store.Tx) error {
		_, err := tx.User("user_1")
		check(t, err)
		check(t, os.Truncate(filepath.Join(dir, "usher.db"), 2*4096))
		_ = everybody(tx) // whatever fn makes of it
		return everybody(tx)
	})
	if err == nil {
		t.Error("View found everybody in a file that was cut short")
	}
	for name, err := range map[string]error{
		"View":   s.View(t.Context(), everybody),
		"Update": s.Update(t.Context(), signUp("new")),
		"Ping":   s.Ping(t.Context()),
	} {
		if err == nil || !strings.Contains(err.Error(), "cannot be read any more") {
			t.Errorf("%s on a file that was cut short = %v", name, err)
		}
	}
	closed := make(chan struct{})
	go func() {
		_ = s.Close() // with an error or not
		close(closed)
	}()
	select {
	case <-closed:
	case <-time.After(10 * time.Second):
		t.Error("Close waits for a connection that is lost")
	}
}
