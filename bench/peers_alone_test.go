package bench

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/usherauth/usher/internal/pair"
)

// alone prints the processor time of a view without the network around it: handlers called
// as a server calls them, in turns that follow each other in an order left to chance.
// Whatever a handler has others do for it in this process is counted, the Backend API's
// part of a call included.
func alone(t *testing.T, in *instance, lines []string) {
	t.Helper()
	us, _ := usher(t, in, 0, fromToken, lines)
	pages := []http.Handler{us, plain(lines), official(in, lines)}
	times := make([][]float64, len(pages))
	views := []int{5000, 5000, 250}
	for range pairs {
		for _, i := range rand.Perm(len(pages)) {
			times[i] = append(times[i], in.views(t, pages[i], views[i]))
		}
	}
	fmt.Printf("called directly, %d turns: Usher %s µs of processor time, no authentication %s, clerk-sdk-go with user.Get %s\n",
		pairs, pair.Quartiles(times[0]), pair.Quartiles(times[1]), pair.Quartiles(times[2]))
}

// views is the processor time of one of n views, in microseconds.
func (in *instance) views(t *testing.T, page http.Handler, n int) float64 {
	t.Helper()
	start := pair.CPUTime()
	for range n {
		req := httptest.NewRequestWithContext(t.Context(), http.MethodGet, origin+"/welcome", nil)
		req.Header["Authorization"] = []string{"Bearer " + in.token}
		rec := httptest.NewRecorder()
		if page.ServeHTTP(rec, req); rec.Code != http.StatusOK {
			t.Fatalf("status %d: %s", rec.Code, rec.Body)
		}
	}
	return float64((pair.CPUTime() - start).Nanoseconds()) / 1000 / float64(n)
}
