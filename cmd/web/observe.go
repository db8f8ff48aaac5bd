package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"
)

// observer logs one line for each request and turns a panic into a page. Only the path
// is logged: queries may hold tokens and e-mail addresses, headers hold cookies.
type observer struct {
	log    *slog.Logger
	now    func() time.Time
	failed func(http.ResponseWriter, *http.Request) // answers after a panic
}

const maxLoggedPath = 256

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
	path := r.URL.Path
	if len(path) > maxLoggedPath {
		path = path[:maxLoggedPath]
	}
	method := r.Method
	if !knownMethod(method) {
		method = "other"
	}
	o.log.LogAttrs(context.WithoutCancel(r.Context()), slog.LevelInfo, "request",
		slog.String("method", method), slog.String("path", path), slog.Int("status", rec.code()),
		slog.Int64("bytes", rec.bytes), slog.Duration("duration", took), slog.String("request_id", id))
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

// Write implements [http.ResponseWriter].
func (rec *recorder) Write(b []byte) (int, error) {
	if rec.status == 0 {
		rec.status = http.StatusOK
	}
	n, err := rec.ResponseWriter.Write(b)
	rec.bytes += int64(n)
	return n, err
}

// Unwrap lets [http.ResponseController] reach the connection.
func (rec *recorder) Unwrap() http.ResponseWriter { return rec.ResponseWriter }
