package authctx

import (
	"math/rand/v2"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
	"unsafe"

	"github.com/usherauth/usher/internal/token"
)

// The tokens that people have: 904 octets, of which 335 are the claims.
const (
	usualToken  = 904
	usualClaims = 335
)

// numbered is a verified token of the usual size with a hash as good as a signature's: what
// is evenly spaced would fall into few sets for some of the spreads that a cache may choose.
func numbered(i int) *verified {
	return tokenOf(strconv.Itoa(i), rand.New(rand.NewPCG(uint64(i), 0)).Uint64())
}

func tokenOf(name string, hash uint64) *verified {
	var end [8]byte
	for i := range end {
		end[i] = byte(hash >> (8 * i))
	}
	kept := name + strings.Repeat("x", usualToken-len(name)-len(end)) + string(end[:]) + strings.Repeat("c", usualClaims)
	return &verified{auth: Auth{token: kept[:usualToken], claims: Claims{kept[usualToken:]}}, exp: 1_800_000_060}
}

var cacheNow = time.Unix(1_800_000_000, 0)

// TestCacheGrows: while there is room in the bound, nothing that has not expired is
// forgotten, however the hashes fall.
func TestCacheGrows(t *testing.T) {
	t.Parallel()
	c := newTokenCache(0, 0)
	const many = 20_000
	for i := range many {
		c.put(numbered(i), cacheNow)
	}
	lost := 0
	for i := range many {
		if c.get(numbered(i).auth.token) == nil {
			lost++
		}
	}
	if want := (many-lost)*numbered(0).size() + c.table.Load().size(); lost > 0 || c.bytes != want {
		t.Errorf("%d of %d are lost; %d bytes, want %d", lost, many, c.bytes, want)
	}
	sweeps := 2 * len(c.table.Load().places) / cacheSweep // the table may grow once more meanwhile
	for i := range sweeps {
		v := numbered(many + i)
		v.exp += 3600
		c.put(v, cacheNow.Add(time.Hour))
	}
	if n := c.count(); n != sweeps {
		t.Errorf("%d are remembered after as many puts as it takes to sweep the table, want the last %d", n, sweeps)
	}
}

// TestE1_AnEntryIsSmall: 40,000 sessions fit into the default bound, and the bound is about
// memory that is really used.
func TestE1_AnEntryIsSmall(t *testing.T) {
	const many = 40_000
	if n := numbered(0).size(); n > 1536 {
		t.Errorf("%d bytes for a token of the usual size, want at most 1536", n)
	}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	c := newTokenCache(0, 0)
	for i := range many {
		c.put(numbered(i), cacheNow)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if n := c.count(); n < many*999/1000 {
		t.Errorf("%d of %d are remembered", n, many)
	}
	used := int(after.HeapAlloc) - int(before.HeapAlloc)
	t.Logf("%d bytes an entry, reckoned %d", used/many, c.bytes/many)
	if used > 64<<20 || used > c.bytes*105/100 {
		t.Errorf("%d bytes are used, %d are reckoned", used, c.bytes)
	}
	runtime.KeepAlive(c)
}

// TestE1_NoCliff: with more sessions than fit, the share of hits falls in proportion to the
// room, also when they come in turn, which leaves nothing to a cache that always takes the
// newest.
func TestE1_NoCliff(t *testing.T) {
	t.Parallel()
	const fit, sessions = 4000, 10_000
	c := newTokenCache(fit*numbered(0).size()*17/16, 0)
	hits, asked := 0, 0
	for round := range 8 {
		for i := range sessions {
			v := numbered(i)
			v.exp += 3600
			hit := c.get(v.auth.token) != nil
			if !hit {
				c.put(v, cacheNow)
			}
			if round >= 2 {
				asked++
				if hit {
					hits++
				}
			}
		}
	}
	if share := 100 * hits / asked; share < 33 || share > 41 {
		t.Errorf("%d%% hits for a cache that holds 40%%, want nearly as many", share)
	}
	if c.bytes > c.most {
		t.Errorf("%d bytes, %d are the most", c.bytes, c.most)
	}
}

// TestE1_UnusedTokensGiveWay: a cache full of tokens that live long and that nobody sends is
// soon full of those that are sent.
func TestE1_UnusedTokensGiveWay(t *testing.T) {
	t.Parallel()
	const fit = 1000
	c := newTokenCache(fit*numbered(0).size()*17/16, 0)
	for i := range 2 * fit {
		v := numbered(i)
		v.exp += 1e6
		c.put(v, cacheNow)
	}
	hits := 0
	for round := range 100 {
		for i := range fit / 2 {
			v := numbered(10*fit + i)
			if c.get(v.auth.token) != nil {
				if round >= 80 {
					hits++
				}
				continue
			}
			c.put(v, cacheNow)
		}
	}
	if share := 100 * hits / (20 * fit / 2); share < 85 {
		t.Errorf("%d%% hits for half of what fits, want nearly all", share)
	}
}

// TestCacheOfOneSet: hashes that fall together take each other's places, the one that
// expires first going first, and never each other's values.
func TestCacheOfOneSet(t *testing.T) {
	t.Parallel()
	c := newTokenCache(1<<20, 0)
	one := func(i int) *verified {
		v := tokenOf(strconv.Itoa(i), 7)
		v.exp += float64(i)
		return v
	}
	for i := range 100 {
		c.put(one(i), cacheNow)
		c.put(one(i), cacheNow)
	}
	for i := range 100 {
		want := i >= 100-cacheWays
		if v := c.get(one(i).auth.token); (v != nil) != want || want && v.auth.token != one(i).auth.token {
			t.Errorf("%d: got %v", i, v)
		}
	}
	c.forget(c.get(one(99).auth.token))
	if c.get(one(99).auth.token) != nil || c.bytes != (cacheWays-1)*one(0).size()+c.table.Load().size() {
		t.Errorf("99 is still there, %d bytes", c.bytes)
	}
}

// TestCacheIsConcurrent: while many write and the table grows, who reads gets what
// belongs to the text, or nothing.
func TestCacheIsConcurrent(t *testing.T) {
	t.Parallel()
	c := newTokenCache(500_000, 0)
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			for i := range 4000 {
				v := numbered(1 + (i*(w+1))%3000)
				got := c.get(v.auth.token)
				switch {
				case got != nil && got.auth.token != v.auth.token:
					t.Errorf("got %.20s for %.20s", got.auth.token, v.auth.token)
				case got != nil && i%8 == 0:
					c.forget(got)
				case i%8 < 3:
					c.put(v, cacheNow)
				}
			}
		})
	}
	wg.Wait()
	sum := c.table.Load().size()
	for i := range c.table.Load().places {
		if v := c.table.Load().places[i].Load(); v != nil {
			sum += v.size()
		}
	}
	if sum != c.bytes || sum > c.most {
		t.Errorf("%d bytes are there, %d are reckoned, %d are the most", sum, c.bytes, c.most)
	}
}

// TestTheSizeOfAToken counts everything that a token brings.
func TestTheSizeOfAToken(t *testing.T) {
	t.Parallel()
	v := numbered(1)
	small := v.size()
	v.auth.org = &token.Organization{ID: "org_1", Role: "org:admin", Permissions: []string{"org:a:b", "org:c:d"}}
	if got, least := v.size()-small, int(unsafe.Sizeof(token.Organization{}))+2*(16+7); got < least {
		t.Errorf("an organization is reckoned as %d bytes, which are at least %d", got, least)
	}
}
