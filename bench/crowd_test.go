package bench

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http/httptest"
	"slices"
	"testing"
	"time"
)

var (
	crowd    = flag.Int("users", 0, "how many users the large instance has; 0 skips the comparison")
	crowdDir = flag.String("users-in", "", "a folder to keep the large instance in, for the next run with as many users; empty for one that is removed")
)

const (
	fewPeople = 1000
	warmUp    = 5 * time.Second
)

// TestCrowd prints what calls cost with -users users in SQLite beside the same with a
// thousand: the median of short blocks of calls, which the two do in turns, so that both
// see the same machine, and the median of the ratio of neighbours. People are drawn from
// all of them alike, which is the worst for a cache. Both are as warm as a server that has
// run for a while; the last column is how it was before, when many pages of the large file
// were met for the first time. With -run 'TestCrowd/a_user_by_id' it is about one call only.
func TestCrowd(t *testing.T) {
	if *crowd == 0 {
		t.Skip("a measurement, not a check: run make bench")
	}
	dir := *crowdDir
	if dir == "" {
		dir = t.TempDir()
	}
	small, large := newCrowdDesk(t, t.TempDir(), fewPeople), newCrowdDesk(t, dir, *crowd)
	fmt.Printf("%-32s %12d %12d   times, with quartiles\n", "users", fewPeople, *crowd)
	for _, c := range crowdCalls {
		t.Run(c.name, func(t *testing.T) { compareCrowds(t, c, small, large) })
	}
}

// crowdCall is a call of the service about its n-th person.
type crowdCall struct {
	name string
	call func(d *crowdDesk, n int) *httptest.ResponseRecorder
}

func compareCrowds(t *testing.T, c crowdCall, small, large *crowdDesk) {
	t.Helper()
	// Blocks are shorter than the turns of other programs on the machine, so that most
	// are not disturbed by them, and as many as take a few seconds.
	alone := small.block(t, c, 5)
	length := max(1, int(500*time.Microsecond/alone))
	pairs := func(n int) (few, many, times []float64) {
		for i := range n {
			var a, b time.Duration
			if i%2 == 0 { // whoever comes second finds a warmer machine, and more garbage
				a, b = small.block(t, c, length), large.block(t, c, length)
			} else {
				b, a = large.block(t, c, length), small.block(t, c, length)
			}
			few, many, times = append(few, float64(a)), append(many, float64(b)), append(times, float64(b)/float64(a))
		}
		return few, many, times
	}
	_, _, first := pairs(21)
	for end := time.Now().Add(warmUp); time.Now().Before(end); {
		pairs(1)
	}
	few, many, times := pairs(max(61, min(1001, int(2*time.Second/alone)/length)))
	quarter := func(v []float64, of int) float64 { slices.Sort(v); return v[len(v)*of/4] }
	fmt.Printf("%-32s %9.0f us %9.0f us   %.2f (%.2f to %.2f), at first %.2f\n", c.name, quarter(few, 2)/1e3, quarter(many, 2)/1e3,
		quarter(times, 2), quarter(times, 1), quarter(times, 3), quarter(first, 2))
}

// block is how long each of so many calls took.
func (d *crowdDesk) block(t *testing.T, c crowdCall, length int) time.Duration {
	t.Helper()
	answers := make([]*httptest.ResponseRecorder, length)
	start := time.Now()
	for i := range answers {
		answers[i] = c.call(d, rand.IntN(d.people))
	}
	took := time.Since(start) / time.Duration(length)
	for _, rec := range answers {
		if err := ok(rec); err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
	}
	return took
}
