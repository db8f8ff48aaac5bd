package pair_test

import (
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/usherauth/usher/internal/pair"
)

func TestLoad(t *testing.T) {
	t.Parallel()
	var asked atomic.Int64
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		_, _ = w.Write([]byte("hello"))
	}))
	defer srv.Close()
	start := time.Now()
	got, err := pair.Load(pair.Target{Addr: srv.Listener.Addr().String(), Request: []byte("GET / HTTP/1.1\r\nHost: x\r\n\r\n")}, 2, 100*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	took := time.Since(start).Seconds() // the load's own 0.1 s, and dialling
	if n := float64(asked.Load()); got.Rate < n/took || got.Rate > n/0.1 || got.P50 <= 0 || got.P99 < got.P50 {
		t.Errorf("%+v for %v requests", got, n)
	}
}

func TestVersus(t *testing.T) {
	t.Parallel()
	target := func(wait time.Duration) pair.Target {
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			time.Sleep(wait)
			_, _ = w.Write([]byte("hello"))
		}))
		t.Cleanup(srv.Close)
		return pair.Target{Addr: srv.Listener.Addr().String(), Request: []byte("GET / HTTP/1.1\r\nHost: x\r\n\r\n")}
	}
	a, b, err := pair.Versus(target(time.Millisecond), target(5*time.Millisecond), 2, 200*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	if a.P50 < time.Millisecond || b.P50 < 5*time.Millisecond || a.Rate <= b.Rate {
		t.Errorf("the quick one %+v, the slow one %+v", a, b)
	}
}

func TestLoadReportsOtherAnswers(t *testing.T) {
	t.Parallel()
	srv := httptest.NewServer(http.NotFoundHandler())
	defer srv.Close()
	if _, err := pair.Load(pair.Target{Addr: srv.Listener.Addr().String(), Request: []byte("GET / HTTP/1.1\r\nHost: x\r\n\r\n")}, 1, 50*time.Millisecond); err == nil {
		t.Error("a 404 passed")
	}
}

func TestQuartiles(t *testing.T) {
	t.Parallel()
	if got := pair.Quartiles([]float64{4, 1, 3, 2}); got != "median 3.0 (quartiles 2.0 to 4.0)" {
		t.Error(got)
	}
}
