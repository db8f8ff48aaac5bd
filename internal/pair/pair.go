// Package pair measures two servers against each other on one machine: in pairs, many
// times, because a single run on a shared machine says little.
package pair

import (
	"bufio"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"slices"
	"sync"
	"time"
)

// Result is one run against one server.
type Result struct {
	Rate     float64 // requests a second
	P50, P99 time.Duration
	CPU      time.Duration // of this process for each request, the load's own part included; 0 where it is not known
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
	all, err := dial(t, clients)
	if err != nil {
		return Result{}, err
	}
	defer all.close()
	if err := all.load(length); err != nil {
		return Result{}, err
	}
	return all.result(), nil
}

// turn is about how long [Versus] asks one target before the other: the speed of a shared
// machine changes within a second, and two pages that were the same, asked in turns of half a
// second, came out up to a tenth apart. A run has at least ten turns.
const turn = 50 * time.Millisecond

// Versus asks two targets as [Load] does, each for as long as length says in all: in short
// turns that follow each other in an order left to chance, so that whatever else the
// machine does strikes both alike.
func Versus(one, two Target, clients int, length time.Duration) (a, b Result, err error) {
	ones, err := dial(one, clients)
	if err != nil {
		return a, b, err
	}
	defer ones.close()
	twos, err := dial(two, clients)
	if err != nil {
		return a, b, err
	}
	defer twos.close()
	turns := max(10, length/turn)
	for range turns {
		first, then := ones, twos
		if rand.IntN(2) == 0 { //nolint:gosec // not a secret
			first, then = then, first
		}
		if err := errors.Join(first.load(length/turns), then.load(length/turns)); err != nil {
			return a, b, err
		}
	}
	return ones.result(), twos.result(), nil
}

// crowd is a number of clients that ask for the same.
type crowd struct {
	request     []byte
	clients     []client
	length, cpu time.Duration
}

// client costs little beside the server it shares the machine with.
type client struct {
	conn net.Conn
	in   *bufio.Reader
	took []time.Duration
	err  error
}

func dial(t Target, clients int) (*crowd, error) {
	all := &crowd{request: t.Request}
	for range clients {
		conn, err := net.Dial("tcp", t.Addr) //nolint:noctx // on this machine
		if err != nil {
			all.close()
			return nil, err
		}
		all.clients = append(all.clients, client{conn: conn, in: bufio.NewReaderSize(conn, 64<<10)})
	}
	return all, nil
}

func (all *crowd) close() {
	for i := range all.clients {
		_ = all.clients[i].conn.Close()
	}
}

func (all *crowd) load(length time.Duration) error {
	var wg sync.WaitGroup
	before, began := CPUTime(), time.Now() //nolint:forbidigo // a measurement of real time
	end := began.Add(length)
	for i := range all.clients {
		c := &all.clients[i]
		wg.Go(func() { c.err = c.ask(all.request, end) })
	}
	wg.Wait()
	all.cpu += CPUTime() - before
	all.length += time.Since(began) //nolint:forbidigo // up to the last answer, which slow targets send late
	n := 0
	for i := range all.clients {
		n += len(all.clients[i].took)
		if err := all.clients[i].err; err != nil {
			return fmt.Errorf("after %d answers: %w", n, err)
		}
	}
	if n == 0 {
		return errors.New("no answer in time")
	}
	return nil
}

// ask is bounded, for the server may not answer.
func (c *client) ask(request []byte, end time.Time) error {
	_ = c.conn.SetDeadline(end.Add(10 * time.Second))
	for start := time.Now(); start.Before(end); start = time.Now() { //nolint:forbidigo // as above
		if _, err := c.conn.Write(request); err != nil {
			return err
		}
		if err := readAnswer(c.in); err != nil {
			return err
		}
		c.took = append(c.took, time.Since(start)) //nolint:forbidigo // as above
	}
	return nil
}

func (all *crowd) result() Result {
	var took []time.Duration
	for i := range all.clients {
		took = append(took, all.clients[i].took...)
	}
	slices.Sort(took)
	n := len(took)
	return Result{float64(n) / all.length.Seconds(), took[n/2], took[n*99/100], all.cpu / time.Duration(n)}
}

// Quartiles are the median of v and the quarter below and above it. It sorts v.
func Quartiles(v []float64) string {
	slices.Sort(v)
	return fmt.Sprintf("median %.1f (quartiles %.1f to %.1f)", v[len(v)/2], v[len(v)/4], v[len(v)*3/4])
}
