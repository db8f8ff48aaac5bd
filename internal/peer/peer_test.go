package peer

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestWhatIsMissingIsSaid(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "package-lock.json"), "{}")
	t.Setenv("PATH", t.TempDir())
	if _, err := Node(); !errors.Is(err, ErrMissing) || !strings.Contains(err.Error(), "nodejs") {
		t.Errorf("Node() = %v", err)
	}
	if err := Install(t.Context(), dir); !errors.Is(err, ErrMissing) || !strings.Contains(err.Error(), "install npm") {
		t.Errorf("Install without npm: %v", err)
	}
	if err := Install(t.Context(), t.TempDir()); err == nil || errors.Is(err, ErrMissing) {
		t.Errorf("Install where there is no lock file: %v", err)
	}
}

func TestPackagesAreInstalledOncePerLockFile(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("PATH", t.TempDir()) // to try is to fail
	lock, done := filepath.Join(dir, "package-lock.json"), filepath.Join(dir, "node_modules", ".package-lock.json")
	write(t, lock, "{}")
	write(t, done, "{}")
	if err := Install(t.Context(), dir); err != nil {
		t.Errorf("installed again: %v", err)
	}
	later := time.Now().Add(time.Minute)
	if err := os.Chtimes(lock, later, later); err != nil {
		t.Fatal(err)
	}
	if err := Install(t.Context(), dir); !errors.Is(err, ErrMissing) {
		t.Errorf("not installed again after the lock file changed: %v", err)
	}
}

func TestOnesOwnInstanceStaysOutOfIt(t *testing.T) {
	for _, name := range []string{"CLERK_SECRET_KEY", "NEXT_PUBLIC_CLERK_PROXY_URL", "NODE_OPTIONS"} {
		t.Setenv(name, "mine")
	}
	got := environment([]string{"CLERK_SECRET_KEY=theirs"})
	if all := strings.Join(got, "\n"); strings.Contains(all, "=mine") || !strings.HasSuffix(all, "CLERK_SECRET_KEY=theirs") {
		t.Errorf("the environment has:\n%s", all)
	}
}

func TestAnAppThatEndsIsReportedWithItsLog(t *testing.T) {
	t.Parallel()
	if _, err := Node(); err != nil {
		t.Skip(err)
	}
	dir := t.TempDir()
	write(t, filepath.Join(dir, "server.mjs"), `console.error("no such setting"); process.exit(1)`)
	_, err := start(t.Context(), dir, "http://127.0.0.1:1/", nil, "server.mjs")
	if err == nil || !strings.Contains(err.Error(), "it ended") || !strings.Contains(err.Error(), "no such setting") {
		t.Errorf("err = %v", err)
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
