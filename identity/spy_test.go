package identity_test

import (
	"context"
	"sync/atomic"

	"github.com/usherauth/usher/identity"
)

// spyStore counts transactions and fails on demand.
type spyStore struct {
	identity.Store
	views, updates atomic.Int64
	fail           atomic.Pointer[error] // every transaction returns it
}

func (s *spyStore) broken() error {
	if err := s.fail.Load(); err != nil {
		return *err
	}
	return nil
}

func (s *spyStore) breakWith(err error) { s.fail.Store(&err) }
func (s *spyStore) repair()             { s.fail.Store(nil) }

func (s *spyStore) View(ctx context.Context, fn func(identity.Tx) error) error {
	s.views.Add(1)
	if err := s.broken(); err != nil {
		return err
	}
	return s.Store.View(ctx, fn)
}

func (s *spyStore) Update(ctx context.Context, fn func(identity.Tx) error) error {
	s.updates.Add(1)
	if err := s.broken(); err != nil {
		return err
	}
	return s.Store.Update(ctx, fn)
}

// hookStore changes the store just before a later Update, or does anything else then.
type hookStore struct {
	identity.Store
	left   int
	change func(identity.Tx) error
	other  func()
}

// beforeUpdate runs change before the nth Update from now.
func (s *hookStore) beforeUpdate(n int, change func(identity.Tx) error) { s.left, s.change = n, change }

// between runs f before the nth Update from now, with nothing locked.
func (s *hookStore) between(n int, f func()) { s.left, s.change, s.other = n, nil, f }

func (s *hookStore) Update(ctx context.Context, fn func(identity.Tx) error) error {
	s.left--
	switch {
	case s.left != 0:
	case s.change == nil:
		s.other()
	default:
		if err := s.Store.Update(ctx, s.change); err != nil {
			return err
		}
	}
	return s.Store.Update(ctx, fn)
}
