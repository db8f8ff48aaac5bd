package identity

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"sync"

	"github.com/usherauth/usher/wire"
)

// signatures remembers the session tokens of the present second. Signing is the dearest
// thing an instance does all day, and the same token is often asked for more than once in
// an instant: by the tabs of one browser, and within one answer, which shows a session and
// again the client that has it. The zero value is ready.
type signatures struct {
	mu     sync.Mutex
	second int64
	made   map[string]*signature // by key and claims
}

type signature struct {
	once sync.Once
	jwt  string
	err  error
}

// sign returns a token of these claims, signed by the key that signs now. Those asking in
// one second for the same claims get the same token, jti and all, signed once.
func (s *Service) sign(keys *keySet, c wire.Claims) (string, error) {
	claims, err := json.Marshal(c)
	if err != nil {
		return "", fmt.Errorf("identity: %w: encode claims: %w", errInternal, err)
	}
	signer := keys.signing.signer
	sig := s.signatures.of(c.Iat, signer.Kid()+string(claims))
	sig.once.Do(func() {
		c.Jti = rand.Text()
		if sig.jwt, sig.err = signer.Session(c); sig.err != nil {
			sig.err = fmt.Errorf("identity: %w: %w", errInternal, sig.err)
		}
	})
	return sig.jwt, sig.err
}

// forget makes the next token of the present second a new one.
func (m *signatures) forget() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.made = nil
}

// of finds or makes the place of a token, forgetting those of other seconds. A clock that
// was set back begins anew: nothing is kept that the claims do not say.
func (m *signatures) of(second int64, key string) *signature {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.second != second || m.made == nil {
		m.second, m.made = second, make(map[string]*signature)
	}
	sig := m.made[key]
	if sig == nil {
		sig = new(signature)
		m.made[key] = sig
	}
	return sig
}
