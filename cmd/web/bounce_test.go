package main

import (
	"bytes"
	"net/url"
	"strings"
	"testing"
)

// TestB19_TheSignInPageStopsALoop: another app, on whatever SDK, sends people who are signed
// in back to the sign-in page.
func TestB19_TheSignInPageStopsALoop(t *testing.T) {
	t.Parallel()
	const page = "http://127.0.0.1:3001/reports"
	s := start(t, "-allowed-origins", "http://127.0.0.1:3001")
	b := s.browser(t)
	b.signUp("ada@example.com", "Ada")
	for _, path := range []string{"/sign-in", "/sign-up"} {
		address := path + "?redirect_url=" + url.QueryEscape(page)
		for range 3 {
			b.get(address).leadsTo(t, page)
		}
		b.get("/sign-in?redirect_url=%2Fexample").leadsTo(t, "/example") // another page is no loop
		delete(b.cookies, b.named("__usher_bounce_"))
		for range 3 {
			b.get(address).leadsTo(t, page)
		}
		stopped := b.get(address)
		stopped.want(t, 422, "You are signed in", "does not accept it", "Ada", `href="`+page+`"`, "Sign out and")
		if strings.Contains(stopped.text(), "AuthorizedParties") {
			t.Error("the page tells strangers how the other app is configured")
		}
		b.get(address).leadsTo(t, page)
		delete(b.cookies, b.named("__usher_bounce_"))
	}
	if log := s.log.String(); strings.Count(log, "redirect loop stopped") != 1 || !strings.Contains(log, page) || !strings.Contains(log, "public_origin="+s.Origin()) {
		t.Errorf("log: %s", log)
	}
}

// named is the browser's cookie with that prefix.
func (b *browser) named(prefix string) string {
	for name := range b.cookies {
		if strings.HasPrefix(name, prefix) {
			return name
		}
	}
	return ""
}

func TestB19_DoctorNamesBothOrigins(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	m := NewMain(&out, &out)
	_ = m.Doctor(t.Context(), []string{"-data", t.TempDir(), "-addr", "localhost:8080", "-allowed-origins", "http://localhost:3001"}, func(string) string { return "" })
	if !strings.Contains(out.String(), "http://localhost:3001 may share the sign-ins of http://localhost:8080") || !strings.Contains(out.String(), "list both origins") {
		t.Errorf("%s", out.String())
	}
}
