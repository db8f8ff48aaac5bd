package identity_test

import (
	"crypto/rsa"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/usherauth/usher/identity"
	"github.com/usherauth/usher/identity/memstore"
	"github.com/usherauth/usher/wire"
)

func verify(t *testing.T, pem, token string) error {
	t.Helper()
	key, err := jwt.ParseRSAPublicKeyFromPEM([]byte(pem))
	if err != nil {
		t.Fatalf("JWTKeyPEM: %v", err)
	}
	_, err = jwt.Parse(token, func(*jwt.Token) (any, error) { return key, nil }, jwt.WithValidMethods([]string{"RS256"}), jwt.WithoutClaimsValidation())
	return err
}

func kidOf(t *testing.T, token string) string {
	t.Helper()
	p, _, err := jwt.NewParser().ParseUnverified(token, jwt.MapClaims{})
	if err != nil {
		t.Fatal(err)
	}
	kid, _ := p.Header["kid"].(string)
	if p.Header["typ"] != "JWT" || p.Header["alg"] != "RS256" || p.Header["cat"] != wire.CategorySession {
		t.Errorf("header = %v", p.Header)
	}
	return kid
}

func (v *visitor) token(id string) string {
	v.t.Helper()
	a := v.post("/v1/client/sessions/" + id + "/tokens")
	a.want(v.t, 200, "")
	return decode[wire.Token](v.t, a.body).JWT
}

func (a *app) keySet() wire.JWKS {
	a.t.Helper()
	return decode[wire.JWKS](a.t, a.visitor().get("/.well-known/jwks.json").body)
}

// K07: RSA of 2048 bits, public members only, the same set in both APIs.
func TestK07_KeySet(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	a := app.visitor().get("/.well-known/jwks.json")
	a.want(t, 200, "")
	if cc := a.Header.Get("Cache-Control"); cc != "public, max-age=60" {
		t.Errorf("Cache-Control = %q", cc)
	}
	var set struct{ Keys []map[string]any }
	if err := json.Unmarshal([]byte(a.body), &set); err != nil || len(set.Keys) != 1 {
		t.Fatalf("key set = %s", a.body)
	}
	for name := range set.Keys[0] {
		switch name {
		case "use", "kty", "kid", "alg", "n", "e":
		default:
			t.Errorf("member %q is published", name)
		}
	}
	if b := app.backend("GET", "/v1/jwks", ""); b.body != a.body {
		t.Errorf("Backend API: %s, Frontend API: %s", b.body, a.body)
	}
	key, err := jwt.ParseRSAPublicKeyFromPEM([]byte(app.JWTKeyPEM()))
	if err != nil || key.N.BitLen() != 2048 || key.E != 65537 {
		t.Errorf("key: %v, %v", key, err)
	}
	v := app.visitor()
	v.signUp("ada@example.com")
	token := v.token(v.sessionID())
	if err := verify(t, app.JWTKeyPEM(), token); err != nil {
		t.Errorf("token does not verify: %v", err)
	}
	if kid := kidOf(t, token); kid != set.Keys[0]["kid"] || !strings.HasPrefix(kid, "ins_") {
		t.Errorf("kid = %q, published %v", kid, set.Keys[0]["kid"])
	}
}

func TestRotateAndRetireSigningKeys(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	v := app.visitor()
	v.signUp("ada@example.com")
	id := v.sessionID()
	oldPEM, oldKid := app.JWTKeyPEM(), kidOf(t, v.token(id))
	app.clock.Add(time.Hour)
	if err := app.RotateSigningKey(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := len(app.keySet().Keys); n != 2 || kidOf(t, v.token(id)) != oldKid {
		t.Errorf("%d keys published, want both, and the old one signing until verifiers can know the new one", n)
	}
	app.clock.Add(20 * time.Second)
	token := v.token(id)
	if kidOf(t, token) == oldKid || verify(t, app.JWTKeyPEM(), token) != nil || !errors.Is(verify(t, oldPEM, token), rsa.ErrVerification) {
		t.Error("the new key does not sign")
	}
	if n := len(app.keySet().Keys); n != 2 {
		t.Errorf("%d keys published, want both", n)
	}
	app.clock.Add(300 * time.Second)
	if err := app.RetireSigningKeys(t.Context(), app.clock.Now()); err != nil {
		t.Fatal(err)
	}
	if n := len(app.keySet().Keys); n != 2 {
		t.Errorf("%d keys published, want the old one kept while tokens and caches need it", n)
	}
	app.clock.Add(60*time.Second + 5*time.Second + time.Second)
	if err := app.RetireSigningKeys(t.Context(), app.clock.Now()); err != nil {
		t.Fatal(err)
	}
	if keys := app.keySet().Keys; len(keys) != 1 || keys[0].Kid == oldKid {
		t.Errorf("keys = %+v, want only the new one", keys)
	}
	if err := app.RetireSigningKeys(t.Context(), app.clock.Now().Add(time.Hour)); err != nil || len(app.keySet().Keys) != 1 {
		t.Errorf("the newest key was retired: %v", err)
	}
}

// Another node signs with, and publishes, a new key soon after.
func TestRotationReachesOtherNodes(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	b := newApp(t, func(c *identity.Config) { c.Store = a.store; c.Now = a.clock.Now })
	if err := a.RotateSigningKey(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := a.RotateCookieKeys(t.Context()); err != nil {
		t.Fatal(err)
	}
	a.clock.Add(5 * time.Second)
	if n := len(b.keySet().Keys); n != 2 {
		t.Errorf("%d keys on the other node, want 2", n)
	}
	v := a.visitor()
	v.signUp("ada@example.com")
	v.app = b
	v.sessionID()
}

// K08: two nodes that start on an empty store at once are one instance.
func TestK08_TwoStartsAtOnce(t *testing.T) {
	t.Parallel()
	store := memstore.New()
	var nodes [4]*identity.Service
	var wg sync.WaitGroup
	for i := range nodes {
		wg.Go(func() {
			svc, err := identity.New(t.Context(), identity.Config{Store: store, PublicOrigin: origin, PurgeInterval: -1})
			if err != nil {
				t.Errorf("New: %v", err)
				return
			}
			nodes[i] = svc
		})
	}
	wg.Wait()
	for _, n := range nodes {
		if n == nil || n.JWTKeyPEM() != nodes[0].JWTKeyPEM() || n.PublishableKey() != nodes[0].PublishableKey() ||
			n.SecretKey().Reveal() != nodes[0].SecretKey().Reveal() {
			t.Fatal("two nodes disagree who they are")
		}
		defer func() { _ = n.Close() }()
	}
	value, err := nodes[0].Seal("client_x", "secret")
	if err != nil {
		t.Fatal(err)
	}
	if id, _, ok := nodes[3].Unseal(value); !ok || id != "client_x" {
		t.Error("one node cannot open the other's cookies")
	}
}

func TestRestartKeepsTheInstance(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	v := a.visitor()
	v.signUp("ada@example.com")
	id := v.sessionID()
	b := newApp(t, func(c *identity.Config) { c.Store = a.store })
	v.app = b
	if err := verify(t, a.JWTKeyPEM(), v.token(id)); err != nil {
		t.Errorf("token of the restarted service: %v", err)
	}
	if !strings.HasPrefix(b.SecretKey().Reveal(), "sk_live_") || len(b.SecretKey().Reveal()) != len("sk_live_")+40 {
		t.Error("secret key has another form")
	}
	host := b.PublishableKey().Host()
	if !b.PublishableKey().Live() || !strings.HasPrefix(host, "clerk.") || !strings.HasSuffix(host, ".usher.localhost") || len(host) != len("clerk.12345678.usher.localhost") {
		t.Errorf("host = %q", host)
	}
}

func TestDamagedStore(t *testing.T) {
	t.Parallel()
	for name, damage := range map[string]func(identity.Tx) error{
		"instance": func(tx identity.Tx) error { return tx.PutSetting("instance", []byte("{}")) },
		"cookie keys": func(tx identity.Tx) error {
			return tx.PutSetting("cookie_keys", []byte(`[{"hash":"c2hvcnQ=","block":""}]`))
		},
		"signing key": func(tx identity.Tx) error {
			return tx.PutSigningKey(identity.SigningKey{Kid: "ins_x", PKCS8: []byte("x"), CreatedAt: time.Now().Add(time.Hour)})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			app := newApp(t)
			if err := app.store.Update(t.Context(), damage); err != nil {
				t.Fatal(err)
			}
			if _, err := identity.New(t.Context(), identity.Config{Store: app.store, PublicOrigin: origin}); err == nil {
				t.Error("New accepts it")
			}
		})
	}
}

// L08, L09: when the store fails, writes are refused with Retry-After, keys serve on.
func TestL08_StoreFailure(t *testing.T) {
	t.Parallel()
	var spy *spyStore
	app := newApp(t, func(c *identity.Config) { spy = &spyStore{Store: c.Store}; c.Store = spy })
	v := app.visitor()
	v.signUp("ada@example.com")
	id := v.sessionID()
	for _, err := range []error{identity.ErrBusy, errors.New("disk full: /secret/path/usher.db")} {
		spy.breakWith(err)
		app.clock.Add(time.Minute)
		for _, a := range []answer{
			v.get("/v1/client"), v.post("/v1/client/sessions/" + id + "/tokens"), v.post("/v1/client/sessions?_method=DELETE"),
			app.visitor().post("/v1/client/sign_ups", "email_address", "b@example.com", "password", password),
			app.visitor().post("/v1/client/sign_ins", "identifier", "b@example.com", "password", password),
			app.backend("GET", "/v1/users", ""),
		} {
			a.want(t, 503, wire.CodeUnavailable)
			if a.Header.Get("Retry-After") == "" || strings.Contains(a.body, "disk") {
				t.Errorf("Retry-After %q, body %s", a.Header.Get("Retry-After"), a.body)
			}
		}
		if len(app.keySet().Keys) != 1 {
			t.Error("the key set is gone")
		}
	}
	spy.repair()
	v.token(id)
}
