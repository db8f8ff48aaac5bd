package authctx

import (
	"net/http"
	"strings"

	"github.com/usherauth/usher/wire"
)

// ForgetTokens empties the verified-token cache, so that a benchmark can miss.
func ForgetTokens(a *Authenticator) {
	empty(a.tokens)
	empty(a.lines)
}

func empty[T comparable](c *cache[T]) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sweep(1<<cacheEnd, func(*entry[T]) bool { return true })
}

// CachedTokens counts what the verified-token cache holds.
func CachedTokens(a *Authenticator) int { return count(a.tokens) }

func count[T comparable](c *cache[T]) (n int) {
	places := c.table.Load().places
	for i := range places {
		if places[i].Load() != nil {
			n++
		}
	}
	return n
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
	v := a.remembered(kept)
	a.tokens.put(entry[*verified]{hash: tokenHash(other), text: kept, value: v, until: a.until(v)})
}

// RememberedLines counts the Cookie lines that are remembered.
func RememberedLines(a *Authenticator) int { return count(a.lines) }

// RememberedLineBytes is how many bytes they take, as it is reckoned.
func RememberedLineBytes(a *Authenticator) int {
	a.lines.mu.Lock()
	defer a.lines.mu.Unlock()
	return a.lines.bytes
}

// RemembersLine reports whether this very line is remembered.
func RemembersLine(a *Authenticator, line string) bool {
	return a.lines.get(lineHash(line), line) != nil
}
