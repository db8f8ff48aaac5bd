package authctx

import (
	"bufio"
	"errors"
	"io"
	"log/slog"
	"math"
	"net"
	"net/http"
	"path"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/usherauth/usher/internal/web"
)

// guard is the response writer of a request behind the middleware. Just before the headers
// are sent it decides whether the response is private, so a handler cannot forget to mark
// a personal page and cannot make one public.
//
// A handler may read the identity after its first byte, when nothing can be changed any
// more. So a request with a credential gets a private response unless the handler asked
// for another one, and other responses tell caches to keep visitors apart.
type guard struct {
	writer   http.ResponseWriter
	state    atomic.Uint32 // identityRead and the other bits
	personal bool          // the request carried a credential
	cookies  uint16        // lines of Set-Cookie that left

	// What the request has passed, in the order of its handlers.
	guarded, keepsForms bool
}

const (
	identityRead = 1 << iota // somebody asked who sent the request
	headSent                 // the headers are out, or belong to whoever took the connection over
	safeToRead               // and reading the identity afterwards does no harm
	readTooLate              // it was read afterwards although it does
)

func (g *guard) protect() {
	for {
		state := g.state.Load()
		if state&headSent != 0 {
			return
		}
		h := g.writer.Header()
		next := state | headSent
		g.cookies = uint16(min(len(h["Set-Cookie"]), math.MaxUint16))
		if state&identityRead != 0 || g.cookies > 0 {
			web.PrivateHeaders(h)
			next |= safeToRead
		} else if g.unread(h) {
			next |= safeToRead
		}
		if g.state.CompareAndSwap(state, next) {
			return
		}
	}
}

// unread marks a response that nobody has looked at the identity for, and reports whether
// the identity may still be read afterwards. What the handler said about caching stays.
func (g *guard) unread(h http.Header) bool {
	switch said := strings.ToLower(strings.Join(h["Cache-Control"], ",")); {
	case strings.Trim(said, ", \t") == "":
		if g.personal {
			web.PrivateHeaders(h)
		} else {
			web.VaryByCredentials(h) // signed-out pages are for signed-out visitors
		}
		return true
	case strings.Contains(said, "public"), strings.Contains(said, "s-maxage"):
		return false
	case strings.Contains(said, "private"), strings.Contains(said, "no-store"):
		return true
	case strings.Contains(said, "max-age") && !strings.Contains(said, "max-age=0"), strings.Contains(said, "immutable"), !g.personal:
		return false
	}
	h.Add("Cache-Control", "private") // such as no-cache, which shared caches may keep
	web.VaryByCredentials(h)
	return true
}

// read notes that the identity was read, and reports whether that was too late: the headers
// left without marking the response as private. It reports each response once.
func (g *guard) read() (late bool) {
	if old := g.state.Or(identityRead); old&(headSent|safeToRead) != headSent {
		return false
	}
	return g.state.Or(readTooLate)&readTooLate == 0
}

// finish ends a request. A handler that wrote nothing has its headers sent after this, and
// what is read later, by work that the request leaves behind, is no part of the response.
func (g *guard) finish() {
	g.protect()
	g.state.Or(safeToRead)
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

// WriteString implements [io.StringWriter].
func (g *guard) WriteString(s string) (int, error) {
	g.protect()
	return io.WriteString(g.writer, s)
}

// ReadFrom implements [io.ReaderFrom], so that files are sent as the writer below sends them.
func (g *guard) ReadFrom(r io.Reader) (int64, error) {
	g.protect()
	return io.Copy(g.writer, r)
}

// Flush implements [http.Flusher] for handlers that ask for it by type.
func (g *guard) Flush() { _ = g.FlushError() }

// FlushError is the Flush of [http.ResponseController].
func (g *guard) FlushError() error {
	begun := g.state.Load()&headSent != 0
	g.protect()
	err := http.NewResponseController(g.writer).Flush()
	if !begun && errors.Is(err, http.ErrNotSupported) {
		g.state.And(^uint32(headSent | safeToRead)) // nothing left, so all can still be said
	}
	return err //nolint:wrapcheck // the answer of the writer below
}

// Hijack implements [http.Hijacker] for handlers that ask for it by type.
func (g *guard) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, buf, err := http.NewResponseController(g.writer).Hijack()
	if err == nil {
		g.state.Or(headSent | safeToRead)
	}
	return conn, buf, err //nolint:wrapcheck // the answer of the writer below
}

// Unwrap lets [http.ResponseController] reach the writer below for what the guard has no
// method of its own for.
func (g *guard) Unwrap() http.ResponseWriter { return g.writer }

// lateEvery is how often an identity that was read too late is logged outside development.
const lateEvery = time.Minute

// lateReads bounds how often that is logged: any visitor can cause it.
type lateReads struct {
	mu     sync.Mutex
	next   time.Time
	silent int // reads since the last line
}

func (l *lateReads) loud(now time.Time, always bool) (silent int, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !always && now.Before(l.next) {
		l.silent++
		return 0, false
	}
	silent, l.silent, l.next = l.silent, 0, now.Add(lateEvery)
	return silent, true
}

// markRead notes that the identity was read. When the headers had left by then without
// marking the response as private, a cache may keep the page and show it to somebody else.
// That cannot be changed any more, so it is logged. It may run in any goroutine and
// therefore does not touch the headers.
func (r *request) markRead() {
	if r.guard.state.Load()&identityRead != 0 || !r.guard.read() || r.owner == nil {
		return
	}
	a := r.owner
	silent, ok := a.lateReads.loud(a.now(), a.development)
	if !ok {
		return
	}
	a.log.WarnContext(r.Context, lateRead, slog.String("path", printable(web.Requested(&r.http).Path)),
		slog.String("at", readerOfIdentity()), slog.Int("not_logged", silent))
}

const lateRead = "The identity was read after a response had begun that caches may keep. Read it before the first byte, or do not set Cache-Control on this page."

// tellLostCookies tells developers of cookies that were set after the headers had left.
func (a *Authenticator) tellLostCookies(r *request) {
	if lines := r.guard.Header()["Set-Cookie"]; len(lines) > int(r.guard.cookies) {
		name, _, _ := strings.Cut(lines[len(lines)-1], "=")
		a.log.WarnContext(r.Context, "A cookie was set after the response had begun, so the browser does not get it. Set it before the first byte.",
			slog.String("path", printable(web.Requested(&r.http).Path)), slog.String("cookie", printable(name)))
	}
}

// readerOfIdentity is the file and line outside Usher that asked for the identity.
func readerOfIdentity() string {
	var pcs [32]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(2, pcs[:])])
	for {
		f, more := frames.Next()
		if !strings.HasPrefix(f.Function, "github.com/usherauth/usher/authctx.") && !strings.HasPrefix(f.Function, "github.com/usherauth/usher/views.") {
			return path.Join(path.Base(path.Dir(f.File)), path.Base(f.File)) + ":" + strconv.Itoa(f.Line)
		}
		if !more {
			return ""
		}
	}
}
