package bench

import (
	"context"
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"strings"
	"testing"

	"github.com/golang-jwt/jwt/v5"

	"github.com/usherauth/usher/authctx"
)

// BenchmarkVerify sets what a token costs Usher beside the libraries' own parts: a token
// seen before (hit), one seen for the first time with every claim checked (miss), the same
// with golang-jwt, and the RSA operation alone.
func BenchmarkVerify(b *testing.B) {
	in := newInstance(b)
	cfg := authctx.Config{
		PublishableKey: in.PublishableKey().String(), JWTKey: in.JWTKeyPEM(), PublicOrigin: origin, AuthorizedParties: []string{origin},
	}
	block, _ := pem.Decode([]byte(in.JWTKeyPEM()))
	parsed, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		b.Fatal(err)
	}
	public := parsed.(*rsa.PublicKey)
	b.Run("hit", func(b *testing.B) {
		auth := newAuth(b, cfg)
		b.ReportAllocs()
		for b.Loop() {
			if _, err := auth.Verify(context.Background(), in.token); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("miss", func(b *testing.B) {
		// One instance for each token: nothing is remembered from one to the next.
		b.ReportAllocs()
		for b.Loop() {
			b.StopTimer()
			auth := newAuth(b, cfg)
			b.StartTimer()
			if _, err := auth.Verify(context.Background(), in.token); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("golang-jwt", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_, err := jwt.Parse(in.token, func(*jwt.Token) (any, error) { return public, nil }, jwt.WithValidMethods([]string{"RS256"}))
			if err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("rsa", func(b *testing.B) {
		i := strings.LastIndexByte(in.token, '.')
		sum := sha256.Sum256([]byte(in.token[:i]))
		sig, err := base64.RawURLEncoding.DecodeString(in.token[i+1:])
		if err != nil {
			b.Fatal(err)
		}
		b.ReportAllocs()
		for b.Loop() {
			if rsa.VerifyPKCS1v15(public, crypto.SHA256, sum[:], sig) != nil {
				b.Fatal("signature")
			}
		}
	})
}

func newAuth(b *testing.B, cfg authctx.Config) *authctx.Authenticator {
	b.Helper()
	auth, err := authctx.New(cfg)
	if err != nil {
		b.Fatal(err)
	}
	return auth
}
