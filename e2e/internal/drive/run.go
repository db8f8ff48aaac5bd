package drive

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/usherauth/usher/internal/peer"
)

// webBinary is the program under test, built once.
var webBinary string

// Main is what TestMain calls: it builds the program, runs the tests, ends the browser
// and returns the exit status.
func Main(m *testing.M) int {
	flag.Parse()
	dir, err := os.MkdirTemp("", "usher-e2e-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer removeAll(dir)
	webBinary = filepath.Join(dir, "web")
	if err := build(webBinary); err != nil {
		fmt.Fprintln(os.Stderr, "build the program:", err)
		return 1
	}
	defer closeBrowser()
	return m.Run()
}

// build makes the program out of the module that this one replaces the library with.
func build(target string) error {
	root, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/usherauth/usher").Output()
	if err != nil {
		return err
	}
	cmd := exec.Command("go", "build", "-o", target, "./cmd/web")
	cmd.Dir = strings.TrimSpace(string(root))
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	return cmd.Run()
}

// removeAll tries again for a while: children of a browser that has ended still write
// into its profile.
func removeAll(dir string) {
	for range 50 {
		if os.RemoveAll(dir) == nil {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// Need returns the path of the first of the named programs that is installed. Without any
// it skips the test, and fails it in continuous integration, where everything must run.
// how says how to install one.
func Need(t testing.TB, how string, names ...string) string {
	t.Helper()
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	Missing(t, fmt.Sprintf("none of %v is installed: %s", names, how))
	return ""
}

// Missing skips the test, or fails it in continuous integration.
func Missing(t testing.TB, why string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatal(why)
	}
	t.Skip(why)
}

// Present skips the test, or fails it in continuous integration, when err is that what it
// needs is not installed. Any other error fails it.
func Present(t testing.TB, err error) {
	t.Helper()
	if errors.Is(err, peer.ErrMissing) {
		Missing(t, err.Error())
	}
	if err != nil {
		t.Fatal(err)
	}
}

// Eventually asks every 50 ms whether something has become true, for at most limit.
func Eventually(t testing.TB, limit time.Duration, what string, check func() bool) {
	t.Helper()
	for deadline := time.Now().Add(limit); ; time.Sleep(50 * time.Millisecond) {
		if check() {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("after %v still not: %s", limit, what)
		}
	}
}

// Tail is the end of s, of at most n octets.
func Tail(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return "…" + s[len(s)-n:]
}
