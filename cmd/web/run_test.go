package main

import (
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// TestE6_MakeRunLooksAtThePortsFirst runs it with a port in use: it has to say so before it
// compiles anything.
func TestE6_MakeRunLooksAtThePortsFirst(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"make", "bash"} {
		if _, err := exec.LookPath(name); err != nil {
			t.Skipf("%s not found", name)
		}
	}
	for _, host := range []string{"127.0.0.1", "[::1]"} {
		l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", host+":0")
		if err != nil {
			t.Logf("no %s here: %v", host, err)
			continue
		}
		taken := l.Addr().String()
		for _, env := range [][]string{{"ADDR=" + taken, "BACKEND_API_ADDR=off"}, {"ADDR=localhost:0", "BACKEND_API_ADDR=" + taken}} {
			c := exec.CommandContext(t.Context(), "make", "run")
			c.Dir = "../.."
			c.Env = append(os.Environ(), env...)
			out, err := c.CombinedOutput()
			if err == nil || !strings.Contains(string(out), taken+" is in use: stop the program") || strings.Contains(string(out), "go run") {
				t.Errorf("%q: %v\n%s", env, err, out)
			}
		}
		_ = l.Close()
	}
	out, err := exec.CommandContext(t.Context(), "make", "-n", "-C", "../..", "run").CombinedOutput()
	if err != nil || !strings.Contains(string(out), "compiling the demo") || !strings.Contains(string(out), "go run -v ./cmd/web") {
		t.Errorf("%v\n%s", err, out)
	}
}
