package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/usherauth/usher/identity"
	"github.com/usherauth/usher/identity/sqlitestore"
)

const password = "correct horse battery" // of everybody here

// site is a running program with its log.
type site struct {
	*Main
	t    *testing.T
	dir  string
	log  *logBuffer
	stop func() error // ends the program as a signal would, and returns what Run returned
}

// logBuffer is written by the server and read by the test.
type logBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// start runs the program on free ports with a data folder of its own.
func start(t *testing.T, args ...string) *site {
	t.Helper()
	return startIn(t, emptyData(t), args...)
}

// migrated is the file of a store that nothing is in. Making it anew for every program that
// these tests start took a third of their time.
var migrated = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "usher-migrated")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	file := filepath.Join(dir, databaseFile)
	store, err := sqlitestore.Open(context.Background(), sqlitestore.Config{Path: file})
	if err != nil {
		return nil, err
	}
	if err := store.Close(); err != nil {
		return nil, err
	}
	return os.ReadFile(file)
})

// emptyData is a data folder without an instance.
func emptyData(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "data")
	file, err := migrated()
	if err == nil {
		err = os.Mkdir(dir, 0o700)
	}
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, databaseFile), file, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func startIn(t *testing.T, dir string, args ...string) *site {
	t.Helper()
	return startWith(t, dir, identity.Limits{Creations: -1, Attempts: -1}, args...) // all tests share one address
}

// startLimited is start with rate limits.
func startLimited(t *testing.T, limits identity.Limits, args ...string) *site {
	t.Helper()
	return startWith(t, emptyData(t), limits, args...)
}

func startWith(t *testing.T, dir string, limits identity.Limits, args ...string) *site {
	t.Helper()
	return startEnv(t, nil, dir, limits, args...)
}

// startDev is start for developers.
func startDev(t *testing.T, args ...string) *site {
	t.Helper()
	return startEnv(t, map[string]string{"USHER_DEV": "1"}, emptyData(t), identity.Limits{Creations: -1, Attempts: -1}, args...)
}

func startEnv(t *testing.T, env map[string]string, dir string, limits identity.Limits, args ...string) *site {
	t.Helper()
	log := &logBuffer{}
	m := NewMain(log, io.Discard)
	m.limits = limits
	args = append([]string{"-addr", "127.0.0.1:0", "-backend-addr", "127.0.0.1:0", "-data", dir}, args...)
	if err := m.ParseFlags(args, func(name string) string { return env[name] }); err != nil {
		t.Fatal(err)
	}
	if err := m.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- m.Run(ctx) }()
	s := &site{Main: m, t: t, dir: dir, log: log}
	s.stop = sync.OnceValue(func() error {
		cancel()
		err := <-done
		if closeErr := m.Close(); err == nil {
			err = closeErr
		}
		return err
	})
	t.Cleanup(func() {
		if err := s.stop(); err != nil {
			t.Errorf("stop: %v", err)
		}
	})
	return s
}

// browser keeps cookies and sends what browsers send. It follows no redirect.
type browser struct {
	site    *site
	t       *testing.T
	cookies map[string]string
}

func (s *site) browser(t *testing.T) *browser {
	return &browser{site: s, t: t, cookies: map[string]string{}}
}

// twin is another browser with the same cookies.
func (b *browser) twin() *browser {
	return &browser{site: b.site, t: b.t, cookies: maps.Clone(b.cookies)}
}

// answer is a response that was read.
type answer struct {
	*http.Response
	body string
}

func (a *answer) location() string { return a.Header.Get("Location") }

var client = &http.Client{
	Timeout:       20 * time.Second,
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

// do sends a request to a path of the site. headers alternate name and value; an empty
// value removes a header that would be sent.
func (b *browser) do(method, path, body string, headers ...string) *answer {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), method, "http://"+b.site.Addr().String()+path, strings.NewReader(body))
	if err != nil {
		b.t.Fatal(err)
	}
	r.Host = strings.SplitN(b.site.Origin(), "://", 2)[1]
	h := r.Header
	h.Set("Accept", "text/html")
	h.Set("Sec-Fetch-Site", "same-origin")
	if method == http.MethodGet {
		h.Set("Sec-Fetch-Dest", "document")
	} else {
		h.Set("Origin", b.site.Origin())
		h.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for name, value := range b.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	for i := 0; i+1 < len(headers); i += 2 {
		switch {
		case headers[i+1] == "":
			h.Del(headers[i])
		case headers[i] == "Host":
			r.Host = headers[i+1]
		default:
			h.Set(headers[i], headers[i+1])
		}
	}
	return b.send(r)
}

func (b *browser) send(r *http.Request) *answer {
	b.t.Helper()
	res, err := client.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	for _, c := range res.Cookies() {
		if c.MaxAge < 0 {
			delete(b.cookies, c.Name)
		} else {
			b.cookies[c.Name] = c.Value
		}
	}
	return &answer{res, string(body)}
}

func (b *browser) get(path string, headers ...string) *answer {
	b.t.Helper()
	return b.do(http.MethodGet, path, "", headers...)
}

// settle is get, led on through session renewals as a browser is.
func (b *browser) settle(path string) *answer {
	b.t.Helper()
	a := b.get(path)
	for range 6 {
		u, err := url.Parse(a.location())
		if err != nil || a.StatusCode != http.StatusTemporaryRedirect {
			break
		}
		a = b.get(u.RequestURI())
	}
	return a
}

func (b *browser) post(path string, form url.Values, headers ...string) *answer {
	b.t.Helper()
	return b.do(http.MethodPost, path, form.Encode(), headers...)
}

// signUp makes an account and expects to be led to /welcome.
func (b *browser) signUp(email, firstName string) *answer {
	b.t.Helper()
	a := b.post("/sign-up", url.Values{"email_address": {email}, "password": {password}, "first_name": {firstName}})
	if a.StatusCode != http.StatusSeeOther || a.location() != "/welcome" {
		b.t.Fatalf("sign-up of %s: %d to %q, want 303 to /welcome\n%s", email, a.StatusCode, a.location(), a.body)
	}
	return a
}

// script sends what a page's script would.
func (b *browser) script(path string) *answer {
	b.t.Helper()
	return b.get(path, "Accept", "application/json", "Sec-Fetch-Dest", "empty")
}

func (b *browser) signIn(email, redirectURL string) *answer {
	b.t.Helper()
	return b.post("/sign-in", url.Values{"identifier": {email}, "password": {password}, "redirect_url": {redirectURL}})
}

// unmarked takes out what keeps names apart, so that a sentence with one can be looked for.
var unmarked = strings.NewReplacer("<bdi>", "", "</bdi>", "")

// want fails the test unless a has the status and, for each text, has it in the page.
func (a *answer) want(t *testing.T, status int, texts ...string) {
	t.Helper()
	if a.StatusCode != status {
		t.Errorf("%s %s: status %d, want %d\n%.600s", a.Request.Method, a.Request.URL.Path, a.StatusCode, status, a.body)
	}
	for _, text := range texts {
		if !strings.Contains(a.body, text) && !strings.Contains(unmarked.Replace(a.body), text) {
			t.Errorf("%s %s: no %q in the page\n%.3000s", a.Request.Method, a.Request.URL.Path, text, a.body)
		}
	}
}

// vectors reads a file of test data.
func vectors[T any](t *testing.T, name string) T {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	var v T
	if err := json.Unmarshal(raw, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

var scripts = regexp.MustCompile(`<script[^>]*>`)
var nonces = regexp.MustCompile(`nonce="[^"]*"`)

var tags = regexp.MustCompile(`<[^>]*>`)

// text is what a person reads on a page.
func (a *answer) text() string { return tags.ReplaceAllString(a.body, " ") }

// clientName is the name of the client cookie.
func (b *browser) clientName() string {
	return "__client_" + b.site.embedded.service.PublishableKey().Suffix()
}
