package main

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"flag"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/usherauth/usher/wire"
)

// doctor runs the command and returns what it printed.
func doctor(t *testing.T, env map[string]string, network http.RoundTripper, args ...string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	m := NewMain(&out, io.Discard)
	m.network = network
	err := m.Doctor(t.Context(), args, func(name string) string { return env[name] })
	return out.String(), err
}

// says fails the test unless every line is there.
func says(t *testing.T, report string, lines ...string) {
	t.Helper()
	for _, line := range lines {
		if !strings.Contains(report, line) {
			t.Errorf("no %q in\n%s", line, report)
		}
	}
}

func TestDoctorLooksAtTheEmbeddedInstance(t *testing.T) {
	t.Parallel()
	s := start(t)
	addr := s.Addr().String()
	healthy := []string{
		"✓ Configuration: the embedded service", "✓ Data folder", "accepts the secret key", "✓ Frontend API", "✓ Key set: 1 usable",
		"(RSA, 2048 bits); fetched now", "belong to the same instance", "✓ CLERK_JWT_KEY: is the published key", "✓ Cookies: __session_", "✓ Unfinished: 0 sign-ins", "Nothing is wrong.",
	}
	running, err := doctor(t, nil, nil, "-data", s.dir, "-addr", addr)
	if err != nil {
		t.Errorf("while it runs: %v", err)
	}
	says(t, running, append(healthy, "✓ Server: answers on http://"+addr, "✓ Clock: agrees", s.BackendURL())...)

	elsewhere, err := doctor(t, nil, nil, "-data", s.dir, "-addr", "127.0.0.1:1")
	if err == nil {
		t.Error("the wrong address is no mistake")
	}
	says(t, elsewhere, "✗ Server: a process serves the data folder", "→ Give doctor the flags", "✗ Frontend API", "✓ Backend API")

	secret := s.embedded.service.SecretKey().Reveal()
	if err := s.stop(); err != nil {
		t.Fatal(err)
	}
	stopped, err := doctor(t, nil, nil, "-data", s.dir, "-addr", addr)
	if err != nil {
		t.Errorf("while it does not run: %v", err)
	}
	says(t, stopped, append(healthy, "· Server: nothing answers")...)
	for _, report := range []string{running, elsewhere, stopped} {
		if strings.Contains(report, secret) || strings.Contains(report, "BEGIN") {
			t.Errorf("V02: the report holds a key:\n%s", report)
		}
	}
}

func TestDoctorMakesNoInstance(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "data")
	report, err := doctor(t, nil, nil, "-data", dir, "-addr", "localhost:0")
	if err != nil {
		t.Error(err)
	}
	says(t, report, "does not exist yet", "· Public origin: depends on the port", "· Instance: there is none", "Nothing is wrong.")
	if _, err := os.Stat(dir); err == nil {
		t.Error("doctor made the data folder")
	}
}

func TestDoctorLooksAtTheDataFolder(t *testing.T) {
	t.Parallel()
	shared, exposed := t.TempDir(), t.TempDir()
	file := filepath.Join(t.TempDir(), "file")
	for _, err := range []error{
		os.WriteFile(filepath.Join(exposed, keysFile), nil, 0o600), os.Chmod(filepath.Join(exposed, keysFile), 0o644),
		os.Chmod(exposed, 0o700), os.Chmod(shared, 0o755), os.WriteFile(file, nil, 0o600),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct{ dir, want string }{
		{exposed, "keys.env has mode 0644: others can read secrets\n    → chmod 600 "},
		{shared, "· Data folder: " + shared + " has mode 0755"},
		{file, "✗ Data folder: " + file + " is not a folder"},
	} {
		report, err := doctor(t, nil, nil, "-data", tt.dir, "-addr", "localhost:0")
		says(t, report, tt.want)
		if fine := !strings.Contains(report, "✗"); fine != (err == nil) {
			t.Errorf("error %v with\n%s", err, report)
		}
	}
}

func TestDoctorListsEveryMistake(t *testing.T) {
	t.Parallel()
	env := map[string]string{"CLERK_SECRET_KEY": liveSecret, "USHER_DEV": "yes"}
	report, err := doctor(t, env, nil, "-addr", "nowhere", "-origin", "app.example.com")
	if err == nil || report == "" {
		t.Fatal(report, err)
	}
	says(t, report, `✗ Configuration: -addr is "nowhere"`, `✗ Configuration: -origin is "app.example.com"`, "✗ Configuration: CLERK_SECRET_KEY is set but", `✗ Configuration: USHER_DEV is "yes"`)
	if strings.Contains(report, liveSecret) {
		t.Error("V02: the report holds the secret key")
	}
	if _, err := doctor(t, nil, nil, "-h"); !errors.Is(err, flag.ErrHelp) {
		t.Errorf("-h: %v", err)
	}
}

// TestDoctorEndsWithAStatus runs the command as the shell does.
func TestDoctorEndsWithAStatus(t *testing.T) {
	dir := t.TempDir()
	if got := run([]string{"doctor", "-data", dir, "-addr", "localhost:0"}, noEnv); got != 0 {
		t.Errorf("nothing wrong: status %d", got)
	}
	if got := run([]string{"doctor", "-addr", "nowhere"}, noEnv); got != 1 {
		t.Errorf("a mistake: status %d", got)
	}
}

// hostedFake answers for a hosted instance, by host and path.
type hostedFake struct {
	backend, frontend string // bodies
	status            int    // of the Backend API
	ahead             time.Duration
	app               func(http.ResponseWriter)
	secret            string
}

func (f *hostedFake) RoundTrip(r *http.Request) (*http.Response, error) {
	rec := httptest.NewRecorder()
	rec.Header().Set("Date", time.Now().Add(-f.ahead).UTC().Format(http.TimeFormat))
	switch r.URL.String() {
	case "https://api.clerk.com/v1/jwks":
		f.secret = r.Header.Get("Authorization")
		rec.WriteHeader(f.status)
		_, _ = rec.WriteString(f.backend)
	case "https://clerk.example.com/.well-known/jwks.json":
		if r.Header.Get("Authorization") != "" {
			return nil, errors.New("V05: the secret key went to the Frontend API")
		}
		rec.Header().Set("Age", "40")
		_, _ = rec.WriteString(f.frontend)
	case "https://app.example.com/readyz":
		if f.app == nil {
			return nil, errors.New("connection refused")
		}
		f.app(rec)
	default:
		return nil, errors.New("no such host: " + r.URL.Host)
	}
	return rec.Result(), nil
}

// rsaKeys are made once: each takes a tenth of a second.
var rsaKeys = sync.OnceValue(func() (keys [2]*rsa.PrivateKey) {
	for i := range keys {
		key, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			panic(err)
		}
		keys[i] = key
	}
	return keys
})

func jwks(t *testing.T, keys ...wire.JWK) string {
	t.Helper()
	raw, err := json.Marshal(wire.JWKS{Keys: keys})
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func jwk(kid string, n *big.Int) wire.JWK {
	return wire.JWK{Kty: "RSA", Alg: "RS256", Use: "sig", Kid: kid, N: base64.RawURLEncoding.EncodeToString(n.Bytes()), E: "AQAB"}
}

func pemOf(t *testing.T, key *rsa.PrivateKey) string {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
}

func TestDoctorLooksAtAHostedInstance(t *testing.T) {
	t.Parallel()
	ours, others := rsaKeys()[0], rsaKeys()[1]
	set, otherSet := jwks(t, jwk("ins_1", ours.N)), jwks(t, jwk("ins_2", others.N))
	weak := jwks(t, jwk("ins_1", ours.N), jwk("weak\x1b[31m", new(big.Int).Rsh(ours.N, 1024)), wire.JWK{Kid: "ec", Kty: "EC"})
	ready := func(w http.ResponseWriter) { _, _ = io.WriteString(w, "ok\n") }
	misdirected := func(w http.ResponseWriter) { w.WriteHeader(http.StatusMisdirectedRequest) }
	for name, tt := range map[string]struct {
		fake hostedFake
		env  map[string]string
		args []string
		fine bool
		want []string
	}{
		"all well": {hostedFake{backend: set, frontend: set, app: ready}, map[string]string{"CLERK_JWT_KEY": pemOf(t, ours)}, nil, true, []string{
			"the hosted instance clerk.example.com", "✓ Server: answers", "✓ Backend API: https://api.clerk.com answers and accepts",
			"✓ Frontend API: https://clerk.example.com answers", "✓ Clock: agrees with the instance's to 1s", `1 usable: "ins_1" (RSA, 2048 bits)`,
			"belong to the same instance", "✓ CLERK_JWT_KEY", "__session_" + wire.CookieSuffix(livePublishable), "Nothing is wrong.",
		}},
		"secret key refused":      {hostedFake{status: 401, backend: "{}", frontend: set}, nil, nil, false, []string{"✗ Backend API: https://api.clerk.com does not accept the secret key", "→ Copy CLERK_SECRET_KEY", "40s old, from a cache"}},
		"Backend API is down":     {hostedFake{status: 503, backend: "{}", frontend: set}, nil, nil, false, []string{"✗ Backend API: https://api.clerk.com answers with status 503"}},
		"Backend API redirects":   {hostedFake{status: 302, backend: "{}", frontend: set}, nil, nil, false, []string{"answers with status 302"}},
		"an address that is none": {hostedFake{frontend: set}, map[string]string{"CLERK_API_URL": "https://api.nowhere.example"}, nil, false, []string{"✗ Backend API", "no such host", "CLERK_API_URL"}},
		"keys of two instances":   {hostedFake{backend: otherSet, frontend: set}, nil, nil, false, []string{"✗ Keys: the secret key and the publishable key belong to different instances"}},
		"same kid, another key":   {hostedFake{backend: jwks(t, jwk("ins_1", others.N)), frontend: set}, nil, nil, false, []string{"✗ Keys: the secret key and the publishable key"}},
		"another JWT key":         {hostedFake{backend: set, frontend: set}, map[string]string{"CLERK_JWT_KEY": pemOf(t, others)}, nil, false, []string{"✗ CLERK_JWT_KEY: is not among the keys"}},
		"weak and foreign keys":   {hostedFake{backend: weak, frontend: set}, nil, nil, false, []string{`"weak\x1b[31m" is not used`, `"ec" is not used: it is not an RSA key`, "1 usable"}},
		"no keys":                 {hostedFake{backend: `{"keys":[]}`, frontend: set}, nil, nil, false, []string{"✗ Key set: the Backend API publishes no key"}},
		"not JSON":                {hostedFake{backend: `<html>`, frontend: set}, nil, nil, false, []string{"✗ Key set: what the Backend API publishes is not a key set"}},
		"our clock is ahead":      {hostedFake{backend: set, frontend: set, ahead: time.Minute}, nil, nil, false, []string{"✗ Clock: is ", "ahead of the instance's", "NTP"}},
		"our clock is behind":     {hostedFake{backend: set, frontend: set, ahead: -time.Minute}, nil, nil, false, []string{"✗ Clock: is ", "behind the instance's"}},
		"another site":            {hostedFake{backend: set, frontend: set}, nil, []string{"-origin", "https://app.example.net"}, false, []string{"✗ Public origin: https://app.example.net is not part of example.com", "CLERK_PROXY_URL=https://app.example.net/__clerk"}},
		"not a subdomain":         {hostedFake{backend: set, frontend: set}, nil, []string{"-origin", "https://badexample.com"}, false, []string{"is not part of example.com"}},
		"no encryption":           {hostedFake{backend: set, frontend: set}, nil, []string{"-origin", "http://app.example.com"}, false, []string{"✗ Public origin: http://app.example.com is not encrypted"}},
		"for another origin":      {hostedFake{backend: set, frontend: set, app: misdirected}, nil, nil, false, []string{"✗ Server: the server on https://app.example.com was started for another origin"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env := map[string]string{"CLERK_PUBLISHABLE_KEY": livePublishable, "CLERK_SECRET_KEY": liveSecret, "PUBLIC_ORIGIN": "https://app.example.com"}
			for name, value := range tt.env {
				env[name] = value
			}
			if tt.fake.status == 0 {
				tt.fake.status = http.StatusOK
			}
			report, err := doctor(t, env, &tt.fake, tt.args...)
			if (err == nil) != tt.fine {
				t.Errorf("error %v", err)
			}
			says(t, report, tt.want...)
			if strings.Contains(report, liveSecret) || strings.ContainsAny(report, "\x1b\r") {
				t.Errorf("V02, X12: the report holds the secret key or control characters:\n%q", report)
			}
			if got := tt.fake.secret; got != "" && got != "Bearer "+liveSecret {
				t.Errorf("the Backend API was asked with %q", got)
			}
		})
	}
}

// TestTheToolbarIsOnThePagesOfDevelopersOnly: it has to be asked for, whatever the origin.
func TestTheToolbarIsOnThePagesOfDevelopersOnly(t *testing.T) {
	t.Parallel()
	s := startHosted(t, map[string]string{"CLERK_PUBLISHABLE_KEY": livePublishable, "CLERK_SECRET_KEY": liveSecret, "USHER_DEV": "1"})
	b := s.browser(t)
	b.get("/no-such-page").want(t, 404, `class="usher-dev"`)
	a := b.get("/")
	a.want(t, 200, "Why am I signed out?", "session-token-and-uat-missing")
	if !strings.HasPrefix(a.Header.Get("Server-Timing"), "auth;desc=") {
		t.Errorf("Server-Timing %q", a.Header.Get("Server-Timing"))
	}
	for name, quiet := range map[string]*site{
		"localhost":       start(t),
		"a public origin": startHosted(t, map[string]string{"CLERK_PUBLISHABLE_KEY": livePublishable, "CLERK_SECRET_KEY": liveSecret}),
	} {
		out := quiet.browser(t).get("/")
		if strings.Contains(out.body, "usher-dev") || out.Header.Get("Server-Timing") != "" || out.Header.Get(wire.HeaderAuthStatus) != "" {
			t.Errorf("%s shows how it decides: %v", name, out.Header)
		}
	}
}
