package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestD10_AProxyThatKeepsHostIsPointedOut(t *testing.T) {
	t.Parallel()
	s := start(t, "-origin", "https://app.example.com", "-trusted-proxies", "127.0.0.1")
	b := s.browser(t)
	for range 5 {
		b.post("/sign-in", map[string][]string{"identifier": {"ada@example.com"}}, "Host", s.Addr().String()).want(t, http.StatusMisdirectedRequest, "")
	}
	log := s.log.String()
	if strings.Count(log, "level=WARN") != 1 {
		t.Errorf("want one warning:\n%s", log)
	}
	for _, part := range []string{"host=" + s.Addr().String(), "origin=https://app.example.com", "proxy_set_header Host $host", "-origin"} {
		if !strings.Contains(log, part) {
			t.Errorf("the log does not say %q:\n%s", part, log)
		}
	}
	// What a stranger sends is cut.
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.Host = strings.Repeat("x", 4000)
	other := start(t)
	other.public.server.Handler.ServeHTTP(httptest.NewRecorder(), r)
	if got := other.log.String(); len(got) > 2000 || !strings.Contains(got, "host=xxx") {
		t.Errorf("log of %d octets", len(got))
	}
}
