package main

import (
	"io"
	"net"
	"net/http"
	"net/url"
	"runtime"
	"strings"
	"testing"
	"time"
)

// V06: neither a page nor an answer for scripts holds the secret key, for nobody and for
// somebody, and neither does one that a form made.
func TestV06_NoPageHoldsTheSecretKey(t *testing.T) {
	t.Parallel()
	s := startDev(t)
	key := s.embedded.service.SecretKey().Reveal()
	nobody, ada := s.browser(t), s.browser(t)
	ada.signUp("ada@example.com", "Ada")
	checked := 0
	check := func(a *answer) {
		t.Helper()
		checked++
		for name, values := range a.Header {
			if all := strings.Join(values, " "); strings.Contains(all, "sk_") || strings.Contains(all, key) {
				t.Errorf("%s %s: header %s holds a secret key", a.Request.Method, a.Request.URL.Path, name)
			}
		}
		if strings.Contains(a.body, key) || strings.Contains(a.body, "sk_live_") || strings.Contains(a.body, "sk_test_") {
			t.Errorf("%s %s: the answer holds a secret key", a.Request.Method, a.Request.URL.Path)
		}
	}
	for _, b := range []*browser{nobody, ada} {
		for _, r := range surface {
			check(b.settle(r.path))
			check(b.twin().post(r.path, url.Values{"action": {"x"}}))
		}
		for _, path := range []string{"/mailbox", "/__clerk/v1/environment", "/__clerk/v1/client", "/__clerk/v1/me", "/__clerk/v1/nothing", "/static/none.js"} {
			check(b.script(path))
		}
	}
	if checked < 80 {
		t.Errorf("only %d answers", checked)
	}
}

// V08: what operators use is not on the public listener, and health checks name nothing.
func TestV08_NothingForOperatorsIsPublic(t *testing.T) {
	t.Parallel()
	s := start(t)
	b := s.browser(t)
	for _, path := range []string{
		"/debug/pprof/", "/debug/pprof/heap", "/debug/vars", "/metrics", "/status", "/mailbox", "/v1/users", "/__clerk/v1/users",
		"/__clerk/v1/audit_events", "/__clerk/v1/instance", "/.git/config", "/.env", "/keys.env", "/usher.db",
	} {
		if a := b.get(path); a.StatusCode != 404 {
			t.Errorf("%s: %d", path, a.StatusCode)
		}
		if res, err := http.Get(s.BackendURL() + path); err != nil || res.Body.Close() != nil || res.StatusCode != 401 {
			t.Errorf("%s on the Backend API's listener without its key: %v, %v", path, res, err)
		}
	}
	for _, path := range []string{"/healthz", "/readyz"} {
		a := b.get(path)
		if a.StatusCode != 200 || a.body != "ok\n" {
			t.Errorf("%s = %d %q", path, a.StatusCode, a.body)
		}
		for _, name := range []string{"Server", "X-Powered-By"} {
			if v := a.Header.Get(name); v != "" {
				t.Errorf("%s: %s is %q", path, name, v)
			}
		}
		for name := range a.Header {
			if strings.Contains(strings.Join(a.Header[name], " "), runtime.Version()) {
				t.Errorf("%s: %s shows a version", path, name)
			}
		}
	}
}

// S01: connections that send a header or a body slowly, or nothing, hold up nobody else, and
// are closed when their time is over.
func TestS01_SlowClientsHoldUpNobody(t *testing.T) {
	t.Parallel()
	s := start(t)
	const each = 200
	slow := map[string]string{
		"nothing": "", "half a header": "GET / HTTP/1.1\r\nHost: " + s.Addr().String() + "\r\nX-Slow: ",
		"half a body": "POST /sign-in HTTP/1.1\r\nHost: " + s.Addr().String() + "\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 1000\r\n\r\nidentifier=",
	}
	var waiting []net.Conn
	for _, request := range slow {
		for range each {
			conn, err := net.Dial("tcp", s.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = conn.Close() })
			if _, err := io.WriteString(conn, request); err != nil {
				t.Fatal(err)
			}
			if request != slow["half a body"] {
				waiting = append(waiting, conn)
			}
		}
	}
	begun := time.Now()
	b := s.browser(t)
	b.signUp("ada@example.com", "Ada")
	for range 20 {
		b.get("/welcome").want(t, 200, "Welcome, <bdi>Ada</bdi>!")
	}
	if took := time.Since(begun); took > readHeaderTimeout {
		t.Errorf("with %d slow connections a sign-up and 20 pages took %v", len(slow)*each, took)
	}
	for _, conn := range waiting {
		_ = conn.SetReadDeadline(begun.Add(4 * readHeaderTimeout))
		if _, err := io.Copy(io.Discard, conn); err != nil {
			t.Fatalf("a connection without a whole header is still open after %v: %v", time.Since(begun), err)
		}
	}
}
