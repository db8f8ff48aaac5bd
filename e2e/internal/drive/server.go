package drive

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

const (
	// StartLimit is how long a program may take to begin: generous, since the machine may
	// be busy.
	StartLimit = 60 * time.Second
	stopLimit  = 40 * time.Second
)

// Server is one data folder and the process that serves it. The addresses stay the same
// when it is started again, as they do for people. Make one with [NewServer].
type Server struct {
	T       testing.TB
	Data    string   // the data folder
	Origin  string   // what people type
	Backend string   // where the Backend API listens, as an origin
	Addr    string   // the public listener's
	APIAddr string   // the Backend API's
	Flags   []string // more of them for the process
	Env     []string // more of it for the process
	Log     Buffer
	Cmd     *exec.Cmd     // nil while nothing runs
	Exited  chan struct{} // closed when Cmd has ended
}

// NewServer returns a server that was not started yet, with a data folder of its own.
func NewServer(t testing.TB) *Server {
	t.Helper()
	s := &Server{T: t, Data: t.TempDir(), Addr: FreeAddr(t), APIAddr: FreeAddr(t)}
	s.Origin, s.Backend = "http://"+s.Addr, "http://"+s.APIAddr
	t.Cleanup(func() {
		s.Kill()
		if t.Failed() {
			t.Logf("log of %s:\n%s", s.Origin, Tail(s.Log.String(), 16<<10))
		}
	})
	return s
}

// MoveTo puts the server, before it is started, behind a proxy that speaks TLS for a host
// whose name ends in .test, which only the browser knows.
func (s *Server) MoveTo(host string) {
	s.T.Helper()
	target := &url.URL{Scheme: "http", Host: s.Addr}
	s.Origin = Secure(s.T, host, &httputil.ReverseProxy{
		Rewrite:  func(r *httputil.ProxyRequest) { r.SetURL(target); r.Out.Host = r.In.Host; r.SetXForwarded() },
		ErrorLog: log.New(io.Discard, "", 0), // browsers that hang up
	})
	s.Flags = append(s.Flags, "-origin", s.Origin, "-trusted-proxies", "127.0.0.1")
}

// Secure serves h over TLS and returns its origin under the name host.
func Secure(t testing.TB, host string, h http.Handler) string {
	t.Helper()
	srv := httptest.NewUnstartedServer(h)
	srv.Config.ErrorLog = log.New(io.Discard, "", 0) // handshakes that the browser gives up
	srv.StartTLS()
	t.Cleanup(srv.Close)
	_, port, _ := net.SplitHostPort(srv.Listener.Addr().String())
	return "https://" + host + ":" + port
}

// Command is the program with arguments, and nothing from the environment of
// the tests that would change what it does.
func (s *Server) Command(args ...string) *exec.Cmd {
	cmd := exec.Command(webBinary, args...)
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + s.Data}, s.Env...)
	return cmd
}

// Start runs the process and waits until it is ready.
func (s *Server) Start() {
	s.T.Helper()
	cmd := s.Command(append([]string{"-addr", s.Addr, "-backend-addr", s.APIAddr, "-data", s.Data}, s.Flags...)...)
	cmd.Stdout, cmd.Stderr = &s.Log, &s.Log
	if err := cmd.Start(); err != nil {
		s.T.Fatal(err)
	}
	exited := make(chan struct{})
	s.Cmd, s.Exited = cmd, exited
	go func() {
		_ = cmd.Wait() // read from cmd.ProcessState
		close(exited)
	}()
	s.waitReady()
}

func (s *Server) waitReady() {
	s.T.Helper()
	client := &http.Client{Timeout: 2 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	for deadline := time.Now().Add(StartLimit); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		select {
		case <-s.Exited:
			s.T.Fatalf("the server ended before it was ready: %v\n%s", s.Cmd.ProcessState, s.Log.String())
		default:
		}
		res, err := client.Get("http://" + s.Addr + "/readyz")
		if err != nil {
			continue
		}
		res.Body.Close()
		if res.StatusCode == http.StatusOK {
			return
		}
	}
	s.T.Fatalf("not ready after %v", StartLimit)
}

// Kill ends the process as a power cut would, if it runs.
func (s *Server) Kill() {
	if s.Cmd == nil {
		return
	}
	_ = s.Cmd.Process.Kill() // may have ended by itself
	<-s.Exited
	s.Cmd = nil
}

// Terminate asks the process to end.
func (s *Server) Terminate() {
	s.T.Helper()
	if err := s.Cmd.Process.Signal(syscall.SIGTERM); err != nil {
		s.T.Fatal(err)
	}
}

// Wait returns the exit status of a process that was asked to end.
func (s *Server) Wait() int {
	s.T.Helper()
	select {
	case <-s.Exited:
	case <-time.After(stopLimit):
		s.T.Fatalf("still running %v after it was asked to end", stopLimit)
	}
	code := s.Cmd.ProcessState.ExitCode()
	s.Cmd = nil
	return code
}

// Keys are what the keys command prints.
func (s *Server) Keys() map[string]string {
	s.T.Helper()
	out, err := s.Command("keys", "-data", s.Data).Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			err = fmt.Errorf("%w: %s", err, exit.Stderr)
		}
		s.T.Fatalf("keys: %v", err)
	}
	keys := make(map[string]string)
	for line := range strings.Lines(string(out)) {
		name, value, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "=")
		if !ok {
			s.T.Fatalf("keys printed %q, want NAME=value", line)
		}
		value = strings.ReplaceAll(strings.Trim(value, `"`), `\n`, "\n")
		keys[name] = value
	}
	return keys
}

// FreeAddr is a loopback address that nobody listens on, below the range that outgoing
// connections take their ports from.
func FreeAddr(t testing.TB) string {
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
