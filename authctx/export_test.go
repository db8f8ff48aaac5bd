package authctx

import (
	"math"
	"net/http"
	"strings"

	"github.com/usherauth/usher/wire"
)

// ForgetTokens empties the verified-token cache, so that a benchmark can miss.
func ForgetTokens(a *Authenticator) {
	c := a.tokens
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sweep(len(c.table.Load().places), math.Inf(1))
}

// CachedTokens counts what the verified-token cache holds.
func CachedTokens(a *Authenticator) int { return a.tokens.count() }

func (c *tokenCache) count() (n int) {
	places := c.table.Load().places
	for i := range places {
		if places[i].Load() != nil {
			n++
		}
	}
	return n
}

// CachedBytes is how many bytes the cache takes, as it is reckoned.
func CachedBytes(a *Authenticator) int {
	a.tokens.mu.Lock()
	defer a.tokens.mu.Unlock()
	return a.tokens.bytes
}

// ExplainReason is what Explain says about a reason; known is false for the words that
// stand in for those without an entry.
func ExplainReason(reason wire.Reason) (why, do string, known bool) {
	w := explainReason(reason)
	tail, _ := strings.CutPrefix(string(reason), string(refreshReason))
	_, whole := reasonWords[reason]
	_, refresh := refreshWords[tail]
	return w.why, w.do, whole || refresh
}

// RememberedMachines counts the machine tokens whose answers are kept.
func RememberedMachines(a *Authenticator) int {
	s := a.machines.answers
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.good) + len(s.bad)
}

// SelectorKey is what tells the configuration of r from others.
func SelectorKey(s *Selector, r *http.Request) (any, error) {
	cfg := s.base
	if err := s.choose(r, &cfg); err != nil {
		return nil, err
	}
	return s.key(&cfg)
}

// Selected counts the Authenticators that are kept.
func Selected(s *Selector) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.byKey)
}

// Collide files what is remembered of kept under other's hash as well, as if the two
// tokens had the same one.
func Collide(a *Authenticator, kept, other string) {
	v := a.tokens.get(kept)
	twin := &verified{auth: v.auth, key: v.key, kid: v.kid, exp: v.exp, nbf: v.nbf, iat: v.iat}
	twin.hash = tokenHash(other)
	for set, i := a.tokens.set(twin.hash), 0; i < len(set); i++ {
		if set[i].CompareAndSwap(nil, twin) {
			return
		}
	}
	panic("the set is full")
}
