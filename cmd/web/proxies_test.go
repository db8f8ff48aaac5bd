package main

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/usherauth/usher/identity"
)

// clientOf is the RemoteAddr that handlers see.
func clientOf(t *testing.T, proxies, peer string, forwarded ...string) string {
	t.Helper()
	trusted, err := parseTrustedProxies(proxies)
	if err != nil {
		t.Fatal(err)
	}
	var got string
	h := clientAddress(trusted, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = r.RemoteAddr }))
	r := httptest.NewRequest(http.MethodGet, "/", http.NoBody)
	r.RemoteAddr, r.Header["X-Forwarded-For"] = peer, forwarded
	r.Header.Set("X-Real-Ip", "203.0.113.66")
	r.Header.Set("True-Client-Ip", "203.0.113.66")
	r.Header.Set("Forwarded", "for=203.0.113.66")
	h.ServeHTTP(httptest.NewRecorder(), r)
	if r.RemoteAddr != peer {
		t.Errorf("the server's own request was changed to %q", r.RemoteAddr)
	}
	return got
}

func TestP03_P04_ClientAddressBehindTrustedProxies(t *testing.T) {
	t.Parallel()
	const cidrs = "10.0.0.0/8, 2001:db8::/32,192.0.2.9"
	for _, tt := range []struct {
		name, proxies, peer string
		forwarded           []string
		want                string
	}{
		{"no proxy is trusted unless it is named", "", "10.0.0.1:5", []string{"198.51.100.7"}, "10.0.0.1:5"},
		{"a stranger is not believed", cidrs, "203.0.113.1:5", []string{"198.51.100.7"}, "203.0.113.1:0"},
		{"a neighbour of a trusted address is not believed", cidrs, "192.0.2.8:5", []string{"198.51.100.7"}, "192.0.2.8:0"},
		{"a trusted proxy is", cidrs, "10.0.0.1:5", []string{"198.51.100.7"}, "198.51.100.7:0"},
		{"a trusted proxy named by address is", cidrs, "192.0.2.9:5", []string{"198.51.100.7"}, "198.51.100.7:0"},
		{"what the client wrote itself is left of it", cidrs, "10.0.0.1:5", []string{"203.0.113.1, 198.51.100.7"}, "198.51.100.7:0"},
		{"also in a field of its own", cidrs, "10.0.0.1:5", []string{"203.0.113.1", "198.51.100.7"}, "198.51.100.7:0"},
		{"also when it claims to be a proxy", cidrs, "10.0.0.1:5", []string{"203.0.113.1, 10.9.9.9, 198.51.100.7"}, "198.51.100.7:0"},
		{"several proxies in a row", cidrs, "10.0.0.1:5", []string{"203.0.113.1, 198.51.100.7, 10.0.0.2", "10.0.0.3"}, "198.51.100.7:0"},
		{"proxies only", cidrs, "10.0.0.1:5", []string{"10.0.0.2"}, "10.0.0.1:5"},
		{"no field", cidrs, "10.0.0.1:5", nil, "10.0.0.1:5"},
		{"garbage next to the proxy", cidrs, "10.0.0.1:5", []string{"198.51.100.7, unknown"}, "10.0.0.1:5"},
		{"an address with a port", cidrs, "10.0.0.1:5", []string{"198.51.100.7:80"}, "10.0.0.1:5"},
		{"mapped spellings are one", cidrs, "[::ffff:10.0.0.1]:5", []string{"::ffff:198.51.100.7"}, "198.51.100.7:0"},
		{"IPv6 in its longest spelling", cidrs, "[2001:db8::1]:5", []string{"2001:0DB9:0:0:0:0:0:1"}, "[2001:db9::1]:0"},
		{"a zone is dropped", cidrs, "10.0.0.1:5", []string{"fe80::1%eth0"}, "[fe80::1]:0"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := clientOf(t, tt.proxies, tt.peer, tt.forwarded...); got != tt.want {
				t.Errorf("client = %q, want %q", got, tt.want)
			}
		})
	}
}

func TestTrustedProxiesAreCheckedAtStart(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{"nginx", "10.0.0.0/33", "10.0.0.1:80", "fe80::1%eth0", "::ffff:10.0.0.0/104", "::ffff:10.0.0.1", "0.0.0.0/0", "10.0.0.0/8,::/0"} {
		if _, err := parse([]string{"-trusted-proxies", bad}, nil); err == nil || !strings.Contains(err.Error(), "-trusted-proxies has") {
			t.Errorf("%s: %v, want it refused", bad, err)
		}
	}
	c, err := parse(nil, map[string]string{"TRUSTED_PROXIES": "10.1.2.3/8, fd00::1"})
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"10.0.0.0/8", "fd00::1/128"}; !slices.Equal(c.proxies, want) {
		t.Errorf("proxies = %v, want %v", c.proxies, want)
	}
}

// An https origin says that somebody in front ends TLS: this program does not.
func TestProxyThatNobodyNamedIsPointedOut(t *testing.T) {
	t.Parallel()
	const warning = "everybody shares one rate limit"
	for _, tt := range []struct {
		args []string
		want bool
	}{
		{nil, false},
		{[]string{"-origin", "https://app.example.com"}, true},
		{[]string{"-origin", "https://app.example.com", "-trusted-proxies", "127.0.0.1"}, false},
	} {
		s := start(t, tt.args...)
		if got := strings.Contains(s.log.String(), warning); got != tt.want {
			t.Errorf("%q: warned %v, want %v", tt.args, got, tt.want)
		}
	}
}

// P03: one client behind the proxy does not use up the tries of another, by form or by
// script, and host and scheme stay the configured ones.
func TestP03_P05_EachClientBehindAProxyHasItsOwnLimit(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"/sign-in", "/__clerk/v1/client/sign_ins"} {
		for proxies, refused := range map[string]bool{"": true, "127.0.0.0/8": false} {
			s := startLimited(t, identity.Limits{Creations: 3}, "-trusted-proxies", proxies)
			try := func(client string) int {
				b := s.browser(t)
				return b.post(path, url.Values{"identifier": {"ada@example.com"}, "password": {"not the password"}},
					"X-Forwarded-For", client, "X-Forwarded-Host", "evil.example", "X-Forwarded-Proto", "https").StatusCode
			}
			for i := range 3 {
				if got := try("198.51.100.7"); got != http.StatusUnprocessableEntity {
					t.Fatalf("%s, try %d: %d, want 422", path, i, got)
				}
			}
			if got := try("203.0.113.5, 198.51.100.7"); got != http.StatusTooManyRequests {
				t.Errorf("%s, trusting %q: fourth try %d, want 429", path, proxies, got)
			}
			if got := try("198.51.100.8"); (got == http.StatusTooManyRequests) != refused {
				t.Errorf("%s, trusting %q: another client got %d, want it refused: %v", path, proxies, got, refused)
			}
		}
	}
}
