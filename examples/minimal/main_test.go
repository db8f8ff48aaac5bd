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
	"testing/synctest"

	"github.com/usherauth/usher/internal/walk"
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

// TestB1_ALostSessionCookieIsReplaced: the middleware around everything does not redirect
// the handshake that it redirects to.
func TestB1_ALostSessionCookieIsReplaced(t *testing.T) {
	t.Parallel()
	srv := httptest.NewUnstartedServer(nil)
	origin := "http://" + srv.Listener.Addr().String()
	srv.Config.Handler = app(t.Context(), origin)
	srv.Start()
	t.Cleanup(srv.Close)
	jar, _ := cookiejar.New(nil)
	client := &http.Client{Jar: jar}
	form := url.Values{"email_address": {"ada@example.com"}, "password": {"a long enough secret"}, "redirect_url": {"/"}}
	visit(t, client, "POST", origin+"/sign-up", form)
	at, err := url.Parse(origin + "/")
	if err != nil {
		t.Fatal(err)
	}
	for _, lost := range []string{"__session", "__client_uat"} {
		for _, c := range jar.Cookies(at) {
			if strings.HasPrefix(c.Name, lost) {
				jar.SetCookies(at, []*http.Cookie{{Name: c.Name, Path: "/", MaxAge: -1}})
			}
		}
		client.Transport = navigation{}
		if status, path, body := visit(t, client, "GET", origin+"/", nil); status != 200 || path != "/" || !strings.Contains(body, "You are user_") {
			t.Errorf("without %s: %d %s %q", lost, status, path, body)
		}
	}
}

// navigation is a browser that opens a page.
type navigation struct{}

func (navigation) RoundTrip(r *http.Request) (*http.Response, error) {
	r.Header.Set("Sec-Fetch-Dest", "document")
	r.Header.Set("Accept", "text/html")
	return http.DefaultTransport.RoundTrip(r)
}

func TestAPersonWalksThroughIt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const origin = "http://localhost:8080"
		n := walk.NewNetwork(t)
		n.Serve(origin, app(t.Context(), origin))
		walk.Walk(walk.NewPerson(t, n), walk.App{Origin: origin, Page: "/", Greeting: "You are user_", Proxy: "/__clerk"})
	})
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
