package userclient

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"net"
	"net/http"
	"net/url"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"github.com/usherauth/usher/wire"
)

const (
	maxErrorBody  = 64 << 10 // an error envelope is a few hundred bytes
	maxPooledBody = 64 << 10 // larger buffers go back to the allocator
	modulePath    = "github.com/usherauth/usher"
)

// conn is what all calls of a client share. It does not hold the secret key where
// reflection, and so a printed Client, could find it: only sign knows it.
type conn struct {
	base    string
	http    http.Client
	sign    func(http.Header)
	timeout time.Duration
	maxWait time.Duration
	maxBody int64
	now     func() time.Time
	logger  *slog.Logger
}

func newConn(cfg Config, base string) *conn {
	authorization, agent := "Bearer "+cfg.SecretKey, userAgent()
	c := &conn{
		base: base,
		sign: func(h http.Header) {
			h.Set("Authorization", authorization)
			h.Set(wire.HeaderAPIVersion, wire.APIVersion)
			h.Set("User-Agent", agent)
			h.Set("Accept", "application/json")
		},
		timeout: cmp.Or(cfg.Timeout, DefaultTimeout),
		maxWait: cmp.Or(cfg.MaxWait, DefaultMaxWait),
		maxBody: cmp.Or(cfg.MaxBody, DefaultMaxBody),
		now:     cfg.Now,
		logger:  cmp.Or(cfg.Logger, slog.New(slog.DiscardHandler)),
	}
	if c.now == nil {
		c.now = time.Now //nolint:forbidigo // the default that Config.Now documents
	}
	c.http = http.Client{
		Transport: cfg.Transport,
		// The reference client follows redirects; the key must not (GO-2025-3420).
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	if c.http.Transport == nil {
		c.http.Transport = newTransport()
	}
	return c
}

// newTransport is net/http's default with room for a server's worth of idle
// connections to one host; the default keeps two.
func newTransport() http.RoundTripper {
	t, ok := http.DefaultTransport.(*http.Transport)
	if !ok {
		return http.DefaultTransport // replaced by the program: its choice
	}
	t = t.Clone()
	t.MaxIdleConnsPerHost = 64
	t.MaxResponseHeaderBytes = 64 << 10
	return t
}

// userAgent is usher/ and this module's version as the program was built with it.
var userAgent = sync.OnceValue(func() string {
	version := "devel"
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "usher/" + version
	}
	for _, m := range append(info.Deps, &info.Main) {
		if m.Path == modulePath && strings.HasPrefix(m.Version, "v") {
			version = m.Version
		}
	}
	return "usher/" + version
})

// request is one call. path is escaped; query may be nil.
type request struct {
	op     string
	method string
	path   string
	query  url.Values
}

// fetch makes the call and returns its decoded answer once check finds it to be what
// was asked for.
func fetch[T any](ctx context.Context, c *conn, r request, check func(*T) error) (*T, error) {
	v := new(T)
	err := c.do(ctx, r, v)
	if err == nil {
		if wrong := check(v); wrong != nil {
			err = &TransportError{Status: http.StatusOK, Err: wrong}
		}
	}
	if err != nil {
		return nil, fmt.Errorf("userclient: %s: %w", r.op, err)
	}
	return v, nil
}

// do makes the call, more than once where that is safe, within the client's timeout.
func (c *conn) do(ctx context.Context, r request, v any) error {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	for attempt := 0; ; attempt++ {
		err := c.attempt(ctx, r, v)
		if err == nil {
			return nil
		}
		wait, again := c.pause(ctx, r.method, attempt, err)
		if !again || !sleep(ctx, wait) {
			return err
		}
		c.logger.DebugContext(ctx, "backend api retry", "op", r.op, "retry", attempt+1, "waited", wait, "err", err)
	}
}

// attempt sends the request once and decodes a good answer into v.
func (c *conn) attempt(ctx context.Context, r request, v any) error {
	target := c.base + r.path
	if len(r.query) > 0 {
		target += "?" + r.query.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, r.method, target, nil)
	if err != nil {
		return &TransportError{Err: err}
	}
	c.sign(req.Header)
	if r.method != http.MethodGet {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return broken(0, err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode >= http.StatusBadRequest {
		return c.refusal(resp)
	}
	return c.accept(resp, v)
}

// accept reads a success into v.
func (c *conn) accept(resp *http.Response, v any) error {
	unusable := func(err error) error { return &TransportError{Status: resp.StatusCode, Err: err} }
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return unusable(errors.New("redirects are not followed"))
	}
	if !isJSON(resp.Header) {
		return unusable(fmt.Errorf("content type %.80q is not JSON", resp.Header.Get("Content-Type")))
	}
	if resp.ContentLength > c.maxBody {
		return unusable(fmt.Errorf("%d bytes are more than the limit of %d", resp.ContentLength, c.maxBody))
	}
	buf := borrow()
	defer giveBack(buf)
	switch err := fill(buf, resp, c.maxBody); {
	case err != nil:
		return broken(resp.StatusCode, err)
	case int64(buf.Len()) > c.maxBody:
		return unusable(fmt.Errorf("more than the limit of %d bytes", c.maxBody))
	}
	if err := decode(buf.Bytes(), v); err != nil {
		return unusable(err)
	}
	return nil
}

// refusal reads an answer from 400 up. The status alone decides; an envelope that
// cannot be read only leaves the details out.
func (c *conn) refusal(resp *http.Response) error {
	e := &APIError{
		Status:     resp.StatusCode,
		Message:    http.StatusText(resp.StatusCode),
		RetryAfter: retryAfter(resp.Header.Get("Retry-After"), c.now()),
	}
	var envelope wire.Errors
	buf := borrow()
	defer giveBack(buf)
	if isJSON(resp.Header) && fill(buf, resp, maxErrorBody) == nil && decode(buf.Bytes(), &envelope) == nil {
		e.Errors = envelope.Errors
	}
	if len(e.Errors) > 0 {
		e.Code, e.Message = e.Errors[0].Code, e.Errors[0].Message
	}
	// Body first, as the reference reads it (protocol reference 7.1).
	e.TraceID = cmp.Or(envelope.TraceID, resp.Header.Get(wire.HeaderTraceID), resp.Header.Get("Cf-Ray"))
	return e
}

// isJSON accepts parameters, unlike the reference: a charset does not change JSON.
func isJSON(h http.Header) bool {
	kind, _, err := mime.ParseMediaType(h.Get("Content-Type"))
	return err == nil && kind == "application/json"
}

// buffers spares each call the growing of a buffer. Decoded values never point into one.
var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

func borrow() *bytes.Buffer {
	buf := buffers.Get().(*bytes.Buffer)
	buf.Reset()
	return buf
}

func giveBack(buf *bytes.Buffer) {
	if buf.Cap() <= maxPooledBody {
		buffers.Put(buf)
	}
}

// fill reads the body up to one byte past limit.
func fill(buf *bytes.Buffer, resp *http.Response, limit int64) error {
	if n := resp.ContentLength; n > 0 && n <= limit {
		buf.Grow(int(n) + bytes.MinRead)
	}
	_, err := buf.ReadFrom(io.LimitReader(resp.Body, limit+1))
	return err
}

// broken is an attempt that ended without a whole answer. Time that ran out and a
// certificate that does not fit do not get better by asking again.
func broken(status int, err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err // its text repeats method and address
	}
	var timeout net.Error
	var cert *tls.CertificateVerificationError
	permanent := errors.As(err, &cert) || errors.As(err, &timeout) && timeout.Timeout()
	return &TransportError{Status: status, Err: err, transient: !permanent}
}
