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
	got, err := pair.Load(srv.Listener.Addr().String(), []byte("GET / HTTP/1.1\r\nHost: x\r\n\r\n"), 2, 100*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	if n := float64(asked.Load()); got.Rate*0.1 < n-1 || got.Rate*0.1 > n+1 || got.P50 <= 0 || got.P99 < got.P50 {
		t.Errorf("%+v for %v requests", got, n)
	}
}

func TestLoadReportsOtherAnswers(t *testing.T) {
	t.Parallel()
	srv := httptest.NewServer(http.NotFoundHandler())
	defer srv.Close()
	if _, err := pair.Load(srv.Listener.Addr().String(), []byte("GET / HTTP/1.1\r\nHost: x\r\n\r\n"), 1, 50*time.Millisecond); err == nil {
		t.Error("a 404 passed")
	}
}

func TestQuartiles(t *testing.T) {
	t.Parallel()
	if got := pair.Quartiles([]float64{4, 1, 3, 2}); got != "median 3.0 (quartiles 2.0 to 4.0)" {
		t.Error(got)
	}
}
