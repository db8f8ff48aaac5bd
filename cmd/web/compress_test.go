package main

import (
	"testing"

	"github.com/usherauth/usher/static"
)

// TestE5_PagesAreNotCompressed: the length of a compressed page would say something about
// the secrets in it (BREACH). Static files are.
func TestE5_PagesAreNotCompressed(t *testing.T) {
	t.Parallel()
	b := start(t).browser(t)
	b.signUp("ada@example.com", "Ada")
	for _, path := range []string{"/", "/welcome", "/user", "/organizations", "/sign-in", "/sign-up", "/api/user", "/__clerk/v1/client"} {
		if a := b.get(path, "Accept-Encoding", "gzip, br"); a.Header.Get("Content-Encoding") != "" {
			t.Errorf("%s: Content-Encoding %q", path, a.Header.Get("Content-Encoding"))
		}
	}
	if a := b.get(static.URL("authctx.js"), "Accept-Encoding", "gzip, br"); a.Header.Get("Content-Encoding") != "br" || len(a.body) > 4300 {
		t.Errorf("the runtime: %q, %d octets", a.Header.Get("Content-Encoding"), len(a.body))
	}
}
