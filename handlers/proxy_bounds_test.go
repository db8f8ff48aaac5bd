package handlers_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// hang waits as a transport does: until the request's context ends.
func hang(out *http.Request) (*http.Response, error) {
	<-out.Context().Done()
	return nil, out.Context().Err()
}

func TestL03_TheProxyWaitsHalfAMinuteForAnAnswer(t *testing.T) {
	t.Parallel()
	for name, up := range map[string]upstream{
		"silent": hang,
		"silent after the body": func(out *http.Request) (*http.Response, error) {
			_, _ = io.Copy(io.Discard, out.Body)
			return hang(out)
		},
	} {
		synctest.Test(t, func(t *testing.T) {
			start := time.Now()
			rec := through(t, up, request("POST", "/__clerk/v1/client/sign_ins"))
			if took := time.Since(start); took != 30*time.Second {
				t.Errorf("%s: ended after %v", name, took)
			}
			if rec.Code != http.StatusGatewayTimeout || !strings.Contains(rec.Body.String(), `"proxy_request_failed"`) {
				t.Errorf("%s: %d %s", name, rec.Code, rec.Body)
			}
		})
	}
}

// slow is a body of so many octets, one in every ten seconds.
type slow struct{ left int }

func (s *slow) Read(p []byte) (int, error) {
	if s.left == 0 {
		return 0, io.EOF
	}
	time.Sleep(10 * time.Second)
	s.left--
	return copy(p, "x"), nil
}

func TestL03_ASlowPictureHasTwoMinutes(t *testing.T) {
	t.Parallel()
	for octets, want := range map[int]int{9: http.StatusOK, 20: http.StatusGatewayTimeout} {
		synctest.Test(t, func(t *testing.T) {
			r := request("POST", "/__clerk/v1/me/profile_image")
			r.Body, r.ContentLength = io.NopCloser(&slow{octets}), int64(octets)
			start := time.Now()
			rec := through(t, func(out *http.Request) (*http.Response, error) {
				sent := make(chan int64, 1)
				go func() {
					n, _ := io.Copy(io.Discard, out.Body)
					sent <- n
				}()
				select {
				case n := <-sent:
					return response(200, strings.Repeat("x", int(n))), nil
				case <-out.Context().Done():
					return nil, out.Context().Err()
				}
			}, r)
			if took := time.Since(start); rec.Code != want || took > 2*time.Minute {
				t.Errorf("%d octets: %d after %v, want %d within two minutes", octets, rec.Code, took, want)
			}
			time.Sleep(3 * time.Minute) // until the body was read
		})
	}
}

// stalled is an answer's body that says something and then no more.
type stalled struct {
	io.Reader
	ctx context.Context
}

func (s *stalled) Read(p []byte) (int, error) {
	if n, err := s.Reader.Read(p); err == nil {
		return n, nil
	}
	<-s.ctx.Done()
	return 0, s.ctx.Err()
}

func (*stalled) Close() error { return nil }

func TestL03_AnAnswerThatStopsHalfwayIsCutOff(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := request("GET", "/__clerk/v1/client")
		r = r.WithContext(context.WithValue(t.Context(), http.ServerContextKey, &http.Server{}))
		w := httptest.NewRecorder()
		start := time.Now()
		defer func() {
			err, _ := recover().(error)
			if took := time.Since(start); !errors.Is(err, http.ErrAbortHandler) || took != 2*time.Minute {
				t.Errorf("ended after %v with %v, want a cut connection after two minutes", took, err)
			}
		}()
		newHandlers(t, func(out *http.Request) (*http.Response, error) {
			res := response(200, "")
			res.Body, res.ContentLength = &stalled{bytes.NewReader([]byte("half")), out.Context()}, 100
			return res, nil
		}).FrontendAPI().ServeHTTP(w, r)
	})
}

// The answer's time is over when its header is there: what follows may be slow.
func TestL03_ASlowAnswerIsPassedOnWhole(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		rec := through(t, func(out *http.Request) (*http.Response, error) {
			go func() { _, _ = io.Copy(io.Discard, out.Body) }()
			res := response(200, "")
			res.Body, res.ContentLength = io.NopCloser(&slow{9}), 9
			return res, nil
		}, request("POST", "/__clerk/v1/client"))
		if rec.Code != 200 || rec.Body.String() != "xxxxxxxxx" {
			t.Errorf("%d %q", rec.Code, rec.Body)
		}
	})
}
