package authctx_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/usherauth/usher/authctx"
	"github.com/usherauth/usher/authtest"
	"github.com/usherauth/usher/wire"
)

// machineNow is the clock of the tests of machine tokens.
var machineNow = time.Unix(1_800_000_000, 0)

// machineCall is what the service was asked.
type machineCall struct{ path, secret, field, token string }

// machineService is a Backend API that verifies machine tokens as its test says.
type machineService struct {
	answer func(machineCall) (status int, body string)

	mu    sync.Mutex
	calls []machineCall
}

func (s *machineService) RoundTrip(req *http.Request) (*http.Response, error) {
	call := machineCall{path: req.Method + " " + req.URL.String(), secret: strings.TrimPrefix(req.Header.Get("Authorization"), "Bearer ")}
	if req.Body != nil {
		var body map[string]string
		if err := json.NewDecoder(req.Body).Decode(&body); err != nil || len(body) != 1 {
			return nil, fmt.Errorf("body %v: %w", body, err)
		}
		for call.field, call.token = range body {
		}
	}
	s.mu.Lock()
	s.calls = append(s.calls, call)
	s.mu.Unlock()
	status, body := s.answer(call)
	if status == 0 {
		return nil, io.ErrUnexpectedEOF
	}
	h := http.Header{"Content-Type": {"application/json"}, "Retry-After": {"20"}}
	return &http.Response{StatusCode: status, Header: h, Body: io.NopCloser(strings.NewReader(body)), Request: req}, nil
}

func (s *machineService) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.calls)
}

// answers200 knows every token, under an id made of it.
func answers200(c machineCall) (int, string) {
	return http.StatusOK, `{"id":"` + c.token + `_id","subject":"user_1","scopes":["read"],"revoked":false,"expired":false,"expiration":null}`
}

func refuses(machineCall) (int, string) {
	return http.StatusNotFound, `{"errors":[{"code":"resource_not_found"}]}`
}

// machineConfig accepts types and asks s; the clock stands still.
func machineConfig(t testing.TB, s *machineService, types ...wire.TokenType) authctx.Config {
	t.Helper()
	cfg := authtest.Config(t)
	cfg.SecretKey, cfg.MachineSecretKey = "sk_live_app", "ak_machine_secret"
	cfg.AcceptsToken, cfg.Transport = types, s
	cfg.Now = func() time.Time { return machineNow }
	return cfg
}

// accepting is an authenticator with a configuration of its own.
func accepting(t testing.TB, s *machineService, types ...wire.TokenType) *authctx.Authenticator {
	t.Helper()
	return mustNew(t, machineConfig(t, s, types...))
}

func mustNew(t testing.TB, cfg authctx.Config) *authctx.Authenticator {
	t.Helper()
	a, err := authctx.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

var rootURL = &url.URL{Path: "/"}

// withToken is a request with tok in its header, "" for none, and valid session cookies.
func withToken(t testing.TB, tok string) *http.Request {
	t.Helper()
	req := authtest.NewRequest(t, "GET", "/", authtest.At(machineNow))
	if tok != "" {
		req.Header.Set("Authorization", "Bearer "+tok)
	}
	return req
}

// instanceKey is a signing key of an instance.
type instanceKey struct {
	*rsa.PrivateKey
	pem string
}

func newInstanceKey() instanceKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	der, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		panic(err)
	}
	return instanceKey{key, string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))}
}

var firstKey, secondKey = sync.OnceValue(newInstanceKey), sync.OnceValue(newInstanceKey)

// jwks publishes the key under kid.
func (k instanceKey) jwks(kid string) string {
	n, e := base64.RawURLEncoding.EncodeToString(k.N.Bytes()), "AQAB"
	return `{"keys":[{"kty":"RSA","use":"sig","alg":"RS256","kid":"` + kid + `","n":"` + n + `","e":"` + e + `"}]}`
}

type object = map[string]any

// sign makes a token of any header and claims.
func (k instanceKey) sign(t testing.TB, header, claims object) string {
	t.Helper()
	signed := segment(t, header) + "." + segment(t, claims)
	sum := sha256.Sum256([]byte(signed))
	sig, err := rsa.SignPKCS1v15(nil, k.PrivateKey, crypto.SHA256, sum[:])
	if err != nil {
		t.Fatal(err)
	}
	return signed + "." + base64.RawURLEncoding.EncodeToString(sig)
}

func segment(t testing.TB, v object) string {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return base64.RawURLEncoding.EncodeToString(raw)
}

// with is base with changes; a nil value removes a member.
func with(base, changes object) object {
	out := maps.Clone(base)
	for name, value := range changes {
		if out[name] = value; value == nil {
			delete(out, name)
		}
	}
	return out
}

// carrier is a transport that is a function, which cannot be compared.
type carrier func(*http.Request) (*http.Response, error)

func (c carrier) RoundTrip(r *http.Request) (*http.Response, error) { return c(r) }
