package pair

import (
	"math"
	"testing"
)

// LeastAllocs is what fn allocates when every [sync.Pool] that it asks has something. Under
// the race detector a pool forgets one of four things at random ([Race]), so fn may ask only a
// few pools there: with fifty, no run of fn finds them all filled.
func LeastAllocs(fn func()) float64 {
	least := math.Inf(1)
	for range 200 {
		least = min(least, testing.AllocsPerRun(1, fn))
	}
	return least
}
