package sqlitestore

import (
	"context"
	"errors"
	"fmt"

	"github.com/usherauth/usher/identity/store"
)

// A batch is one SQLite transaction with one or more Updates in it, one after the
// other. Sharing it shares the disk flush of its commit, which costs far more than
// what a small Update does besides.
//
// Who has run its function lets the next in the queue have its turn and lines up again,
// behind those who wait already. Whoever of the batch gets the turn back first commits
// for all. So an Update on its own commits at once, and a batch is never longer than
// the queue was when its first function ended.
type batch struct {
	done chan struct{} // closed when err is final
	err  error         // why nothing of the batch was kept
}

// Update runs fn in a transaction that it may share with other Updates; whether fn
// sees them or runs before them, it is as if they ran one after the other. Update
// returns when the shared transaction has ended, which can be after ctx ends: only
// then it is known what was kept. See [store.Store].
func (s *Store) Update(ctx context.Context, fn func(store.Tx) error) (err error) {
	if err := s.usable(ctx); err != nil {
		return err
	}
	if s.writeDB == nil {
		return errOnlyRead
	}
	b, err := s.enter(ctx)
	if err != nil {
		return err
	}
	defer func() { // also on a panic or runtime.Goexit in fn, for the sake of the others
		<-s.turn
		// A lost commit comes before what fn said, which may rest on it.
		if lost := s.settle(b); lost != nil {
			err = lost
		}
	}()
	return s.run(ctx, b, fn)
}

// enter waits for the turn and for a transaction. It returns with the turn held.
func (s *Store) enter(ctx context.Context) (*batch, error) {
	wait, cancel := context.WithTimeout(ctx, s.busy)
	defer cancel()
	select {
	case s.turn <- struct{}{}:
	case <-s.closed:
		return nil, errClosed
	case <-wait.Done():
		return nil, outOfTime(ctx, wait.Err())
	}
	if s.batch != nil {
		return s.batch, nil
	}
	if err := s.writer.exec(wait, "BEGIN IMMEDIATE"); err != nil {
		// It may have begun just when wait ended; if not, this fails and says nothing.
		_ = s.writer.exec(context.WithoutCancel(ctx), "ROLLBACK")
		<-s.turn
		return nil, outOfTime(ctx, err)
	}
	s.batch = &batch{done: make(chan struct{})}
	return s.batch, nil
}

// outOfTime tells the caller's own deadline from that of the store.
func outOfTime(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("sqlitestore: wait for other writers: %w", ctx.Err())
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("sqlitestore: %w", store.ErrBusy)
	}
	return fmt.Errorf("sqlitestore: begin: %w", explain(err))
}

// run runs fn in a savepoint of the batch. It is called with the turn held.
func (s *Store) run(ctx context.Context, b *batch, fn func(store.Tx) error) error {
	// Interrupting a write would roll back the whole batch, so ctx is looked at
	// between statements only.
	calm := context.WithoutCancel(ctx)
	if err := s.writer.exec(calm, "SAVEPOINT update_fn"); err != nil {
		return s.abandon(calm, b, err)
	}
	t := &tx{conn: s.writer, ctx: calm, lists: calm, writable: true}
	kept := false
	defer func() {
		t.conn = nil
		if kept {
			return
		}
		if err := s.writer.exec(calm, "ROLLBACK TO update_fn; RELEASE update_fn"); err != nil {
			_ = s.abandon(calm, b, errors.Join(t.broken, err))
		}
	}()
	if err := fn(t); err != nil {
		return err
	}
	if t.broken != nil {
		return t.broken
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("sqlitestore: commit: %w", err)
	}
	if err := s.writer.exec(calm, "RELEASE update_fn"); err != nil {
		return fmt.Errorf("sqlitestore: commit: %w", explain(err))
	}
	kept = true
	return nil
}

// abandon ends a batch whose transaction is not what its members think: SQLite itself
// has rolled it back, on a full disk for example.
func (s *Store) abandon(ctx context.Context, b *batch, cause error) error {
	b.err = fmt.Errorf("sqlitestore: transaction lost: %w", explain(cause))
	s.end(ctx, b)
	return b.err
}

// settle returns when the batch has ended. The turn must not be held.
func (s *Store) settle(b *batch) error {
	select {
	case <-b.done:
	case s.turn <- struct{}{}:
		s.end(context.Background(), b)
		<-s.turn
	}
	return b.err
}

// end commits the batch, unless it has ended. It is called with the turn held.
func (s *Store) end(ctx context.Context, b *batch) {
	if s.batch != b {
		return
	}
	s.batch = nil
	if b.err == nil {
		if err := s.writer.exec(ctx, "COMMIT"); err != nil {
			b.err = fmt.Errorf("sqlitestore: commit: %w", explain(err))
		}
	}
	if b.err != nil {
		_ = s.writer.exec(ctx, "ROLLBACK") // fails if SQLite did that already
	}
	close(b.done)
}
