package identity

import (
	"context"
	"errors"
	"runtime"
	"runtime/debug"
	"time"
)

// errHashBusy means that more requests want a password hashed than may wait.
var errHashBusy = errors.New("password hashing is saturated")

// hashPool bounds how many passwords are hashed at once, and how many requests wait
// for it: memory is at most slots × 19 MiB however many people sign in.
type hashPool struct {
	slots chan struct{} // running
	queue chan struct{} // running and waiting
	rest  *time.Timer   // gives memory back, nil to leave it all to the collector
}

// hashRest is how long after a hash its memory goes back to the system. Every next hash
// would have to get it again page by page, which can take longer than hashing.
const hashRest = 5 * time.Second

// newHashPool returns a pool that, when tidy, collects the memory of a hash before the next
// one, and that of the last one again: the heap it was part of is a measure for how much free
// memory Go's runtime keeps.
func newHashPool(slots, queue int, tidy bool) *hashPool {
	p := &hashPool{slots: make(chan struct{}, slots), queue: make(chan struct{}, slots+queue)}
	if tidy {
		p.rest = time.AfterFunc(hashRest, debug.FreeOSMemory)
	}
	return p
}

// close is for a pool that is not used any more.
func (p *hashPool) close() {
	if p.rest != nil {
		p.rest.Stop()
	}
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
	if p.rest != nil {
		runtime.GC()
		p.rest.Reset(hashRest)
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
