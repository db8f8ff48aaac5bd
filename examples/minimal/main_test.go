package main

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"
)

// visit follows redirects in a browser's way and returns what is shown at the end.
func visit(t *testing.T, c *http.Client, method, address string, form url.Values) (status int, path, body string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	res, err := c.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, res.Request.URL.Path, string(b)
}

func TestPageIsProtectedAndOpensAfterSignUp(t *testing.T) {
	t.Parallel()
	srv := httptest.NewUnstartedServer(nil)
	origin := "http://" + srv.Listener.Addr().String()
	srv.Config.Handler = app(t.Context(), origin)
	srv.Start()
	t.Cleanup(srv.Close)
	jar, _ := cookiejar.New(nil)
	client := &http.Client{Jar: jar}

	if status, path, body := visit(t, client, "GET", origin+"/", nil); status != 200 || path != "/sign-in" || strings.Contains(body, "You are") {
		t.Fatalf("signed out, / shows %s with status %d", path, status)
	}
	form := url.Values{"email_address": {"ada@example.com"}, "password": {"a long enough secret"}, "redirect_url": {"/"}}
	if status, path, body := visit(t, client, "POST", origin+"/sign-up", form); status != 200 || path != "/" || !strings.Contains(body, "You are user_") {
		t.Fatalf("after sign-up: %d %s %q", status, path, body)
	}
	if _, path, _ := visit(t, client, "POST", origin+"/sign-out", url.Values{}); path != "/sign-in" {
		t.Errorf("after sign-out / shows %s", path)
	}
}

func TestProgramStaysShort(t *testing.T) {
	t.Parallel()
	src := mainSource(t)
	if n := strings.Count(src, "\n"); n >= 60 {
		t.Errorf("main.go has %d lines, want fewer than 60", n)
	}
	if strings.Contains(src, "/internal/") || strings.Contains(src, "/cmd/") {
		t.Error("main.go imports more than public packages")
	}
}

func mainSource(t *testing.T) string {
	t.Helper()
	src, err := os.ReadFile("main.go")
	if err != nil {
		t.Fatal(err)
	}
	return string(src)
}
