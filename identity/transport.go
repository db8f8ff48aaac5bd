package identity

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
)

// BackendURL is where [NewTransport] users reach the embedded Backend API; requests to
// it go nowhere else. Give it to Backend API clients as their API URL.
const BackendURL = "https://" + backendHost

const backendHost = "api.usher.localhost"

// Transport returns a transport that reaches this service's two APIs in memory, at
// [BackendURL] and at https:// + the publishable key's host. Every other host is an
// error: nothing leaves the process.
func (s *Service) Transport() http.RoundTripper {
	return NewTransport(map[string]http.Handler{
		backendHost:                   s.inside,
		s.instance.publishable.Host(): s.frontend,
	})
}

// NewTransport returns an [http.RoundTripper] that answers requests by calling a handler,
// chosen by the URL's host (with the port, if it has one). Handlers get a request as a
// server would make it; its RemoteAddr is the outgoing request's, or "127.0.0.1:0". The
// answer is complete before RoundTrip returns: it suits APIs, not streams. RoundTrip
// returns early when the request's context ends; the handler sees the same context. A
// handler that panics answers 500. The transport is safe for concurrent use; the map must
// not be changed afterwards.
func NewTransport(handlers map[string]http.Handler) http.RoundTripper {
	return transport(handlers)
}

type transport map[string]http.Handler

// RoundTrip implements [http.RoundTripper].
func (t transport) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		closeBody(r)
		return nil, err
	}
	h, ok := t[r.URL.Host]
	if !ok {
		closeBody(r)
		return nil, fmt.Errorf("identity: the in-memory transport has no host %q: the Backend API is at BackendURL, the Frontend API on the host of the publishable key", r.URL.Host)
	}
	in := serverRequest(r)
	done := r.Context().Done()
	if done == nil {
		return serve(h, in, r)
	}
	type result struct {
		resp *http.Response
		err  error
	}
	ch := make(chan result, 1)
	go func() {
		resp, err := serve(h, in, r) //nolint:bodyclose // handed to RoundTrip's caller
		ch <- result{resp, err}
	}()
	select {
	case res := <-ch:
		return res.resp, res.err
	case <-done:
		return nil, context.Cause(r.Context())
	}
}

func closeBody(r *http.Request) {
	if r.Body != nil {
		_ = r.Body.Close()
	}
}

// serverRequest is r as a server would have read it from a connection.
func serverRequest(r *http.Request) *http.Request {
	in := r.WithContext(r.Context())
	in.Header = r.Header.Clone()
	if in.Header == nil {
		in.Header = http.Header{}
	}
	if in.Method == "" {
		in.Method = http.MethodGet
	}
	in.URL = &url.URL{Path: r.URL.Path, RawPath: r.URL.RawPath, RawQuery: r.URL.RawQuery}
	if in.URL.Path == "" {
		in.URL.Path = "/"
	}
	in.RequestURI = in.URL.RequestURI()
	if in.Host == "" {
		in.Host = r.URL.Host
	}
	in.Proto, in.ProtoMajor, in.ProtoMinor = "HTTP/1.1", 1, 1
	if in.RemoteAddr == "" {
		in.RemoteAddr = "127.0.0.1:0"
	}
	if in.Body == nil {
		in.Body = http.NoBody
	} else if in.ContentLength == 0 && in.Body != http.NoBody {
		in.ContentLength = -1 // unknown, as http.Transport reads it
	}
	in.Response, in.GetBody = nil, nil
	return in
}

// serve runs the handler and makes the response to r.
func serve(h http.Handler, in, r *http.Request) (*http.Response, error) {
	defer in.Body.Close()
	rec := &recorder{}
	if err := rec.run(h, in); err != nil {
		return nil, err
	}
	return rec.response(r), nil
}

// recorder keeps what a handler writes.
type recorder struct {
	header http.Header
	after  http.Header // given out after WriteHeader, when changes come too late
	status int
	body   bytes.Buffer
}

// run calls the handler. An aborted one is a broken connection, as on a network.
func (w *recorder) run(h http.Handler, in *http.Request) (err error) {
	defer func() {
		switch p := recover(); p {
		case nil:
		case http.ErrAbortHandler:
			err = io.ErrUnexpectedEOF
		default:
			*w = recorder{status: http.StatusInternalServerError}
		}
	}()
	h.ServeHTTP(w, in)
	return nil
}

func (w *recorder) Header() http.Header {
	if w.header == nil {
		w.header = http.Header{}
	}
	if w.status == 0 {
		return w.header
	}
	if w.after == nil {
		w.after = w.header.Clone()
	}
	return w.after
}

// WriteHeader keeps the first final status.
func (w *recorder) WriteHeader(status int) {
	if w.status == 0 && status >= 200 {
		w.Header()
		w.status = status
	}
}

func (w *recorder) Write(p []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	if !bodyAllowed(w.status) {
		return 0, http.ErrBodyNotAllowed
	}
	return w.body.Write(p)
}

func bodyAllowed(status int) bool {
	return status >= 200 && status != http.StatusNoContent && status != http.StatusNotModified
}

func (w *recorder) response(r *http.Request) *http.Response {
	w.WriteHeader(http.StatusOK)
	resp := &http.Response{
		Status: decimal(w.status) + " " + http.StatusText(w.status), StatusCode: w.status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: w.header, ContentLength: int64(w.body.Len()), Request: r,
	}
	if resp.Header == nil {
		resp.Header = http.Header{}
	}
	if w.body.Len() > 0 && len(resp.Header["Content-Type"]) == 0 {
		resp.Header.Set("Content-Type", http.DetectContentType(w.body.Bytes()))
	}
	if r.Method == http.MethodHead || w.body.Len() == 0 {
		resp.Body = http.NoBody
		return resp
	}
	resp.Body = io.NopCloser(&w.body)
	return resp
}
