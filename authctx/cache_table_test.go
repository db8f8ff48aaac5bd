package authctx

import (
	"math/rand/v2"
	"strconv"
	"sync"
	"testing"
	"time"
)

// numbered has a hash as good as a signature's: what is evenly spaced would fall into few
// sets for some of the spreads that a cache may choose.
func numbered(c *cache[int], i int) entry[int] {
	hash := rand.New(rand.NewPCG(uint64(i), 0)).Uint64()
	return entry[int]{hash: hash, text: strconv.Itoa(i), value: i, until: float64(c.now().Unix()) + 60, size: 1000}
}

// TestCacheGrows: while there is room in the bound, nothing that has not expired is
// forgotten, however the hashes fall.
func TestCacheGrows(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_800_000_000, 0)
	c := newCache[int](func() time.Time { return now }, 100<<20)
	const many = 1 << (cacheEnd - 3) // an eighth of the largest table: few sets are full
	for i := 1; i <= many; i++ {
		c.put(numbered(c, i))
	}
	lost := 0
	for i := 1; i <= many; i++ { // 0 says that nothing is known
		if e := numbered(c, i); c.get(e.hash, e.text) != i {
			lost++
		}
	}
	if lost > many/100 || c.bytes != 1000*(many-lost) {
		t.Errorf("%d of %d are lost, %d bytes", lost, many, c.bytes)
	}
	now = now.Add(time.Hour)
	for i := range 1 << cacheEnd / cacheSweep {
		c.put(numbered(c, many+i))
	}
	if n := 1 << cacheEnd / cacheSweep; c.bytes > 1000*n {
		t.Errorf("%d bytes, after as many puts as it takes to sweep the table", c.bytes)
	}
}

// TestCacheOfOneSet: hashes that fall together take each other's places, the one that
// expires first going first, and never each other's values.
func TestCacheOfOneSet(t *testing.T) {
	t.Parallel()
	c := newCache[int](func() time.Time { return time.Unix(1_800_000_000, 0) }, 100<<20)
	for i := range 100 {
		e := numbered(c, i)
		e.hash, e.until = 7, e.until+float64(i)
		c.put(e)
		c.put(e)
	}
	for i := range 100 {
		want := i
		if i < 100-cacheWays {
			want = 0
		}
		if got := c.get(7, strconv.Itoa(i)); got != want {
			t.Errorf("%d: got %d", i, got)
		}
	}
	if c.bytes != cacheWays*1000 {
		t.Errorf("%d bytes", c.bytes)
	}
	if c.remove(7, 99); c.get(7, "99") != 0 || c.bytes != (cacheWays-1)*1000 {
		t.Errorf("99 is still there, %d bytes", c.bytes)
	}
}

// TestCacheIsConcurrent: while many write and the table grows, who reads gets what
// belongs to the text, or nothing.
func TestCacheIsConcurrent(t *testing.T) {
	t.Parallel()
	c := newCache[int](time.Now, 500_000)
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			for i := range 4000 {
				e := numbered(c, 1+(i*(w+1))%3000)
				switch i % 8 {
				case 0:
					c.remove(e.hash, e.value)
				case 1, 2:
					c.put(e)
				default:
					if got := c.get(e.hash, e.text); got != 0 && got != e.value {
						t.Errorf("got %d for %d", got, e.value)
					}
				}
			}
		})
	}
	wg.Wait()
	sum := 0
	for i := range c.table.Load().places {
		if e := c.table.Load().places[i].Load(); e != nil {
			sum += e.size
		}
	}
	if sum != c.bytes || sum > c.most {
		t.Errorf("%d bytes are there, %d are reckoned, %d are the most", sum, c.bytes, c.most)
	}
}
