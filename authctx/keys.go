package authctx

import (
	"context"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"log/slog"
	"math/big"
	"slices"
	"strings"
	"time"

	"github.com/usherauth/usher/internal/token"
	"github.com/usherauth/usher/internal/web"
	"github.com/usherauth/usher/wire"
)

// keySource finds the key that verifies tokens naming kid at the time now. Errors are
// *VerifyError.
type keySource interface {
	key(ctx context.Context, kid string, now time.Time) (token.Key, error)
	// current is what key answers from at the time now, nil while that may change.
	current(now time.Time) *snapshot
}

func newKeySource(cfg Config) (keySource, error) {
	if cfg.JWTKey != "" {
		return parsePEM(cfg.JWTKey)
	}
	if cfg.SecretKey == "" {
		return noKeys{}, nil
	}
	s := &keySet{fetch: newBackend(cfg).jwks, log: web.SampledLogger(cfg.Logger, cfg.Now)}
	return s, nil
}

// noKeys is for machines alone, whose opaque tokens take none.
type noKeys struct{}

func (noKeys) key(context.Context, string, time.Time) (token.Key, error) {
	return token.Key{}, refuse(wire.ReasonJWKFailedToResolve, errors.New("neither SecretKey nor JWTKey is set"))
}

func (noKeys) current(time.Time) *snapshot { return nil }

// staticKey is a key given in the configuration. It verifies whatever kid a token names,
// as the reference's does (protocol reference 3.6).
type staticKey token.Key

func (k staticKey) key(context.Context, string, time.Time) (token.Key, error) {
	return token.Key(k), nil
}

func (staticKey) current(time.Time) *snapshot { return never }

// never stands for keys that stay what they are.
var never = new(snapshot)

// parsePEM reads an RSA public key. Messages never quote the input.
func parsePEM(text string) (keySource, error) {
	text = strings.ReplaceAll(text, `\n`, "\n")
	block, _ := pem.Decode([]byte(strings.TrimSpace(text) + "\n"))
	if block == nil {
		return nil, errors.New("authctx: JWTKey is not in PEM form: it begins with -----BEGIN PUBLIC KEY-----")
	}
	if strings.Contains(block.Type, "PRIVATE") {
		return nil, errors.New("authctx: JWTKey holds a private key: use the public one, and treat this one as lost")
	}
	public, err := publicKey(block)
	if err != nil {
		return nil, fmt.Errorf("authctx: JWTKey: %w", err)
	}
	key, err := token.NewKey("RS256", public)
	if err != nil {
		return nil, fmt.Errorf("authctx: JWTKey: %w", err)
	}
	return staticKey(key), nil
}

func publicKey(block *pem.Block) (*rsa.PublicKey, error) {
	var parsed any
	var err error
	switch block.Type {
	case "PUBLIC KEY":
		parsed, err = x509.ParsePKIXPublicKey(block.Bytes)
	case "RSA PUBLIC KEY":
		parsed, err = x509.ParsePKCS1PublicKey(block.Bytes)
	default:
		return nil, fmt.Errorf("PEM block %.30q is not a public key", block.Type)
	}
	if err != nil {
		return nil, errors.New("the PEM block does not hold a public key")
	}
	if key, ok := parsed.(*rsa.PublicKey); ok {
		return key, nil
	}
	return nil, errors.New("the key is not an RSA key")
}

// usableKeys keeps the keys of a set that may verify session tokens: RSA, strong enough,
// meant for signatures, under a kid that nothing else in the set claims. One bad key
// does not spoil the others (RFC 7517 §5). reuse returns the earlier value of an
// unchanged key, so that what was verified with it stays remembered.
func usableKeys(set wire.JWKS, reuse map[string]token.Key, log *slog.Logger) map[string]token.Key {
	keys, seen := make(map[string]token.Key), make(map[string]bool)
	for _, jwk := range set.Keys {
		if jwk.Kid == "" {
			continue
		}
		if seen[jwk.Kid] {
			delete(keys, jwk.Kid)
			log.Warn("key set: two keys share a kid; neither is used", "kid", clip(jwk.Kid))
			continue
		}
		seen[jwk.Kid] = true
		key, err := fromJWK(jwk)
		if err != nil {
			log.Warn("key set: key is not used", "kid", clip(jwk.Kid), "err", err)
			continue
		}
		if old, ok := reuse[jwk.Kid]; ok && old.Alg == key.Alg && old.Public.Equal(key.Public) {
			key = old
		}
		keys[jwk.Kid] = key
	}
	return keys
}

func fromJWK(jwk wire.JWK) (token.Key, error) {
	if jwk.Kty != "RSA" {
		return token.Key{}, errors.New("not an RSA key")
	}
	if jwk.Use != "" && jwk.Use != "sig" || len(jwk.KeyOps) > 0 && !slices.Contains(jwk.KeyOps, "verify") {
		return token.Key{}, errors.New("not meant for verifying")
	}
	n, err := token.DecodeSegment(jwk.N)
	if err != nil || len(n) == 0 {
		return token.Key{}, errors.New("modulus is not base64url")
	}
	e, err := token.DecodeSegment(jwk.E)
	if err != nil || len(e) == 0 || len(e) > 4 {
		return token.Key{}, errors.New("exponent is not usable")
	}
	exponent := 0
	for _, b := range e {
		exponent = exponent<<8 | int(b)
	}
	return token.NewKey(jwk.Alg, &rsa.PublicKey{N: new(big.Int).SetBytes(n), E: exponent})
}

// clip keeps a stranger's text short in logs.
func clip(s string) string {
	if len(s) > 64 {
		return s[:64]
	}
	return s
}
