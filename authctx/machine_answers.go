package authctx

import (
	"context"
	"crypto/sha256"
	"errors"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"github.com/usherauth/usher/wire"
)

// A machine token that the service knows is one call a minute, however often it is used.
// Each one it does not know would be a call, and anybody can make them up (protocol
// reference 10, trap 15), so calls are counted: tokens never seen to be good share the
// allowance of [strangers] and half of the flights, and cannot keep the good ones out.
const (
	answerGood     = time.Minute      // how long a revoked token may still pass
	answerBad      = 10 * time.Second // how long a new token may be refused that was asked for too early
	answersKept    = 2048             // of each sort
	answerFlights  = 16               // calls at the same time
	answerKnown    = 100              // calls a second for tokens seen to be good; the service's own limit
	answerPauseMin = time.Second      // after a 429 that names no delay
	answerPauseMax = 30 * time.Second
)

var errBusy = errors.New("too many machine tokens to verify")

// digest stands for a token, so that the keys of the maps are no secrets and comparing
// them tells nothing (C16).
type digest [sha256.Size]byte

// answers remembers what the service said of tokens.
type answers struct {
	now  func() time.Time
	skew time.Duration // how long after its end a token still passes

	mu        sync.Mutex
	good, bad map[digest]answer
	flights   map[digest]*answerFlight
	strangers strangers
	known     bucket
	paused    time.Time // no calls before
}

// answer is one remembered answer. A good one is kept beyond until, when it no longer
// counts: it still tells a token that was good from a stranger's.
type answer struct {
	auth        *Auth
	err         error
	from, until time.Time
}

func (a answer) counts(now time.Time) bool { return !now.Before(a.from) && now.Before(a.until) }

// answerFlight is one call. auth and err may be read once done is closed.
type answerFlight struct {
	done chan struct{}
	auth *Auth
	err  error
}

func newAnswers(skew time.Duration, now func() time.Time) *answers {
	return &answers{
		now: now, skew: skew, good: make(map[digest]answer), bad: make(map[digest]answer), flights: make(map[digest]*answerFlight),
		known: bucket{rate: answerKnown},
	}
}

// get returns what is known of the token key that came from a network, waits for the call in
// progress, or makes it. When no call may be made it says at once that nothing is known.
func (s *answers) get(ctx context.Context, key digest, from netip.Prefix, ask func(context.Context) (*Auth, error)) (*Auth, error) {
	known, f := s.begin(key, from, ask)
	if f == nil {
		return known.auth, known.err
	}
	select {
	case <-f.done:
		return f.auth, f.err
	case <-ctx.Done():
		return nil, refuse(wire.ReasonUnexpected, ctx.Err())
	}
}

// begin returns an answer, or else the flight that will bring it.
func (s *answers) begin(key digest, from netip.Prefix, ask func(context.Context) (*Auth, error)) (answer, *answerFlight) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	good, known := s.good[key]
	if good.counts(now) {
		return good, nil
	}
	if bad := s.bad[key]; bad.counts(now) {
		return bad, nil
	}
	if f := s.flights[key]; f != nil {
		return answer{}, f
	}
	if !s.mayCall(known, from, now) {
		return answer{err: refuse(wire.ReasonUnexpected, errBusy)}, nil
	}
	f := &answerFlight{done: make(chan struct{})}
	s.flights[key] = f
	go s.fly(key, f, ask)
	return answer{}, f
}

func (s *answers) mayCall(known bool, from netip.Prefix, now time.Time) bool {
	if now.Before(s.paused) {
		return false
	}
	if known {
		return len(s.flights) < answerFlights && s.known.take(now)
	}
	return len(s.flights) < answerFlights/2 && s.strangers.take(from, now)
}

// fly runs apart from the request that asked, which may leave while others wait, and ends
// by itself after backendTimeout.
func (s *answers) fly(key digest, f *answerFlight, ask func(context.Context) (*Auth, error)) {
	ctx, cancel := context.WithTimeout(context.Background(), backendTimeout)
	defer cancel()
	from := s.now() // the answer is as old as the question
	f.auth, f.err = ask(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.remember(key, f, from)
	delete(s.flights, key)
	close(f.done)
}

// remember keeps what is certain. That the service could not be asked is not an answer.
func (s *answers) remember(key digest, f *answerFlight, from time.Time) {
	v, _ := errors.AsType[*VerifyError](f.err)
	switch {
	case f.err == nil:
		until := from.Add(answerGood)
		if end := f.auth.machine.ExpiresAt; !end.IsZero() && end.Add(s.skew).Before(until) {
			until = end.Add(s.skew)
		}
		delete(s.bad, key)
		put(s.good, key, answer{auth: f.auth, from: from, until: until}, s.now())
	case v != nil && (v.Reason == wire.ReasonTokenInvalid || v.Reason == wire.ReasonTokenVerificationFailed):
		delete(s.good, key)
		put(s.bad, key, answer{err: f.err, from: from, until: from.Add(answerBad)}, s.now())
	}
	if refused, ok := errors.AsType[*wire.BackendError](f.err); ok && refused.Status == http.StatusTooManyRequests {
		s.paused = s.now().Add(min(max(refused.RetryAfter, answerPauseMin), answerPauseMax))
	}
}

// put makes room when m is full: what no longer counts goes first, then any, in the
// random order of maps, until a quarter is free.
func put(m map[digest]answer, key digest, a answer, now time.Time) {
	if len(m) >= answersKept {
		for k, old := range m {
			if !old.counts(now) {
				delete(m, k)
			}
		}
		for k := range m {
			if len(m) <= answersKept*3/4 {
				break
			}
			delete(m, k)
		}
	}
	m[key] = a
}
