package main

import (
	"os"
	"path/filepath"
	"testing"
)

func TestKeysAreWrittenOnlyWhenTheyChange(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, keysFile)
	write := func(lines string) os.FileInfo {
		t.Helper()
		if err := writeKeys(dir, lines); err != nil {
			t.Fatal(err)
		}
		raw, err := os.ReadFile(path)
		if err != nil || string(raw) != lines {
			t.Fatalf("the file holds %q, %v; want %q", raw, err, lines)
		}
		info, err := os.Stat(path)
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Fatalf("the file: %v, %v", info.Mode(), err)
		}
		return info
	}
	first := write("A=1\n")
	if !os.SameFile(first, write("A=1\n")) {
		t.Error("the same lines were written again, which a full disk refuses")
	}
	second := write("A=2\n")
	if os.SameFile(first, second) {
		t.Error("other lines went into the old file, where half of them may be read")
	}
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	if os.SameFile(second, write("A=2\n")) {
		t.Error("a file that others can read stays")
	}
}
