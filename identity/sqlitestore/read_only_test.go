package sqlitestore_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/usherauth/usher/identity/sqlitestore"
	"github.com/usherauth/usher/identity/store"
)

func TestD4_OpenForReadingOnly(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	dir := t.TempDir()
	path := filepath.Join(dir, "usher.db")
	reader := func() (value string, err error) {
		s, err := sqlitestore.Open(ctx, sqlitestore.Config{Path: path, ReadOnly: true})
		if err != nil {
			return "", err
		}
		defer func() { err = errors.Join(err, s.Close()) }()
		if err := s.Update(ctx, func(store.Tx) error { return nil }); err == nil {
			t.Error("an Update succeeds")
		}
		err = s.View(ctx, func(tx store.Tx) error {
			raw, err := tx.Setting("x")
			value = string(raw)
			return err
		})
		return value, errors.Join(err, s.Ping(ctx))
	}
	if _, err := reader(); err == nil {
		t.Error("a file that is not there was opened")
	}
	if list, _ := os.ReadDir(dir); len(list) > 0 {
		t.Errorf("files were made: %v", list)
	}
	put := func(s *sqlitestore.Store, value string) {
		t.Helper()
		if err := s.Update(ctx, func(tx store.Tx) error { return tx.PutSetting("x", []byte(value)) }); err != nil {
			t.Fatal(err)
		}
	}
	s, err := sqlitestore.Open(context.WithoutCancel(ctx), sqlitestore.Config{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	put(s, "1")
	// Beside a writer the log is read.
	if got, err := reader(); got != "1" || err != nil {
		t.Errorf("beside a writer: %q, %v", got, err)
	}
	put(s, "2")
	if got, err := reader(); got != "2" || err != nil {
		t.Errorf("beside a writer: %q, %v", got, err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	before, _ := os.ReadDir(dir)
	if got, err := reader(); got != "2" || err != nil {
		t.Errorf("alone: %q, %v", got, err)
	}
	if after, _ := os.ReadDir(dir); len(after) != len(before) {
		t.Errorf("files were made: %v", after)
	}
	// A reader that takes the file for immutable keeps writers out.
	r, err := sqlitestore.Open(ctx, sqlitestore.Config{Path: path, ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := sqlitestore.Open(ctx, sqlitestore.Config{Path: path}); !errors.Is(err, sqlitestore.ErrInUse) {
		t.Errorf("a writer beside a reader of an immutable file: %v", err)
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
}
