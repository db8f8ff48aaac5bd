// Package pair measures two servers against each other on one machine: in pairs, many
// times, because a single run on a shared machine says little.
package pair

import (
	"bufio"
	"errors"
	"fmt"
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

// Load sends request over clients kept connections to addr, each waiting for its answer,
// for as long as length says. Every answer must be a 200 whose end can be
// told: by Content-Length or in chunks.
func Load(addr string, request []byte, clients int, length time.Duration) (Result, error) {
	var wg sync.WaitGroup
	took, errs := make([][]time.Duration, clients), make([]error, clients)
	before := cpuTime()
	end := time.Now().Add(length) //nolint:forbidigo // a measurement of real time
	for i := range took {
		wg.Go(func() { took[i], errs[i] = visit(addr, request, end) })
	}
	wg.Wait()
	all := slices.Concat(took...)
	slices.Sort(all)
	if err := errors.Join(errs...); err != nil || len(all) == 0 {
		return Result{}, fmt.Errorf("%d answers: %w", len(all), err)
	}
	cpu := (cpuTime() - before) / time.Duration(len(all))
	return Result{float64(len(all)) / length.Seconds(), all[len(all)/2], all[len(all)*99/100], cpu}, nil
}

// visit is a client that costs little beside the server it shares the machine with.
func visit(addr string, request []byte, end time.Time) (took []time.Duration, err error) {
	conn, err := net.Dial("tcp", addr) //nolint:noctx // bounded by end
	if err != nil {
		return nil, err
	}
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(end.Add(10 * time.Second))
	in := bufio.NewReaderSize(conn, 64<<10)
	for start := time.Now(); start.Before(end); start = time.Now() { //nolint:forbidigo // as above
		if _, err := conn.Write(request); err != nil {
			return nil, err
		}
		if err := readAnswer(in); err != nil {
			return nil, err
		}
		took = append(took, time.Since(start)) //nolint:forbidigo // as above
	}
	return took, nil
}

// Quartiles are the median of v and the quarter below and above it. It sorts v.
func Quartiles(v []float64) string {
	slices.Sort(v)
	return fmt.Sprintf("median %.1f (quartiles %.1f to %.1f)", v[len(v)/2], v[len(v)/4], v[len(v)*3/4])
}
