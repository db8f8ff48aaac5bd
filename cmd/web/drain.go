package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

const (
	drainTimeout = 10 * time.Second // for requests in flight at the end
	// queueGrace is how long it may take until connections in the kernel's queue are
	// accepted, also on a busy machine, and acceptGrace until one that was accepted just
	// before its listener was closed is counted by [http.Server.Shutdown], which would drop
	// it otherwise.
	queueGrace  = 200 * time.Millisecond
	acceptGrace = 50 * time.Millisecond
	// firstGrace and bodyGrace are how long clients may take at the end to send the first
	// request on a new connection, and the rest of a request's body.
	firstGrace = 2 * time.Second
	bodyGrace  = 3 * time.Second
)

// connections knows which connections of one server wait for their client, so that the
// end of the program does not. A connection waits from its start to its first request,
// and while the body of a request has not arrived.
type connections struct {
	requests atomic.Int64 // in flight

	mu      sync.Mutex
	ending  bool
	waiting map[net.Conn]time.Duration // what the client may still take at the end
}

type connectionKey struct{}

// watch makes c follow the server's connections.
func (c *connections) watch(server *http.Server) {
	c.waiting = make(map[net.Conn]time.Duration)
	server.ConnContext = func(ctx context.Context, conn net.Conn) context.Context {
		return context.WithValue(ctx, connectionKey{}, conn)
	}
	server.ConnState = func(conn net.Conn, state http.ConnState) {
		if state == http.StateNew {
			c.wait(conn, firstGrace)
		} else {
			c.arrived(conn)
		}
	}
	server.Handler = c.count(server.Handler)
}

func (c *connections) count(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c.requests.Add(1)
		defer c.requests.Add(-1)
		if conn, ok := r.Context().Value(connectionKey{}).(net.Conn); ok && r.ContentLength != 0 {
			c.wait(conn, bodyGrace)
			// In a copy: before it answers, the server drains a body that is not its own, and so
			// would wait for one that nobody reads.
			copied := *r
			copied.Body = &arriving{r.Body, func() { c.arrived(conn) }}
			r = &copied
		}
		next.ServeHTTP(w, r)
	})
}

func (c *connections) wait(conn net.Conn, grace time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.waiting[conn] = grace
	if c.ending {
		hurry(conn, grace)
	}
}

// arrived says that the server waits for conn no longer. What was set to hurry it up
// would interrupt the handler.
func (c *connections) arrived(conn net.Conn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, waited := c.waiting[conn]; waited && c.ending {
		_ = conn.SetReadDeadline(time.Time{})
	}
	delete(c.waiting, conn)
}

// end lets the server wait for clients no longer than their grace.
func (c *connections) end() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ending = true
	for conn, grace := range c.waiting {
		hurry(conn, grace)
	}
}

func hurry(conn net.Conn, grace time.Duration) {
	_ = conn.SetReadDeadline(time.Now().Add(grace))
}

// arriving is a body that says when it has arrived.
type arriving struct {
	io.ReadCloser
	arrived func()
}

// Read implements [io.Reader].
func (b *arriving) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if errors.Is(err, io.EOF) {
		b.arrived()
	}
	return n, err
}

// drain stops accepting and waits for what was accepted, for drainTimeout at most.
func (m *Main) drain(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), m.drainTimeout)
	defer cancel()
	began, all := time.Now(), m.listeners()
	queued := false
	for _, l := range all {
		queued = stopQueue(l.Listener) || queued
	}
	m.log.Info("stopping: requests in flight may finish", "requests", inFlight(all), "at_most", m.drainTimeout)
	if queued {
		time.Sleep(queueGrace)
	}
	for _, l := range all {
		_ = l.Close() // Shutdown does it again
	}
	time.Sleep(acceptGrace)
	ended := make(chan error, len(all))
	for _, l := range all {
		l.connections.end()
		go func() { ended <- l.server.Shutdown(ctx) }()
	}
	var errs []error
	for range all {
		errs = append(errs, <-ended)
	}
	for _, l := range all {
		l.watch.rest()
	}
	took := time.Since(began).Round(time.Millisecond)
	if err := errors.Join(errs...); err != nil {
		left := inFlight(all)
		m.log.Warn("stopped: requests were cut off", "requests", left, "duration", took)
		for _, l := range all {
			_ = l.server.Close()
		}
		return fmt.Errorf("requests were cut off: %d: %w", left, err)
	}
	m.log.Info("stopped", "duration", took)
	return nil
}

// inFlight is how many requests all listeners are answering.
func inFlight(all []*listener) (n int64) {
	for _, l := range all {
		n += l.connections.requests.Load()
	}
	return n
}
