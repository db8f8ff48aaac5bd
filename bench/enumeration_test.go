package bench

import (
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"testing"
	"time"
)

var tries = flag.Int("tries", 150, "how often an unknown account and a wrong password are tried")

// TestI02_TimesTellNothing: how long a refusal takes does not say whether there is such an
// account. The two are tried in turns, in an order left to chance, because what comes every
// so many tries, such as a garbage collection, would otherwise always strike the same one. P
// is the chance that a try on a known account takes longer than one on an unknown account,
// which is a half when nobody can tell.
func TestI02_TimesTellNothing(t *testing.T) {
	d := newDesk(t)
	accounts := make([]string, 1+*tries/8) // so many that none comes to rest
	for i := range accounts {
		accounts[i] = fmt.Sprintf("known%d@example.com", i)
		if err := ok(d.signUp(accounts[i])); err != nil {
			t.Fatal(err)
		}
	}
	refused := func(address string) time.Duration {
		start := time.Now()
		rec := d.post("/v1/client/sign_ins", "", url.Values{"identifier": {address}, "password": {"not the password"}})
		took := time.Since(start)
		if rec.Code != http.StatusUnprocessableEntity {
			t.Fatalf("%d %.200s", rec.Code, rec.Body)
		}
		return took
	}
	var known, unknown []time.Duration
	for i := range *tries {
		of := []func(){
			func() { known = append(known, refused(accounts[i%len(accounts)])) },
			func() { unknown = append(unknown, refused(fmt.Sprintf("nobody%d@example.com", i))) },
		}
		first := rand.IntN(len(of))
		of[first]()
		of[1-first]()
	}
	p := chanceOfMore(known, unknown)
	fmt.Printf("%d tries each: medians %v on known and %v on unknown accounts, P(known > unknown) %.3f\n", *tries, median(known), median(unknown), p)
	// Six standard deviations of P for two samples of one distribution.
	if bound := 6 * deviation(*tries); p < 0.5-bound || p > 0.5+bound {
		t.Errorf("P(known > unknown) is %.3f, want 0.5 ± %.3f", p, bound)
	}
}

// chanceOfMore is how often one of a is more than one of b, over all pairs: the statistic of
// Mann and Whitney.
func chanceOfMore(a, b []time.Duration) float64 {
	sorted := slices.Sorted(slices.Values(b))
	less := 0
	for _, v := range a {
		n, _ := slices.BinarySearch(sorted, v)
		less += n
	}
	return float64(less) / float64(len(a)*len(b))
}

// deviation is the standard deviation of that statistic for n of each:
// √((2n+1)/(12n²)).
func deviation(n int) float64 { return math.Sqrt(float64(2*n+1) / float64(12*n*n)) }

func median(v []time.Duration) time.Duration {
	return slices.Sorted(slices.Values(v))[len(v)/2].Round(time.Microsecond)
}
