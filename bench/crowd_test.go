package bench

import (
	"context"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"runtime/metrics"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/usherauth/usher/identity"
)

var crowd = flag.Int("users", 0, "how many users the large instance has; 0 skips the comparison")

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

// TestCrowd prints what calls cost with -users users in SQLite beside the same with a
// thousand.
func TestCrowd(t *testing.T) {
	if *crowd == 0 {
		t.Skip("a measurement, not a check: run make bench")
	}
	small, large := newDesk(t), newDesk(t)
	small.fill(t, 1000)
	large.fill(t, *crowd)
	for _, what := range []struct {
		name string
		call func(d *desk, n int) *httptest.ResponseRecorder
	}{
		{"a user by id", func(d *desk, n int) *httptest.ResponseRecorder {
			return d.backend(fmt.Sprintf("/v1/users/user_%07d", n))
		}},
		{"a user by address", func(d *desk, n int) *httptest.ResponseRecorder {
			return d.backend(fmt.Sprintf("/v1/users?email_address=u%d@example.com", n))
		}},
		{"the newest ten users", func(d *desk, _ int) *httptest.ResponseRecorder { return d.backend("/v1/users") }},
		{"a sign-up", func(d *desk, n int) *httptest.ResponseRecorder {
			return d.signUp(fmt.Sprintf("new%d-%d@example.com", n, time.Now().UnixNano()))
		}},
	} {
		var few, many time.Duration
		const turns = 200
		for i := range turns { // in turns, so that both see the same machine
			few += timed(t, func() *httptest.ResponseRecorder { return what.call(small, i*997%1000) })
			many += timed(t, func() *httptest.ResponseRecorder { return what.call(large, i*7919%*crowd) })
		}
		fmt.Printf("%s: %v with 1,000 users, %v with %d: %.2f times\n", what.name, few/turns, many/turns, *crowd, float64(many)/float64(few))
	}
}

func timed(t *testing.T, f func() *httptest.ResponseRecorder) time.Duration {
	t.Helper()
	start := time.Now()
	rec := f()
	took := time.Since(start)
	if err := ok(rec); err != nil {
		t.Fatal(err)
	}
	return took
}

func (d *desk) backend(path string) *httptest.ResponseRecorder {
	req := httptest.NewRequest("GET", path, nil)
	req.Header.Set("Authorization", "Bearer "+d.SecretKey().Reveal())
	rec := httptest.NewRecorder()
	d.Backend().ServeHTTP(rec, req)
	return rec
}

// fill makes n users without asking for their passwords.
func (d *desk) fill(t *testing.T, n int) {
	t.Helper()
	born := time.Now().Add(-24 * time.Hour)
	for from := 0; from < n; from += 1000 {
		err := d.store.Update(context.Background(), func(tx identity.Tx) error {
			for i := from; i < min(from+1000, n); i++ {
				at := born.Add(time.Duration(i) * time.Millisecond)
				address := fmt.Sprintf("u%d@example.com", i)
				mail := identity.EmailAddress{ID: fmt.Sprintf("idn_%07d", i), Address: address, Normalized: address, CreatedAt: at, UpdatedAt: at}
				u := identity.User{
					ID: fmt.Sprintf("user_%07d", i), FirstName: "Ada", LastName: "Lovelace", PrimaryEmailID: mail.ID,
					Emails: []identity.EmailAddress{mail}, CreatedAt: at, UpdatedAt: at,
				}
				if err := tx.PutUser(u); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}
