package operate_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/usherauth/usher/cmd/web/operate"
	"github.com/usherauth/usher/identity"
	"github.com/usherauth/usher/identity/memstore"
)

const (
	origin   = "http://localhost:8080"
	password = "correct horse battery staple"
)

// clock is a settable time.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

// desk is where an operator works on an instance.
type desk struct {
	t       *testing.T
	clock   *clock
	store   identity.Store
	service *identity.Service
	stdin   string
	alone   bool // as the last command wanted it
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	d := &desk{t: t, clock: &clock{t: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)}, store: memstore.New()}
	service, err := identity.New(t.Context(), identity.Config{
		Store: d.store, PublicOrigin: origin, Limits: identity.Limits{Creations: -1, Attempts: -1}, PurgeInterval: -1, Now: d.clock.now,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = service.Close() })
	d.service = service
	return d
}

// result is what a command wrote and returned.
type result struct {
	out, err string
	failure  error
}

func (d *desk) run(args ...string) result {
	d.t.Helper()
	return d.runOn(&operate.Instance{
		BackendURL: identity.BackendURL, SecretKey: d.service.SecretKey().Reveal(), Transport: d.service.Transport(),
		Service: d.service, Close: func() error { return nil },
	}, args...)
}

func (d *desk) runOn(in *operate.Instance, args ...string) result {
	d.t.Helper()
	var out, errs bytes.Buffer
	err := operate.Run(d.t.Context(), operate.Env{
		Stdin: strings.NewReader(d.stdin), Stdout: &out, Stderr: &errs, Now: d.clock.now, DataDir: "data",
		Open: func(_ context.Context, dir string, alone bool) (*operate.Instance, error) {
			if dir != "data" && dir != "elsewhere" {
				d.t.Errorf("the data folder is %q", dir)
			}
			d.alone = alone
			return in, nil
		},
	}, args)
	return result{out.String(), errs.String(), err}
}

// ok runs a command that succeeds and returns what it printed.
func (d *desk) ok(args ...string) string {
	d.t.Helper()
	r := d.run(args...)
	if r.failure != nil {
		d.t.Fatalf("web %s: %v\n%s%s", strings.Join(args, " "), r.failure, r.out, r.err)
	}
	return r.out
}

// fails runs a command that fails with these words.
func (d *desk) fails(words string, args ...string) result {
	d.t.Helper()
	r := d.run(args...)
	if r.failure == nil || !strings.Contains(r.failure.Error(), words) {
		d.t.Errorf("web %s: %v, want an error that says %q", strings.Join(args, " "), r.failure, words)
	}
	return r
}

// frontend sends a form as a browser with these cookies does.
func (d *desk) frontend(path string, cookies []*http.Cookie, form url.Values) *http.Response {
	d.t.Helper()
	r := httptest.NewRequest(http.MethodPost, "https://"+d.service.PublishableKey().Host()+path, strings.NewReader(form.Encode()))
	r.Header.Set("Origin", origin)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for _, c := range cookies {
		r.AddCookie(c)
	}
	w := httptest.NewRecorder()
	d.service.Frontend().ServeHTTP(w, r)
	return w.Result()
}

// signUp makes an account and returns its browser's cookies.
func (d *desk) signUp(address, first string) []*http.Cookie {
	d.t.Helper()
	res := d.frontend("/v1/client/sign_ups", nil, url.Values{"email_address": {address}, "password": {password}, "first_name": {first}})
	if res.StatusCode != http.StatusOK {
		body, _ := io.ReadAll(res.Body)
		d.t.Fatalf("sign-up of %s: %d %s", address, res.StatusCode, body)
	}
	return res.Cookies()
}

// signIn reports the status of a sign-in.
func (d *desk) signIn(address, secret string) int {
	d.t.Helper()
	return d.frontend("/v1/client/sign_ins", nil, url.Values{"identifier": {address}, "password": {secret}}).StatusCode
}

// lines are the lines of output with runs of blanks made one.
func lines(out string) (list []string) {
	for line := range strings.Lines(out) {
		list = append(list, strings.Join(strings.Fields(line), " "))
	}
	return list
}
