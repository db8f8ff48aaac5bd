package identity

import (
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/go-chi/httprate"

	"github.com/usherauth/usher/wire"
)

const limitWindow = 10 * time.Second // protocol reference 8.10

const (
	maxNetworks     = 1 << 15         // that an allowance remembers at once
	allowanceWait   = 5 * time.Second // for an earlier request of the same network to end
	waitingPerPlace = 16              // requests that may wait, for each place of a network
	successLimit    = 20              // right secrets of one account in a window that do not count
)

// limiters are the counters behind [Limits]. A nil one limits nothing.
type limiters struct {
	creations, attempts, favours *allowance
	successes                    *allowance // by account, not by network
}

func newLimiters(l Limits, now func() time.Time) limiters {
	return limiters{
		creations: newAllowance(l.Creations, now), attempts: newAllowance(l.Attempts, now),
		favours: newAllowance(l.Creations, now), successes: newAllowance(successLimit, now),
	}
}

func newLimiter(limit int, window time.Duration) *httprate.RateLimiter {
	if limit < 0 {
		return nil
	}
	return httprate.NewRateLimiter(limit, window, httprate.WithResponseHeaders(httprate.ResponseHeaders{}))
}

// allowance bounds what each key, a network or an account, may do in a window. A request takes
// a place when it begins. When it ends, the place is given back or stays taken for the
// window: a right password costs nothing, so a guess has to be told from a sign-in before it
// counts, and a request for which no place is left waits while it may still be given back.
// It is safe for concurrent use.
type allowance struct {
	limit int
	now   func() time.Time

	mu   sync.Mutex
	keys map[string]*places
}

// places are those of one key.
type places struct {
	taken   []charge // oldest first
	open    int      // by requests that have not ended
	waiting int
	ended   chan struct{} // closed when a place may have become free; nil while nobody waits
}

// charge is a place that stays taken. subject is the attempt that it was taken for, so that
// its success can give the place back; "" is none.
type charge struct {
	at      time.Time
	subject string
}

// newAllowance returns nil, which limits nothing, for a negative limit.
func newAllowance(limit int, now func() time.Time) *allowance {
	if limit < 0 {
		return nil
	}
	return &allowance{limit: limit, now: now, keys: make(map[string]*places)}
}

// take takes a place of key, which the caller must end with done. While requests that have
// not ended hold the last places it waits for them, for a bounded time. The error is the
// answer to a request that has no place.
func (a *allowance) take(ctx context.Context, key string) error {
	if a == nil {
		return nil
	}
	deadline := time.NewTimer(allowanceWait)
	defer deadline.Stop()
	for {
		wait, err := a.tryTake(key)
		if wait == nil || err != nil {
			return err
		}
		select {
		case <-wait:
			a.stopWaiting(key)
		case <-ctx.Done():
			a.stopWaiting(key)
			return ctx.Err()
		case <-deadline.C:
			a.stopWaiting(key)
			return tooMany(limitWindow)
		}
	}
}

// tryTake returns nil when it took a place, else what to wait for, or that there is no use
// in waiting.
func (a *allowance) tryTake(key string) (<-chan struct{}, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	p := a.of(key)
	switch {
	case len(p.taken)+p.open < a.limit:
		p.open++
		return nil, nil
	case len(p.taken) >= a.limit:
		return nil, tooMany(p.taken[len(p.taken)-a.limit].at.Add(limitWindow).Sub(a.now()))
	case p.waiting >= a.limit*waitingPerPlace:
		return nil, tooMany(limitWindow)
	}
	if p.ended == nil {
		p.ended = make(chan struct{})
	}
	p.waiting++
	return p.ended, nil
}

func (a *allowance) stopWaiting(key string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.of(key).waiting--
}

// done ends what take began. A place that counts stays taken.
func (a *allowance) done(key string, counts bool, subject string) {
	if a == nil {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	p := a.of(key)
	p.open--
	if counts {
		p.taken = append(p.taken, charge{a.now(), subject})
	}
	p.wake()
}

// giveBack frees the place that was taken for a subject, if it is still taken.
func (a *allowance) giveBack(key, subject string) {
	if a == nil || subject == "" {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	p := a.of(key)
	for i, c := range p.taken {
		if c.subject == subject {
			p.taken = append(p.taken[:i], p.taken[i+1:]...)
			p.wake()
			return
		}
	}
}

// wake lets those that wait look again. They wait for another channel from then on.
func (p *places) wake() {
	if p.ended != nil {
		close(p.ended)
		p.ended = nil
	}
}

// of returns the places of key without charges that are over. A charge of the future was
// made before the clock was set back, and is over, too.
func (a *allowance) of(key string) *places {
	now := a.now()
	if p := a.keys[key]; p != nil {
		p.expire(now)
		return p
	}
	if len(a.keys) >= maxNetworks {
		a.forget(now)
	}
	p := &places{}
	a.keys[key] = p
	return p
}

func (p *places) expire(now time.Time) {
	kept := p.taken[:0]
	for _, c := range p.taken {
		if age := now.Sub(c.at); age >= 0 && age < limitWindow {
			kept = append(kept, c)
		}
	}
	p.taken = kept
}

// forget makes room: keys without places are forgotten and, if nearly all have some,
// everybody who has no request in flight. To forget is to forgive, but the alternative is
// memory without a bound.
func (a *allowance) forget(now time.Time) {
	for key, p := range a.keys {
		if p.expire(now); p.idle() && len(p.taken) == 0 {
			delete(a.keys, key)
		}
	}
	if len(a.keys) < maxNetworks*3/4 {
		return
	}
	for key, p := range a.keys {
		if p.idle() {
			delete(a.keys, key)
		}
	}
}

func (p *places) idle() bool { return p.open == 0 && p.waiting == 0 }

// spend takes a place of key for the window, if there is one.
func (a *allowance) spend(key string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	p := a.of(key)
	if len(p.taken) >= a.limit {
		return false
	}
	p.taken = append(p.taken, charge{at: a.now()})
	return true
}

// limited puts an endpoint behind an allowance of the caller's network. A request that
// shows a right secret does not count, and frees the place that was taken to ask for it.
func limited(a *allowance, next endpoint) endpoint {
	return func(c *call) (answer any, err error) {
		network := c.caller.network()
		if err := a.take(c.r.Context(), network); err != nil {
			return nil, err
		}
		counts := true // also when next panics
		defer func() { a.done(network, counts, c.began) }()
		answer, err = next(c)
		if c.proved == "" || !c.limits.successes.spend(c.proved) {
			return answer, err
		}
		counts = false
		if err == nil {
			c.limits.creations.giveBack(network, c.finished)
			c.limits.favours.giveBack(network, c.finished)
		}
		return answer, err
	}
}

func tooMany(retryAfter time.Duration) *apiError {
	e := refuse(http.StatusTooManyRequests, wire.CodeTooManyRequests, "Too many requests. Please wait a moment and try again.")
	e.retryAfter = max((retryAfter + time.Second - 1).Truncate(time.Second), time.Second)
	return e
}
