package static_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// The runtime's own tests are written for Node's test runner. They need nothing
// but the node program, and run the bundle that is embedded.
func TestRuntime(t *testing.T) {
	t.Parallel()
	node, err := exec.LookPath("node")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("node is needed to test the browser runtime: apt-get install nodejs")
		}
		t.Skip("node not found; to test the browser runtime: apt-get install nodejs")
	}
	tests, err := filepath.Glob("test/*.test.mjs")
	if err != nil || len(tests) < 4 {
		t.Fatalf("found %d test files: %v", len(tests), err)
	}
	out, err := exec.CommandContext(t.Context(), node, append([]string{"--test"}, tests...)...).CombinedOutput()
	if err != nil {
		t.Errorf("node --test: %v\n%s", err, out)
	}
}
