package authctx_test

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/usherauth/usher/authctx"
	"github.com/usherauth/usher/authtest"
)

// below is a response writer that says what it was asked.
type below struct {
	*httptest.ResponseRecorder
	flush error
	calls []string
}

func (b *below) note(call string) { b.calls = append(b.calls, call) }

func (b *below) FlushError() error { b.note("flush"); return b.flush }

func (b *below) WriteString(s string) (int, error) {
	b.note("string")
	return b.ResponseRecorder.WriteString(s)
}

func (b *below) ReadFrom(r io.Reader) (int64, error) {
	b.note("from")
	return io.Copy(b.ResponseRecorder, r)
}

func (b *below) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	b.note("hijack")
	return nil, nil, http.ErrNotSupported
}

func (b *below) SetWriteDeadline(time.Time) error { b.note("deadline"); return nil }

// TestB13_WrappersHandThrough: what the writer below can do and says reaches the handler,
// through the middleware and through the writer of Config.Deny.
func TestB13_WrappersHandThrough(t *testing.T) {
	t.Parallel()
	gone := errors.New("the reader is gone")
	for name, use := range map[string]func(t *testing.T, w http.ResponseWriter){
		"flush": func(t *testing.T, w http.ResponseWriter) {
			if err := http.NewResponseController(w).Flush(); !errors.Is(err, gone) {
				t.Errorf("Flush: %v", err)
			}
		},
		"flush by type": func(t *testing.T, w http.ResponseWriter) {
			if f, ok := w.(interface{ FlushError() error }); !ok || !errors.Is(f.FlushError(), gone) {
				t.Error("FlushError is hidden")
			}
		},
		"flush old": func(_ *testing.T, w http.ResponseWriter) { w.(http.Flusher).Flush() },
		"string": func(_ *testing.T, w http.ResponseWriter) {
			_, _ = io.WriteString(w, "x")
		},
		"from": func(_ *testing.T, w http.ResponseWriter) {
			_, _ = io.Copy(w, io.LimitReader(strings.NewReader("x"), 1))
		},
		"hijack": func(t *testing.T, w http.ResponseWriter) {
			if _, _, err := w.(http.Hijacker).Hijack(); !errors.Is(err, http.ErrNotSupported) {
				t.Errorf("Hijack: %v", err)
			}
		},
		"deadline": func(t *testing.T, w http.ResponseWriter) {
			if err := http.NewResponseController(w).SetWriteDeadline(time.Time{}); err != nil {
				t.Errorf("SetWriteDeadline: %v", err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want, _, _ := strings.Cut(name, " ")
			cfg := authtest.Config(t)
			cfg.Deny = func(w http.ResponseWriter, _ *http.Request, _ authctx.Denied) { use(t, w) }
			a, err := authctx.New(cfg)
			if err != nil {
				t.Fatal(err)
			}
			for writer, h := range map[string]http.Handler{
				"guard":   http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { use(t, w) }),
				"witness": authctx.RequireAPI()(http.NotFoundHandler()),
			} {
				w := &below{ResponseRecorder: httptest.NewRecorder(), flush: gone}
				a.Handler(h).ServeHTTP(w, authtest.NewRequest(t, "GET", "/", authtest.SignedOut()))
				if len(w.calls) == 0 || w.calls[0] != want {
					t.Errorf("%s: below was asked for %q, want %s", writer, w.calls, want)
				}
			}
		})
	}
}

// TestB13_AStreamEndsWithItsReader: a loop that goes on until Flush fails ends when nobody
// reads any more.
func TestB13_AStreamEndsWithItsReader(t *testing.T) {
	t.Parallel()
	a, err := authctx.New(authtest.Config(t))
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	srv := httptest.NewServer(a.Handler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		defer close(ended)
		for begin := time.Now(); time.Since(begin) < time.Minute; time.Sleep(time.Millisecond) {
			_, _ = io.WriteString(w, "data: x\n\n")
			if http.NewResponseController(w).Flush() != nil {
				return
			}
		}
		t.Error("the stream went on for a minute")
	})))
	defer srv.Close()
	res, err := http.Get(srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	<-ended
}
