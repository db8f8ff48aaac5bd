package handlers_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-chi/chi/v5/middleware"

	"github.com/usherauth/usher/handlers"
)

// told is the client's address that the Frontend API gets, by form and by script.
func told(t *testing.T, cfg handlers.Config, front func(http.Handler) http.Handler, edit func(*http.Request)) (byForm, byScript, log string) {
	t.Helper()
	var out bytes.Buffer
	var seen string
	cfg.PublishableKey, cfg.SecretKey, cfg.PublicOrigin = publishable, secret, origin
	cfg.Logger = slog.New(slog.NewTextHandler(&out, nil))
	cfg.Transport = upstream(func(r *http.Request) (*http.Response, error) {
		seen = strings.Join(r.Header["X-Forwarded-For"], " | ")
		return response(422, `{"errors":[{"code":"form_password_incorrect","message":"no"}]}`), nil
	})
	h, err := handlers.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/sign-in", h.SignIn)
	mux.Handle("/__clerk/", h.FrontendAPI())
	served := http.Handler(mux)
	if front != nil {
		served = front(mux)
	}
	send := func(path string) string {
		seen = "nobody asked"
		r := httptest.NewRequest(http.MethodPost, origin+path, strings.NewReader(credentials.Encode()))
		r.RequestURI = path
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Origin", origin)
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		edit(r)
		served.ServeHTTP(httptest.NewRecorder(), r)
		return seen
	}
	byForm, byScript = send("/sign-in"), send("/__clerk/v1/client/sign_ins")
	return byForm, byScript, out.String()
}

func TestB5_TheAPIIsToldTheClientsAddress(t *testing.T) {
	t.Parallel()
	nginx := []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}
	realIP := func(r *http.Request) netip.Addr {
		addr, _ := netip.ParseAddr(r.Header.Get("X-Real-Ip"))
		return addr
	}
	for _, tt := range []struct {
		name      string
		cfg       handlers.Config
		front     func(http.Handler) http.Handler
		peer      string
		forwarded string
		want      string
		warned    string
	}{
		{"directly", handlers.Config{}, nil, "192.0.2.7:4711", "", "192.0.2.7", ""},
		{"a peer without a port", handlers.Config{}, nil, "192.0.2.7", "", "192.0.2.7", ""},
		{"a proxy that nobody named", handlers.Config{}, nil, "127.0.0.1:4711", "203.0.113.10", "127.0.0.1", "was ignored"},
		{"a trusted proxy", handlers.Config{TrustedProxies: nginx}, nil, "127.0.0.1:4711", "203.0.113.10", "203.0.113.10", ""},
		{"a trusted proxy that adds the port", handlers.Config{TrustedProxies: nginx}, nil, "127.0.0.1:4711", "203.0.113.10:5010", "203.0.113.10", ""},
		{"a trusted proxy on a Unix socket", handlers.Config{TrustedProxies: nginx}, nil, "@", "203.0.113.10", "203.0.113.10", ""},
		{"a trusted proxy that says unknown", handlers.Config{TrustedProxies: nginx}, nil, "127.0.0.1:4711", "unknown", "127.0.0.1", "is not an address"},
		{"an unknown peer", handlers.Config{}, nil, "@", "", "", "cannot be read"},
		{"a function", handlers.Config{ClientAddress: realIP}, nil, "127.0.0.1:4711", "198.51.100.1", "203.0.113.66", ""},
		{"chi's RealIP", handlers.Config{}, middleware.RealIP, "127.0.0.1:4711", "", "203.0.113.66", ""}, //nolint:staticcheck // programs still use it
		{"chi's ClientIPFromXFF", handlers.Config{}, middleware.ClientIPFromXFF("127.0.0.1/32"), "127.0.0.1:4711", "203.0.113.10", "203.0.113.10", ""},
		{"chi's ClientIPFromXFF, with garbage", handlers.Config{}, middleware.ClientIPFromXFF("127.0.0.1/32"), "127.0.0.1:4711", "unknown", "127.0.0.1", "was ignored"},
		{"chi's ClientIPFromHeader", handlers.Config{}, middleware.ClientIPFromHeader("X-Real-IP"), "127.0.0.1:4711", "203.0.113.10", "203.0.113.66", ""},
		{"a setting counts before chi", handlers.Config{TrustedProxies: nginx}, middleware.ClientIPFromRemoteAddr, "127.0.0.1:4711", "203.0.113.10", "203.0.113.10", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			byForm, byScript, log := told(t, tt.cfg, tt.front, func(r *http.Request) {
				r.RemoteAddr = tt.peer
				r.Header.Set("X-Real-Ip", "203.0.113.66")
				if tt.forwarded != "" {
					r.Header.Set("X-Forwarded-For", tt.forwarded)
				}
			})
			if byForm != tt.want || byScript != tt.want {
				t.Errorf("by form %q, by script %q, want %q", byForm, byScript, tt.want)
			}
			if warned := strings.Count(log, "level=WARN"); warned > 1 || (warned == 1) != (tt.warned != "") || !strings.Contains(log, tt.warned) {
				t.Errorf("want one line with %q:\n%s", tt.warned, log)
			}
		})
	}
}

func TestB5_TheSettingsAreChecked(t *testing.T) {
	t.Parallel()
	for want, cfg := range map[string]handlers.Config{
		"TrustedProxies has 0.0.0.0/0":         {TrustedProxies: []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0")}},
		"TrustedProxies has ::/0":              {TrustedProxies: []netip.Prefix{netip.MustParsePrefix("::/0")}},
		"TrustedProxies has invalid Prefix":    {TrustedProxies: []netip.Prefix{{}}},
		"TrustedProxies has ::ffff:0.0.0.0/96": {TrustedProxies: []netip.Prefix{netip.MustParsePrefix("::ffff:0.0.0.0/96")}},
		"TrustedProxies and ClientAddress are both set": {
			TrustedProxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}, ClientAddress: func(*http.Request) netip.Addr { return netip.Addr{} },
		},
	} {
		cfg.PublishableKey, cfg.SecretKey, cfg.PublicOrigin = publishable, secret, origin
		if _, err := handlers.New(cfg); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

// A real server on a Unix socket, as behind a proxy on the same machine.
func TestB5_AServerOnAUnixSocket(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "s")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	var seen string
	h, err := handlers.New(handlers.Config{
		PublishableKey: publishable, SecretKey: secret, PublicOrigin: origin, TrustedProxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")},
		Transport: upstream(func(r *http.Request) (*http.Response, error) {
			seen = r.Header.Get("X-Forwarded-For")
			return response(200, `{}`), nil
		}),
	})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(h.FrontendAPI())
	_ = server.Listener.Close()
	server.Listener = l
	server.Start()
	defer server.Close()
	client := &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "unix", path)
	}}}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, (&url.URL{Scheme: "http", Host: "app.example.com", Path: "/__clerk/v1/client"}).String(), nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-Forwarded-For", "203.0.113.10")
	res, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, res.Body)
	_ = res.Body.Close()
	client.CloseIdleConnections()
	if seen != "203.0.113.10" {
		t.Errorf("the API was told %q", seen)
	}
}
