package storetest

import (
	"context"
	"testing"
	"time"

	"github.com/usherauth/usher/identity/store"
)

var contextCases = []testCase{
	{"a context that is done runs nothing", func(t *testing.T, s store.Store) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		ran := func(store.Tx) error { t.Error("function run"); return nil }
		for range 20 {
			wantError(t, "View", s.View(ctx, ran), context.Canceled)
			wantError(t, "Update", s.Update(ctx, ran), context.Canceled)
			wantError(t, "Ping", s.Ping(ctx), context.Canceled)
		}
		mustPut(t, s, aUser(1))
	}},
	{"an Update whose context ends before its function returns is undone", func(t *testing.T, s store.Store) {
		u := aUser(1)
		ctx, cancel := context.WithCancel(t.Context())
		err := s.Update(ctx, func(tx store.Tx) error {
			err := tx.PutUser(u)
			cancel()
			return err
		})
		wantError(t, "Update", err, context.Canceled)
		wantMissing(t, s, store.Tx.User, u.ID)
		mustPut(t, s, u)
	}},
	{"an Update whose deadline passes between its writes is undone", func(t *testing.T, s store.Store) {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		defer cancel()
		err := s.Update(ctx, func(tx store.Tx) error {
			_ = tx.PutUser(aUser(1))
			<-ctx.Done()
			_ = tx.PutUser(aUser(2)) // whether this fails is the store's choice
			return nil
		})
		wantError(t, "Update", err, context.DeadlineExceeded)
		wantUsers(t, s, store.UserQuery{})
	}},
	{"waiting for another Update ends with the context", func(t *testing.T, s store.Store) {
		inside, leave, left := make(chan struct{}), make(chan struct{}), make(chan error)
		go func() {
			left <- s.Update(context.WithoutCancel(t.Context()), func(tx store.Tx) error {
				close(inside)
				<-leave
				return tx.PutUser(aUser(1))
			})
		}()
		<-inside
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		defer cancel()
		err := s.Update(ctx, func(tx store.Tx) error { return tx.PutUser(aUser(2)) })
		wantError(t, "Update behind another", err, context.DeadlineExceeded)
		close(leave)
		if err := <-left; err != nil {
			t.Errorf("the other Update = %v", err)
		}
		wantUsers(t, s, store.UserQuery{}, aUser(1).ID)
	}},
}
