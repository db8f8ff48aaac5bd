package main

import (
	"bufio"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"strconv"
	"time"

	"github.com/usherauth/usher/internal/web"
)

// observer logs one line for each request and turns a panic into a page. Only the path
// is logged: queries may hold tokens and e-mail addresses, headers hold cookies.
//
// Requests that were refused, or only redirected, are sampled by their status: anybody can
// send any number of them. A line that passes says how many before it did not.
type observer struct {
	log     *slog.Logger
	now     func() time.Time
	refused *web.Sampler
	failed  func(http.ResponseWriter, *http.Request) // answers after a panic
}

const maxLoggedPath = 256

// Of each status, refusedBurst refusals are logged at once, and then one every
// refusedEvery: some 15 MB a day at most.
const (
	refusedBurst = 100
	refusedEvery = time.Second
)

func newObserver(log *slog.Logger, now func() time.Time, failed func(http.ResponseWriter, *http.Request)) *observer {
	return &observer{log: log, now: now, failed: failed, refused: web.NewSampler(refusedBurst, refusedEvery, now)}
}

// rest logs what was not logged of refusals, at the end.
func (o *observer) rest() {
	for status, n := range o.refused.Rest() {
		o.log.Info("requests were refused and not logged", "status", status, "suppressed", n)
	}
}

// accepted reports an answer that did something for somebody: not an error, and not a
// redirect of somebody who only asked for a page.
func accepted(method string, status int) bool {
	read := method == http.MethodGet || method == http.MethodHead
	return status < http.StatusMultipleChoices || status == http.StatusNotModified || status < http.StatusBadRequest && !read
}

func (o *observer) wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := o.now()
		id := requestID()
		rec := &recorder{ResponseWriter: w, id: id}
		defer func() {
			o.record(r, rec, id, o.now().Sub(start))
		}()
		o.serve(next, rec, r, id)
	})
}

// serve runs next. After a panic the answer is a plain page if nothing was sent yet, and
// a cut connection otherwise: half a page must not look like a whole one.
func (o *observer) serve(next http.Handler, rec *recorder, r *http.Request, id string) {
	defer func() {
		p := recover()
		if p == nil {
			return
		}
		if p == http.ErrAbortHandler { //nolint:errorlint // the server compares it in the same way
			panic(p)
		}
		o.log.LogAttrs(r.Context(), slog.LevelError, "panic",
			slog.Any("panic", p), slog.String("request_id", id), slog.String("stack", string(debug.Stack())))
		if rec.status != 0 {
			panic(http.ErrAbortHandler)
		}
		clear(rec.Header())
		o.failed(rec, r)
	}()
	next.ServeHTTP(rec, r)
}

func (o *observer) record(r *http.Request, rec *recorder, id string, took time.Duration) {
	var suppressed int64
	if !accepted(r.Method, rec.code()) {
		var ok bool
		if suppressed, ok = o.refused.Take(strconv.Itoa(rec.code())); !ok {
			return
		}
	}
	path := web.Requested(r).Path
	if len(path) > maxLoggedPath {
		path = path[:maxLoggedPath]
	}
	method := r.Method
	if !knownMethod(method) {
		method = "other"
	}
	attrs := [7]slog.Attr{
		slog.String("method", method), slog.String("path", path), slog.Int("status", rec.code()),
		slog.Int64("bytes", rec.bytes), slog.Duration("duration", took), slog.String("request_id", id),
		slog.Int64("suppressed", suppressed),
	}
	n := len(attrs)
	if suppressed == 0 {
		n--
	}
	o.log.LogAttrs(context.WithoutCancel(r.Context()), slog.LevelInfo, "request", attrs[:n]...)
}

// requestID is 64 random bits. What a client calls its request is not taken over.
func requestID() string {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

// recorder counts what was sent, and names the request on every answer that reports a
// failure. Others go without the name, which nobody reads there: a ninth field would make
// net/http's map of them grow, at a third of what authentication costs altogether.
type recorder struct {
	http.ResponseWriter
	id     string
	status int
	bytes  int64
}

// RequestID is the name that pages show and the log has.
func (rec *recorder) RequestID() string { return rec.id }

func (rec *recorder) code() int {
	if rec.status == 0 {
		return http.StatusOK
	}
	return rec.status
}

// WriteHeader implements [http.ResponseWriter].
func (rec *recorder) WriteHeader(status int) {
	if rec.status == 0 && status >= 200 {
		rec.status = status
		if status >= http.StatusBadRequest {
			rec.Header()["X-Request-Id"] = []string{rec.id}
		}
	}
	rec.ResponseWriter.WriteHeader(status)
}

// begin notes a response that begins without WriteHeader.
func (rec *recorder) begin() {
	if rec.status == 0 {
		rec.status = http.StatusOK
	}
}

// Write implements [http.ResponseWriter].
func (rec *recorder) Write(b []byte) (int, error) {
	rec.begin()
	n, err := rec.ResponseWriter.Write(b)
	rec.bytes += int64(n)
	return n, err
}

// WriteString implements [io.StringWriter].
func (rec *recorder) WriteString(s string) (int, error) {
	rec.begin()
	n, err := io.WriteString(rec.ResponseWriter, s)
	rec.bytes += int64(n)
	return n, err
}

// ReadFrom implements [io.ReaderFrom].
func (rec *recorder) ReadFrom(r io.Reader) (int64, error) {
	rec.begin()
	n, err := io.Copy(rec.ResponseWriter, r)
	rec.bytes += n
	return n, err
}

// Flush implements [http.Flusher] for handlers that ask for it by type.
func (rec *recorder) Flush() { _ = rec.FlushError() }

// FlushError is the Flush of [http.ResponseController].
func (rec *recorder) FlushError() error {
	err := http.NewResponseController(rec.ResponseWriter).Flush()
	if !errors.Is(err, http.ErrNotSupported) {
		rec.begin()
	}
	return err
}

// Hijack implements [http.Hijacker]. Whoever takes the connection over also answers; the
// log has 101 for it.
func (rec *recorder) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, buf, err := http.NewResponseController(rec.ResponseWriter).Hijack()
	if err == nil && rec.status == 0 {
		rec.status = http.StatusSwitchingProtocols
	}
	return conn, buf, err
}

// Unwrap lets [http.ResponseController] reach the connection.
func (rec *recorder) Unwrap() http.ResponseWriter { return rec.ResponseWriter }
