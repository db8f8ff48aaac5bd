package handlers

import (
	"cmp"
	"context"
	"errors"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// Bounds of a request that is passed on. A server's timeouts end no handler, and a transport
// waits for an answer as long as the connection stands.
const (
	answerWait   = 30 * time.Second // from the request's last octet to the answer's header
	exchangeWait = 2 * time.Minute  // altogether: pictures may be sent slowly
)

var errSlow = errors.New("no answer in time")

// brokenOff is a request that the client did not bring to its end.
type brokenOff struct{ cause error }

func (e *brokenOff) Error() string { return "the request broke off: " + e.cause.Error() }
func (e *brokenOff) Unwrap() error { return e.cause }

// bounded is a transport whose exchanges end. An answer that is too late is errSlow, a
// request whose client failed is brokenOff; an answer that stops halfway is cut off.
type bounded struct{ next http.RoundTripper }

// RoundTrip implements [http.RoundTripper].
func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	whole, end := context.WithTimeoutCause(r.Context(), exchangeWait, errSlow)
	ctx, late := context.WithCancelCause(whole)
	var answered atomic.Bool
	timer := time.AfterFunc(answerWait, func() {
		if !answered.Load() {
			late(errSlow)
		}
	})
	out := r.WithContext(ctx)
	body := &upload{ReadCloser: r.Body, timer: timer}
	if r.Body != nil && r.Body != http.NoBody {
		out.Body = body
	}
	res, err := b.next.RoundTrip(out)
	answered.Store(true)
	timer.Stop()
	if fault := body.blame(r.Context(), context.Cause(ctx), err); fault != nil {
		if err == nil {
			_ = res.Body.Close()
		}
		end()
		return nil, fault
	}
	res.Body = &download{res.Body, end}
	return res, nil
}

// upload is a request's body. The upstream's time stands still while the client is waited for.
type upload struct {
	io.ReadCloser
	timer *time.Timer

	mu  sync.Mutex // held while something is read
	err error      // why it broke off
}

func (u *upload) Read(p []byte) (int, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.timer.Stop()
	defer u.timer.Reset(answerWait)
	n, err := u.ReadCloser.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		u.err = err
	}
	return n, err
}

// blame says whose failure err is: the client's, its time's or, as it is, the upstream's. What
// is answered to half a request is no answer.
func (u *upload) blame(client context.Context, cause, err error) error {
	switch {
	case errors.Is(client.Err(), context.Canceled):
		// A server cancels as soon as a read fails, and the transport may return before the
		// read does; it ends in a moment.
		u.mu.Lock()
		defer u.mu.Unlock()
		if u.err == nil && err == nil {
			return nil
		}
		return &brokenOff{cmp.Or(u.err, client.Err())}
	case errors.Is(cause, errSlow):
		return errSlow
	case u.mu.TryLock(): // otherwise the client is still waited for, and has not failed
		defer u.mu.Unlock()
		if u.err != nil && errors.Is(err, u.err) {
			return &brokenOff{u.err}
		}
	}
	return err
}

// download is an answer's body; closing it ends the exchange.
type download struct {
	io.ReadCloser
	end context.CancelFunc
}

// Close implements [io.Closer].
func (d *download) Close() error {
	defer d.end()
	return d.ReadCloser.Close()
}
