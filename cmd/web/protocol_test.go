package main

import (
	"strings"
	"testing"
)

// S09: a flood of HTTP/2 frames meets a server that does not speak it, neither for who knows
// beforehand nor by an upgrade: that is the proxy's in front, with its limits.
func TestS09_NoHTTP2(t *testing.T) {
	t.Parallel()
	s := start(t)
	const settings = "\x00\x00\x00\x04\x00\x00\x00\x00\x00"
	if got := rawRequest(t, s, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"+strings.Repeat(settings, 100)); !strings.HasPrefix(got, "HTTP/1.1 4") || !strings.HasSuffix(got, closedMark) {
		t.Errorf("the preface of HTTP/2 is answered %q", got)
	}
	upgrade := "GET /healthz HTTP/1.1\r\nHost: " + s.Addr().String() + "\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA\r\n\r\n"
	if got := rawRequest(t, s, upgrade); !strings.HasPrefix(got, "HTTP/1.1 200 OK\r\n") {
		t.Errorf("an upgrade to HTTP/2 is answered %q", got)
	}
}

// S10: no answer that may hold a token is compressed, whatever the client accepts, so that
// its length tells nothing of what is in it next to what a stranger put there.
func TestS10_NothingSecretIsCompressed(t *testing.T) {
	t.Parallel()
	s := start(t)
	b := s.browser(t)
	b.signUp("ada@example.com", "Ada")
	for _, path := range []string{"/welcome?q=guess", "/example", "/user", "/client/auth", "/api/user", "/__clerk/v1/client", "/sign-in?redirect_url=/guess", "/nowhere"} {
		a := b.get(path, "Accept-Encoding", "gzip, deflate, br, zstd")
		if got := a.Header.Get("Content-Encoding"); got != "" || a.body == "" && a.StatusCode == 200 {
			t.Errorf("%s: %d, Content-Encoding %q", path, a.StatusCode, got)
		}
	}
}
