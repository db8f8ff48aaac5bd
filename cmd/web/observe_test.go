package main

import (
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// Whoever reports an error page quotes a name, and the log has to have the same one.
func TestFailuresAreNamedAlikeOnThePageAndInTheLog(t *testing.T) {
	t.Parallel()
	s := start(t)
	b := s.browser(t)
	for path, status := range map[string]int{"/nowhere": 404, "/welcome": 200} {
		a := b.get(path)
		id := a.Header.Get("X-Request-Id")
		if a.StatusCode != status || (id != "") != (status >= 400) {
			t.Errorf("%s: %d, X-Request-Id %q", path, a.StatusCode, id)
		}
		if id != "" && !strings.Contains(a.body, id) {
			t.Errorf("%s: the page does not name %s:\n%s", path, id, a.body)
		}
		if id != "" && !strings.Contains(s.log.String(), "request_id="+id) {
			t.Errorf("%s: %s is not in the log", path, id)
		}
	}
}

func TestS08_APanicIsAPageWithoutDetail(t *testing.T) {
	t.Parallel()
	s := start(t)
	a, err := newApp(s.embedded.instance(s.Origin()), s.Main.log, s.Now)
	if err != nil {
		t.Fatal(err)
	}
	for name, h := range map[string]http.HandlerFunc{
		"before anything was sent": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Set-Cookie", "half=written")
			panic("secret detail at /src/x.go:1")
		},
		"after the first byte": func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write([]byte("<p>half a page"))
			panic("secret detail at /src/x.go:1")
		},
	} {
		watch := newObserver(s.Main.log, s.Now, a.failed)
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		srv := s.newServer(watch.wrap(h))
		go func() { _ = srv.Serve(l) }()
		res, err := client.Get("http://" + l.Addr().String() + "/")
		if name == "after the first byte" {
			if err == nil {
				_, err = io.ReadAll(res.Body)
				_ = res.Body.Close()
			}
			if err == nil {
				t.Errorf("%s: half a page looks like a whole one", name)
			}
		} else if err != nil {
			t.Errorf("%s: %v", name, err)
		} else {
			body, _ := io.ReadAll(res.Body)
			_ = res.Body.Close()
			if res.StatusCode != 500 || strings.Contains(string(body), "detail") || res.Header.Get("Set-Cookie") != "" || res.Header.Get("X-Request-Id") == "" {
				t.Errorf("%s: %d %v\n%s", name, res.StatusCode, res.Header, body)
			}
		}
		_ = srv.Close()
	}
	if !strings.Contains(s.log.String(), "secret detail") {
		t.Error("the panic is not in the log")
	}
}

// deaf is a connection that cannot be flushed any more.
type deaf struct{ *httptest.ResponseRecorder }

func (deaf) FlushError() error { return io.ErrClosedPipe }

// TestB13_TheObserverHandsThrough: errors reach handlers, what was sent is counted, and
// nothing is sent after it.
func TestB13_TheObserverHandsThrough(t *testing.T) {
	t.Parallel()
	rec := &recorder{ResponseWriter: deaf{httptest.NewRecorder()}}
	if n, err := io.Copy(rec, io.LimitReader(strings.NewReader("hello"), 5)); n != 5 || err != nil || rec.bytes != 5 || rec.status != 200 {
		t.Errorf("copied %d, %v; counted %d with status %d", n, err, rec.bytes, rec.status)
	}
	if n, err := io.WriteString(rec, "you"); n != 3 || err != nil || rec.bytes != 8 {
		t.Errorf("wrote %d, %v; counted %d", n, err, rec.bytes)
	}
	rec = &recorder{ResponseWriter: deaf{httptest.NewRecorder()}}
	if err := http.NewResponseController(rec).Flush(); !errors.Is(err, io.ErrClosedPipe) || rec.status != 200 {
		t.Errorf("Flush: %v, status %d", err, rec.status)
	}
}
