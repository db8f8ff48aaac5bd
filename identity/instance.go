package identity

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/usherauth/usher/wire"
)

// Names of settings in the store.
const (
	settingInstance = "instance"
	settingCookies  = "cookie_keys"
)

const rsaBits = 2048 // what every verifier of the protocol accepts (protocol reference 10, 14)

// instance is who the service is. It never changes.
type instance struct {
	id          string
	publishable wire.PublishableKey
	secret      wire.Secret
	createdAt   time.Time
}

// storedInstance is the instance setting.
type storedInstance struct {
	ID        string    `json:"id"`
	Host      string    `json:"host"`
	SecretKey string    `json:"secret_key"`
	CreatedAt time.Time `json:"created_at"`
}

// openInstance reads the instance, creating it first in an empty store.
func (s *Service) openInstance(ctx context.Context) error {
	found, err := s.readInstance(ctx)
	if err != nil {
		return err
	}
	if !found {
		if err := s.createInstance(ctx); err != nil {
			return err
		}
		if found, err = s.readInstance(ctx); err != nil || !found {
			return errors.Join(errors.New("identity: read the new instance"), err)
		}
	}
	return s.loadKeys(ctx)
}

func (s *Service) readInstance(ctx context.Context) (found bool, err error) {
	var raw []byte
	err = s.cfg.Store.View(ctx, func(tx Tx) (err error) {
		raw, err = tx.Setting(settingInstance)
		return err
	})
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("identity: read instance: %w", err)
	}
	var rec storedInstance
	if err := json.Unmarshal(raw, &rec); err != nil || rec.ID == "" || rec.Host == "" || rec.SecretKey == "" {
		return false, errors.New("identity: the stored instance setting is damaged")
	}
	s.instance = instance{
		id:          rec.ID,
		publishable: wire.NewPublishableKey(true, rec.Host),
		secret:      wire.NewSecret(rec.SecretKey),
		createdAt:   rec.CreatedAt,
	}
	return true, nil
}

// newHost names a new instance. Cookies get their suffix from it. Instances of this machine
// come and go, with memory stores and fresh data folders, so theirs follows from the origin:
// a browser would otherwise keep the cookies of each for a year, until all of them together
// are too long for any server.
func (s *Service) newHost() string {
	name := lowerText(8)
	if loopback(s.cfg.PublicOrigin) {
		name = fmt.Sprintf("%x", sha256.Sum256([]byte(s.cfg.PublicOrigin)))[:8]
	}
	return "clerk." + name + ".usher.localhost"
}

// createInstance writes a new instance in one transaction. Of two nodes that start on
// one empty store, the second finds the first one's instance and throws its own away.
func (s *Service) createInstance(ctx context.Context) error {
	now := s.now()
	key, err := newSigningKey(now) // before the transaction: it takes a tenth of a second
	if err != nil {
		return err
	}
	rec, err := json.Marshal(storedInstance{
		ID:        newID(prefixInstance),
		Host:      s.newHost(),
		SecretKey: "sk_live_" + (rand.Text() + rand.Text())[:40],
		CreatedAt: now,
	})
	if err != nil {
		return fmt.Errorf("identity: encode instance: %w", err)
	}
	cookies, err := encodeCookieKeys([]cookieKey{newCookieKey()})
	if err != nil {
		return err
	}
	err = s.cfg.Store.Update(ctx, func(tx Tx) error {
		if _, err := tx.Setting(settingInstance); !errors.Is(err, ErrNotFound) {
			return err // nil: somebody else was first
		}
		return errors.Join(
			tx.PutSetting(settingInstance, rec),
			tx.PutSetting(settingCookies, cookies),
			tx.PutSigningKey(key),
		)
	})
	if err != nil {
		return fmt.Errorf("identity: create instance: %w", err)
	}
	return nil
}

// newSigningKey makes an RSA key with an id of its own.
func newSigningKey(now time.Time) (SigningKey, error) {
	key, err := rsa.GenerateKey(rand.Reader, rsaBits)
	if err != nil {
		return SigningKey{}, fmt.Errorf("identity: generate signing key: %w", err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return SigningKey{}, fmt.Errorf("identity: encode signing key: %w", err)
	}
	return SigningKey{Kid: newID(prefixInstance), PKCS8: der, CreatedAt: now}, nil
}
