package authctx

import (
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"
)

// A cache remembers values under texts until they expire, within a bound of bytes. A hash
// of the text leads to a set of few places, as in a processor's cache, where the text is
// compared octet by octet. Reading takes no lock, so that many processors may read one
// entry at once. The zero value is not usable; a cache is safe for concurrent use.
type cache[T comparable] struct {
	table  atomic.Pointer[table[T]]
	spread uint64 // odd; which set a hash belongs to is nobody else's to know
	most   int    // bytes
	now    func() time.Time

	mu    sync.Mutex // for writing
	bytes int
	hand  int // the place that is swept next
}

const (
	cacheWays    = 4        // places in a set
	cacheStart   = 6        // the table begins with 1<<6 places,
	cacheEnd     = 14       // grows when a set is full, and ends with 1<<14
	cacheSweep   = 64       // places that each put looks at, to drop what has expired
	tokenBytes   = 24 << 20 // bound on the verified tokens, by the estimate of verified.size
	lineBytes    = 8 << 20  // bound on the Cookie lines that came back, likewise
	verifiedSize = 1024     // an Auth and its maps, beside three copies of the token's text
)

// table has 1<<bits places, neighbours of which make a set.
type table[T comparable] struct {
	bits   int
	places []place[T]
}

type place[T comparable] struct{ atomic.Pointer[entry[T]] }

type entry[T comparable] struct {
	hash  uint64
	text  string
	value T
	until float64 // unix seconds
	size  int     // estimate in bytes
}

func newTable[T comparable](bits int) *table[T] {
	return &table[T]{bits: bits, places: make([]place[T], 1<<bits)}
}

func newCache[T comparable](now func() time.Time, most int) *cache[T] {
	c := &cache[T]{spread: rand.Uint64() | 1, most: most, now: now} //nolint:gosec // at most, somebody makes a set forget
	c.table.Store(newTable[T](cacheStart))
	return c
}

// set is where an entry with this hash may be.
func (c *cache[T]) set(hash uint64) []place[T] { return c.table.Load().set(hash * c.spread) }

func (t *table[T]) set(spread uint64) []place[T] {
	at := spread >> (64 - t.bits) &^ (cacheWays - 1)
	return t.places[at : at+cacheWays]
}

// get returns zero for what is not known.
func (c *cache[T]) get(hash uint64, text string) (known T) {
	set := c.set(hash)
	for i := range set {
		if e := set[i].Load(); e != nil && e.hash == hash && e.text == text {
			return e.value
		}
	}
	return known
}

// remove forgets value, and nothing else that may be in its place by now.
func (c *cache[T]) remove(hash uint64, value T) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for set, i := c.set(hash), 0; i < len(set); i++ {
		if e := set[i].Load(); e != nil && e.value == value {
			c.fill(&set[i], nil)
		}
	}
}

func (c *cache[T]) put(e entry[T]) {
	if e.size > c.most {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	now := float64(c.now().Unix())
	c.sweep(cacheSweep, func(old *entry[T]) bool { return old.until <= now })
	if c.bytes+e.size > c.most {
		c.sweep(1<<cacheEnd, func(old *entry[T]) bool { return old.until <= now })
		c.sweep(1<<cacheEnd, func(*entry[T]) bool { return c.bytes > c.most/2 })
	}
	c.fill(c.room(&e, now), &e)
}

// room finds a place for e: that of the same text, a free one, or that of the entry which
// expires first. While it can, the table grows instead of forgetting what has not expired.
func (c *cache[T]) room(e *entry[T], now float64) *place[T] {
	set := c.set(e.hash)
	best := &set[0]
	for i := range set {
		old, least := set[i].Load(), best.Load()
		if old != nil && old.hash == e.hash && old.text == e.text {
			return &set[i]
		}
		if least != nil && (old == nil || old.until < least.until) {
			best = &set[i]
		}
	}
	if old := best.Load(); old != nil && old.until > now && c.grow() {
		return c.room(e, now)
	}
	return best
}

// grow doubles the table, unless it is as large as it gets.
func (c *cache[T]) grow() bool {
	old := c.table.Load()
	if old.bits == cacheEnd {
		return false
	}
	t := newTable[T](old.bits + 1)
	for i := range old.places {
		if e := old.places[i].Load(); e != nil {
			set := t.set(e.hash * c.spread)
			for set[0].Load() != nil {
				set = set[1:] // what was one set becomes two, each with room for all of it
			}
			set[0].Store(e)
		}
	}
	c.table.Store(t)
	return true
}

// sweep looks at the next places, in turn, and drops those that go.
func (c *cache[T]) sweep(places int, goes func(*entry[T]) bool) {
	t := c.table.Load()
	for range min(places, len(t.places)) {
		c.hand = (c.hand + 1) % len(t.places)
		if e := t.places[c.hand].Load(); e != nil && goes(e) {
			c.fill(&t.places[c.hand], nil)
		}
	}
}

// fill puts e, or nothing, into the place of what was there.
func (c *cache[T]) fill(p *place[T], e *entry[T]) {
	if e != nil {
		c.bytes += e.size
	}
	if old := p.Swap(e); old != nil {
		c.bytes -= old.size
	}
}

// word reads eight octets of s.
func word(s string, at int) uint64 {
	s = s[at : at+8]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}
