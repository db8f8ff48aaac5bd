package main

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/go-chi/chi/v5"
)

// surface is every route of the public listener with its answer to somebody who is signed
// out. A new route has to be added here, public or protected on purpose.
var surface = []struct {
	path   string
	status int
	html   bool
}{
	{"/", 200, true},
	{"/welcome", 200, true},
	{"/example", 200, true},
	{"/client/auth", 200, true},
	{"/client/user", 200, true},
	{"/organization", 200, true},
	{"/dashboard", 303, true},
	{"/user", 303, true},
	{"/organizations", 303, true},
	{"/admin", 303, true},
	{"/sign-in", 200, true},
	{"/sign-up", 200, true},
	{"/sign-out", 405, true},
	{"/api/user", 401, false},
	{"/api/auth", 401, false},
	{"/healthz", 200, false},
	{"/readyz", 200, false},
	{"/static/*", 404, false},
	{"/__clerk/*", 404, false},
}

func TestM03_EveryRouteIsPublicOrProtectedOnPurpose(t *testing.T) {
	t.Parallel()
	s := start(t)
	a, err := newApp(s.embedded.instance(s.Origin()), s.Main.log, s.Now)
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	for _, r := range surface {
		known[r.path] = true
	}
	err = chi.Walk(a.routes(), func(_, route string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
		if !known[route] {
			t.Errorf("route %s is not in the table of this test", route)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	b := s.browser(t)
	for _, r := range surface {
		path := strings.ReplaceAll(r.path, "*", "x")
		got := b.get(path)
		if got.StatusCode != r.status {
			t.Errorf("GET %s signed out: %d, want %d", path, got.StatusCode, r.status)
		}
		if isHTML := strings.HasPrefix(got.Header.Get("Content-Type"), "text/html"); isHTML != r.html {
			t.Errorf("GET %s: content type %q", path, got.Header.Get("Content-Type"))
		}
		if r.status == 303 && !strings.HasPrefix(got.location(), "/sign-in?redirect_url=") {
			t.Errorf("GET %s leads to %q", path, got.location())
		}
	}
}

// TestA17_RoutesThatEveryFounderCanOpenAreNamed: a route that is added with such a guard needs
// a page that shows one organization, and a line here.
func TestA17_RoutesThatEveryFounderCanOpenAreNamed(t *testing.T) {
	t.Parallel()
	s := start(t)
	a, err := newApp(s.embedded.instance(s.Origin()), s.Main.log, s.Now)
	if err != nil {
		t.Fatal(err)
	}
	for _, routes := range []chi.Routes{a.routes(), new(app).routes()} {
		got, err := organizationRoutes(routes)
		if err != nil || len(got) != 1 || got[0] != "GET /admin (role org:admin of the active organization, which everybody has who creates one)" {
			t.Errorf("routes %q, %v", got, err)
		}
	}
	report, _ := doctor(t, nil, nil, "-data", s.dir, "-addr", s.Addr().String())
	says(t, report, "· Guards: GET /admin (role org:admin of the active organization", "must show only what belongs to the active organization")
}

// TestAFormSentTooLateIsNotLost goes through the real renewal: the session cookie is older
// than what the browser knows of its client, as after minutes in another tab.
func TestAFormSentTooLateIsNotLost(t *testing.T) {
	t.Parallel()
	s := start(t)
	b := s.browser(t)
	b.signUp("ada@example.com", "Ada")
	late := func() {
		for name := range b.cookies {
			if strings.HasPrefix(name, "__client_uat") {
				b.cookies[name] = "9" + b.cookies[name]
			}
		}
	}
	late()
	rename := url.Values{"action": {"update"}, "first_name": {"Augusta"}, "last_name": {"King"}}
	if a := b.post("/user", rename); a.StatusCode != 303 || a.location() != "/user" || b.named("__usher_form_") == "" {
		t.Fatalf("a late form: %d to %q, cookies %v", a.StatusCode, a.location(), b.cookies)
	}
	b.settle("/user").want(t, 200, "Send the form?")
	b.get("/api/auth").want(t, 200, `"Ada"`)
	if a := b.post("/user", url.Values{"usher_form": {"again"}}); a.StatusCode != 303 || a.location() != "/user?done=update" {
		t.Fatalf("after the click: %d to %q\n%s", a.StatusCode, a.location(), a.body)
	}
	b.get("/welcome").want(t, 200, "Welcome, <bdi>Augusta</bdi>!")

	late()
	change := url.Values{"action": {"password"}, "current_password": {password}, "new_password": {"a whole new battery staple"}}
	if a := b.post("/user", change); !strings.HasPrefix(a.location(), "/sign-in") || b.named("__usher_form_") != "" {
		t.Errorf("V02: a late form with passwords: %d to %q", a.StatusCode, a.location())
	}
}

func TestFrontendAPIIsOnTheSameOrigin(t *testing.T) {
	t.Parallel()
	b := start(t).browser(t)
	b.get("/__clerk/v1/environment").want(t, 200, `"auth_config"`)
	b.get("/__clerk/v1/client").want(t, 200, `"response":null`)
	keys := b.get("/__clerk/.well-known/jwks.json")
	keys.want(t, 200, `"kty":"RSA"`)
	if got := keys.Header.Get("Cache-Control"); !strings.HasPrefix(got, "public") {
		t.Errorf("key set: Cache-Control %q, want public", got)
	}
}

func TestHeadAnswersLikeGetWithoutABody(t *testing.T) {
	t.Parallel()
	b := start(t).browser(t)
	for _, path := range []string{"/", "/sign-in", "/healthz", "/api/user"} {
		get, head := b.get(path), b.do(http.MethodHead, path, "", "Origin", "", "Content-Type", "")
		if head.StatusCode != get.StatusCode || head.body != "" {
			t.Errorf("HEAD %s: %d with %d bytes, want %d with none", path, head.StatusCode, len(head.body), get.StatusCode)
		}
	}
}

func TestS05_OtherMethodsAre405(t *testing.T) {
	t.Parallel()
	b := start(t).browser(t)
	for _, path := range []string{"/", "/welcome", "/sign-in", "/sign-out", "/user", "/api/user", "/static/x.js", "/nowhere"} {
		for _, method := range []string{"TRACE", "PUT", "DELETE", "get", "BREW"} {
			if path == "/nowhere" && (method == "PUT" || method == "DELETE") {
				continue // 404: there is nothing there for any method
			}
			a := b.do(method, path, "")
			if a.StatusCode != 405 && !(a.StatusCode == 303 && path == "/user") {
				t.Errorf("%s %s: %d, want 405", method, path, a.StatusCode)
			}
			if strings.Contains(a.body, method) && method == "BREW" {
				t.Errorf("%s %s: the method is echoed", method, path)
			}
		}
	}
	for _, path := range []string{"/welcome", "/api/user", "/sign-in"} {
		if a := b.do("PATCH", path, ""); a.Header.Get("Allow") == "" {
			t.Errorf("PATCH %s: no Allow", path)
		}
	}
}

func TestH01_WhatLookedAtIdentityIsPrivate(t *testing.T) {
	t.Parallel()
	s := start(t)
	out, in := s.browser(t), s.browser(t)
	in.signUp("ada@example.com", "Ada")
	check := func(a *answer) {
		t.Helper()
		vary := strings.Join(a.Header["Vary"], ", ")
		if got := a.Header["Cache-Control"]; !slices.Equal(got, []string{"private, no-store"}) ||
			!strings.Contains(vary, "Cookie") || !strings.Contains(vary, "Authorization") {
			t.Errorf("%s %s (%d): Cache-Control %q, Vary %q", a.Request.Method, a.Request.URL.Path, a.StatusCode, got, vary)
		}
	}
	for _, r := range surface {
		if r.path == "/healthz" || r.path == "/readyz" || r.path == "/static/*" {
			continue
		}
		path := strings.ReplaceAll(r.path, "*", "v1/client")
		check(out.get(path))
		check(in.get(path))
	}
	check(in.get("/dashboard/x.css")) // H04
	check(in.get("/dashboard;a.js"))
	check(in.get("/nowhere"))
	check(out.post("/sign-in", nil))
	check(out.post("/sign-in", nil, "Origin", "https://evil.example"))
	check(in.post("/sign-out", nil))
}

func TestX05_X10_SecurityHeaders(t *testing.T) {
	t.Parallel()
	s := start(t)
	b := s.browser(t)
	b.signUp("ada@example.com", "Ada")
	seen := map[string]bool{}
	for _, r := range surface {
		a := b.get(strings.ReplaceAll(r.path, "*", "x"))
		csp := a.Header.Get("Content-Security-Policy")
		for _, want := range []string{"default-src 'none'", "base-uri 'none'", "frame-ancestors 'none'", "object-src 'none'", "form-action 'self'"} {
			if !strings.Contains(csp, want) {
				t.Errorf("%s: CSP lacks %s: %s", r.path, want, csp)
			}
		}
		if strings.Contains(csp, "unsafe") || a.Header.Get("X-Content-Type-Options") != "nosniff" ||
			a.Header.Get("Referrer-Policy") == "" || a.Header.Get("Cross-Origin-Opener-Policy") != "same-origin" {
			t.Errorf("%s: headers %v", r.path, a.Header)
		}
		if a.Header.Get("Strict-Transport-Security") != "" {
			t.Errorf("%s: HSTS over http", r.path)
		}
		if !r.html || a.StatusCode == 303 {
			continue
		}
		_, rest, _ := strings.Cut(csp, "script-src 'nonce-")
		nonce, _, ok := strings.Cut(rest, "' 'strict-dynamic'")
		if !ok || len(nonce) < 22 || seen[nonce] || !strings.Contains(csp, "require-trusted-types-for 'script'") {
			t.Errorf("%s: CSP %s", r.path, csp)
		}
		seen[nonce] = true
		for _, tag := range scripts.FindAllString(a.body, -1) {
			if !strings.Contains(tag, `type="application/json"`) && !strings.Contains(tag, `nonce="`+strings.ReplaceAll(nonce, "+", "&#43;")+`"`) &&
				!strings.Contains(tag, `nonce="`+nonce+`"`) {
				t.Errorf("%s: script without the nonce %s: %s", r.path, nonce, tag)
			}
		}
	}
}

func TestStaticFilesAreImmutable(t *testing.T) {
	t.Parallel()
	b := start(t).browser(t)
	page := b.get("/").body
	for _, prefix := range []string{`href="/static/`, `src="/static/`} {
		_, rest, ok := strings.Cut(page, prefix)
		name, _, _ := strings.Cut(rest, `"`)
		if !ok {
			t.Fatalf("no %s in the page", prefix)
		}
		a := b.get("/static/" + name)
		a.want(t, 200)
		if !strings.Contains(a.Header.Get("Cache-Control"), "immutable") || a.Header.Get("Set-Cookie") != "" {
			t.Errorf("%s: %v", name, a.Header)
		}
	}
	for _, path := range []string{"/static/", "/static/../main.go", "/static/.git/config", "/.env", "/.git/HEAD"} {
		if a := b.get(path); a.StatusCode != 404 {
			t.Errorf("S07: %s: %d", path, a.StatusCode)
		}
	}
}
