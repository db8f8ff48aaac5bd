package main

import (
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/usherauth/usher/identity"
)

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
	if want := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::1/128")}; !slices.Equal(c.proxies, want) {
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
