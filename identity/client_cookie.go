package identity

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"

	"github.com/gorilla/securecookie"

	"github.com/usherauth/usher/wire"
)

const (
	clientCookieDays = 400 // as long as browsers keep it; the store decides what it is worth
	maxCookieKeys    = 3
)

// cookieKey seals the __client cookie: HMAC-SHA-256 over AES-256.
type cookieKey struct {
	Hash  []byte `json:"hash"`  // 64 octets
	Block []byte `json:"block"` // 32 octets
}

// cookieKeys holds the codecs of all current keys, newest first.
type cookieKeys struct {
	codecs atomic.Pointer[[]securecookie.Codec]
}

func newCookieKey() cookieKey {
	k := cookieKey{Hash: make([]byte, 64), Block: make([]byte, 32)}
	_, _ = rand.Read(k.Hash) // never fails
	_, _ = rand.Read(k.Block)
	return k
}

func encodeCookieKeys(keys []cookieKey) ([]byte, error) {
	raw, err := json.Marshal(keys)
	if err != nil {
		return nil, fmt.Errorf("identity: encode cookie keys: %w", err)
	}
	return raw, nil
}

func decodeCookieKeys(raw []byte) ([]cookieKey, error) {
	var keys []cookieKey
	if json.Unmarshal(raw, &keys) != nil || len(keys) == 0 {
		return nil, errors.New("identity: the stored cookie keys are damaged")
	}
	for _, k := range keys {
		if len(k.Hash) < 32 || len(k.Block) != 32 {
			return nil, errors.New("identity: a stored cookie key is too short")
		}
	}
	return keys, nil
}

// codec seals raw octets: no serializer of its own, so nothing to confuse between versions.
func (k cookieKey) codec() securecookie.Codec {
	return securecookie.New(k.Hash, k.Block).
		SetSerializer(securecookie.NopEncoder{}).
		MaxAge(clientCookieDays * 24 * 60 * 60)
}

// RotateCookieKeys seals __client cookies with a new key from now on. Cookies sealed
// with the last two earlier ones still open. Other nodes learn of it within 5 seconds.
func (s *Service) RotateCookieKeys(ctx context.Context) error {
	err := s.cfg.Store.Update(ctx, func(tx Tx) error {
		raw, err := tx.Setting(settingCookies)
		if err != nil {
			return err
		}
		keys, err := decodeCookieKeys(raw)
		if err != nil {
			return err
		}
		keys = append([]cookieKey{newCookieKey()}, keys...)
		raw, err = encodeCookieKeys(keys[:min(len(keys), maxCookieKeys)])
		if err != nil {
			return err
		}
		return errors.Join(tx.PutSetting(settingCookies, raw), s.note(tx, "cookie_key.created"))
	})
	if err != nil {
		return fmt.Errorf("identity: rotate cookie keys: %w", err)
	}
	return s.loadKeys(ctx)
}

// use makes stored cookie keys the current ones.
func (c *cookieKeys) use(raw []byte) error {
	keys, err := decodeCookieKeys(raw)
	if err != nil {
		return err
	}
	codecs := make([]securecookie.Codec, len(keys))
	for i, k := range keys {
		codecs[i] = k.codec()
	}
	c.codecs.Store(&codecs)
	return nil
}

// clientRef is what a __client cookie holds. owner is the id of the person whose sign-in
// made the cookie, "" for none. It proves nobody's identity: it only ranks those who wait
// for a password to be hashed.
type clientRef struct{ id, secret, owner string }

// seal makes the value of a __client cookie.
func (s *Service) seal(ref clientRef) (string, error) {
	text := ref.id + "." + ref.secret
	if ref.owner != "" {
		text += "." + ref.owner
	}
	return s.sealAs(wire.CookieClient, text)
}

// sealAs makes a value that opens under this name only.
func (s *Service) sealAs(name, text string) (string, error) {
	value, err := securecookie.EncodeMulti(name, []byte(text), *s.cookies.codecs.Load()...)
	if err != nil {
		return "", fmt.Errorf("identity: %w: seal %s: %w", errInternal, name, err)
	}
	return value, nil
}

// unsealAs opens what sealAs made; ok is false for anything else.
func (s *Service) unsealAs(name, value string) (text string, ok bool) {
	var raw []byte
	if securecookie.DecodeMulti(name, value, &raw, *s.cookies.codecs.Load()...) != nil {
		return "", false
	}
	return string(raw), true
}

// unseal opens a __client cookie; ok is false for a forged, cut, moved or stale one.
func (s *Service) unseal(value string) (ref clientRef, ok bool) {
	text, ok := s.unsealAs(wire.CookieClient, value)
	if !ok {
		return clientRef{}, false
	}
	var rest string
	ref.id, rest, ok = strings.Cut(text, ".")
	ref.secret, ref.owner, _ = strings.Cut(rest, ".")
	return ref, ok && ref.secret != ""
}

func newClientSecret() string { return rand.Text() + rand.Text() } // 260 bits

func hashSecret(secret string) []byte {
	sum := sha256.Sum256([]byte(secret))
	return sum[:]
}

// opens reports whether ref is client's present cookie.
func (ref clientRef) opens(client Client) bool {
	return ref.id == client.ID && subtle.ConstantTimeCompare(hashSecret(ref.secret), client.SecretHash) == 1
}
