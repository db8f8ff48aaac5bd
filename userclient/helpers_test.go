package userclient_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/usherauth/usher/userclient"
)

const (
	secretKey = "sk_test_0123456789abcdefghijklmnopqrstuvwxyzABCD"
	ada       = `{"object":"user","id":"user_1","first_name":"Ada"}`
)

// transport answers requests in memory, so that tests can run on a fake clock.
type transport func(*http.Request) (*http.Response, error)

func (f transport) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// answer builds a JSON response; header is name, value, name, value, ….
func answer(status int, body string, header ...string) *http.Response {
	h := http.Header{"Content-Type": {"application/json"}}
	for i := 0; i+1 < len(header); i += 2 {
		h.Set(header[i], header[i+1])
	}
	return &http.Response{StatusCode: status, Header: h, Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body))}
}

// script answers the n-th request with the n-th response, the last one for ever, and
// counts.
func script(steps ...func() (*http.Response, error)) (transport, *atomic.Int64) {
	n := new(atomic.Int64)
	return func(*http.Request) (*http.Response, error) {
		return steps[min(int(n.Add(1)), len(steps))-1]()
	}, n
}

func status(code int, header ...string) func() (*http.Response, error) {
	return func() (*http.Response, error) {
		return answer(code, fmt.Sprintf(`{"errors":[{"code":"code_%d","message":"no"}]}`, code), header...), nil
	}
}

func ok(body string) func() (*http.Response, error) {
	return func() (*http.Response, error) { return answer(200, body), nil }
}

func failing(err error) func() (*http.Response, error) {
	return func() (*http.Response, error) { return nil, err }
}

// client makes a client on rt.
func client(t testing.TB, rt http.RoundTripper) *userclient.Client {
	t.Helper()
	return newClient(t, userclient.Config{Transport: rt})
}

func newClient(t testing.TB, cfg userclient.Config) *userclient.Client {
	t.Helper()
	cfg.SecretKey = secretKey
	c, err := userclient.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// serve starts a real server and a client for it.
func serve(t testing.TB, cfg userclient.Config, h http.HandlerFunc) *userclient.Client {
	t.Helper()
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	cfg.APIURL = srv.URL
	c := newClient(t, cfg)
	t.Cleanup(c.CloseIdleConnections)
	return c
}

func writeJSON(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body)
}

// noLeaks fails t if goroutines of the HTTP client are left when the test is over.
// Call it first, so that it runs last.
func noLeaks(t *testing.T) {
	t.Helper()
	t.Cleanup(func() {
		var stacks string
		for deadline := time.Now().Add(5 * time.Second); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
			buf := make([]byte, 1<<20)
			stacks = string(buf[:runtime.Stack(buf, true)])
			if !strings.Contains(stacks, "persistConn") && !strings.Contains(stacks, "userclient.(*") {
				return
			}
		}
		t.Errorf("goroutines left:\n%s", stacks)
	})
}

// wantErr checks what err matches and what it does not.
func wantErr(t *testing.T, err error, is func(error, error) bool, want ...error) {
	t.Helper()
	wanted := map[error]bool{}
	for _, w := range want {
		wanted[w] = true
	}
	sentinels := []error{userclient.ErrNotFound, userclient.ErrRateLimited, userclient.ErrUnavailable, context.Canceled, context.DeadlineExceeded}
	for _, s := range sentinels {
		if got := is(err, s); got != wanted[s] {
			t.Errorf("errors.Is(%v, %q) = %v, want %v", err, s, got, wanted[s])
		}
	}
}

var quiet = log.New(io.Discard, "", 0)

// failWith answers with a body of one's own.
func failWith(code int, body string, header ...string) func() (*http.Response, error) {
	return func() (*http.Response, error) { return answer(code, body, header...), nil }
}
