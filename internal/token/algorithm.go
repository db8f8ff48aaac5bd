package token

import (
	"crypto/rsa"
	"errors"
	"fmt"

	"github.com/golang-jwt/jwt/v5"
)

// Errors of [Token.VerifySignature].
var (
	ErrAlgorithm = errors.New("algorithm is not allowed") // token-invalid-algorithm
	ErrSignature = errors.New("signature does not match") // token-invalid-signature
)

// Bounds of RSA keys. 2048 bits and an odd exponent above 1 are RFC 7518 §3.3 and
// RFC 8725 §3.5; 8192 bits bounds the work a key set can ask for.
const (
	minKeyBits = 2048
	maxKeyBits = 8192
)

// Allowed reports whether alg is one that session tokens may use: RSASSA-PKCS1-v1_5
// with SHA-2, nothing else (protocol reference 3.1). Names are case-sensitive.
func Allowed(alg string) bool { return method(alg) != nil }

func method(alg string) *jwt.SigningMethodRSA {
	switch alg {
	case "RS256":
		return jwt.SigningMethodRS256
	case "RS384":
		return jwt.SigningMethodRS384
	case "RS512":
		return jwt.SigningMethodRS512
	}
	return nil
}

// Key is a public key bound to one algorithm: a token that names another is refused
// even if it is on the allow-list (RFC 8725 §3.1).
type Key struct {
	Alg    string
	Public *rsa.PublicKey
}

// NewKey checks the key's strength. An empty alg means RS256.
func NewKey(alg string, public *rsa.PublicKey) (Key, error) {
	if alg == "" {
		alg = "RS256"
	}
	if !Allowed(alg) {
		return Key{}, fmt.Errorf("key: %w: %q", ErrAlgorithm, alg)
	}
	bits := public.N.BitLen()
	if bits < minKeyBits || bits > maxKeyBits {
		return Key{}, fmt.Errorf("key: %d bits, want %d to %d", bits, minKeyBits, maxKeyBits)
	}
	if public.E < 3 || public.E%2 == 0 || public.E > 1<<31-1 {
		return Key{}, fmt.Errorf("key: public exponent %d is not usable", public.E)
	}
	return Key{Alg: alg, Public: public}, nil
}

// VerifySignature checks the signature with k. The algorithm of the key decides; the
// token may only agree.
func (t Token) VerifySignature(k Key) error {
	m := method(k.Alg)
	if m == nil || t.Header.Alg != k.Alg {
		return ErrAlgorithm
	}
	if m.Verify(t.Signed, t.Signature, k.Public) != nil {
		return ErrSignature
	}
	return nil
}
