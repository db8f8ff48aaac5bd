package authctx

import (
	"hash/maphash"
	"sync"
	"time"
)

// A verified token is remembered under its whole text until it expires. Only tokens that
// passed every check get in, so refused ones, however many, take no memory. It is found by
// a seeded hash of its end, which is its signature, and then compared octet by octet. Of two
// tokens with one hash the first is kept.
const (
	hashedBytes   = 64
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
	entries map[uint64]*verified
	bytes   int
}

func newCache(now func() time.Time) *cache {
	c := &cache{seed: maphash.MakeSeed(), now: now}
	for i := range c.shards {
		c.shards[i].entries = make(map[uint64]*verified)
	}
	return c
}

func (c *cache) shard(tok string) (*shard, uint64) {
	sum := maphash.String(c.seed, tok[max(0, len(tok)-hashedBytes):])
	return &c.shards[sum%cacheShards], sum
}

func (c *cache) get(tok string) *verified {
	if tok == "" {
		return nil
	}
	s, sum := c.shard(tok)
	s.mu.RLock()
	v := s.entries[sum]
	s.mu.RUnlock()
	if v == nil || v.auth.token != tok {
		return nil
	}
	return v
}

func (c *cache) remove(v *verified) {
	s, sum := c.shard(v.auth.token)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.entries[sum] == v {
		s.drop(sum, v)
	}
}

func (c *cache) put(v *verified) {
	s, sum := c.shard(v.auth.token)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.entries[sum] != nil {
		return
	}
	if s.bytes+v.size() > cacheBytes/cacheShards {
		s.makeRoom(float64(c.now().Unix()))
	}
	s.entries[sum] = v
	s.bytes += v.size()
}

// makeRoom drops what has expired; if that frees less than half of the shard, it drops
// others, in the random order of maps, until it has.
func (s *shard) makeRoom(now float64) {
	for sum, v := range s.entries {
		if v.exp <= now {
			s.drop(sum, v)
		}
	}
	for sum, v := range s.entries {
		if s.bytes <= cacheBytes/cacheShards/2 {
			return
		}
		s.drop(sum, v)
	}
}

func (s *shard) drop(sum uint64, v *verified) {
	delete(s.entries, sum)
	s.bytes -= v.size()
}

func (v *verified) size() int { return 3*len(v.auth.token) + entryOverhead }
