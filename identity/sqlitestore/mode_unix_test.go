//go:build unix

package sqlitestore_test

import (
	"os"
	"strings"
	"syscall"
	"testing"
)

func TestOpenCreatesFilesForTheOwnerOnly(t *testing.T) {
	defer syscall.Umask(syscall.Umask(0)) // not parallel: the umask is the process's
	dir := t.TempDir()
	s := open(t, dir)
	defer func() { _ = s.Close() }()
	if err := s.Update(t.Context(), setting("a")); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		info, err := e.Info()
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v, want 0600", e.Name(), info.Mode().Perm())
		}
		names = append(names, e.Name())
	}
	if got, want := strings.Join(names, " "), "usher.db usher.db-shm usher.db-wal usher.db.lock"; got != want {
		t.Errorf("files %s, want %s", got, want)
	}
}
