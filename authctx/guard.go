package authctx

import (
	"bufio"
	"net"
	"net/http"
	"sync/atomic"

	"github.com/usherauth/usher/internal/web"
)

// guard is the response writer of a request behind the middleware. Just before headers
// leave it decides whether the response is private, so a handler cannot forget to say so
// and cannot make a personal page public.
type guard struct {
	writer  http.ResponseWriter
	touched atomic.Bool // identity was read
	sent    bool
}

func (g *guard) protect() {
	if g.sent {
		return
	}
	g.sent = true
	h := g.writer.Header()
	if g.touched.Load() || len(h["Set-Cookie"]) > 0 {
		web.PrivateHeaders(h)
	}
}

// Header implements [http.ResponseWriter].
func (g *guard) Header() http.Header { return g.writer.Header() }

// WriteHeader implements [http.ResponseWriter].
func (g *guard) WriteHeader(status int) {
	if status >= 200 || status == http.StatusSwitchingProtocols {
		g.protect()
	}
	g.writer.WriteHeader(status)
}

// Write implements [http.ResponseWriter].
func (g *guard) Write(b []byte) (int, error) {
	g.protect()
	return g.writer.Write(b)
}

// Flush implements [http.Flusher] for handlers that ask for it by type.
func (g *guard) Flush() {
	g.protect()
	_ = http.NewResponseController(g.writer).Flush()
}

// Hijack implements [http.Hijacker] for handlers that ask for it by type.
func (g *guard) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	return http.NewResponseController(g.writer).Hijack()
}

// Unwrap lets [http.ResponseController] reach the writer below. Its Flush and Hijack are
// the guard's own.
func (g *guard) Unwrap() http.ResponseWriter { return g.writer }
