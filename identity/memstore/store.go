package memstore

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/usherauth/usher/identity/store"
)

var (
	errClosed   = errors.New("memstore: store is closed")
	errReadOnly = errors.New("memstore: write in View")
)

var _ store.Store = (*Store)(nil)

// Store is an [store.Store] in memory. Use [New]; the zero value is not usable.
// It is safe for concurrent use.
type Store struct {
	writer chan struct{} // held by the one running Update; a channel, so that waiting ends with ctx
	mu     sync.RWMutex  // guards what follows
	data   *records
	closed bool
}

// New returns an empty store.
func New() *Store {
	return &Store{writer: make(chan struct{}, 1), data: newRecords()}
}

// View runs fn while no Update changes the store. See [store.Store].
func (s *Store) View(ctx context.Context, fn func(store.Tx) error) error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if err := s.usable(ctx); err != nil {
		return err
	}
	return fn(&tx{records: s.data})
}

// Update runs fn alone and undoes its writes when fn fails, panics, or ctx is done
// before fn returns. See [store.Store].
func (s *Store) Update(ctx context.Context, fn func(store.Tx) error) error {
	select {
	case s.writer <- struct{}{}:
	case <-ctx.Done():
		return fmt.Errorf("memstore: wait for other writers: %w", ctx.Err())
	}
	defer func() { <-s.writer }()
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.usable(ctx); err != nil {
		return err
	}
	return s.run(ctx, fn)
}

func (s *Store) run(ctx context.Context, fn func(store.Tx) error) error {
	t := &tx{records: s.data, writable: true}
	kept := false
	defer func() { // also on a panic or runtime.Goexit in fn
		if !kept {
			t.rollback()
		}
	}()
	if err := fn(t); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("memstore: commit: %w", err)
	}
	kept = true
	return nil
}

// usable is called with mu held.
func (s *Store) usable(ctx context.Context) error {
	if s.closed {
		return errClosed
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("memstore: begin: %w", err)
	}
	return nil
}

// Ping fails only after Close and when ctx is done.
func (s *Store) Ping(ctx context.Context) error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.usable(ctx)
}

// Close forgets every record, after running transactions ended.
func (s *Store) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return errClosed
	}
	s.closed, s.data = true, nil
	return nil
}
