package main

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The page about operating can be followed from its first line: on a machine where nothing
// is yet, and where another instance is to go on.
func TestOperatingBeginsWithNothing(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile(filepath.Join("..", "..", "docs", "operating.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, after, _ := strings.Cut(string(raw), "```")
	block, _, _ := strings.Cut(after, "```")
	if want := "sh\nmake build\nbin/web keys\n"; block != want {
		t.Fatalf("the page begins with\n%s\nwant\n%s", block, want)
	}
	file := filepath.Join(t.TempDir(), "instance.jsonl")
	first := commandsIn(t)
	if err := first("users", "list"); err == nil || !strings.Contains(err.Error(), "web keys") {
		t.Errorf("without an instance: %v, want what makes one", err)
	}
	for _, line := range []string{"keys", "users list", "export " + file + " -keys"} {
		if err := first(strings.Fields(line)...); err != nil {
			t.Fatalf("web %s: %v", line, err)
		}
	}
	other := commandsIn(t)
	if err := other("import", file, "-keys"); err == nil || !strings.Contains(err.Error(), "web keys") {
		t.Errorf("import -keys without an instance: %v, want what makes one", err)
	}
	for _, line := range []string{"keys", "import " + file + " -keys"} {
		if err := other(strings.Fields(line)...); err != nil {
			t.Fatalf("web %s: %v", line, err)
		}
	}
}

// commandsIn runs commands on a data folder that is not there yet.
func commandsIn(t *testing.T) func(args ...string) error {
	t.Helper()
	env := map[string]string{"DATA_DIR": filepath.Join(t.TempDir(), "data")}
	getenv := func(name string) string { return env[name] }
	return func(args ...string) error {
		m := NewMain(io.Discard, io.Discard)
		if args[0] == "keys" {
			return m.Keys(t.Context(), args[1:], getenv)
		}
		return m.Operate(t.Context(), args, getenv)
	}
}
