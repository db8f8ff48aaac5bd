// Package reqscope remembers results for the length of one request: one flight,
// one result per key.
package reqscope

import (
	"context"
	"sync"
	"sync/atomic"
)

// Scope is the memory of one request. The zero value is empty and ready; it
// allocates nothing until the first [Do]. A Scope is safe for concurrent use and must
// not be copied after first use. It lives exactly as long as the request that holds
// it, so nothing in it ever reaches another request or another person.
type Scope struct {
	mu      sync.Mutex
	flights map[any]any // id[K, T] to *flight[T]
	marks   atomic.Uint64
}

// Key is the context key under which a [Scope] is found. A context type that embeds
// its Scope answers Value(Key{}) with a *Scope and so saves the allocation of [New].
type Key struct{}

// FromContext returns the Scope of the request that ctx belongs to, nil if there is
// none. [Do] accepts nil.
func FromContext(ctx context.Context) *Scope {
	s, _ := ctx.Value(Key{}).(*Scope)
	return s
}

// New returns a child of ctx with a fresh, empty Scope, for work that no middleware
// gave one: a job, a test. It hides a Scope that ctx may already have.
func New(ctx context.Context) context.Context {
	return context.WithValue(ctx, Key{}, new(Scope))
}

// Do returns what fn returned for key earlier in this request, waits for the call in
// progress, or calls fn itself, in the caller's goroutine and with the caller's ctx.
// A nil s remembers nothing: fn is called each time. Keys of different types K, or
// for different results T, never meet.
//
// Errors are remembered like values, so that a page of fifty components asks a sick
// upstream once and not fifty times. Two outcomes are not: an error of a call whose
// own ctx had ended, which says nothing about the upstream, and a panic, which goes
// to the caller of that fn alone. After those the next caller, or one of those
// waiting, calls fn again.
//
// A caller that waits leaves with ctx.Err() when its ctx ends. fn must not call Do
// with its own key: it would wait for itself.
func Do[K comparable, T any](ctx context.Context, s *Scope, key K, fn func(context.Context) (T, error)) (T, error) {
	if s == nil {
		return fn(ctx)
	}
	for {
		f := find[K, T](s, key)
		if f == nil {
			var leading bool
			if f, leading = join[K, T](s, key); leading {
				return lead(ctx, s, key, f, fn)
			}
		}
		if !f.landed() {
			select {
			case <-f.done:
			case <-ctx.Done():
				var zero T
				return zero, ctx.Err()
			}
		}
		if f.keep {
			return f.val, f.err
		}
	}
}

// markBits is how many marks a page can have.
const markBits = 8

// Mark sets one of eight marks, 0 to 7, on the page that is being written to the given
// address, and reports whether it was not set before. Another address is another page, and
// the marks of the page before are forgotten. It allocates nothing. A nil s marks nothing
// and reports true.
func (s *Scope) Mark(page uintptr, mark int) bool {
	if s == nil {
		return true
	}
	for {
		old := s.marks.Load()
		marks := uint64(page) << markBits
		if old>>markBits == marks>>markBits {
			marks = old
		}
		if marks&(1<<mark) != 0 {
			return false
		}
		if s.marks.CompareAndSwap(old, marks|1<<mark) {
			return true
		}
	}
}

// id makes the map key of (K, T) distinct from that of any other pair of types.
type id[K comparable, T any] struct{ key K }

// flight is one call of fn. val, err and keep may be read once done is closed.
type flight[T any] struct {
	done chan struct{}
	val  T
	err  error
	keep bool
}

func (f *flight[T]) landed() bool {
	select {
	case <-f.done:
		return true
	default:
		return false
	}
}

// find is apart from join so that the key of a hit need not escape to the heap.
func find[K comparable, T any](s *Scope, key K) *flight[T] {
	s.mu.Lock()
	defer s.mu.Unlock()
	f, _ := s.flights[id[K, T]{key}].(*flight[T])
	return f
}

// join returns the flight for key and whether the caller has to fly it.
func join[K comparable, T any](s *Scope, key K) (f *flight[T], leading bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if f, ok := s.flights[id[K, T]{key}].(*flight[T]); ok {
		return f, false
	}
	if s.flights == nil {
		s.flights = make(map[any]any)
	}
	f = &flight[T]{done: make(chan struct{})}
	s.flights[id[K, T]{key}] = f
	return f, true
}

// lead calls fn and lets the waiting go, also when fn panics or calls runtime.Goexit.
func lead[K comparable, T any](ctx context.Context, s *Scope, key K, f *flight[T], fn func(context.Context) (T, error)) (T, error) {
	defer func() {
		if !f.keep {
			s.mu.Lock()
			delete(s.flights, id[K, T]{key})
			s.mu.Unlock()
		}
		close(f.done)
	}()
	f.val, f.err = fn(ctx)
	f.keep = f.err == nil || ctx.Err() == nil
	return f.val, f.err
}
