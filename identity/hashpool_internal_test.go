package identity

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// line is a pool whose jobs end when the test says so.
type line struct {
	*hashPool
	t     *testing.T
	order []string
	busy  []string
	step  chan bool
	jobs  sync.WaitGroup
	mu    sync.Mutex
}

func newLine(t *testing.T, slots, room int) *line {
	return &line{hashPool: newHashPool(slots, room, false, time.Now), t: t, step: make(chan bool)}
}

// wants adds a job and waits until it stands in the line, or runs.
func (l *line) wants(name string, who bidder) {
	l.t.Helper()
	l.jobs.Go(func() {
		err := l.do(l.t.Context(), who, func() bool {
			l.mu.Lock()
			l.order = append(l.order, name)
			l.mu.Unlock()
			return <-l.step
		})
		if errors.Is(err, errHashBusy) {
			l.mu.Lock()
			l.busy = append(l.busy, name)
			l.mu.Unlock()
		}
	})
	synctest.Wait()
}

// finish lets n jobs end, one after another; earned says how.
func (l *line) finish(n int, earned bool) {
	for range n {
		l.step <- earned
		synctest.Wait()
	}
}

func (l *line) want(order ...string) {
	l.t.Helper()
	if !slices.Equal(l.order, order) {
		l.t.Errorf("order = %v, want %v", l.order, order)
	}
}

func network(n int) bidder { return bidder{network: "198.51.100." + strconv.Itoa(n)} }

func TestA11_NetworksWithoutFailuresGoFirst(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := newLine(t, 1, 100)
		l.wants("guess 1", network(1))
		l.finish(1, false)
		l.wants("guess 2", network(1))
		l.wants("guess 3", network(1))
		l.wants("office", network(2))
		l.finish(2, true) // what is earned does not count: the office stays as it was; guess 3 runs
		l.wants("office again", network(2))
		l.wants("somebody with a cookie", bidder{network: "192.0.2.1", browser: "client_1"})
		l.wants("guesser with a known browser", bidder{network: "198.51.100.1", browser: "user_1", earned: true})
		l.finish(1, false)
		l.finish(3, true)
		l.jobs.Wait()
		l.want("guess 1", "guess 2", "office", "guess 3", "guesser with a known browser", "somebody with a cookie", "office again")
	})
}

// However many networks guess, each honest person waits for those that run, not for those
// that wait; and where no room is left, a guess makes room.
func TestA11_AHundredAndSixtyGuessingNetworksDoNotFillTheLine(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const room = 64
		l := newLine(t, 1, room)
		for n := range 160 {
			l.wants("first", network(n))
			l.finish(1, false)
		}
		l.order = nil
		for n := range 160 {
			l.wants("guess", network(n))
		}
		if got := len(l.busy); got != 160-1-room {
			t.Errorf("%d were refused, want %d", got, 160-1-room)
		}
		l.busy = nil
		for n := range 36 {
			l.wants("honest", bidder{network: "192.0.2." + strconv.Itoa(n)})
		}
		if slices.Contains(l.busy, "honest") || len(l.busy) != 36 {
			t.Errorf("refused = %v, want 36 guesses", l.busy)
		}
		l.finish(37, true)
		if slices.Contains(l.order[1:37], "guess") {
			t.Errorf("order = %v, want the honest ones at once", l.order)
		}
		l.finish(room-36, false)
		l.jobs.Wait()
	})
}

// One network's jobs take turns with those of others, whatever they are for.
func TestA11_NetworksTakeTurns(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := newLine(t, 1, 100)
		l.wants("a", network(1))
		for range 3 {
			l.wants("a", network(1))
		}
		for range 3 {
			l.wants("b", network(2))
		}
		l.finish(7, false)
		l.jobs.Wait()
		l.want("a", "b", "b", "a", "b", "a", "a")
	})
}

// A cookie is good for one failure: then its browser is one of many.
func TestA11_TrustIsSpentByFailing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := newLine(t, 1, 100)
		known := bidder{network: "192.0.2.1", browser: "user_1", earned: true}
		l.wants("spent", known)
		l.finish(1, false)
		l.wants("running", network(1))
		elsewhere := known
		elsewhere.network = "192.0.2.2" // the trust is the account's, wherever it is used
		l.wants("known", elsewhere)
		l.wants("stranger", network(2))
		l.finish(3, true)
		l.want("spent", "running", "stranger", "known")
		time.Sleep(2 * usagePeriod)
		l.order = nil
		l.wants("running", network(1))
		l.wants("known", elsewhere)
		l.wants("stranger", network(2))
		l.finish(3, true)
		l.jobs.Wait()
		l.want("running", "known", "stranger")
	})
}

// Right passwords spend trust too: people who sign in over and over do not keep a new browser
// waiting.
func TestA11_TrustIsSpentBySigningInTooOften(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := newLine(t, 1, 100)
		l.wants("known", bidder{network: "192.0.2.1", browser: "user_0", earned: true})
		l.wants("new", network(2))
		for n := range 40 { // always some of them wait
			l.wants("known", bidder{network: "192.0.2.1", browser: "user_" + strconv.Itoa(n%4), earned: true})
		}
		l.finish(42, true)
		l.jobs.Wait()
		if turn := slices.Index(l.order, "new"); turn > 4*trustLasts+1 {
			t.Errorf("the new browser was number %d", turn+1)
		}
	})
}

// A wave of guesses from networks that nobody knows yet does not keep those waiting that come
// after it; of a wave at the same account, also not those that come before.
func TestA11_AWaveOfNewNetworksIsNotInFront(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := newLine(t, 1, 20)
		at := func(who bidder, account string) bidder {
			who.account = account
			return who
		}
		l.wants("guess", at(network(0), "ada@example.com"))
		l.wants("early", at(network(200), "grace@example.com"))
		for n := range 30 {
			l.wants("guess", at(network(n+1), "ada@example.com"))
		}
		l.wants("late", at(network(201), "grace@example.com"))
		l.finish(22-1, true)
		l.jobs.Wait()
		if slices.Contains(l.busy, "early") || l.order[1] != "late" || l.order[2] != "early" {
			t.Errorf("order = %v, refused %v", l.order, l.busy)
		}
	})
}

// Who was refused, or went away, is not first the next time.
func TestA11_ToBeRefusedCounts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := newLine(t, 1, 1)
		l.wants("running", network(1))
		l.wants("refused", network(2))
		l.wants("waiting", network(3))
		ctx, cancel := context.WithCancel(t.Context())
		l.finish(2, true)
		l.wants("running", network(1))
		go func() { synctest.Wait(); cancel() }()
		_ = l.do(ctx, network(4), func() bool { return true })
		for n, want := range map[int]int{1: 1, 2: 1, 3: 0, 4: 1} {
			if got := l.use.of("network " + network(n).network); got != want {
				t.Errorf("network %d counts %d, want %d", n, got, want)
			}
		}
		l.finish(1, true)
		l.jobs.Wait()
	})
}

// Operators are not counted, but do not get everything either.
func TestA11_OperatorsShareWithTheOthers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := newLine(t, 1, 100)
		for range 3 {
			l.wants("operator", bidder{})
		}
		l.wants("guess", network(1))
		l.finish(4, false)
		l.wants("guess again", network(1))
		l.wants("more guesses", network(1))
		l.wants("operator again", bidder{})
		l.finish(3, false)
		l.jobs.Wait()
		l.want("operator", "guess", "operator", "operator", "guess again", "operator again", "more guesses")
	})
}

func TestA11_WaitingIsBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := newLine(t, 1, 100)
		l.wants("running", network(1))
		began := time.Now()
		err := l.do(t.Context(), network(2), func() bool { t.Error("it ran"); return false })
		if !errors.Is(err, errHashBusy) || time.Since(began) != hashWait {
			t.Errorf("%v after %v, want busy after %v", err, time.Since(began), hashWait)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := l.do(ctx, network(2), func() bool { t.Error("it ran"); return false }); !errors.Is(err, context.Canceled) {
			t.Errorf("canceled: %v", err)
		}
		l.finish(1, false)
		l.jobs.Wait()
		if len(l.waiting) != 0 || l.running != 0 {
			t.Errorf("%d wait and %d run after the end", len(l.waiting), l.running)
		}
	})
}

// A panic gives the slot back.
func TestA11_APanicKeepsNoSlot(t *testing.T) {
	t.Parallel()
	p := newHashPool(1, 1, false, time.Now)
	func() {
		defer func() { _ = recover() }()
		_ = p.do(t.Context(), network(1), func() bool { panic("x") })
	}()
	if err := p.do(t.Context(), network(1), func() bool { return true }); err != nil {
		t.Error(err)
	}
}

func TestA11_UsageIsBounded(t *testing.T) {
	t.Parallel()
	var u usage
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	for n := range 10 * usageKeys {
		u.turn(now)
		u.add("network "+strconv.Itoa(n), 1)
	}
	if n := len(u.now) + len(u.before); n > 2*usageKeys {
		t.Errorf("%d keys are remembered", n)
	}
	u.turn(now.Add(-time.Hour)) // the clock was set back
	u.add("a", 1)
	u.add("a", -1)
	u.add("a", -1)
	if u.of("a") != 0 {
		t.Errorf("a counts %d", u.of("a"))
	}
}

// The bound is in bytes: as many at once as there is room for, one at least.
func TestA11_HashesAtOnceAreBoundedInBytes(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		concurrency int
		memory      int64
		want        int
	}{{8, 0, 8}, {100, 0, 13}, {8, 64 << 20, 3}, {8, 1, 1}, {1, 1 << 30, 1}} {
		if got := (Config{HashConcurrency: tt.concurrency, HashMemory: tt.memory}).withDefaults().HashConcurrency; got != tt.want {
			t.Errorf("%d within %d bytes: %d at once, want %d", tt.concurrency, tt.memory, got, tt.want)
		}
	}
	if got := (Config{}).withDefaults().HashConcurrency; got < 1 {
		t.Errorf("%d at once by default", got)
	}
}
