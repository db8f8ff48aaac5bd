package authctx

import (
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"
)

// A tokenCache remembers verified tokens until they expire, within a bound of bytes. A token
// is kept once, as the text that its Auth has anyway. A hash of the text leads to a set of
// few places, as in a processor's cache, where the whole text is compared. Reading takes no
// lock, so that many processors may read one entry at once. Only tokens that passed every
// check get in: refused ones, however many, take no memory.
//
// When the bound is reached, the cache keeps most of what it has: of the tokens that come
// then, one in admitOneIn takes the place of one that was not used lately, or, failing that,
// of any. With more sessions than fit, the share of hits is therefore about the share that
// fits, whatever the order they come in. If each new token displaced another, a cache
// that is asked for its entries in turn would never hold the next one.
type tokenCache struct {
	table  atomic.Pointer[table]
	spread uint64        // odd; a secret, so that nobody can choose which set a token belongs to
	skew   time.Duration // how long past its end a token is accepted
	most   int           // bytes, the table included

	mu    sync.Mutex // for writing
	bytes int
	hand  int // the place that is swept next
	turn  int // counts tokens that came when there was no room
}

const (
	defaultCacheBytes = 64 << 20
	cacheWays         = 8  // places in a set, a line of the processor's cache
	cacheStart        = 6  // the table begins with 1<<6 places and grows when a set is full,
	cacheTable        = 16 // to at most one sixteenth of the bound
	cacheSweep        = 64 // places that each put looks at, to drop what has expired
	cacheLook         = 8  // entries that are looked at, to find one to displace
	admitOneIn        = 32
)

// table has 1<<bits places, neighbours of which make a set.
type table struct {
	bits   int
	places []place
}

type place struct{ atomic.Pointer[verified] }

// remembered is what the cache keeps about a verified token.
type remembered struct {
	hash uint64
	set  atomic.Pointer[snapshot] // the key set in which its key was found last
	gone atomic.Bool              // its key has been withdrawn
	used atomic.Bool              // since the last time an entry to displace was looked for
}

func newTokenCache(most int, skew time.Duration) *tokenCache {
	if most == 0 {
		most = defaultCacheBytes
	}
	c := &tokenCache{spread: rand.Uint64() | 1, most: most, skew: skew} //nolint:gosec // at most, somebody makes a set forget
	c.use(newTable(cacheStart))
	return c
}

func newTable(bits int) *table { return &table{bits: bits, places: make([]place, 1<<bits)} }

func (t *table) size() int { return len(t.places) * int(unsafe.Sizeof(place{})) }

// use makes t the table.
func (c *tokenCache) use(t *table) {
	if old := c.table.Load(); old != nil {
		c.bytes -= old.size()
	}
	c.bytes += t.size()
	c.table.Store(t)
}

// set is where an entry with this hash may be.
func (c *tokenCache) set(hash uint64) []place { return c.table.Load().set(hash * c.spread) }

func (t *table) set(spread uint64) []place {
	at := spread >> (64 - t.bits) &^ (cacheWays - 1)
	return t.places[at : at+cacheWays]
}

// tokenHash is the token's end: it belongs to its signature and is as good as a hash.
func tokenHash(tok string) uint64 {
	if len(tok) < 8 {
		return 0
	}
	s := tok[len(tok)-8:]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}

// get returns tok as it was verified before, nil if it was not.
func (c *tokenCache) get(tok string) *verified {
	if tok == "" {
		return nil
	}
	hash := tokenHash(tok)
	for set, i := c.set(hash), 0; i < len(set); i++ {
		if v := set[i].Load(); v != nil && v.hash == hash && v.auth.token == tok {
			if !v.used.Load() { // reading alone leaves the line in every processor's cache
				v.used.Store(true)
			}
			return v
		}
	}
	return nil
}

// forget is for a token whose key has been withdrawn.
func (c *tokenCache) forget(v *verified) {
	v.gone.Store(true)
	c.mu.Lock()
	defer c.mu.Unlock()
	for set, i := c.set(v.hash), 0; i < len(set); i++ {
		if set[i].Load() == v {
			c.fill(&set[i], nil)
		}
	}
}

// put remembers v, if there is room for it.
func (c *tokenCache) put(v *verified, at time.Time) {
	v.hash = tokenHash(v.auth.token)
	now := float64(at.UnixMilli())/1000 - c.skew.Seconds()
	size := v.size()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sweep(cacheSweep, now)
	p := c.room(v, now)
	if old := p.Load(); old != nil {
		size -= old.size()
	}
	if c.bytes+size > c.most && !c.displace(size, now) {
		return
	}
	c.fill(p, v)
}

// room finds a place for v: that of the same token, a free one, or that of the entry which
// expires first. While it can, the table grows instead of forgetting what has not expired.
func (c *tokenCache) room(v *verified, now float64) *place {
	set := c.set(v.hash)
	best := &set[0]
	for i := range set {
		old, least := set[i].Load(), best.Load()
		if old != nil && old.auth.token == v.auth.token {
			return &set[i]
		}
		if least != nil && (old == nil || old.exp < least.exp) {
			best = &set[i]
		}
	}
	if old := best.Load(); old != nil && old.exp > now && c.grow() {
		return c.room(v, now)
	}
	return best
}

// grow doubles the table, unless it is as large as it gets.
func (c *tokenCache) grow() bool {
	old := c.table.Load()
	if 2*old.size() > c.most/cacheTable {
		return false
	}
	t := newTable(old.bits + 1)
	for i := range old.places {
		if v := old.places[i].Load(); v != nil {
			set := t.set(v.hash * c.spread)
			for set[0].Load() != nil {
				set = set[1:] // what was one set becomes two, each with room for all of it
			}
			set[0].Store(v)
		}
	}
	c.use(t)
	return true
}

// sweep drops what has expired from the next places.
func (c *tokenCache) sweep(places int, now float64) {
	for range places {
		if p := c.next(); p.Load() != nil && p.Load().exp <= now {
			c.fill(p, nil)
		}
	}
}

// next turns to the next place.
func (c *tokenCache) next() *place {
	t := c.table.Load()
	c.hand = (c.hand + 1) % len(t.places)
	return &t.places[c.hand]
}

// displace makes room for size bytes by forgetting other tokens, if it is this token's turn.
func (c *tokenCache) displace(size int, now float64) bool {
	if c.turn++; c.turn%admitOneIn != 0 {
		return false
	}
	for range cacheWays { // more than an entry is displaced for one that is much larger
		if c.bytes+size <= c.most {
			return true
		}
		c.fill(c.victim(now), nil)
	}
	return c.bytes+size <= c.most
}

// victim is the place of an entry that has expired or was not used lately, or else of the
// last that was looked at.
func (c *tokenCache) victim(now float64) *place {
	p, seen := c.next(), 0
	for range len(c.table.Load().places) {
		if v := p.Load(); v != nil {
			if seen++; v.exp <= now || !v.used.Swap(false) || seen == cacheLook {
				break
			}
		}
		p = c.next()
	}
	return p
}

// fill puts v, or nothing, into the place of what was there.
func (c *tokenCache) fill(p *place, v *verified) {
	if v != nil {
		c.bytes += v.size()
	}
	if old := p.Swap(v); old != nil {
		c.bytes -= old.size()
	}
}

// size is how many bytes v takes: its own, those of the token and the claims, which are one
// piece of memory, and those of what few tokens have.
func (v *verified) size() int {
	n := allocated(int(unsafe.Sizeof(*v))) + allocated(len(v.auth.token)+len(v.auth.claims.text))
	if strings.Contains(v.auth.claims.text, `\`) { // strings with escapes are decoded into copies
		n += len(v.auth.claims.text)
	}
	if org := v.auth.org; org != nil {
		n += allocated(int(unsafe.Sizeof(*org))) + allocated(len(org.Role))
		for _, p := range org.Permissions {
			n += int(unsafe.Sizeof(p)) + allocated(len(p))
		}
	}
	if v.auth.actor != nil {
		n += allocated(int(unsafe.Sizeof(*v.auth.actor)))
	}
	return n
}

// allocated is about how many bytes the allocator spends on n.
func allocated(n int) int {
	step := 16
	if n > 256 {
		step = 128
	}
	if n > 1536 {
		step = n / 8
	}
	return (n + step - 1) / step * step
}
