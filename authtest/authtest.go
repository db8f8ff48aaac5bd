package authtest

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/usherauth/usher/authctx"
	"github.com/usherauth/usher/internal/token"
	"github.com/usherauth/usher/wire"
)

// Origin is the public origin of the app under test: the host of [httptest.NewRequest].
const Origin = "http://example.com"

// PublishableKey names the throw-away instance.
var PublishableKey = wire.NewPublishableKey(true, "clerk.authtest.example.com").String()

// issuer is made once, because an RSA key takes a tenth of a second.
var issuer = sync.OnceValues(func() (*token.Signer, string) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic("authtest: make a key: " + err.Error())
	}
	der, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		panic("authtest: encode a key: " + err.Error())
	}
	signer, err := token.NewSigner("ins_authtest", key)
	if err != nil {
		panic("authtest: " + err.Error())
	}
	return signer, string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
})

// Config verifies the tokens of this package without any network. Change fields of it
// as the app under test needs.
func Config(t testing.TB) authctx.Config {
	t.Helper()
	_, pem := issuer()
	return authctx.Config{
		PublishableKey:    PublishableKey,
		JWTKey:            pem,
		ProxyURL:          wire.ProxyPath,
		PublicOrigin:      Origin,
		AuthorizedParties: []string{Origin},
	}
}

// NewRequest returns a server request as [httptest.NewRequest] does, signed in by the
// cookies a browser would send; [Bearer] and [SignedOut] change that. It has no body: set
// Body, and for a form Content-Type, to post one.
func NewRequest(t testing.TB, method, target string, opts ...Option) *http.Request {
	t.Helper()
	id := newIdentity(opts)
	req := httptest.NewRequest(method, target, nil)
	switch {
	case id.signedOut:
	case id.bearer:
		req.Header.Set("Authorization", "Bearer "+id.token(t))
	default:
		suffix := wire.CookieSuffix(PublishableKey)
		uat := strconv.FormatInt(id.issuedAt.Unix(), 10)
		for _, sfx := range []string{"", "_" + suffix} {
			req.AddCookie(&http.Cookie{Name: wire.CookieClientUAT + sfx, Value: uat})
			req.AddCookie(&http.Cookie{Name: wire.CookieSession + sfx, Value: id.token(t)})
		}
	}
	return req
}

// Token returns a session token that [Config] accepts.
func Token(t testing.TB, opts ...Option) string {
	t.Helper()
	return newIdentity(opts).token(t)
}

// Context returns a context in which [authctx.FromContext] finds the identity, for unit
// tests of code that no request reaches. It is of no use on a request that passes the
// middleware, which takes the identity from the request's credentials alone.
func Context(t testing.TB, opts ...Option) context.Context {
	t.Helper()
	id := newIdentity(opts)
	if id.signedOut {
		return authctx.NewContext(t.Context(), nil)
	}
	cfg := Config(t)
	cfg.Now = func() time.Time { return id.issuedAt }
	a, err := authctx.New(cfg)
	if err != nil {
		t.Fatalf("authtest: %v", err)
	}
	auth, err := a.Verify(t.Context(), id.token(t))
	if err != nil {
		t.Fatalf("authtest: the identity does not verify: %v", err)
	}
	return authctx.NewContext(t.Context(), auth)
}
