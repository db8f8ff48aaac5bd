package sqlitestore_test

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/usherauth/usher/identity/sqlitestore"
	"github.com/usherauth/usher/identity/store"
)

func TestOpenRefusesWhatItCannotServe(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		prepare func(t *testing.T, path string)
		want    error  // nil: any
		say     string // part of the message
	}{
		{"a folder in place of the file", func(t *testing.T, path string) { check(t, os.Mkdir(path, 0o700)) }, nil, "is a directory"},
		{"a folder that is missing", func(t *testing.T, path string) { check(t, os.Remove(filepath.Dir(path))) }, fs.ErrNotExist, "no such file"},
		{"a file in place of the folder", func(t *testing.T, path string) {
			check(t, os.Remove(filepath.Dir(path)))
			check(t, os.WriteFile(filepath.Dir(path), nil, 0o600))
		}, nil, "not a directory"},
		{"text", func(t *testing.T, path string) {
			check(t, os.WriteFile(path, []byte(strings.Repeat("This is no database.\n", 99)), 0o600))
		}, nil, "file is not a database"},
		{"a database cut short", func(t *testing.T, path string) {
			check(t, open(t, filepath.Dir(path)).Close())
			check(t, os.Truncate(path, 5000))
		}, nil, "malformed"},
		{"a database of a newer version", func(t *testing.T, path string) {
			check(t, open(t, filepath.Dir(path)).Close())
			change(t, path, "INSERT INTO schema_migrations (version_id, is_applied) VALUES (99, 1)")
		}, sqlitestore.ErrNewerSchema, "version 99"},
		{"a database that is open already", func(t *testing.T, path string) {
			s := open(t, filepath.Dir(path))
			t.Cleanup(func() { check(t, s.Close()) })
		}, sqlitestore.ErrInUse, "choose another data folder"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "data", "usher.db")
			check(t, os.Mkdir(filepath.Dir(path), 0o700))
			tt.prepare(t, path)
			wantOpenError(t, path, tt.want, tt.say)
		})
	}
}

func wantOpenError(t *testing.T, path string, want error, say string) {
	t.Helper()
	s, err := sqlitestore.Open(t.Context(), sqlitestore.Config{Path: path})
	if err == nil {
		_ = s.Close()
		t.Fatal("Open succeeded")
	}
	if want != nil && !errors.Is(err, want) {
		t.Errorf("Open = %v, want %v", err, want)
	}
	if !strings.Contains(err.Error(), say) || !strings.Contains(err.Error(), path) {
		t.Errorf("Open = %q, which does not say %q and name %s", err, say, path)
	}
}

func TestOpenRefusesAFolderItCannotWrite(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	check(t, os.Chmod(dir, 0o500))
	if os.Geteuid() == 0 {
		dir = "/proc/self" // modes do not stop root, but nobody creates files here
	}
	wantOpenError(t, filepath.Join(dir, "usher.db"), nil, "usher.db")
}

func TestOpenAgainAfterAFailure(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "usher.db")
	wantOpenError(t, "", nil, "no path")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := sqlitestore.Open(ctx, sqlitestore.Config{Path: path}); !errors.Is(err, context.Canceled) {
		t.Errorf("Open = %v, want context.Canceled", err)
	}
	check(t, open(t, filepath.Dir(path)).Close())
}

func TestOpenRefusesANegativeTimeout(t *testing.T) {
	t.Parallel()
	cfg := sqlitestore.Config{Path: filepath.Join(t.TempDir(), "usher.db"), BusyTimeout: -1}
	if _, err := sqlitestore.Open(t.Context(), cfg); err == nil || !strings.Contains(err.Error(), "negative") {
		t.Errorf("Open = %v, want an error that says negative", err)
	}
}

// A process killed while it created the database leaves the table of versions with
// version 0, which goose writes in one transaction, and no other table.
func TestOpenFinishesTheFirstMigration(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	change(t, filepath.Join(dir, "usher.db"), `CREATE TABLE schema_migrations (id INTEGER PRIMARY KEY AUTOINCREMENT,
		version_id INTEGER NOT NULL, is_applied INTEGER NOT NULL, tstamp TIMESTAMP DEFAULT (datetime('now')));
		INSERT INTO schema_migrations (version_id, is_applied) VALUES (0, 1)`)
	s := open(t, dir)
	check(t, s.Update(t.Context(), setting("a")))
	check(t, s.Close())
}

func TestOpenTakesAnyPath(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"with blank", "a?mode=memory", "a#b", "100%25", "ä'\"&_pragma=x", "file:x"} {
		path := filepath.Join(t.TempDir(), name)
		s, err := sqlitestore.Open(t.Context(), sqlitestore.Config{Path: path})
		if err != nil {
			t.Errorf("Open(%q) = %v", name, err)
			continue
		}
		check(t, s.Ping(t.Context()))
		check(t, s.Close())
		if info, err := os.Stat(path); err != nil || info.Size() == 0 {
			t.Errorf("Open(%q) wrote another file: %v", name, err)
		}
	}
}

func TestCloseLeavesOneFileAndTheLock(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, dir)
	check(t, s.Update(t.Context(), signUp("1")))
	check(t, s.View(t.Context(), func(tx store.Tx) error { _, err := tx.User("user_1"); return err }))
	check(t, s.Close())
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	check(t, err)
	if len(files) != 2 {
		t.Errorf("after Close there are %q, want the database and the lock", files)
	}
}

func TestConnectionsAreDurableAndStrict(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, dir)
	defer func() { _ = s.Close() }()
	for pragma, want := range map[string]string{"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1"} {
		if got := sqlitestore.WriterPragma(s, pragma); got != want {
			t.Errorf("PRAGMA %s = %s, want %s", pragma, got, want)
		}
	}
}

// change runs a statement on a database that no Store has open.
func change(t *testing.T, path, statement string) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	check(t, err)
	defer func() { _ = db.Close() }()
	_, err = db.ExecContext(t.Context(), statement)
	check(t, err)
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
