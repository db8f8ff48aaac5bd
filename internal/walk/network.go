package walk

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"
)

// Network is a set of servers in memory, by the address that people type. It is
// safe for concurrent use. Make one with [NewNetwork].
type Network struct {
	t         testing.TB
	mu        sync.Mutex
	listeners map[string]*pipes // by host and port
	transport *http.Transport
}

// NewNetwork returns a network without servers. They end with the test.
func NewNetwork(t testing.TB) *Network {
	n := &Network{t: t, listeners: map[string]*pipes{}}
	n.transport = &http.Transport{DialContext: n.dial, DisableCompression: true}
	t.Cleanup(n.transport.CloseIdleConnections)
	return n
}

// Serve answers requests to an origin with h. An https origin is served as behind a
// proxy that ends TLS: the app sees plain HTTP.
func (n *Network) Serve(origin string, h http.Handler) {
	n.t.Helper()
	address := host(n.t, origin)
	l := &pipes{address: pipeAddr(address), conns: make(chan net.Conn), closed: make(chan struct{})}
	srv := &http.Server{Handler: h, ReadHeaderTimeout: 5 * time.Second, ErrorLog: slog.NewLogLogger(slog.NewTextHandler(logWriter{n.t}, nil), slog.LevelError)}
	var done sync.WaitGroup
	done.Go(func() {
		if err := srv.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			n.t.Errorf("serve %s: %v", origin, err)
		}
	})
	n.mu.Lock()
	n.listeners[address] = l
	n.mu.Unlock()
	n.t.Cleanup(func() {
		_ = srv.Close()
		done.Wait()
	})
}

// RoundTrip implements [http.RoundTripper].
func (n *Network) RoundTrip(r *http.Request) (*http.Response, error) {
	plain := r.Clone(r.Context())
	plain.URL.Scheme, plain.URL.Host = "http", host(n.t, r.URL.Scheme+"://"+r.URL.Host)
	plain.Host = r.URL.Host
	return n.transport.RoundTrip(plain)
}

func (n *Network) dial(ctx context.Context, _, address string) (net.Conn, error) {
	n.mu.Lock()
	l := n.listeners[address]
	n.mu.Unlock()
	if l == nil {
		return nil, errors.New("walk: nobody serves " + address)
	}
	client, server := net.Pipe()
	select {
	case l.conns <- remote{server}:
		return client, nil
	case <-l.closed:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// remote is a connection from a loopback address, as handlers expect to see it.
type remote struct{ net.Conn }

// RemoteAddr implements [net.Conn].
func (remote) RemoteAddr() net.Addr { return pipeAddr("127.0.0.1:50000") }

// pipes is a listener in memory.
type pipes struct {
	address pipeAddr
	conns   chan net.Conn
	once    sync.Once
	closed  chan struct{}
}

// Accept implements [net.Listener].
func (l *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

// Close implements [net.Listener].
func (l *pipes) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

// Addr implements [net.Listener].
func (l *pipes) Addr() net.Addr { return l.address }

type pipeAddr string

// Network implements [net.Addr].
func (pipeAddr) Network() string { return "tcp" }

// String implements [net.Addr].
func (a pipeAddr) String() string { return string(a) }

// logWriter shows what a server complains about, such as a panic.
type logWriter struct{ t testing.TB }

// Write implements [io.Writer].
func (w logWriter) Write(p []byte) (int, error) {
	w.t.Errorf("server: %s", p)
	return len(p), nil
}
