package authctx

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/usherauth/usher/internal/token"
	"github.com/usherauth/usher/wire"
)

const (
	keysFresh    = 5 * time.Minute  // a withdrawn key is refused after this long (protocol reference 3.6)
	keysRenew    = 4 * time.Minute  // when to fetch ahead, without anybody waiting
	keysStale    = 24 * time.Hour   // how long known keys outlive an unreachable upstream
	keysInterval = 10 * time.Second // the least time between two fetches, whatever is asked for
	keysAttempts = 3                // tries within one fetch
	keysBackoff  = 100 * time.Millisecond
)

// keySet holds the instance's published keys. However many requests ask, and for
// whatever kid, there is at most one fetch in flight and one in keysInterval; nothing
// is remembered of kids that do not exist.
type keySet struct {
	fetch func(context.Context) (wire.JWKS, error)
	log   *slog.Logger

	latest atomic.Pointer[snapshot]

	mu     sync.Mutex
	flight chan struct{} // closed when the fetch in progress has ended; nil when there is none
	tried  time.Time     // when the last fetch began
	failed error         // how the last fetch ended
}

type snapshot struct {
	keys    map[string]token.Key
	fetched time.Time
}

// age is how old the snapshot is; keys that never came are infinitely old.
func (s *snapshot) age(now time.Time) time.Duration {
	if s == nil {
		return 1<<63 - 1
	}
	return now.Sub(s.fetched)
}

func (s *snapshot) find(kid string) (token.Key, bool) {
	if s == nil {
		return token.Key{}, false
	}
	key, ok := s.keys[kid]
	return key, ok
}

// current answers while the keys need not be fetched anew.
func (s *keySet) current(now time.Time) *snapshot {
	snap := s.latest.Load()
	if age := snap.age(now); age < 0 || age > keysRenew {
		return nil
	}
	return snap
}

func (s *keySet) key(ctx context.Context, kid string, now time.Time) (token.Key, error) {
	snap := s.latest.Load()
	key, known := snap.find(kid)
	age := snap.age(now)
	if known && age >= 0 && age < keysFresh {
		if age > keysRenew {
			s.refresh(now)
		}
		return key, nil
	}
	if done := s.refresh(now); done != nil {
		select {
		case <-done:
		case <-ctx.Done():
			return token.Key{}, refuse(wire.ReasonJWKRemoteFailedToLoad, ctx.Err())
		}
	}
	return s.settled(kid, now)
}

// settled answers from what is known once a fetch has ended or was not due.
func (s *keySet) settled(kid string, now time.Time) (token.Key, error) {
	s.mu.Lock()
	failed := s.failed
	s.mu.Unlock()
	snap := s.latest.Load()
	key, known := snap.find(kid)
	if known && (failed == nil || snap.age(now) < keysStale) {
		return key, nil
	}
	switch {
	case errors.Is(failed, errSecretKey):
		return token.Key{}, refuse(wire.ReasonSecretKeyInvalid, failed)
	case failed != nil:
		return token.Key{}, refuse(wire.ReasonJWKRemoteFailedToLoad, failed)
	}
	return token.Key{}, refuse(wire.ReasonJWKKidMismatch, nil)
}

// refresh starts a fetch if none is in flight and one is due. It returns what to wait
// on, nil when there is nothing to wait for.
func (s *keySet) refresh(now time.Time) <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.flight != nil {
		return s.flight
	}
	if since := now.Sub(s.tried); !s.tried.IsZero() && since >= 0 && since < keysInterval {
		return nil
	}
	s.tried, s.flight = now, make(chan struct{})
	go s.load(now)
	return s.flight
}

// load runs apart from the request that asked, which may leave, and ends by itself after
// backendTimeout.
func (s *keySet) load(now time.Time) {
	ctx, cancel := context.WithTimeout(context.Background(), backendTimeout)
	defer cancel()
	set, err := s.attempts(ctx)
	if err == nil && len(set.Keys) == 0 {
		err = errors.New("key set is empty")
	}
	if err == nil {
		var old map[string]token.Key
		if snap := s.latest.Load(); snap != nil {
			old = snap.keys
		}
		s.latest.Store(&snapshot{keys: usableKeys(set, old, s.log), fetched: now})
	} else {
		s.log.Warn("key set could not be fetched; known keys stay in use", "err", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failed = err
	close(s.flight)
	s.flight = nil
}

// attempts retries with jitter. A refused secret key is not worth a second try.
func (s *keySet) attempts(ctx context.Context) (set wire.JWKS, err error) {
	for i := range keysAttempts {
		if set, err = s.fetch(ctx); err == nil || errors.Is(err, errSecretKey) {
			return set, err
		}
		wait := keysBackoff << i
		select {
		case <-time.After(wait + rand.N(wait)): //nolint:gosec // jitter, not a secret
		case <-ctx.Done():
			return set, err
		}
	}
	return set, err
}
