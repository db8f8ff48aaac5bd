package main

import (
	"cmp"
	"context"
	"math/rand/v2"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/usherauth/usher/internal/pair"
	"github.com/usherauth/usher/internal/web"
)

// least does what no authentication can do without, and decides nothing: the request goes on
// with a value in its context, and the answer is marked as private.
func least(next http.Handler) http.Handler {
	type key struct{}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(&private{ResponseWriter: w}, r.WithContext(context.WithValue(r.Context(), key{}, w)))
	})
}

type private struct {
	http.ResponseWriter
	marked bool
}

func (p *private) mark() {
	if !p.marked {
		p.marked = true
		web.PrivateHeaders(p.Header())
	}
}

func (p *private) WriteHeader(status int) {
	p.mark()
	p.ResponseWriter.WriteHeader(status)
}

func (p *private) Write(b []byte) (int, error) {
	p.mark()
	return p.ResponseWriter.Write(b)
}

// The pages that take turns.
const (
	signedInPage = iota
	leastPage
	plainPage
	pageCount
)

// turn is the processor time of a millisecond's worth of views of each page.
type turn [pageCount]time.Duration

func (one turn) compare(two turn) int {
	return cmp.Compare(one[0]+one[1]+one[2], two[0]+two[1]+two[2])
}

const turnViews = 50

// turns has the pages take many turns, each time in an order left to chance, so that
// whatever else the machine does, and the collector, strikes them alike.
func (c *contest) turns(t *testing.T) []turn {
	t.Helper()
	plain := c.request().WithContext(c.reader)
	handlers, requests := [pageCount]http.Handler{c.signedIn, c.least, c.plain}, [pageCount]*http.Request{c.request(), plain, plain}
	s, turns := &sink{}, make([]turn, 3000)
	for i := range turns {
		for _, page := range rand.Perm(pageCount) {
			start := pair.CPUTime()
			for range turnViews {
				s.run(t, handlers[page], requests[page])
			}
			turns[i][page] = pair.CPUTime() - start
		}
	}
	slices.SortFunc(turns, turn.compare)
	return turns
}

// costs are how much more processor time, in microseconds, a view of a page takes than one
// of the plain page, once for each run: in the mean of all turns, and in the middle of the
// quickest tenth of them, which is what it takes while nobody else is at the processor.
type costs struct{ mean, undisturbed []float64 }

func (c *costs) add(turns []turn, page int) {
	var sum time.Duration
	var quick []float64
	for i, one := range turns {
		sum += one[page] - one[plainPage]
		if i < len(turns)/10 {
			quick = append(quick, micros(one[page]-one[plainPage])/turnViews)
		}
	}
	slices.Sort(quick)
	c.mean, c.undisturbed = append(c.mean, micros(sum)/turnViews/float64(len(turns))), append(c.undisturbed, quick[len(quick)/2])
}

func micros(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1000 }
