package identity

import (
	"context"
	"errors"
	"runtime"
)

// errHashBusy means that more requests want a password hashed than may wait.
var errHashBusy = errors.New("password hashing is saturated")

// hashPool bounds how many passwords are hashed at once, and how many requests wait
// for it: memory is at most slots × 19 MiB however many people sign in.
type hashPool struct {
	slots chan struct{} // running
	queue chan struct{} // running and waiting
	tidy  bool          // collect a hash's memory before the next one
}

func newHashPool(slots, queue int, tidy bool) *hashPool {
	return &hashPool{slots: make(chan struct{}, slots), queue: make(chan struct{}, slots+queue), tidy: tidy}
}

// do runs fn when a slot is free. It returns errHashBusy at once when the queue is
// full, and the context's error when it ends before fn began.
func (p *hashPool) do(ctx context.Context, fn func()) error {
	select {
	case p.queue <- struct{}{}:
	default:
		return errHashBusy
	}
	defer func() { <-p.queue }()
	select {
	case p.slots <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-p.slots }()
	fn()
	if p.tidy {
		runtime.GC()
	}
	return nil
}

// hash hashes a normalized password.
func (p *hashPool) hash(ctx context.Context, password string) (encoded string, err error) {
	err = p.do(ctx, func() { encoded = hashPassword(password) })
	return encoded, err
}

// verify is [verifyPassword] in the pool.
func (p *hashPool) verify(ctx context.Context, encoded, password string) (match bool, err error) {
	err = p.do(ctx, func() { match, _ = verifyPassword(encoded, password) })
	return match, err
}
