package identity_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/usherauth/usher/identity"
	"github.com/usherauth/usher/identity/memstore"
	"github.com/usherauth/usher/wire"
)

func TestNewReportsEveryMistake(t *testing.T) {
	t.Parallel()
	_, err := identity.New(t.Context(), identity.Config{
		PublicOrigin: "localhost:8080", AllowedOrigins: []string{"https://Example.com", "https://x.example/path"},
		TokenLifetime: 90 * time.Minute, SessionLifetime: -1, MinPasswordLength: 4, HashConcurrency: -1,
	})
	if err == nil {
		t.Fatal("New accepts it")
	}
	for _, want := range []string{
		"Store is missing", `"localhost:8080" is not`, `must be spelled "https://example.com"`, `must be spelled "https://x.example"`,
		"TokenLifetime is 1h30m0s", "SessionLifetime", "MinPasswordLength is 4", "HashConcurrency is -1",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("error lacks %q:\n%v", want, err)
		}
	}
	for _, bad := range []string{"", "https://", "ftp://x.example", "https://x.example/", "https://x.example:443", "http://user@x.example", "*", "https://*.example.com", "https://:443"} {
		if _, err := identity.New(t.Context(), identity.Config{Store: memstore.New(), PublicOrigin: bad}); err == nil {
			t.Errorf("New accepts the origin %q", bad)
		}
	}
}

func TestPurge(t *testing.T) {
	t.Parallel()
	app := newApp(t, func(c *identity.Config) { c.SessionLifetime = time.Hour })
	v := app.visitor()
	v.signUp("ada@example.com")
	id := v.sessionID()
	app.clock.Add(time.Hour + time.Second)
	app.Purge()
	if s := decode[wire.Session](t, app.backend("GET", "/v1/sessions/"+id, "").body); s.Status != wire.SessionExpired {
		t.Errorf("status = %q, want it still told for a day", s.Status)
	}
	app.clock.Add(24*time.Hour + time.Second)
	app.Purge()
	app.backend("GET", "/v1/sessions/"+id, "").want(t, 404, wire.CodeResourceNotFound)
	v.post("/v1/client/sessions/"+id+"/tokens").want(t, 401, wire.CodeSignedOut)
}

// L16: whoever makes clients and never signs in leaves nothing behind.
func TestL16_ClientsWithoutSessionsArePurged(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	idle, trying, active := app.visitor(), app.visitor(), app.visitor()
	idle.post("/v1/client").want(t, 200, "")
	trying.post("/v1/client/sign_ins", "identifier", "ada@example.com").want(t, 200, "")
	active.signUp("ada@example.com")
	ids := map[string]string{"idle": idle.client().ID, "trying": trying.client().ID, "active": active.client().ID}
	app.clock.Add(24*time.Hour + time.Second)
	app.Purge()
	for name, want := range map[string]int{"idle": 404, "trying": 200, "active": 200} {
		if got := app.backend("GET", "/v1/clients/"+ids[name], "").StatusCode; got != want {
			t.Errorf("%s after a day: %d, want %d", name, got, want)
		}
	}
	app.clock.Add(time.Hour) // the attempt is over for a day too
	app.Purge()
	app.backend("GET", "/v1/clients/"+ids["trying"], "").want(t, 404, wire.CodeResourceNotFound)
	idle.signUp("grace@example.com") // the browser still has the old cookie
	if idle.client().ID == ids["idle"] {
		t.Error("the deleted client lives on")
	}
	app.clock.Add(30 * 24 * time.Hour)
	app.Purge()
	app.backend("GET", "/v1/clients/"+ids["active"], "").want(t, 404, wire.CodeResourceNotFound)
}

func TestPurgeRunsUntilClose(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		spy := &spyStore{Store: memstore.New()}
		svc, err := identity.New(context.Background(), identity.Config{Store: spy, PublicOrigin: origin})
		if err != nil {
			t.Fatal(err)
		}
		before := spy.updates.Load()
		time.Sleep(35 * time.Minute)
		synctest.Wait()
		const purges = 3 * 3 // of three kinds
		if n := spy.updates.Load() - before; n != purges {
			t.Errorf("%d purges in 35 minutes, want %d", n, purges)
		}
		for range 2 {
			if err := svc.Close(); err != nil {
				t.Errorf("Close: %v", err)
			}
		}
		time.Sleep(time.Hour)
		if n := spy.updates.Load() - before; n != purges {
			t.Errorf("%d purges after Close", n-purges)
		}
	})
}

// I07: what does not fit the queue is told so at once; nothing waits without bound.
func TestI07_HashQueueIsBounded(t *testing.T) {
	t.Parallel()
	app := newApp(t, func(c *identity.Config) { c.HashConcurrency = 1 })
	var wg sync.WaitGroup
	var mu sync.Mutex
	count := map[int]int{}
	for range 200 {
		wg.Go(func() {
			a := app.visitor().post("/v1/client/sign_ins", "identifier", "nobody@example.com", "password", password)
			if a.StatusCode == 503 {
				a.want(t, 503, wire.CodeUnavailable)
				if a.Header.Get("Retry-After") != "1" {
					t.Errorf("Retry-After = %q", a.Header.Get("Retry-After"))
				}
			}
			mu.Lock()
			defer mu.Unlock()
			count[a.StatusCode]++
		})
	}
	wg.Wait()
	if count[422] < 33 || count[422]+count[503] != 200 {
		t.Errorf("statuses = %v, want 422 for at least a full queue and 503 for the rest", count)
	}
}

func TestEnvironment(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	env := decode[wire.Environment](t, app.visitor().get("/v1/environment").body)
	if !env.AuthConfig.SingleSessionMode || env.DisplayConfig.InstanceEnvironment != "production" || env.DisplayConfig.SignInURL != origin+"/sign-in" {
		t.Errorf("environment = %+v", env)
	}
	if a := env.UserSettings.Attributes["email_address"]; !a.Enabled || !a.Required || a.VerifyAtSignUp {
		t.Errorf("email_address = %+v", a)
	}
}

func TestPlainHTTPIsWarnedAbout(t *testing.T) {
	t.Parallel()
	for public, want := range map[string]bool{
		"http://localhost:8080": false, "http://127.0.0.1:8080": false, "http://[::1]:8080": false, "http://app.localhost": false,
		"https://app.example.com": false, "http://app.example.com": true, "http://10.0.0.1": true,
	} {
		app := newApp(t, func(c *identity.Config) { c.PublicOrigin = public })
		if got := strings.Contains(app.logs.String(), `"level":"WARN"`); got != want {
			t.Errorf("%s: warned = %v, want %v", public, got, want)
		}
	}
}
