package identity

import (
	"context"
	"errors"
	"runtime"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"github.com/usherauth/usher/identity/internal/passhash"
)

// errHashBusy means that more requests want a password hashed than may wait.
var errHashBusy = errors.New("password hashing is saturated")

// hashPool bounds how many passwords are hashed at once and how many requests wait for it,
// and chooses who is next: memory is at most slots × 19 MiB however many people sign in, and
// guessing from many networks does not keep honest people out. It is safe for concurrent use.
type hashPool struct {
	slots, room int
	now         func() time.Time
	rest        *time.Timer // gives memory back, nil to leave it all to the collector
	heavy       sync.Mutex  // held while a hash that takes more memory than ours is verified

	mu      sync.Mutex
	running int
	waiting []*hashJob // the newest first
	use     usage
}

const (
	// hashRest is how long after a hash its memory goes back to the system. Every next hash
	// would have to get it again page by page, which can take longer than hashing.
	hashRest = 5 * time.Second

	// trustLasts is how often within [usagePeriod] a browser in which somebody signed in comes
	// before others, though all it wanted was right: a person needs no more.
	trustLasts = 4

	// hashWait bounds the wait for a slot: somebody else always may come first.
	hashWait = 10 * time.Second
)

// bidder is who wants something hashed. The zero value is this process or an operator, who
// is not counted.
type bidder struct {
	network string
	browser string // the client, or the account, that a genuine client cookie names; "" without one
	earned  bool   // browser is an account that was signed in to with this cookie
	account string // the address whose password is tried, whoever has it; "" for others
}

// hashJob is a request that waits.
type hashJob struct {
	bidder
	ready chan error // nil: it has a slot; errHashBusy: it lost its place to another
}

// newHashPool returns a pool that, when tidy, collects the memory of a hash before the next
// one, and that of the last one again: the heap it was part of is a measure for how much free
// memory Go's runtime keeps.
func newHashPool(slots, room int, tidy bool, now func() time.Time) *hashPool {
	p := &hashPool{slots: slots, room: room, now: now}
	if tidy {
		p.rest = time.AfterFunc(hashRest, debug.FreeOSMemory)
	}
	return p
}

// close is for a pool that is not used any more.
func (p *hashPool) close() {
	if p.rest != nil {
		p.rest.Stop()
	}
}

// do runs fn when it has a slot. fn reports whether the work was earned: what a person needs
// who signs in does not count against their network. do returns errHashBusy when there is no
// room to wait or the wait is too long, and the context's error when it ends before fn began.
func (p *hashPool) do(ctx context.Context, who bidder, fn func() (earned bool)) error {
	if err := p.acquire(ctx, who); err != nil {
		return err
	}
	earned := false
	defer func() { p.release(who, earned) }()
	earned = fn()
	if p.rest != nil {
		runtime.GC()
		p.rest.Reset(hashRest)
	}
	return nil
}

// acquire waits for a slot.
func (p *hashPool) acquire(ctx context.Context, who bidder) error {
	job := p.enqueue(who)
	timer := time.NewTimer(hashWait)
	defer timer.Stop()
	var gaveUp error
	select {
	case err := <-job.ready:
		return err
	case <-ctx.Done():
		gaveUp = ctx.Err()
	case <-timer.C:
		gaveUp = errHashBusy
	}
	if p.leave(job) {
		return gaveUp
	}
	if err := <-job.ready; err != nil { // decided in the meantime
		return err
	}
	if ctx.Err() != nil {
		p.release(who, true)
		return gaveUp
	}
	return nil
}

// enqueue gives who a slot or a place to wait, or decides at once that there is none.
func (p *hashPool) enqueue(who bidder) *hashJob {
	p.mu.Lock()
	defer p.mu.Unlock()
	job := &hashJob{bidder: who, ready: make(chan error, 1)}
	p.waiting = slices.Insert(p.waiting, 0, job)
	p.fill()
	if len(p.waiting) > p.room {
		loser := p.remove(p.last())
		p.count(loser.bidder, 1)
		loser.ready <- errHashBusy
	}
	return job
}

// leave takes a job out of the queue; false means that it is no longer in it. To have waited
// counts: else those who ask and go away would be first the next time.
func (p *hashPool) leave(job *hashJob) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	i := slices.Index(p.waiting, job)
	if i < 0 {
		return false
	}
	p.remove(i)
	p.count(job.bidder, 1)
	return true
}

// release ends what acquire began.
func (p *hashPool) release(who bidder, earned bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.running--
	p.fill() // before it is taken back, so that others have their turn
	if earned || who.network == "" {
		p.count(who, -1)
		if who.earned {
			p.use.add("earned "+who.browser, 1)
		}
	}
}

// fill gives free slots to those who wait. What somebody gets counts from now on: of one
// network not all jobs are next.
func (p *hashPool) fill() {
	for p.running < p.slots && len(p.waiting) > 0 {
		job := p.remove(p.first())
		p.running++
		p.count(job.bidder, 1)
		job.ready <- nil
	}
}

func (p *hashPool) remove(i int) *hashJob {
	job := p.waiting[i]
	p.waiting = slices.Delete(p.waiting, i, i+1)
	return job
}

// first is the index of the job that is next.
func (p *hashPool) first() int {
	best, _ := p.ends()
	return best
}

// last is the index of the job that makes room when there is too little.
func (p *hashPool) last() int {
	_, worst := p.ends()
	return worst
}

func (p *hashPool) ends() (best, worst int) {
	p.use.turn(p.now())
	ranks := make([]rank, len(p.waiting))
	for i, job := range p.waiting {
		ranks[i] = p.rank(job.bidder, i)
		if slices.Compare(ranks[i][:], ranks[best][:]) < 0 {
			best = i
		}
		if slices.Compare(ranks[i][:], ranks[worst][:]) > 0 {
			worst = i
		}
	}
	return best, worst
}

// rank is compared from left to right; less is better.
type rank [5]int

// rank puts browsers in which somebody signed in and that did not spend that trust first, by
// a failure or by coming too often, then networks by what they used up, browsers with a cookie
// that was not used yet, which is harder to have many of than requests, and accounts by how
// much their passwords were tried. Known browsers are served in the order of arrival. Of others that are worth the same
// the newest is next: when more come than can be served, whoever waits longest is refused in
// any order, and in the order of arrival a wave of guesses would keep all those waiting that
// come after it. age counts the jobs that came later.
func (p *hashPool) rank(who bidder, age int) rank {
	r := rank{1, p.use.of("network " + who.network), 1, p.use.of("account " + who.account), age}
	if who.browser != "" && p.use.of("browser "+who.browser) == 0 {
		r[2] = 0
		if who.earned && p.use.of("earned "+who.browser) < trustLasts {
			r = rank{0, r[1], 0, 0, -age}
		}
	}
	return r
}

// count adds n to what who used up.
func (p *hashPool) count(who bidder, n int) {
	p.use.turn(p.now())
	p.use.add("network "+who.network, n)
	if who.browser != "" {
		p.use.add("browser "+who.browser, n)
	}
	if who.account != "" {
		p.use.add("account "+who.account, n)
	}
}

// usage is what was hashed lately and not earned, by network, browser and account, and what a
// browser earned. It forgets in two steps, so that it remembers for usagePeriod at least and
// twice that at most.
type usage struct {
	now, before map[string]int
	turned      time.Time
}

const (
	usagePeriod = 5 * time.Minute
	usageKeys   = 1 << 14 // after so many within a period it forgets sooner
)

func (u *usage) of(key string) int { return u.now[key] + u.before[key] }

// add counts n, which may take back what was counted before.
func (u *usage) add(key string, n int) {
	if u.now == nil {
		u.now = make(map[string]int)
	}
	if u.of(key)+n < 0 { // what is taken back is forgotten already
		return
	}
	u.now[key] += n
	if u.of(key) == 0 {
		delete(u.now, key)
		delete(u.before, key)
	}
}

// turn forgets. A clock that was set back by more than a period begins anew.
func (u *usage) turn(now time.Time) {
	age := now.Sub(u.turned)
	switch {
	case age >= 2*usagePeriod, age < -usagePeriod:
		u.now, u.before, u.turned = nil, nil, now
	case age >= usagePeriod, len(u.now) >= usageKeys:
		u.now, u.before, u.turned = nil, u.now, now
	}
}

// verify is [passhash.Verify] for whoever has a slot.
func (p *hashPool) verify(encoded string, spellings ...string) (match, outdated bool) {
	if passhash.Heavy(encoded) {
		p.heavy.Lock()
		defer p.heavy.Unlock()
	}
	return passhash.Verify(encoded, spellings...)
}

// bidder is who the request is from. A cookie is worth what was done with it.
func (c *call) bidder() bidder {
	if c.trusted {
		return bidder{}
	}
	who := bidder{network: c.caller.network(), browser: c.ref.owner, earned: c.ref.owner != "", account: c.tried}
	if !who.earned {
		who.browser = c.ref.id
	}
	return who
}

// hash hashes a normalized password in the pool.
func (c *call) hash(password string) (encoded string, err error) {
	err = c.pool.do(c.r.Context(), c.bidder(), func() bool {
		encoded = passhash.Hash(password)
		return c.proved != ""
	})
	return encoded, err
}

// verify is [passhash.Verify] in the pool.
func (c *call) verify(encoded, password string) (match bool, err error) {
	err = c.pool.do(c.r.Context(), c.bidder(), func() bool {
		match, _ = c.pool.verify(encoded, password)
		return false
	})
	return match, err
}
