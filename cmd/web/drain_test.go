package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// askOnce opens a connection and asks for path on it. refused says that nobody listened.
func askOnce(addr, path string) (refused bool, err error) {
	conn, err := net.DialTimeout("tcp", addr, 10*time.Second)
	if err != nil {
		return errors.Is(err, syscall.ECONNREFUSED), err
	}
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
	if _, err = fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n", path, addr); err != nil {
		return false, err
	}
	answer, err := io.ReadAll(conn)
	if err != nil || !strings.HasPrefix(string(answer), "HTTP/1.1 ") {
		return false, fmt.Errorf("answer %.40q: %w", answer, errors.Join(err, io.ErrUnexpectedEOF))
	}
	return false, nil
}

func TestD11_NoConnectionIsDroppedAtTheEnd(t *testing.T) {
	t.Parallel()
	var answered, dropped atomic.Int64
	for range 6 {
		s := start(t)
		public, backend := s.Addr().String(), strings.TrimPrefix(s.BackendURL(), "http://")
		var clients sync.WaitGroup
		for i := range 8 {
			addr, path := public, "/healthz"
			if i%2 == 1 {
				addr, path = backend, "/v1/jwks"
			}
			clients.Go(func() {
				for {
					refused, err := askOnce(addr, path)
					switch {
					case refused:
						return
					case err != nil:
						dropped.Add(1)
						t.Errorf("%s: %v", path, err)
						return
					}
					answered.Add(1)
				}
			})
		}
		time.Sleep(150 * time.Millisecond) // under load; how much does not matter
		if err := s.stop(); err != nil {
			t.Error(err)
		}
		clients.Wait()
	}
	if answered.Load() == 0 || dropped.Load() > 0 {
		t.Errorf("%d answered, %d dropped", answered.Load(), dropped.Load())
	}
}

// connect opens a connection and sends what it says.
func connect(t *testing.T, addr, sent string) net.Conn {
	t.Helper()
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if _, err := io.WriteString(conn, sent); err != nil {
		t.Fatal(err)
	}
	return conn
}

// TestD8_NothingHalfSentHoldsTheEnd: every kind of connection that waits for its client
// is there at once, on both listeners.
func TestD8_NothingHalfSentHoldsTheEnd(t *testing.T) {
	t.Parallel()
	s := start(t)
	host := s.Addr().String()
	backend := strings.TrimPrefix(s.BackendURL(), "http://")
	head := "POST %s HTTP/1.1\r\nHost: " + host + "\r\nOrigin: http://" + host + "\r\nContent-Type: application/x-www-form-urlencoded\r\n"
	var all []net.Conn
	for _, addr := range []string{host, backend} {
		all = append(all, connect(t, addr, ""), connect(t, addr, "GET / HT"), connect(t, addr, "GET / HTTP/1.1\r\nHost: "+host+"\r\nCoo"))
		idle := connect(t, addr, "GET /healthz HTTP/1.1\r\nHost: "+host+"\r\n\r\n")
		if _, err := idle.Read(make([]byte, 1)); err != nil {
			t.Fatal(err)
		}
		all = append(all, idle)
	}
	for _, path := range []string{"/sign-in", "/sign-up", "/sign-out", "/__clerk/v1/client/sign_ins"} {
		all = append(all, connect(t, host, fmt.Sprintf(head, path)+"Content-Length: 100\r\n\r\nidentifier=a"))
		all = append(all, connect(t, host, fmt.Sprintf(head, path)+"Transfer-Encoding: chunked\r\n\r\n5\r\na=b"))
	}
	all = append(all, connect(t, backend, "POST /v1/users HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "+s.embedded.service.SecretKey().Reveal()+
		"\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"))
	time.Sleep(300 * time.Millisecond) // they have all been read
	began := time.Now()
	if err := s.stop(); err != nil {
		t.Errorf("stop: %v", err)
	}
	if took := time.Since(began); took > 9*time.Second { // 3 s, and a slow machine; ReadTimeout is 15 s
		t.Errorf("%d connections held the end for %v", len(all), took)
	}
	for _, line := range []string{"stopping", "requests=9", "stopped", "duration="} {
		if !strings.Contains(s.log.String(), line) {
			t.Errorf("the log does not say %q:\n%s", line, s.log.String())
		}
	}
}

// TestD8_TheEndIsBounded: a handler that does not end is cut off, and the log says so.
func TestD8_TheEndIsBounded(t *testing.T) {
	t.Parallel()
	log := &logBuffer{}
	m := NewMain(log, io.Discard)
	m.drainTimeout = 300 * time.Millisecond
	if err := m.ParseFlags([]string{"-addr", "127.0.0.1:0", "-backend-addr", "off", "-data", t.TempDir()}, noEnv); err != nil {
		t.Fatal(err)
	}
	if err := m.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	entered, release := make(chan struct{}), make(chan struct{})
	m.public.server.Handler = m.public.connections.count(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		close(entered)
		<-release
	}))
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	done := make(chan error, 1)
	go func() { done <- m.Run(ctx) }()
	conn := connect(t, m.Addr().String(), "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
	<-entered
	began := time.Now()
	stop()
	err := <-done
	if err == nil || !strings.Contains(err.Error(), "requests were cut off: 1") || time.Since(began) > 10*time.Second {
		t.Errorf("%v after %v", err, time.Since(began))
	}
	if _, err := io.ReadAll(conn); err != nil && !errors.Is(err, syscall.ECONNRESET) {
		t.Error(err)
	}
	close(release)
	if got := log.String(); !strings.Contains(got, `msg="stopped: requests were cut off" requests=1`) || !strings.Contains(got, "requests=1 at_most=300ms") {
		t.Errorf("log:\n%s", got)
	}
	if err := m.Close(); err != nil {
		t.Error(err)
	}
}

// D8: what holds connections to account at the end does not hold up a refusal meanwhile: it
// comes before the body that nobody reads.
func TestD8_ARefusalDoesNotWaitForTheBody(t *testing.T) {
	t.Parallel()
	s := start(t)
	for _, head := range []string{
		"POST /sign-in HTTP/1.1\r\nHost: %s\r\nOrigin: http://evil.example\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 1000000\r\n\r\n",
		"POST /nowhere HTTP/1.1\r\nHost: %s\r\nExpect: 100-continue\r\nContent-Length: 2000\r\n\r\n",
	} {
		conn, err := net.DialTimeout("tcp", s.Addr().String(), 10*time.Second)
		if err != nil {
			t.Fatal(err)
		}
		_ = conn.SetDeadline(time.Now().Add(10 * time.Second)) // the body's own limit is 15 s
		_, _ = fmt.Fprintf(conn, head, s.Addr())
		line := make([]byte, 12)
		if _, err := io.ReadFull(conn, line); err != nil || !strings.HasPrefix(string(line), "HTTP/1.1 4") {
			t.Errorf("%.20s: %q, %v", head, line, err)
		}
		_ = conn.Close()
	}
}
