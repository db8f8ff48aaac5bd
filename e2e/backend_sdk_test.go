package e2e

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"testing"

	"github.com/usherauth/usher/e2e/internal/drive"
	"github.com/usherauth/usher/internal/peer"
)

// The published JavaScript SDK's Backend API client goes through everything that the
// instance has but organizations, and understands every answer and every refusal.
func TestThePublishedSDKUsesTheBackendAPI(t *testing.T) {
	t.Parallel()
	node, err := peer.Node()
	drive.Present(t, err)
	drive.Present(t, peer.Install(t.Context(), "conformance"))
	s := newServer(t)
	s.Env = append(s.Env, "TRUSTED_PROXIES=127.0.0.1") // each browser of the script says where it is
	s.Start()
	keys := s.Keys()
	cmd := exec.CommandContext(t.Context(), node, "backend.mjs") //nolint:gosec // the program found in the path
	cmd.Dir = "conformance"
	cmd.Env = append(os.Environ(),
		"CLERK_JWT_KEY="+keys["CLERK_JWT_KEY"], "CLERK_SECRET_KEY="+keys["CLERK_SECRET_KEY"], "CLERK_API_URL="+keys["CLERK_API_URL"],
		"CLERK_PUBLISHABLE_KEY="+keys["CLERK_PUBLISHABLE_KEY"], "ORIGIN="+s.Origin)
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %s%s", err, out, said.String())
	}
	judgeSteps(t, out)
}

// judgeSteps makes a test of every line that a script of steps printed. The last one says
// how many there were.
func judgeSteps(t *testing.T, out []byte) {
	t.Helper()
	done, total := 0, -1
	for lines := bufio.NewScanner(bytes.NewReader(out)); lines.Scan(); {
		var line struct {
			Step  string
			Error *string
			Steps *int
		}
		if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
			t.Fatalf("%v: %s", err, lines.Bytes())
		}
		if line.Steps != nil {
			total = *line.Steps
			continue
		}
		done++
		t.Run(line.Step, func(t *testing.T) {
			if line.Error != nil {
				t.Error(*line.Error)
			}
		})
	}
	if done != total || done == 0 {
		t.Errorf("%d steps, of which the script knows %d", done, total)
	}
}
