package identity

import (
	"context"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"sync"
	"sync/atomic"
	"time"

	"github.com/usherauth/usher/internal/token"
	"github.com/usherauth/usher/wire"
)

const (
	// keyRefresh bounds how long a node signs with a key that another node replaced.
	keyRefresh = 5 * time.Second
	// verifierCache is how long verifiers may keep a key set (protocol reference 3.6).
	verifierCache = 300 * time.Second
	maxSkew       = 5 * time.Second
	// publishAhead is how long a new key is published before it signs. Verifiers ask for
	// an unknown kid at most every 10 s, and other nodes read keys every keyRefresh: after
	// both, whoever meets the new kid can get it.
	publishAhead = 20 * time.Second
)

// errInternal marks failures that are neither the caller's nor the store's.
var errInternal = errors.New("internal")

// keyring is what the store's signing keys were when last read.
type keyring struct {
	set     atomic.Pointer[keySet]
	loading sync.Mutex
}

type keySet struct {
	signing *signingKey
	byKid   map[string]*signingKey
	jwks    wire.JWKS
	readAt  time.Time
}

type signingKey struct {
	signer *token.Signer
	public *rsa.PublicKey
}

// JWTKeyPEM is the present signing key's public half as SPKI PEM, for verifiers without
// a network. It has to be handed out again once a new key signs.
func (s *Service) JWTKeyPEM() string {
	der, err := x509.MarshalPKIXPublicKey(s.keys.set.Load().signing.public)
	if err != nil {
		return "" // cannot happen for an RSA key
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
}

// RotateSigningKey publishes a new key at once, which signs after 20 seconds, when every
// verifier can know it: no request fails meanwhile. The earlier ones stay published until
// [Service.RetireSigningKeys].
func (s *Service) RotateSigningKey(ctx context.Context) error {
	key, err := newSigningKey(s.now())
	if err != nil {
		return err
	}
	err = s.cfg.Store.Update(ctx, func(tx Tx) error {
		return errors.Join(tx.PutSigningKey(key), s.note(tx, "signing_key.created", "kid", key.Kid))
	})
	if err != nil {
		return fmt.Errorf("identity: rotate signing key: %w", err)
	}
	s.log.InfoContext(ctx, "signing key rotated", "kid", key.Kid)
	return s.loadKeys(ctx)
}

// RetireSigningKeys deletes keys that were replaced before the given time, so that
// their tokens are refused as soon as verifiers read the key set again. The newest key
// stays, and so does one replaced so recently that a valid token or a verifier's key set
// may still depend on it: token lifetime + 300 s + 5 s.
func (s *Service) RetireSigningKeys(ctx context.Context, before time.Time) error {
	if overlap := s.now().Add(-publishAhead - s.cfg.TokenLifetime - verifierCache - maxSkew); before.After(overlap) {
		before = overlap
	}
	err := s.cfg.Store.Update(ctx, func(tx Tx) error {
		keys, err := tx.SigningKeys()
		if err != nil {
			return err
		}
		for i := 1; i < len(keys); i++ { // newest first: keys[i-1] replaced keys[i]
			if keys[i-1].CreatedAt.Before(before) {
				err = errors.Join(err, tx.DeleteSigningKey(keys[i].Kid), s.note(tx, "signing_key.retired", "kid", keys[i].Kid))
			}
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("identity: retire signing keys: %w", err)
	}
	return s.loadKeys(ctx)
}

// currentKeys returns the key set, reading it and the cookie keys again when they are
// older than keyRefresh. When the store cannot be read the last good keys serve on.
func (s *Service) currentKeys(ctx context.Context) *keySet {
	set := s.keys.set.Load()
	if age := s.now().Sub(set.readAt); age >= 0 && age < keyRefresh {
		return set
	}
	if err := s.loadKeys(ctx); err != nil && ctx.Err() == nil {
		s.log.WarnContext(ctx, "signing keys not read again", "err", err)
	}
	return s.keys.set.Load()
}

// loadKeys reads signing keys and cookie keys.
func (s *Service) loadKeys(ctx context.Context) error {
	s.keys.loading.Lock()
	defer s.keys.loading.Unlock()
	var records []SigningKey
	var cookies []byte
	err := s.cfg.Store.View(ctx, func(tx Tx) (err error) {
		if records, err = tx.SigningKeys(); err != nil {
			return err
		}
		cookies, err = tx.Setting(settingCookies)
		return err
	})
	if err != nil {
		return fmt.Errorf("identity: read keys: %w", err)
	}
	if err := s.cookies.use(cookies); err != nil {
		return err
	}
	set, err := newKeySet(records, s.keys.set.Load(), s.now())
	if err != nil {
		return err
	}
	set.readAt = s.now()
	s.keys.set.Store(set)
	return nil
}

// newKeySet parses records, newest first, reusing the keys of old. The newest one that
// has been published for long enough signs; the first one of an instance signs at once.
func newKeySet(records []SigningKey, old *keySet, now time.Time) (*keySet, error) {
	if len(records) == 0 {
		return nil, errors.New("identity: the store has no signing key")
	}
	set := &keySet{byKid: make(map[string]*signingKey, len(records))}
	for i, rec := range records {
		var key *signingKey
		if old != nil {
			key = old.byKid[rec.Kid]
		}
		if key == nil {
			var err error
			if key, err = parseSigningKey(rec); err != nil {
				return nil, err
			}
		}
		if set.signing == nil && (i == len(records)-1 || !rec.CreatedAt.After(now.Add(-publishAhead))) {
			set.signing = key
		}
		set.byKid[rec.Kid] = key
		set.jwks.Keys = append(set.jwks.Keys, publicJWK(rec.Kid, key.public))
	}
	return set, nil
}

func parseSigningKey(rec SigningKey) (*signingKey, error) {
	parsed, err := x509.ParsePKCS8PrivateKey(rec.PKCS8)
	key, ok := parsed.(*rsa.PrivateKey)
	if err != nil || !ok { // the parser's error may quote the key
		return nil, fmt.Errorf("identity: signing key %q is not an RSA key in PKCS #8", rec.Kid)
	}
	signer, err := token.NewSigner(rec.Kid, key)
	if err != nil {
		return nil, fmt.Errorf("identity: signing key %q: %w", rec.Kid, err)
	}
	return &signingKey{signer: signer, public: &key.PublicKey}, nil
}

// publicJWK has public members only (RFC 7518 §6.3.1).
func publicJWK(kid string, key *rsa.PublicKey) wire.JWK {
	enc := base64.RawURLEncoding
	return wire.JWK{
		Use: "sig", Kty: "RSA", Kid: kid, Alg: "RS256",
		N: enc.EncodeToString(key.N.Bytes()),
		E: enc.EncodeToString(big.NewInt(int64(key.E)).Bytes()),
	}
}
