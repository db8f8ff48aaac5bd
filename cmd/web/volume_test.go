package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// TestA8_StrangersCannotFillTheLog: whatever is refused costs a bounded number of lines,
// which say how many there were.
func TestA8_StrangersCannotFillTheLog(t *testing.T) {
	t.Parallel()
	s := start(t)
	host := strings.TrimPrefix(s.Origin(), "http://")
	publishable := s.embedded.service.PublishableKey()
	const times = 700
	for name, tt := range map[string]struct {
		backend      bool
		method, path string
		header       func(h http.Header, n int)
		body, host   string
	}{
		"bad Bearer tokens":   {path: "/api/user", header: func(h http.Header, n int) { h.Set("Authorization", fmt.Sprintf("Bearer x.y.%d", n)) }},
		"bad session cookies": {path: "/dashboard", header: func(h http.Header, n int) { h.Set("Cookie", fmt.Sprintf("__session=x.y.%d", n)) }},
		"bad cookies, a visitor": {path: "/dashboard", header: func(h http.Header, n int) {
			h.Set("Cookie", fmt.Sprintf("__session_%s=a.b.%d; __client_uat_%s=1900000000", publishable.Suffix(), n, publishable.Suffix()))
			h.Set("Sec-Fetch-Dest", "document")
		}},
		"handshake cookies":      {path: "/welcome", header: func(h http.Header, n int) { h.Set("Cookie", fmt.Sprintf("__clerk_handshake=a.b.%d", n)) }},
		"no such page":           {path: "/nowhere"},
		"another host":           {path: "/", host: "evil.example"},
		"another host, POST":     {method: "POST", path: "/", host: "evil.example"},
		"another method":         {method: "TRACE", path: "/"},
		"not allowed":            {method: "DELETE", path: "/welcome"},
		"a form of another site": {method: "POST", path: "/sign-in", header: func(h http.Header, _ int) { h.Set("Origin", "https://evil.example") }, body: "a=b"},
		"another origin": {method: "POST", path: "/sign-in", header: func(h http.Header, _ int) {
			h.Set("Origin", "http://evil.example")
			h.Set("Sec-Fetch-Site", "same-origin")
		}, body: "a=b"},
		"a broken form":      {method: "POST", path: "/sign-in", body: "%zz"},
		"wrong passwords":    {method: "POST", path: "/sign-in", body: "identifier=ada%40example.com&password="},
		"the proxy's path":   {path: "/__clerk/%2e%2e/x"},
		"no such API":        {path: "/__clerk/v1/nowhere"},
		"no secret key":      {backend: true, path: "/v1/users"},
		"a wrong secret key": {backend: true, path: "/v1/users", header: func(h http.Header, n int) { h.Set("Authorization", fmt.Sprintf("Bearer sk_live_%d", n)) }},
		"Forwarded-For":      {method: "POST", path: "/sign-in", header: func(h http.Header, n int) { h.Set("X-Forwarded-For", strconv.Itoa(n)) }, body: "identifier=a%40example.com"},
	} {
		l := s.public
		if tt.backend {
			l = s.backend
		}
		before := len(s.log.String())
		for n := range times {
			method := tt.method
			if method == "" {
				method = http.MethodGet
			}
			r := httptest.NewRequest(method, tt.path, strings.NewReader(tt.body))
			r.Host = host
			if tt.host != "" {
				r.Host = tt.host
			}
			if tt.body != "" {
				r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
				r.Header.Set("Origin", s.Origin())
			}
			if tt.header != nil {
				tt.header(r.Header, n)
			}
			w := httptest.NewRecorder()
			l.server.Handler.ServeHTTP(w, r)
			if name == "handshake cookies" && w.Code == 200 && n > 200 {
				break // answered: a line for each
			}
			if w.Code < 300 && name != "handshake cookies" {
				t.Fatalf("%s: %d is not refused", name, w.Code)
			}
		}
		wrote := s.log.String()[before:]
		if lines := strings.Count(wrote, "\n"); lines > 300 || strings.Count(wrote, "level=WARN") > 25 {
			t.Errorf("%s: %d lines, %d octets, for %d requests; the last:\n%s", name, lines, len(wrote), times, wrote[max(0, len(wrote)-600):])
		}
	}
	accepted := strings.Count(s.log.String(), "msg=request")
	for range 150 {
		s.browser(t).get("/welcome").want(t, 200, "")
	}
	if n := strings.Count(s.log.String(), "msg=request") - accepted; n != 150 {
		t.Errorf("%d lines for 150 requests that were answered", n)
	}
	if err := s.stop(); err != nil {
		t.Fatal(err)
	}
	log, total := s.log.String(), 0
	for _, m := range regexp.MustCompile(`suppressed=(\d+)`).FindAllStringSubmatch(log, -1) {
		n, _ := strconv.Atoi(m[1])
		total += n
	}
	if total < 10*times {
		t.Errorf("the log accounts for %d requests that it leaves out", total)
	}
}
