// Package pair measures two servers against each other on one machine: in pairs, many
// times, because a single run on a shared machine says little. The servers run in the
// process that measures; the clients have one of their own, see [Main].
package pair

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"
)

// Result is one run against one server.
type Result struct {
	Rate     float64 // requests a second
	P50, P99 time.Duration
	CPU      time.Duration // of this process for each request, without the clients; 0 where it is not known
}

// Target is a server and what it is asked.
type Target struct {
	Addr    string
	Request []byte
}

// Load asks a target over clients kept connections, each waiting for its answer, for as
// long as length says. Every answer must be a 200 whose end can be told: by Content-Length
// or in chunks.
func Load(t Target, clients int, length time.Duration) (Result, error) {
	load, err := start()
	if err != nil {
		return Result{}, err
	}
	defer load.stop()
	all, err := load.dial(t, clients)
	if err != nil {
		return Result{}, err
	}
	if err := all.ask(length); err != nil {
		return Result{}, err
	}
	return all.result()
}

// turn is about how long [Versus] asks one target before the other: the speed of a shared
// machine changes within a second, and two pages that were the same, asked in turns of half a
// second, came out up to a tenth apart. A run has at least ten turns.
const turn = 50 * time.Millisecond

// Versus asks two targets as [Load] does, each for as long as length says in all: in short
// turns that follow each other in an order left to chance, so that whatever else the
// machine does strikes both alike.
func Versus(one, two Target, clients int, length time.Duration) (a, b Result, err error) {
	load, err := start()
	if err != nil {
		return a, b, err
	}
	defer load.stop()
	ones, err := load.dial(one, clients)
	if err != nil {
		return a, b, err
	}
	twos, err := load.dial(two, clients)
	if err != nil {
		return a, b, err
	}
	turns := max(10, length/turn)
	for range turns {
		first, then := ones, twos
		if rand.IntN(2) == 0 { //nolint:gosec // not a secret
			first, then = then, first
		}
		if err := errors.Join(first.ask(length/turns), then.ask(length/turns)); err != nil {
			return a, b, err
		}
	}
	if a, err = ones.result(); err != nil {
		return a, b, err
	}
	b, err = twos.result()
	return a, b, err
}

// Quartiles are the median of v and the quarter below and above it. It sorts v.
func Quartiles(v []float64) string {
	slices.Sort(v)
	return fmt.Sprintf("median %.1f (quartiles %.1f to %.1f)", v[len(v)/2], v[len(v)/4], v[len(v)*3/4])
}
