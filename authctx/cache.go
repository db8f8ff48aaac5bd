package authctx

import (
	"hash/maphash"
	"sync"
	"time"
)

// A verified token is remembered under its whole text until it expires. Only tokens that
// passed every check get in, so refused ones, however many, take no memory.
const (
	cacheShards   = 16
	cacheBytes    = 32 << 20 // bound on all shards together, by the estimate below
	entryOverhead = 1024     // an Auth and its maps, beside three copies of the token's text
)

type cache struct {
	seed   maphash.Seed
	now    func() time.Time
	shards [cacheShards]shard
}

type shard struct {
	mu      sync.RWMutex
	entries map[string]*verified
	bytes   int
}

func newCache(now func() time.Time) *cache {
	c := &cache{seed: maphash.MakeSeed(), now: now}
	for i := range c.shards {
		c.shards[i].entries = make(map[string]*verified)
	}
	return c
}

func (c *cache) shard(tok string) *shard {
	return &c.shards[maphash.String(c.seed, tok)%cacheShards]
}

func (c *cache) get(tok string) *verified {
	s := c.shard(tok)
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.entries[tok]
}

func (c *cache) remove(tok string) {
	s := c.shard(tok)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.drop(tok)
}

func (c *cache) put(v *verified) {
	tok := v.auth.token
	s := c.shard(tok)
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.entries[tok]; ok {
		return
	}
	if s.bytes+size(tok) > cacheBytes/cacheShards {
		s.makeRoom(float64(c.now().Unix()))
	}
	s.entries[tok] = v
	s.bytes += size(tok)
}

// makeRoom drops what has expired; if that frees less than half of the shard, it drops
// others, in the random order of maps, until it has.
func (s *shard) makeRoom(now float64) {
	for tok, v := range s.entries {
		if v.exp <= now {
			s.drop(tok)
		}
	}
	for tok := range s.entries {
		if s.bytes <= cacheBytes/cacheShards/2 {
			return
		}
		s.drop(tok)
	}
}

func (s *shard) drop(tok string) {
	if _, ok := s.entries[tok]; ok {
		delete(s.entries, tok)
		s.bytes -= size(tok)
	}
}

func size(tok string) int { return 3*len(tok) + entryOverhead }
