package clerkjs

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"sync"
)

// call is one request that a page made, and how it ended.
type call struct {
	Method string // the one that was meant: _method, where it is sent
	Path   string // below /v1 for the Frontend API, else the whole
	Query  url.Values
	Form   url.Values // of an urlencoded body
	Status int
	Code   string // of a refusal: the first error's
}

func (c call) String() string {
	text := fmt.Sprintf("%s %s → %d", c.Method, c.Path, c.Status)
	if c.Code != "" {
		text += " " + c.Code
	}
	return text
}

// name is the call without its end: "POST /client/sign_ins".
func (c call) name() string { return c.Method + " " + c.Path }

// record is what was asked so far.
type record struct {
	mu    sync.Mutex
	calls []call
}

// of writes down what passes.
func (rec *record) of(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c := call{Method: r.Method, Path: strings.TrimPrefix(r.URL.Path, frontendAPI+"/v1"), Query: r.URL.Query()}
		if m := c.Query.Get("_method"); m != "" {
			c.Method = m
		}
		c.Form = peekForm(r)
		watch := &watcher{ResponseWriter: w, status: http.StatusOK}
		next.ServeHTTP(watch, r)
		c.Status, c.Code = watch.status, watch.code()
		rec.mu.Lock()
		defer rec.mu.Unlock()
		rec.calls = append(rec.calls, c)
	})
}

// peekForm reads a form and puts it back.
func peekForm(r *http.Request) url.Values {
	media, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if media != "application/x-www-form-urlencoded" {
		return nil
	}
	body, _ := io.ReadAll(r.Body) // cut off: the program gets what there is
	r.Body = io.NopCloser(bytes.NewReader(body))
	values, _ := url.ParseQuery(string(body))
	return values
}

// watcher remembers the status, and the body of a refusal.
type watcher struct {
	http.ResponseWriter
	status int
	body   bytes.Buffer
}

func (w *watcher) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

func (w *watcher) Write(p []byte) (int, error) {
	if w.status >= http.StatusBadRequest {
		w.body.Write(p)
	}
	return w.ResponseWriter.Write(p)
}

// Unwrap lets the proxy flush.
func (w *watcher) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *watcher) code() string {
	var envelope struct{ Errors []struct{ Code string } }
	if json.Unmarshal(w.body.Bytes(), &envelope) != nil || len(envelope.Errors) == 0 {
		return ""
	}
	return envelope.Errors[0].Code
}

// mark is a moment of the record.
func (rec *record) mark() int {
	rec.mu.Lock()
	defer rec.mu.Unlock()
	return len(rec.calls)
}

// since lists the Frontend API calls that ended after a mark.
func (rec *record) since(mark int) (calls []call) {
	for _, c := range rec.all(mark) {
		if !scripted(c.Path) && c.Path != blank {
			calls = append(calls, c)
		}
	}
	return calls
}

func (rec *record) all(mark int) []call {
	rec.mu.Lock()
	defer rec.mu.Unlock()
	return append([]call(nil), rec.calls[mark:]...)
}
