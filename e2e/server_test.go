package e2e

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

const (
	startLimit = 60 * time.Second // generous: the machine may be busy
	stopLimit  = 40 * time.Second
)

// server is one data folder and the process that serves it. The addresses stay the same
// when it is started again, as they do for people.
type server struct {
	t       testing.TB
	data    string
	origin  string
	backend string
	addr    string
	apiAddr string
	env     []string // more of it for the process
	log     syncBuffer
	cmd     *exec.Cmd
	exited  chan struct{} // closed when cmd has ended
}

// newServer returns a server that was not started yet.
func newServer(t testing.TB) *server {
	t.Helper()
	s := &server{t: t, data: t.TempDir(), addr: freeAddr(t), apiAddr: freeAddr(t)}
	s.origin, s.backend = "http://"+s.addr, "http://"+s.apiAddr
	t.Cleanup(func() {
		s.kill()
		if t.Failed() {
			t.Logf("log of %s:\n%s", s.origin, tail(s.log.String(), 16<<10))
		}
	})
	return s
}

// startServer returns a server that answers, with a data folder of its own.
func startServer(t testing.TB) *server {
	t.Helper()
	s := newServer(t)
	s.start()
	return s
}

// command is the program with this server's flags, and nothing from the environment of
// the tests that would change what it does.
func (s *server) command(args ...string) *exec.Cmd {
	cmd := exec.Command(webBinary, args...)
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + s.data}, s.env...)
	return cmd
}

func (s *server) flags() []string {
	return []string{"-addr", s.addr, "-backend-addr", s.apiAddr, "-data", s.data}
}

// start runs the process and waits until it is ready.
func (s *server) start() {
	s.t.Helper()
	cmd := s.command(s.flags()...)
	cmd.Stdout, cmd.Stderr = &s.log, &s.log
	if err := cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	exited := make(chan struct{})
	s.cmd, s.exited = cmd, exited
	go func() {
		_ = cmd.Wait() // read from cmd.ProcessState
		close(exited)
	}()
	s.waitReady()
}

func (s *server) waitReady() {
	s.t.Helper()
	client := &http.Client{Timeout: 2 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	for deadline := time.Now().Add(startLimit); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		select {
		case <-s.exited:
			s.t.Fatalf("the server ended before it was ready: %v\n%s", s.cmd.ProcessState, s.log.String())
		default:
		}
		res, err := client.Get(s.origin + "/readyz")
		if err != nil {
			continue
		}
		res.Body.Close()
		if res.StatusCode == http.StatusOK {
			return
		}
	}
	s.t.Fatalf("not ready after %v", startLimit)
}

// kill ends the process as a power cut would, if it runs.
func (s *server) kill() {
	if s.cmd == nil {
		return
	}
	_ = s.cmd.Process.Kill() // may have ended by itself
	<-s.exited
	s.cmd = nil
}

// terminate asks the process to end.
func (s *server) terminate() {
	s.t.Helper()
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		s.t.Fatal(err)
	}
}

// wait returns the exit status of a process that was asked to end.
func (s *server) wait() int {
	s.t.Helper()
	select {
	case <-s.exited:
	case <-time.After(stopLimit):
		s.t.Fatalf("still running %v after it was asked to end", stopLimit)
	}
	code := s.cmd.ProcessState.ExitCode()
	s.cmd = nil
	return code
}

// keys are what the keys command prints.
func (s *server) keys() map[string]string {
	s.t.Helper()
	out, err := s.command("keys", "-data", s.data).Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			err = fmt.Errorf("%w: %s", err, exit.Stderr)
		}
		s.t.Fatalf("keys: %v", err)
	}
	keys := make(map[string]string)
	for line := range strings.Lines(string(out)) {
		name, value, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "=")
		if !ok {
			s.t.Fatalf("keys printed %q, want NAME=value", line)
		}
		value = strings.ReplaceAll(strings.Trim(value, `"`), `\n`, "\n")
		keys[name] = value
	}
	return keys
}

// freeAddr is a loopback address that nobody listens on, below the range that outgoing
// connections take their ports from.
func freeAddr(t testing.TB) string {
	t.Helper()
	for range 100 {
		addr := fmt.Sprintf("127.0.0.1:%d", 20000+rand.IntN(12000))
		l, err := new(net.ListenConfig).Listen(context.Background(), "tcp", addr)
		if err == nil {
			_ = l.Close()
			return addr
		}
	}
	t.Fatal("no free port")
	return ""
}

// syncBuffer is a buffer that a process writes and a test reads.
type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

func tail(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return "…" + s[len(s)-n:]
}
