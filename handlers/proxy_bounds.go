package handlers

import (
	"context"
	"errors"
	"io"
	"net/http"
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

// bounded is a transport whose exchanges end. An answer that is too late is errSlow; one
// that stops halfway is cut off.
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
	if r.Body != nil && r.Body != http.NoBody {
		out.Body = &upload{ReadCloser: r.Body, timer: timer}
	}
	res, err := b.next.RoundTrip(out)
	answered.Store(true)
	timer.Stop()
	if err != nil {
		if errors.Is(context.Cause(ctx), errSlow) {
			err = errSlow
		}
		end()
		return nil, err
	}
	res.Body = &download{res.Body, end}
	return res, nil
}

// upload is a request's body. The upstream's time stands still while the client is waited for.
type upload struct {
	io.ReadCloser
	timer *time.Timer
}

func (u *upload) Read(p []byte) (int, error) {
	u.timer.Stop()
	defer u.timer.Reset(answerWait)
	return u.ReadCloser.Read(p)
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
