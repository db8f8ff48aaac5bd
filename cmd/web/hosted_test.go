package main

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
)

// startHosted runs the program against a hosted instance that nothing here talks to.
func startHosted(t *testing.T, env map[string]string) *site {
	t.Helper()
	log := &logBuffer{}
	m := NewMain(log, io.Discard)
	args := []string{"-addr", "127.0.0.1:0", "-origin", "https://app.example.com"}
	if err := m.ParseFlags(args, func(name string) string { return env[name] }); err != nil {
		t.Fatal(err)
	}
	if err := m.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- m.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		_ = m.Close()
		if strings.Contains(log.String(), liveSecret) {
			t.Error("V02: the log holds the secret key")
		}
	})
	return &site{Main: m, t: t, log: log}
}

func TestHostedInstanceWithItsOwnPages(t *testing.T) {
	t.Parallel()
	s := startHosted(t, map[string]string{"CLERK_PUBLISHABLE_KEY": livePublishable, "CLERK_SECRET_KEY": liveSecret})
	b := s.browser(t)
	for path, location := range map[string]string{
		"/sign-in":                                    "https://accounts.example.com/sign-in",
		"/sign-in?redirect_url=/dashboard%3Fa=1":      "https://accounts.example.com/sign-in?redirect_url=https%3A%2F%2Fapp.example.com%2Fdashboard%3Fa%3D1",
		"/sign-up?redirect_url=https://evil.example/": "https://accounts.example.com/sign-up",
		"/dashboard":                                  "https://accounts.example.com/sign-in?redirect_url=https%3A%2F%2Fapp.example.com%2Fdashboard",
	} {
		if a := b.get(path); a.StatusCode != http.StatusSeeOther || a.location() != location {
			t.Errorf("%s: %d to %q, want 303 to %q", path, a.StatusCode, a.location(), location)
		}
	}
	b.get("/__clerk/v1/client").want(t, 404)
	b.get("/readyz").want(t, 200, "ok")
	home := b.get("/")
	home.want(t, 200)
	csp := home.Header.Get("Content-Security-Policy")
	if !strings.Contains(csp, "connect-src 'self' https://clerk.example.com") || strings.Contains(home.body, liveSecret) {
		t.Errorf("CSP %s", csp)
	}
	if s.BackendURL() != "" || s.embedded != nil {
		t.Error("the embedded service was started")
	}
	// A session that is gone is renewed on the instance's own host.
	b.cookies["__client_uat"] = "1700000000"
	if a := b.get("/welcome"); a.StatusCode != 307 || !strings.HasPrefix(a.location(), "https://clerk.example.com/v1/client/handshake?redirect_url=https%3A%2F%2Fapp.example.com%2Fwelcome&") {
		t.Errorf("handshake: %d to %q", a.StatusCode, a.location())
	}
}

func TestHostedInstanceBehindOurProxyShowsOurForms(t *testing.T) {
	t.Parallel()
	s := startHosted(t, map[string]string{"CLERK_PUBLISHABLE_KEY": livePublishable, "CLERK_SECRET_KEY": liveSecret, "CLERK_PROXY_URL": "/__clerk"})
	b := s.browser(t)
	b.get("/sign-in").want(t, 200, `name="identifier"`)
	b.get("/__clerk/../x").want(t, 400)
	if csp := b.get("/").Header.Get("Content-Security-Policy"); strings.Contains(csp, "clerk.example.com") {
		t.Errorf("CSP opens a host that is not used: %s", csp)
	}
}

func TestConfiguredSignInPageIsLedTo(t *testing.T) {
	t.Parallel()
	s := startHosted(t, map[string]string{
		"CLERK_PUBLISHABLE_KEY": livePublishable, "CLERK_SECRET_KEY": liveSecret, "CLERK_PROXY_URL": "/__clerk",
		"CLERK_SIGN_IN_URL": "https://login.example.com/in",
	})
	if a := s.browser(t).get("/sign-in?redirect_url=/x"); a.location() != "https://login.example.com/in?redirect_url=https%3A%2F%2Fapp.example.com%2Fx" {
		t.Errorf("%d to %q", a.StatusCode, a.location())
	}
}

func TestS01_EveryTimeoutIsSet(t *testing.T) {
	t.Parallel()
	srv := NewMain(io.Discard, io.Discard).newServer(nil)
	if srv.ReadHeaderTimeout <= 0 || srv.ReadHeaderTimeout > readHeaderTimeout || srv.ReadTimeout <= 0 || srv.WriteTimeout <= 0 || srv.IdleTimeout <= 0 || srv.MaxHeaderBytes > 16<<10 {
		t.Errorf("server %+v", srv)
	}
}
