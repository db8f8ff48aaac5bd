package main

import (
	"bytes"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestD5_ADataFolderOfAnotherUser(t *testing.T) {
	t.Parallel()
	foreign := func(path string, _ fs.FileMode) error {
		return &fs.PathError{Op: "chmod", Path: path, Err: syscall.EPERM}
	}
	for _, tt := range []struct {
		mode   fs.FileMode
		chmod  func(string, fs.FileMode) error
		warned bool
	}{
		{0o775, foreign, true}, {0o770, foreign, true}, {0o700, foreign, false}, {0o755, os.Chmod, false},
	} {
		dir := filepath.Join(t.TempDir(), "data")
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(dir, tt.mode); err != nil {
			t.Fatal(err)
		}
		var log bytes.Buffer
		if err := makeDataDir(t.Context(), dir, tt.chmod, slog.New(slog.NewTextHandler(&log, nil))); err != nil {
			t.Errorf("%04o: %v", tt.mode, err)
		}
		if warned := strings.Contains(log.String(), "level=WARN") && strings.Contains(log.String(), dir); warned != tt.warned {
			t.Errorf("%04o: warned %v:\n%s", tt.mode, warned, log.String())
		}
	}
}
