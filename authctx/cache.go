package authctx

import (
	"math/rand/v2"
	"sync"
	"time"
)

// A verified token is remembered under its whole text until it expires. Only tokens that
// passed every check get in, so refused ones, however many, take no memory. It is found by
// its end, which is of its signature and as good as a hash, and then compared octet by
// octet. Of two tokens with one end the first is kept.
const (
	cacheShards   = 16
	cacheBytes    = 32 << 20 // bound on all shards together, by the estimate below
	entryOverhead = 1024     // an Auth and its maps, beside three copies of the token's text
)

type cache struct {
	spread uint64 // odd; which shard an end belongs to is nobody else's to know
	now    func() time.Time
	shards [cacheShards]shard
}

type shard struct {
	mu      sync.RWMutex
	entries map[uint64]*verified
	bytes   int
}

func newCache(now func() time.Time) *cache {
	c := &cache{spread: rand.Uint64() | 1, now: now}
	for i := range c.shards {
		c.shards[i].entries = make(map[uint64]*verified)
	}
	return c
}

// shard returns where tok is kept, and under what.
func (c *cache) shard(tok string) (*shard, uint64) {
	end := lastBytes(tok)
	return &c.shards[end*c.spread>>60], end
}

// lastBytes are the last eight, 0 where there are fewer.
func lastBytes(s string) uint64 {
	if len(s) < 8 {
		return 0
	}
	s = s[len(s)-8:]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}

func (c *cache) get(tok string) *verified {
	s, end := c.shard(tok)
	s.mu.RLock()
	v := s.entries[end]
	s.mu.RUnlock()
	if v == nil || v.auth.token != tok {
		return nil
	}
	return v
}

func (c *cache) remove(v *verified) {
	s, end := c.shard(v.auth.token)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.entries[end] == v {
		s.drop(end, v)
	}
}

func (c *cache) put(v *verified) {
	s, end := c.shard(v.auth.token)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.entries[end] != nil {
		return
	}
	if s.bytes+v.size() > cacheBytes/cacheShards {
		s.makeRoom(float64(c.now().Unix()))
	}
	s.entries[end] = v
	s.bytes += v.size()
}

// makeRoom drops what has expired; if that frees less than half of the shard, it drops
// others, in the random order of maps, until it has.
func (s *shard) makeRoom(now float64) {
	for end, v := range s.entries {
		if v.exp <= now {
			s.drop(end, v)
		}
	}
	for end, v := range s.entries {
		if s.bytes <= cacheBytes/cacheShards/2 {
			return
		}
		s.drop(end, v)
	}
}

func (s *shard) drop(end uint64, v *verified) {
	delete(s.entries, end)
	s.bytes -= v.size()
}

func (v *verified) size() int { return 3*len(v.auth.token) + entryOverhead }
