package token

import (
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"fmt"

	"github.com/golang-jwt/jwt/v5"

	"github.com/usherauth/usher/wire"
)

// Signer mints tokens with one RSA key. It is safe for concurrent use.
type Signer struct {
	kid string
	key *rsa.PrivateKey
}

// NewSigner returns a signer that names its key kid. Keys that [NewKey] would not
// accept for verification are refused.
func NewSigner(kid string, key *rsa.PrivateKey) (*Signer, error) {
	if _, err := NewKey("RS256", &key.PublicKey); err != nil {
		return nil, err
	}
	return &Signer{kid: kid, key: key}, nil
}

// Kid is the key id in the header of the signer's tokens.
func (s *Signer) Kid() string { return s.kid }

// Session mints a session token.
func (s *Signer) Session(c wire.Claims) (string, error) {
	return s.Sign(wire.CategorySession, c)
}

// Sign mints a token of the given category (empty: none) with any claims that encode
// to a JSON object.
func (s *Signer) Sign(category string, claims any) (string, error) {
	head, err := json.Marshal(wire.Header{Alg: "RS256", Cat: category, Kid: s.kid, Typ: "JWT"})
	if err != nil {
		return "", fmt.Errorf("token: encode header: %w", err)
	}
	body, err := json.Marshal(claims)
	if err != nil {
		return "", fmt.Errorf("token: encode claims: %w", err)
	}
	enc := base64.RawURLEncoding
	out := make([]byte, 0, enc.EncodedLen(len(head))+enc.EncodedLen(len(body))+enc.EncodedLen(s.key.Size())+2)
	out = enc.AppendEncode(out, head)
	out = append(out, '.')
	out = enc.AppendEncode(out, body)
	sig, err := jwt.SigningMethodRS256.Sign(string(out), s.key)
	if err != nil {
		return "", fmt.Errorf("token: sign: %w", err)
	}
	out = append(out, '.')
	return string(enc.AppendEncode(out, sig)), nil
}
