package reqscope_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/usherauth/usher/internal/reqscope"
)

var errUpstream = errors.New("upstream is down")

// counter returns fn and the number of times it was called.
func counter[T any](val T, err error) (fn func(context.Context) (T, error), calls *atomic.Int64) {
	calls = new(atomic.Int64)
	return func(context.Context) (T, error) {
		calls.Add(1)
		return val, err
	}, calls
}

func TestDoRemembersOneResultPerKey(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		val  string
		err  error
	}{
		{"a value", "ada", nil},
		{"an error", "", errUpstream},
		{"a value with an error", "partial", errUpstream},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var s reqscope.Scope
			fn, calls := counter(tt.val, tt.err)
			for range 50 {
				got, err := reqscope.Do(t.Context(), &s, "k", fn)
				if got != tt.val || !errors.Is(err, tt.err) {
					t.Fatalf("Do = %q, %v, want %q, %v", got, err, tt.val, tt.err)
				}
			}
			if n := calls.Load(); n != 1 {
				t.Errorf("fn was called %d times, want 1", n)
			}
		})
	}
}

func TestDoKeepsKeysApart(t *testing.T) {
	t.Parallel()
	type user struct{ id string }
	type org struct{ id string }
	var s reqscope.Scope
	do := func(key any, val string) string {
		t.Helper()
		fn, _ := counter(val, nil)
		var got string
		switch key := key.(type) {
		case user:
			got, _ = reqscope.Do(t.Context(), &s, key, fn)
		case org:
			got, _ = reqscope.Do(t.Context(), &s, key, fn)
		}
		return got
	}
	for _, key := range []any{user{"1"}, user{"2"}, org{"1"}, user{""}} {
		want := fmt.Sprintf("%T", key) + fmt.Sprint(key)
		if got := do(key, want); got != want {
			t.Errorf("Do(%#v) = %q, want %q", key, got, want)
		}
	}
}

func TestDoKeepsResultTypesApart(t *testing.T) {
	t.Parallel()
	var s reqscope.Scope
	number, _ := counter(7, nil)
	text, _ := counter("seven", nil)
	n, _ := reqscope.Do(t.Context(), &s, "k", number)
	txt, err := reqscope.Do(t.Context(), &s, "k", text)
	if n != 7 || txt != "seven" || err != nil {
		t.Errorf("got %d, %q, %v, want 7, seven, nil", n, txt, err)
	}
}

func TestDoWithoutScopeCallsEachTime(t *testing.T) {
	t.Parallel()
	fn, calls := counter("ada", nil)
	for range 3 {
		if got, err := reqscope.Do(t.Context(), nil, "k", fn); got != "ada" || err != nil {
			t.Fatalf("Do = %q, %v", got, err)
		}
	}
	if n := calls.Load(); n != 3 {
		t.Errorf("fn was called %d times, want 3", n)
	}
}

func TestContext(t *testing.T) {
	t.Parallel()
	if s := reqscope.FromContext(t.Context()); s != nil {
		t.Errorf("FromContext of a bare context = %p, want nil", s)
	}
	a, b := reqscope.New(t.Context()), reqscope.New(t.Context())
	if reqscope.FromContext(a) == nil || reqscope.FromContext(a) == reqscope.FromContext(b) {
		t.Error("New did not give each context a Scope of its own")
	}
	inner := reqscope.New(a)
	if reqscope.FromContext(inner) == reqscope.FromContext(a) {
		t.Error("New inside a scope returned the outer Scope")
	}
}

func TestDoSharesOneFlight(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var s reqscope.Scope
		var calls atomic.Int64
		fn := func(context.Context) (string, error) {
			calls.Add(1)
			time.Sleep(time.Second)
			return "ada", errUpstream
		}
		var wg sync.WaitGroup
		for range 50 {
			wg.Go(func() {
				got, err := reqscope.Do(t.Context(), &s, "k", fn)
				if got != "ada" || !errors.Is(err, errUpstream) {
					t.Errorf("Do = %q, %v", got, err)
				}
			})
		}
		wg.Wait()
		if n := calls.Load(); n != 1 {
			t.Errorf("fn was called %d times, want 1", n)
		}
	})
}

func TestDoOfALeaderThatGaveUpDoesNotPoisonTheOthers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var s reqscope.Scope
		var calls atomic.Int64
		fn := func(ctx context.Context) (string, error) {
			calls.Add(1)
			select {
			case <-time.After(time.Second):
				return "ada", nil
			case <-ctx.Done():
				return "", ctx.Err()
			}
		}
		impatient, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		var wg sync.WaitGroup
		wg.Go(func() {
			if _, err := reqscope.Do(impatient, &s, "k", fn); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("leader: Do = %v, want deadline exceeded", err)
			}
		})
		synctest.Wait() // the impatient caller leads
		for range 10 {
			wg.Go(func() {
				if got, err := reqscope.Do(t.Context(), &s, "k", fn); got != "ada" || err != nil {
					t.Errorf("waiting: Do = %q, %v, want ada", got, err)
				}
			})
		}
		wg.Wait()
		if n := calls.Load(); n != 2 {
			t.Errorf("fn was called %d times, want 2: one given up, one shared", n)
		}
	})
}

func TestDoLetsAWaitingCallerLeave(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var s reqscope.Scope
		fn := func(context.Context) (string, error) {
			time.Sleep(time.Minute)
			return "ada", nil
		}
		var wg sync.WaitGroup
		wg.Go(func() { _, _ = reqscope.Do(t.Context(), &s, "k", fn) })
		synctest.Wait()

		start := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := reqscope.Do(ctx, &s, "k", fn)
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != time.Second {
			t.Errorf("Do = %v after %v, want deadline exceeded after 1s", err, time.Since(start))
		}
		wg.Wait()
		if got, err := reqscope.Do(ctx, &s, "k", fn); got != "ada" || err != nil {
			t.Errorf("a known result with an ended ctx: Do = %q, %v, want ada", got, err)
		}
	})
}

func TestDoPanicReachesOnlyItsOwnCaller(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		crash func()
	}{
		{"panic", func() { panic("boom") }},
		{"runtime.Goexit", runtime.Goexit},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var s reqscope.Scope
				var first sync.Once
				fn := func(context.Context) (string, error) {
					time.Sleep(time.Second)
					first.Do(tt.crash)
					return "ada", nil
				}
				var wg sync.WaitGroup
				var crashed atomic.Int64
				for range 5 {
					wg.Go(func() {
						finished := false
						defer func() {
							_ = recover()
							if !finished {
								crashed.Add(1)
							}
						}()
						got, err := reqscope.Do(t.Context(), &s, "k", fn)
						finished = true
						if got != "ada" || err != nil {
							t.Errorf("Do = %q, %v, want ada", got, err)
						}
					})
				}
				wg.Wait()
				if n := crashed.Load(); n != 1 {
					t.Errorf("%d callers crashed, want 1", n)
				}
			})
		})
	}
}

func TestDoHitDoesNotAllocate(t *testing.T) {
	type key struct {
		client *int
		id     string
	}
	ctx := reqscope.New(t.Context())
	k := key{new(int), "user_1"}
	ask := func() {
		_, err := reqscope.Do(ctx, reqscope.FromContext(ctx), k, func(context.Context) (*int, error) { return k.client, nil })
		if err != nil {
			t.Fatal(err)
		}
	}
	ask()
	if n := testing.AllocsPerRun(100, ask); n != 0 {
		t.Errorf("a remembered result costs %v allocations, want 0", n)
	}
}

func BenchmarkDoHit(b *testing.B) {
	ctx := reqscope.New(b.Context())
	fn, _ := counter("ada", nil)
	for b.Loop() {
		_, _ = reqscope.Do(ctx, reqscope.FromContext(ctx), "k", fn)
	}
}

func TestMarksBelongToOnePage(t *testing.T) {
	t.Parallel()
	var s reqscope.Scope
	for i, step := range []struct {
		page uintptr
		mark int
		want bool
	}{{8, 0, true}, {8, 0, false}, {8, 1, true}, {8, 7, true}, {8, 1, false}, {16, 1, true}, {16, 0, true}, {8, 0, true}, {8, 0, false}} {
		if got := s.Mark(step.page, step.mark); got != step.want {
			t.Errorf("step %d: Mark(%d, %d) = %t", i, step.page, step.mark, got)
		}
	}
	if none := (*reqscope.Scope)(nil); !none.Mark(8, 0) || !none.Mark(8, 1) {
		t.Error("a nil Scope remembers marks")
	}
}
