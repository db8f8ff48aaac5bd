package e2e

import (
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/usherauth/usher/e2e/internal/drive"
	"github.com/usherauth/usher/internal/peer"
)

// R2: the list of what the published Backend API client sends is that of the client, method for
// method. The identity package knows an answer to each line of it.
func TestR2_ClientMethodsAreThoseOfTheClient(t *testing.T) {
	t.Parallel()
	node, err := peer.Node()
	drive.Present(t, err)
	drive.Present(t, peer.Install(t.Context(), "conformance"))
	cmd := exec.CommandContext(t.Context(), node, "methods.mjs") //nolint:gosec // the program found in the path
	cmd.Dir = "conformance"
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	listed, err := os.ReadFile("../identity/testdata/client_methods.txt")
	if err != nil {
		t.Fatal(err)
	}
	got, want := strings.Fields(strings.ReplaceAll(string(out), " ", "_")), strings.Fields(strings.ReplaceAll(string(listed), " ", "_"))
	slices.Sort(got)
	slices.Sort(want)
	for _, line := range got {
		if !slices.Contains(want, line) {
			t.Errorf("the list lacks %s", line)
		}
	}
	for _, line := range want {
		if !slices.Contains(got, line) {
			t.Errorf("the client does not send %s", line)
		}
	}
}
