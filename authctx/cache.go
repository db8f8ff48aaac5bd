package authctx

import (
	"math/rand/v2"
	"sync"
	"time"
)

// A cache remembers values under texts until they expire, within a bound of bytes. A value
// is found by a hash of its text, which is then compared octet by octet; of two texts with
// one hash the last is kept. The zero value is not usable; a cache is safe for concurrent use.
type cache[T comparable] struct {
	spread uint64 // odd; which shard a hash belongs to is nobody else's to know
	most   int    // bytes in one shard
	now    func() time.Time
	shards [cacheShards]shard[T]
}

const (
	cacheShards  = 16
	cacheSweep   = 4        // entries that each put looks at, to drop them if they have expired
	tokenBytes   = 24 << 20 // bound on the verified tokens, by the estimate of verified.size
	lineBytes    = 8 << 20  // bound on the Cookie lines that came back, likewise
	verifiedSize = 1024     // an Auth and its maps, beside three copies of the token's text
)

type shard[T comparable] struct {
	mu      sync.RWMutex
	entries map[uint64]entry[T]
	bytes   int
}

type entry[T comparable] struct {
	text  string
	value T
	until float64 // unix seconds
	size  int     // estimate in bytes
}

func newCache[T comparable](now func() time.Time, most int) *cache[T] {
	c := &cache[T]{spread: rand.Uint64() | 1, most: most / cacheShards, now: now} //nolint:gosec // at most, somebody makes a shard forget
	for i := range c.shards {
		c.shards[i].entries = make(map[uint64]entry[T])
	}
	return c
}

func (c *cache[T]) shard(hash uint64) *shard[T] { return &c.shards[hash*c.spread>>60] }

// get returns zero for what is not known.
func (c *cache[T]) get(hash uint64, text string) (known T) {
	s := c.shard(hash)
	s.mu.RLock()
	e := s.entries[hash]
	s.mu.RUnlock()
	if e.text != text {
		return known
	}
	return e.value
}

// remove forgets value, and nothing else that may be in its place by now.
func (c *cache[T]) remove(hash uint64, value T) {
	s := c.shard(hash)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.entries[hash].value == value {
		s.drop(hash)
	}
}

func (c *cache[T]) put(hash uint64, e entry[T]) {
	if e.size > c.most {
		return
	}
	s, now := c.shard(hash), float64(c.now().Unix())
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sweep(now)
	s.drop(hash)
	if s.bytes+e.size > c.most {
		s.makeRoom(now, c.most/2)
	}
	s.entries[hash] = e
	s.bytes += e.size
}

// sweep looks at a few entries, in the random order of maps, so that most of what has
// expired is gone before its room is needed.
func (s *shard[T]) sweep(now float64) {
	seen := 0
	for hash, e := range s.entries {
		if e.until <= now {
			s.drop(hash)
		}
		if seen++; seen == cacheSweep {
			return
		}
	}
}

// makeRoom drops what has expired; if that leaves more than most bytes, it drops others
// until it does not.
func (s *shard[T]) makeRoom(now float64, most int) {
	for hash, e := range s.entries {
		if e.until <= now {
			s.drop(hash)
		}
	}
	for hash := range s.entries {
		if s.bytes <= most {
			return
		}
		s.drop(hash)
	}
}

func (s *shard[T]) drop(hash uint64) {
	s.bytes -= s.entries[hash].size
	delete(s.entries, hash)
}

// word reads eight octets of s.
func word(s string, at int) uint64 {
	s = s[at : at+8]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}
