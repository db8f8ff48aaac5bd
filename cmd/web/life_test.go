package main

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/usherauth/usher/authctx"
	"github.com/usherauth/usher/identity/sqlitestore"
)

func noEnv(string) string { return "" }

func keysOf(t *testing.T, args ...string) map[string]string {
	t.Helper()
	var out bytes.Buffer
	if err := NewMain(&out, io.Discard).Keys(t.Context(), args, noEnv); err != nil {
		t.Fatal(err)
	}
	keys := map[string]string{}
	for line := range strings.Lines(out.String()) {
		name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "=")
		keys[name] = strings.Trim(value, `"`)
	}
	if len(keys) != 4 {
		t.Fatalf("keys printed:\n%s", out.String())
	}
	return keys
}

func TestKeysLetAnotherProcessVerifyAndAsk(t *testing.T) {
	t.Parallel()
	s := start(t)
	b := s.browser(t)
	b.signUp("ada@example.com", "Ada")
	keys := keysOf(t, "-data", s.dir) // while the server runs
	auth, err := authctx.New(authctx.Config{
		PublishableKey: keys["CLERK_PUBLISHABLE_KEY"], JWTKey: keys["CLERK_JWT_KEY"], AuthorizedParties: []string{s.Origin()},
	})
	if err != nil {
		t.Fatal(err)
	}
	var user string
	h := auth.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		user = authctx.FromContext(r.Context()).UserID()
	}))
	r, _ := http.NewRequestWithContext(t.Context(), "GET", "/", nil)
	r.Header.Set("Authorization", "Bearer "+b.cookies["__session"])
	h.ServeHTTP(nopWriter{}, r)
	if !strings.HasPrefix(user, "user_") {
		t.Fatalf("networkless verification: user %q", user)
	}
	if keys["CLERK_API_URL"] != s.BackendURL() {
		t.Errorf("CLERK_API_URL=%s, want %s", keys["CLERK_API_URL"], s.BackendURL())
	}
	for token, status := range map[string]int{keys["CLERK_SECRET_KEY"]: 200, "sk_live_wrong": 401} {
		r, _ := http.NewRequestWithContext(t.Context(), "GET", keys["CLERK_API_URL"]+"/v1/users/"+user, nil)
		r.Header.Set("Authorization", "Bearer "+token)
		a := b.twin().send(r)
		if a.StatusCode != status || status == 200 && !strings.Contains(a.body, `"Ada"`) {
			t.Errorf("Backend API: %d %s", a.StatusCode, a.body)
		}
	}
}

type nopWriter struct{}

func (nopWriter) Header() http.Header         { return http.Header{} }
func (nopWriter) Write(p []byte) (int, error) { return len(p), nil }
func (nopWriter) WriteHeader(int)             {}

func TestKeysStayTheSame(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "new", "data")
	before := keysOf(t, "-data", dir, "-backend-addr", "localhost:7001") // makes the instance
	if before["CLERK_API_URL"] != "http://localhost:7001" {
		t.Errorf("CLERK_API_URL=%s", before["CLERK_API_URL"])
	}
	s := startIn(t, dir)
	running := keysOf(t, "-data", dir)
	if err := s.stop(); err != nil {
		t.Fatal(err)
	}
	after := keysOf(t, "-data", dir)
	for _, name := range []string{"CLERK_PUBLISHABLE_KEY", "CLERK_SECRET_KEY", "CLERK_JWT_KEY"} {
		if before[name] == "" || before[name] != running[name] || before[name] != after[name] {
			t.Errorf("%s changed", name)
		}
	}
}

func TestV07_FilesAreTheirOwnersAlone(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.browser(t).signUp("ada@example.com", "Ada")
	err := filepath.WalkDir(s.dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		if info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %v", path, info.Mode())
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestFolderWithOtherThingsKeepsItsMode(t *testing.T) {
	t.Parallel()
	mode := func(dir string) os.FileMode {
		info, err := os.Stat(dir)
		if err != nil {
			t.Fatal(err)
		}
		return info.Mode().Perm()
	}
	shared, empty := t.TempDir(), t.TempDir()
	if err := os.WriteFile(filepath.Join(shared, "notes.txt"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	before := mode(shared)
	keysOf(t, "-data", shared)
	keysOf(t, "-data", empty)
	if mode(shared) != before || mode(empty) != 0o700 {
		t.Errorf("a shared folder went from %v to %v, an empty one has %v", before, mode(shared), mode(empty))
	}
}

func TestSecondProgramOnTheSameFolderIsRefused(t *testing.T) {
	t.Parallel()
	s := start(t)
	m := NewMain(io.Discard, io.Discard)
	if err := m.ParseFlags([]string{"-addr", "127.0.0.1:0", "-backend-addr", "off", "-data", s.dir}, noEnv); err != nil {
		t.Fatal(err)
	}
	err := m.Run(t.Context())
	if !errors.Is(err, sqlitestore.ErrInUse) || !strings.Contains(err.Error(), s.dir) || !strings.Contains(err.Error(), "-data") {
		t.Errorf("Run = %v, want ErrInUse with the folder and a remedy", err)
	}
	s.browser(t).get("/readyz").want(t, 200)
}

func TestTakenAddressIsRefusedWithARemedy(t *testing.T) {
	t.Parallel()
	s := start(t)
	m := NewMain(io.Discard, io.Discard)
	dir := t.TempDir()
	if err := m.ParseFlags([]string{"-addr", s.Addr().String(), "-backend-addr", "off", "-data", dir}, noEnv); err != nil {
		t.Fatal(err)
	}
	if err := m.Run(t.Context()); err == nil || !strings.Contains(err.Error(), "-addr") {
		t.Errorf("Run = %v", err)
	}
}

func TestAccountsAndSessionsSurviveARestart(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "data")
	s := startIn(t, dir, "-origin", "http://app.example.test")
	b := s.browser(t)
	b.signUp("ada@example.com", "Ada")
	if err := s.stop(); err != nil {
		t.Fatal(err)
	}
	begin := time.Now()
	s = startIn(t, dir, "-origin", "http://app.example.test")
	b.site = s
	b.get("/readyz").want(t, 200)
	t.Logf("ready %v after the start", time.Since(begin))
	b.get("/welcome").want(t, 200, "Welcome, <bdi>Ada</bdi>!")
	if a := s.browser(t).signIn("ada@example.com", ""); a.StatusCode != 303 {
		t.Errorf("sign-in after a restart: %d", a.StatusCode)
	}
}

func TestSessionIsRenewedWhenTheTokenHasExpired(t *testing.T) {
	t.Parallel()
	s := start(t)
	b := s.browser(t)
	b.signUp("ada@example.com", "Ada")
	expired := b.twin()
	for name := range expired.cookies { // as after minutes: the token is gone, the client is not
		if strings.HasPrefix(name, "__session") {
			delete(expired.cookies, name)
		}
	}
	expired.settle("/welcome").want(t, 200, "Welcome, <bdi>Ada</bdi>!")
}

func TestL12_RequestsInFlightFinish(t *testing.T) {
	t.Parallel()
	s := start(t)
	conn, err := net.Dial("tcp", s.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	form := url.Values{"email_address": {"ada@example.com"}, "password": {password}}.Encode()
	host := strings.TrimPrefix(s.Origin(), "http://")
	head := "POST /sign-up HTTP/1.1\r\nHost: " + host + "\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: " +
		strconv.Itoa(len(form)) + "\r\n\r\n"
	if _, err := io.WriteString(conn, head+form[:10]); err != nil {
		t.Fatal(err)
	}
	time.Sleep(100 * time.Millisecond) // the handler now waits for the rest
	var stopped atomic.Bool
	done := make(chan error, 1)
	go func() { done <- s.stop(); stopped.Store(true) }()
	for range 100 {
		c, err := net.Dial("tcp", s.Addr().String())
		if err != nil {
			break // no new connections
		}
		_ = c.Close()
		time.Sleep(10 * time.Millisecond)
	}
	if stopped.Load() {
		t.Fatal("the program ended with a request in flight")
	}
	if _, err := io.WriteString(conn, form[10:]); err != nil {
		t.Fatal(err)
	}
	got, _ := io.ReadAll(conn)
	if !strings.HasPrefix(string(got), "HTTP/1.1 303") {
		t.Errorf("the request in flight got %.200s", got)
	}
	if err := <-done; err != nil {
		t.Errorf("stop: %v", err)
	}
	again := startIn(t, s.dir)
	if a := again.browser(t).signIn("ada@example.com", ""); a.StatusCode != 303 {
		t.Errorf("what was acknowledged is gone: %d", a.StatusCode)
	}
}

func TestReadyzNeedsTheStore(t *testing.T) {
	t.Parallel()
	s := start(t)
	b := s.browser(t)
	b.signUp("ada@example.com", "Ada")
	if err := s.embedded.store.Close(); err != nil {
		t.Fatal(err)
	}
	a := b.get("/readyz")
	a.want(t, 503)
	if a.Header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
	b.get("/healthz").want(t, 200, "ok")
	b.script("/dashboard").want(t, 200) // L08: sessions already issued still verify
	signUp := b.post("/sign-up", url.Values{"email_address": {"bob@example.com"}, "password": {password}, "first_name": {"Bob"}})
	signUp.want(t, 503, "cannot be reached right now", `value="Bob"`)
	out := b.post("/sign-out", nil)
	out.want(t, 503, "Signed out on this device only")
	if len(b.cookies) != 2 { // both __client_uat are 0
		t.Errorf("cookies left after a sign-out that failed: %v", b.cookies)
	}
	s.embedded = nil // closed already
}

func TestV02_X12_LogsHoldNoSecrets(t *testing.T) {
	t.Parallel()
	s := start(t)
	b := s.browser(t)
	secrets := []string{password, "a wrong one entirely", "ada@example.com", "Ada Secretive"}
	remember := func() {
		for name, value := range b.cookies {
			if !strings.HasPrefix(name, "__client_uat") {
				secrets = append(secrets, value)
			}
		}
	}
	b.signUp("ada@example.com", "Ada Secretive")
	remember()
	b.get("/welcome?token=query-secret-1")
	b.post("/sign-in", url.Values{"identifier": {"ada@example.com"}, "password": {"a wrong one entirely"}})
	b.post("/user", url.Values{"action": {"password"}, "current_password": {"a wrong one entirely"}, "new_password": {"yet another secret"}})
	b.get("/dashboard", "Authorization", "Bearer aaaa.bearer-secret.cccc")
	b.get("/__clerk/v1/client?rotating_token_nonce=query-secret-2")
	b.get("/nowhere%0aFAKE%1b[31m", "User-Agent", "evil\tagent")
	b.do("POST", "/sign-in", "identifier=%zz&password=broken-body-secret")
	b.post("/sign-out", nil)
	remember()
	keys := keysOf(t, "-data", s.dir)
	secrets = append(secrets, keys["CLERK_SECRET_KEY"], "query-secret", "bearer-secret", "broken-body-secret", "yet another secret")
	if err := s.stop(); err != nil {
		t.Fatal(err)
	}
	log := s.log.String()
	for _, secret := range secrets {
		if len(secret) > 3 && strings.Contains(log, secret) {
			t.Errorf("the log holds %q", secret)
		}
	}
	if !strings.Contains(log, "msg=request") || !strings.Contains(log, "request_id=") || !strings.Contains(log, "path=/welcome ") {
		t.Errorf("no request log:\n%s", log)
	}
	for line := range strings.Lines(log) {
		if !strings.HasPrefix(line, "time=") || strings.ContainsRune(line, '\x1b') {
			t.Errorf("X12: a forged line: %q", line)
		}
	}
}

func TestBackendAPIIsNotOnThePublicListener(t *testing.T) {
	t.Parallel()
	s := start(t)
	keys := keysOf(t, "-data", s.dir)
	for _, path := range []string{"/v1/users", "/__clerk/v1/users", "/__clerk/v1/jwks"} {
		if a := s.browser(t).get(path, "Authorization", "Bearer "+keys["CLERK_SECRET_KEY"]); a.StatusCode != 404 {
			t.Errorf("%s: %d", path, a.StatusCode)
		}
	}
	off := start(t, "-backend-addr", "off")
	if off.BackendURL() != "" || keysOf(t, "-data", off.dir)["CLERK_API_URL"] != "" {
		t.Error("the Backend API is off but has an address")
	}
	if _, err := os.Stat(filepath.Join(off.dir, keysFile)); err != nil {
		t.Error(err)
	}
}
