package conformance

import (
	"flag"
	"fmt"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/usherauth/usher/e2e/internal/drive"
	"github.com/usherauth/usher/internal/peer"
)

var (
	cases   = flag.Int("cases", 2000, "how many requests to compare")
	seed    = flag.Uint64("seed", 1, "which requests")
	seeds   = flag.Int("seeds", 1, "how many seeds, from -seed on")
	shown   = flag.Int("show", 20, "how many unexplained differences to show in full")
	oneCase = flag.Int("case", -1, "the one request to compare, by its number")
)

// TestConformance compares this library with the reference, request by request.
func TestConformance(t *testing.T) {
	ref := runningReference(t)
	ring, err := newKeyring()
	if err != nil {
		t.Fatal(err)
	}
	for i := range *seeds {
		s := *seed + uint64(i)
		t.Run(fmt.Sprintf("seed=%d", s), func(t *testing.T) {
			compare(t, ref, newGenerator(ring, s, min(800, *cases)))
		})
	}
}

func compare(t *testing.T, ref *reference, g *generator) {
	began := time.Now()
	first, n := 0, *cases
	if *oneCase >= 0 {
		first, n = *oneCase, 1
	}
	questions := make([]*question, n)
	for i := range questions {
		questions[i] = g.question(first + i)
	}
	results, err := judge(ref, g.ring, questions)
	if err != nil {
		t.Fatal(err)
	}
	r := newReport(results)
	t.Logf("seed %d: %s in %v", g.seed, r, time.Since(began).Round(time.Millisecond))
	if len(r.unexplained) > 0 {
		t.Logf("unexplained:%s", r.kinds())
	}
	for i, v := range r.unexplained {
		if i == *shown {
			t.Errorf("and %d more", len(r.unexplained)-i)
			break
		}
		v, err = minimize(ref, g.ring, v)
		if err != nil {
			t.Fatal(err)
		}
		t.Errorf("unexplained; to see it again: go test ./conformance -cases %d -seed %d -case %d -v\n%s", *cases, g.seed, v.q.n, v)
	}
	if *oneCase >= 0 {
		t.Logf("%s", results[0])
	}
}

// answerAll asks this library, on all processors.
func answerAll(questions []*question) []oursAnswer {
	out := make([]oursAnswer, len(questions))
	next := make(chan int)
	var group sync.WaitGroup
	for range 4 * runtime.NumCPU() { // some wait for keys that do not come
		group.Go(func() {
			for i := range next {
				out[i].outcome, out[i].err = ours(questions[i])
			}
		})
	}
	for i := range questions {
		next <- i
	}
	close(next)
	group.Wait()
	return out
}

// runningReference starts the SDK, which its lock file pins, and stops it after the test.
func runningReference(t *testing.T) *reference {
	t.Helper()
	node, err := peer.Node()
	drive.Present(t, err)
	drive.Present(t, peer.Install(t.Context(), "."))
	ref, err := startReference(node)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := ref.stop(); err != nil {
			t.Error(err)
		}
	})
	return ref
}
