package userclient_test

import (
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/usherauth/usher/userclient"
)

// hijack ends the connection behind w after writing raw to it.
func hijack(t *testing.T, w http.ResponseWriter, raw string, reset bool) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		t.Error(err)
		return
	}
	_, _ = io.WriteString(conn, raw)
	if tcp, ok := conn.(*net.TCPConn); ok && reset {
		_ = tcp.SetLinger(0) // close sends RST
	}
	_ = conn.Close()
}

// Not parallel with other tests: noLeaks looks at every goroutine there is.
func TestL03_FaultsOfARealConnection(t *testing.T) {
	jsonHead := "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
	tests := []struct {
		name  string
		serve func(t *testing.T, w http.ResponseWriter, r *http.Request)
		want  string // in the error
	}{
		{"hangs", func(_ *testing.T, _ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, "deadline exceeded"},
		{"one octet at a time", func(_ *testing.T, w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			for r.Context().Err() == nil {
				_, _ = io.WriteString(w, " ")
				_ = http.NewResponseController(w).Flush()
				time.Sleep(20 * time.Millisecond)
			}
		}, "deadline exceeded"},
		{"100 MB announced", func(_ *testing.T, w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "104857600")
			writeJSON(w, 200, ada)
		}, "more than the limit"},
		{"100 MB by surprise", func(_ *testing.T, w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			chunk := strings.Repeat(" ", 1<<16)
			for range 100 << 4 {
				if _, err := io.WriteString(w, chunk); err != nil {
					return
				}
			}
		}, "more than the limit"},
		{"reset before the answer", func(t *testing.T, w http.ResponseWriter, _ *http.Request) { hijack(t, w, "", true) }, "no answer"},
		{"closed before the answer", func(t *testing.T, w http.ResponseWriter, _ *http.Request) { hijack(t, w, "", false) }, "no answer"},
		{"closed in the middle", func(t *testing.T, w http.ResponseWriter, _ *http.Request) {
			hijack(t, w, jsonHead+"Content-Length: 1000\r\n\r\n"+ada, false)
		}, "unexpected EOF"},
		{"closed in the middle of a chunk", func(t *testing.T, w http.ResponseWriter, _ *http.Request) {
			hijack(t, w, jsonHead+"Transfer-Encoding: chunked\r\n\r\n100\r\n"+ada, false)
		}, "unexpected EOF"},
		{"closed where a body without length may end", func(t *testing.T, w http.ResponseWriter, _ *http.Request) {
			hijack(t, w, jsonHead+"Connection: close\r\n\r\n"+ada[:30], false)
		}, "decode answer"},
		{"not HTTP", func(t *testing.T, w http.ResponseWriter, _ *http.Request) { hijack(t, w, "220 smtp ready\r\n", false) }, "no answer"},
		{"a header without end", func(t *testing.T, w http.ResponseWriter, _ *http.Request) {
			hijack(t, w, jsonHead+"X-Long: "+strings.Repeat("x", 1<<20), false)
		}, "headers exceeded"},
		{"HTML with 200", func(_ *testing.T, w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, "<!doctype html><title>captive portal</title>")
		}, "is not JSON"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			noLeaks(t)
			c := serve(t, userclient.Config{Timeout: 300 * time.Millisecond, MaxWait: time.Millisecond, MaxBody: 1 << 20}, func(w http.ResponseWriter, r *http.Request) {
				tt.serve(t, w, r)
			})
			start := time.Now()
			u, err := c.Users.Get(t.Context(), "user_1")
			if d := time.Since(start); d > 3*time.Second {
				t.Errorf("Get took %v", d)
			}
			if _, isTransport := errors.AsType[*userclient.TransportError](err); !isTransport || u != nil {
				t.Fatalf("Get = %+v, %v, want a TransportError", u, err)
			}
			if !errors.Is(err, userclient.ErrUnavailable) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Get = %v, want it unavailable with %q", err, tt.want)
			}
		})
	}
}

func TestL02_ResetOnceIsNotSeen(t *testing.T) {
	t.Parallel()
	var calls atomic.Int64
	c := serve(t, userclient.Config{}, func(w http.ResponseWriter, _ *http.Request) {
		if calls.Add(1) == 1 {
			hijack(t, w, "", true)
			return
		}
		writeJSON(w, 200, ada)
	})
	if u, err := c.Users.Get(t.Context(), "user_1"); err != nil || u.FirstName != "Ada" || calls.Load() != 2 {
		t.Errorf("Get = %+v, %v after %d requests, want Ada after 2", u, err, calls.Load())
	}
}

func TestL02_UnknownCertificateIsRefused(t *testing.T) {
	t.Parallel()
	var calls atomic.Int64
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		calls.Add(1)
		writeJSON(w, 200, ada)
	}))
	srv.Config.ErrorLog = quiet
	srv.StartTLS()
	t.Cleanup(srv.Close)
	c := newClient(t, userclient.Config{APIURL: srv.URL})
	_, err := c.Users.Get(t.Context(), "user_1")
	if !errors.Is(err, userclient.ErrUnavailable) || !strings.Contains(err.Error(), "certificate") || calls.Load() != 0 {
		t.Errorf("Get = %v, want a certificate error and nothing sent", err)
	}
}

func TestV05_RedirectsAreNotFollowed(t *testing.T) {
	t.Parallel()
	for _, code := range []int{301, 302, 303, 307, 308} {
		t.Run(http.StatusText(code), func(t *testing.T) {
			t.Parallel()
			other := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				t.Errorf("the other host was asked, with Authorization %q", r.Header.Get("Authorization"))
			}))
			t.Cleanup(other.Close)
			locations := []string{other.URL + "/v1/users/user_1", "/v1/elsewhere", "", "http://%zz"}
			for _, location := range locations {
				var calls atomic.Int64
				c := serve(t, userclient.Config{MaxWait: time.Millisecond}, func(w http.ResponseWriter, r *http.Request) {
					calls.Add(1)
					if r.Header.Get("Authorization") != "Bearer "+secretKey {
						t.Errorf("no key sent to the API")
					}
					if strings.Contains(r.URL.Path, "elsewhere") {
						t.Error("a redirect on the same host was followed")
					}
					w.Header()["Location"] = []string{location}
					w.WriteHeader(code)
				})
				_, err := c.Users.Get(t.Context(), "user_1")
				if _, isTransport := errors.AsType[*userclient.TransportError](err); !isTransport {
					t.Errorf("Location %q: Get = %v, want a TransportError", location, err)
				}
				if _, err := c.Sessions.Revoke(t.Context(), "sess_1"); !errors.Is(err, userclient.ErrUnavailable) {
					t.Errorf("Location %q: Revoke = %v, want ErrUnavailable", location, err)
				}
			}
		})
	}
}

func TestConnectionsAreReused(t *testing.T) {
	t.Parallel()
	peers := map[string]bool{}
	c := serve(t, userclient.Config{}, func(w http.ResponseWriter, r *http.Request) {
		peers[r.RemoteAddr] = true // one at a time: calls are made in turn
		code := 200
		if len(r.URL.Path)%2 == 0 {
			code = 404
		}
		writeJSON(w, code, `{"errors":[]}`)
	})
	for i := range 20 {
		_, _ = c.Users.Get(t.Context(), "user_"+strings.Repeat("1", i+1))
	}
	if len(peers) != 1 {
		t.Errorf("20 calls used %d connections, want 1", len(peers))
	}
}
