package bench

import (
	"net/http"
	"runtime"
	"runtime/metrics"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// TestI07_MemoryOfAThousandSignIns: however many sign in at once, memory is that of the
// hashes that run, and 128 MiB. Whoever finds the queue full is told to come again.
func TestI07_MemoryOfAThousandSignIns(t *testing.T) {
	d := newDesk(t)
	if err := ok(d.signUp("ada@example.com")); err != nil {
		t.Fatal(err)
	}
	runtime.GC()
	before := taken()
	var served, later atomic.Int64
	var peak uint64
	done, watched := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(watched)
		for {
			peak = max(peak, taken())
			select {
			case <-done:
				return
			case <-time.After(time.Millisecond):
			}
		}
	}()
	var wg sync.WaitGroup
	for range 1000 {
		wg.Go(func() {
			switch rec := d.signIn("ada@example.com"); rec.Code {
			case http.StatusOK:
				served.Add(1)
			case http.StatusServiceUnavailable:
				if later.Add(1); rec.Header().Get("Retry-After") == "" {
					t.Error("503 without Retry-After")
				}
			default:
				t.Errorf("%d %.200s", rec.Code, rec.Body)
			}
		})
	}
	wg.Wait()
	close(done)
	<-watched
	pool := uint64(runtime.NumCPU()) * 19 << 20
	t.Logf("%d signed in, %d to come again; %d MiB more memory, of which %d MiB are the hashes", served.Load(), later.Load(), (peak-before)>>20, pool>>20)
	if served.Load() == 0 {
		t.Error("nobody got in")
	}
	if limit := pool + 128<<20; peak-before > limit {
		t.Errorf("%d MiB more memory, want at most %d", (peak-before)>>20, limit>>20)
	}
}

// taken is the memory that live and dead objects and stacks take.
func taken() uint64 {
	s := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}, {Name: "/memory/classes/heap/stacks:bytes"}}
	metrics.Read(s)
	return s[0].Value.Uint64() + s[1].Value.Uint64()
}
