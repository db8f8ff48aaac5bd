package identity_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/usherauth/usher/identity"
	"github.com/usherauth/usher/identity/memstore"
	"github.com/usherauth/usher/wire"
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

func newClock() *clock { return &clock{t: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) Add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

// syncBuffer collects logs of concurrent requests.
type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// app is a service under test.
type app struct {
	*identity.Service
	t     *testing.T
	clock *clock
	store identity.Store
	logs  *syncBuffer
}

func newApp(t *testing.T, change ...func(*identity.Config)) *app {
	t.Helper()
	a := &app{t: t, clock: newClock(), store: memstore.New(), logs: &syncBuffer{}}
	cfg := identity.Config{
		Store:           a.store,
		PublicOrigin:    origin,
		ApplicationName: "ExampleApp",
		Limits:          identity.Limits{Creations: -1, Attempts: -1, Backend: -1, Updates: -1, Invitations: -1},
		PurgeInterval:   -1,
		Logger:          slog.New(slog.NewJSONHandler(a.logs, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Now:             a.clock.Now,
	}
	for _, f := range change {
		f(&cfg)
	}
	a.store = cfg.Store
	seed(t, cfg.Store)
	svc, err := identity.New(t.Context(), cfg)
	if err != nil {
		t.Fatalf("New: %v", err)
	}
	t.Cleanup(func() { _ = svc.Close() })
	a.Service = svc
	return a
}

// born is what New makes of an empty store. Tests copy it: a key of their own would cost
// each of them a tenth of a second.
var born = sync.OnceValue(func() (b struct {
	instance, cookies []byte
	keys              []identity.SigningKey
}) {
	ctx, store := context.Background(), memstore.New()
	svc, err := identity.New(ctx, identity.Config{Store: store, PublicOrigin: origin, PurgeInterval: -1, Now: newClock().Now})
	if err != nil {
		panic(err)
	}
	defer func() { _ = svc.Close() }()
	err = store.View(ctx, func(tx identity.Tx) error {
		var err1, err2, err3 error
		b.instance, err1 = tx.Setting("instance")
		b.cookies, err2 = tx.Setting("cookie_keys")
		b.keys, err3 = tx.SigningKeys()
		return errors.Join(err1, err2, err3)
	})
	if err != nil {
		panic(err)
	}
	return b
})

// seed makes an empty store that of a new instance.
func seed(t *testing.T, store identity.Store) {
	t.Helper()
	err := store.Update(t.Context(), func(tx identity.Tx) error {
		if _, err := tx.Setting("instance"); !errors.Is(err, identity.ErrNotFound) {
			return err
		}
		b := born()
		return errors.Join(tx.PutSetting("instance", b.instance), tx.PutSetting("cookie_keys", b.cookies), tx.PutSigningKey(b.keys[0]))
	})
	if err != nil {
		t.Fatal(err)
	}
}

// visitor is one browser: it keeps cookies as a browser would.
type visitor struct {
	app     *app
	t       *testing.T
	cookies map[string]string
	header  http.Header // added to every request
	remote  string
}

func (a *app) visitor() *visitor {
	return &visitor{app: a, t: a.t, cookies: map[string]string{}, header: http.Header{"Origin": {origin}}, remote: "192.0.2.1:4000"}
}

func (v *visitor) copy() *visitor {
	w := *v
	w.cookies = map[string]string{}
	for k, val := range v.cookies {
		w.cookies[k] = val
	}
	return &w
}

// answer is a response with its body read.
type answer struct {
	*http.Response
	body string
}

func (v *visitor) send(method, target, contentType string, body io.Reader) answer {
	v.t.Helper()
	r := httptest.NewRequest(method, "https://"+v.app.PublishableKey().Host()+target, body)
	r.RemoteAddr = v.remote
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	for name, values := range v.header {
		r.Header[name] = values
	}
	for name, value := range v.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	w := httptest.NewRecorder()
	v.app.Frontend().ServeHTTP(w, r)
	resp := w.Result()
	for _, c := range resp.Cookies() {
		if c.MaxAge < 0 {
			delete(v.cookies, c.Name)
		} else {
			v.cookies[c.Name] = c.Value
		}
	}
	return answer{resp, w.Body.String()}
}

func (v *visitor) get(target string) answer { v.t.Helper(); return v.send("GET", target, "", nil) }

func (v *visitor) post(target string, fields ...string) answer {
	v.t.Helper()
	return v.send("POST", target, "application/x-www-form-urlencoded", strings.NewReader(encode(fields)))
}

func encode(fields []string) string {
	values := url.Values{}
	for i := 0; i < len(fields); i += 2 {
		values.Add(fields[i], fields[i+1])
	}
	return values.Encode()
}

// signUp makes an account and stays signed in.
func (v *visitor) signUp(address string) answer {
	v.t.Helper()
	a := v.post("/v1/client/sign_ups", "email_address", address, "password", password, "first_name", "Ada", "last_name", "Lovelace")
	a.want(v.t, 200, "")
	return a
}

func (v *visitor) signOut() {
	v.t.Helper()
	v.post("/v1/client/sessions?_method=DELETE").want(v.t, 200, "")
}

func (v *visitor) client() *wire.Client {
	v.t.Helper()
	a := v.get("/v1/client")
	a.want(v.t, 200, "")
	return decode[wire.Response[*wire.Client]](v.t, a.body).Response
}

func (v *visitor) sessionID() string {
	v.t.Helper()
	c := v.client()
	if c == nil || len(c.Sessions) == 0 {
		v.t.Fatal("not signed in")
	}
	return c.Sessions[0].ID
}

func decode[T any](t testing.TB, body string) T {
	t.Helper()
	var v T
	if err := json.Unmarshal([]byte(body), &v); err != nil {
		t.Fatalf("decode %T from %q: %v", v, body, err)
	}
	return v
}

// want checks status and error code ("" for none), and what holds for every answer.
func (a answer) want(t *testing.T, status int, code string) {
	t.Helper()
	got := ""
	if a.StatusCode >= 400 {
		e := decode[wire.Errors](t, a.body)
		if len(e.Errors) == 0 || e.TraceID == "" || e.TraceID != a.Header.Get("Clerk-Trace-Id") {
			t.Errorf("error envelope is incomplete: %s", a.body)
		} else {
			got = e.Errors[0].Code
			if e.Errors[0].Message == "" || e.Errors[0].LongMessage == "" {
				t.Errorf("error without message: %s", a.body)
			}
		}
	}
	if a.StatusCode != status || got != code {
		t.Fatalf("answer = %d %q, want %d %q; body %.300s", a.StatusCode, got, status, code, a.body)
	}
	if ct := a.Header.Get("Content-Type"); a.body != "" && ct != "application/json" {
		t.Errorf("Content-Type = %q, want exactly application/json", ct)
	}
}

func (a answer) param(t *testing.T) string {
	t.Helper()
	e := decode[wire.Errors](t, a.body).Errors[0]
	if e.Meta == nil {
		return ""
	}
	return e.Meta.ParamName
}

func (a answer) cookie(name string) *http.Cookie {
	for _, c := range a.Cookies() {
		if c.Name == name {
			return c
		}
	}
	return nil
}

// backend sends a Backend API request with the right key.
func (a *app) backend(method, target, body string) answer {
	a.t.Helper()
	return a.backendAs("Bearer "+a.SecretKey().Reveal(), method, target, body)
}

func (a *app) backendAs(authorization, method, target, body string) answer {
	a.t.Helper()
	r := httptest.NewRequest(method, identity.BackendURL+target, strings.NewReader(body))
	if authorization != "" {
		r.Header.Set("Authorization", authorization)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	w := httptest.NewRecorder()
	a.Backend().ServeHTTP(w, r)
	return answer{w.Result(), w.Body.String()}
}

func equalJSON(t *testing.T, a, b any) bool {
	t.Helper()
	x, err1 := json.Marshal(a)
	y, err2 := json.Marshal(b)
	if err1 != nil || err2 != nil {
		t.Fatal(err1, err2)
	}
	return bytes.Equal(x, y)
}

func decimal(n int) string { return strconv.Itoa(n) }

func varies(h http.Header, field string) bool {
	for _, line := range h["Vary"] {
		for _, name := range strings.Split(line, ",") {
			if strings.TrimSpace(name) == field {
				return true
			}
		}
	}
	return false
}

func hexLen(n int) string { return strconv.FormatInt(int64(n), 16) }

func rawBase64(b []byte) string { return base64.RawStdEncoding.EncodeToString(b) }

// parallel runs f n times at once and returns how often it was true.
func parallel(n int, f func() bool) (count int) {
	results := make(chan bool)
	for range n {
		go func() { results <- f() }()
	}
	for range n {
		if <-results {
			count++
		}
	}
	return count
}

func hashOf(s string) []byte {
	sum := sha256.Sum256([]byte(s))
	return sum[:]
}

var changing = regexp.MustCompile(`"(id|email_address_id|clerk_trace_id)":"[^"]*"|"(created_at|updated_at|expire_at|abandon_at)":[0-9]+`)

// scrub takes ids and times out of a body, which differ between two requests anyway.
func scrub(body string) string { return changing.ReplaceAllString(body, "~") }

// replaceAll takes words out of a body that two requests cannot share.
func replaceAll(body string, words ...string) string {
	for _, w := range words {
		body = strings.ReplaceAll(body, w, "~")
	}
	return body
}

// clientName is the name of the client cookie of every instance that seed makes.
var clientName = sync.OnceValue(func() string {
	store := memstore.New()
	b := born()
	ctx := context.Background()
	err := store.Update(ctx, func(tx identity.Tx) error {
		return errors.Join(tx.PutSetting("instance", b.instance), tx.PutSetting("cookie_keys", b.cookies), tx.PutSigningKey(b.keys[0]))
	})
	if err != nil {
		panic(err)
	}
	svc, err := identity.New(ctx, identity.Config{Store: store, PublicOrigin: origin, PurgeInterval: -1})
	if err != nil {
		panic(err)
	}
	defer func() { _ = svc.Close() }()
	return svc.ClientCookie()
})
