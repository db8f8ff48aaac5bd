package authctx

import (
	"context"
	"crypto/sha256"
	"errors"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/usherauth/usher/wire"
)

// Each nonce of a handshake is a call of the Backend API, and anybody can make them up.
// Those that were refused are remembered, and the others share the allowance of [strangers].
// Browsers that send a genuine session token, expired or not, have one that nobody without an
// account can use up.
const (
	nonceMaxLen  = 512
	nonceBad     = time.Minute // longer than any nonce lives
	noncesKept   = 2048
	nonceFlights = 16
	nonceKnown   = 40 // calls a second
)

var errNonce = errors.New("it was refused before, or is no nonce")

type nonces struct {
	mu        sync.Mutex
	refusals  // of nonces
	flights   int
	strangers strangers
	known     bucket
}

// refusals remembers what the Backend API refused, so that asking for the same again costs
// no call. Its user has a lock around it.
type refusals struct {
	bad    map[digest]refusal
	paused time.Time // no calls before
}

type refusal struct {
	err   *wire.BackendError
	until time.Time // when it is forgotten
}

// check is the refusal of a moment ago, and [errBusy] while the API wants a pause.
func (s *refusals) check(key digest, now time.Time) error {
	if r := s.bad[key]; now.Before(r.until) {
		return r.err
	}
	if now.Before(s.paused) {
		return errBusy
	}
	return nil
}

// learn takes note of what the API said.
func (s *refusals) learn(key digest, err error, now time.Time) {
	refused, ok := errors.AsType[*wire.BackendError](err)
	switch {
	case ok && refused.Status == http.StatusTooManyRequests:
		s.paused = now.Add(min(max(refused.RetryAfter, answerPauseMin), answerPauseMax))
	case ok && refused.Status >= 400 && refused.Status < 500 && refused.Status != http.StatusUnauthorized:
		s.remember(key, refusal{refused, now.Add(nonceBad)}, now)
	}
}

// spend asks for what a nonce from a network stands for, if it may.
func (s *nonces) spend(ctx context.Context, nonce string, from netip.Prefix, known func() bool, now func() time.Time, ask func(context.Context, string) (directives, error)) (directives, error) {
	if len(nonce) > nonceMaxLen || strings.ContainsFunc(nonce, isControl) {
		return directives{}, errNonce
	}
	key := digest(sha256.Sum256([]byte(nonce)))
	genuine := known()
	if err := s.begin(key, from, genuine, now()); err != nil {
		return directives{}, err
	}
	lines, err := ask(ctx, nonce)
	s.end(key, err, now())
	return lines, err
}

func (s *nonces) begin(key digest, from netip.Prefix, genuine bool, now time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch err := s.check(key, now); {
	case errors.Is(err, errBusy):
		return err
	case err != nil:
		return errNonce
	}
	s.known.rate = nonceKnown
	free := false
	if genuine {
		free = s.flights < nonceFlights && s.known.take(now)
	} else {
		free = s.flights < nonceFlights/2 && s.strangers.take(from, now)
	}
	if !free {
		return errBusy
	}
	s.flights++
	return nil
}

func (s *nonces) end(key digest, err error, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.flights--
	s.learn(key, err, now)
}

func (s *refusals) remember(key digest, r refusal, now time.Time) {
	if s.bad == nil {
		s.bad = make(map[digest]refusal)
	}
	if len(s.bad) >= noncesKept {
		for k, old := range s.bad {
			if len(s.bad) <= noncesKept*3/4 {
				break
			}
			if !now.Before(old.until) || len(s.bad) > noncesKept*3/4 {
				delete(s.bad, k)
			}
		}
	}
	s.bad[key] = r
}

// genuine reports a session token that the instance signed, also one that has expired.
func (a *Authenticator) genuine(ctx context.Context, c *credentials) bool {
	if c.session == "" {
		return false
	}
	_, err := a.trusted(ctx, c.known, c.session, a.now())
	return err == nil
}
