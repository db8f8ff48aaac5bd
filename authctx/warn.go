package authctx

import (
	"context"
	"sync"
)

// sampled limits what requests can make the log say at Warn: one line a second.
type sampled struct {
	mu     sync.Mutex
	bucket bucket
	missed int // lines that were left out since the last one
}

// warn logs what an operator has to know of, but what every request may repeat.
func (a *Authenticator) warn(ctx context.Context, msg string, err error) {
	a.noisy.mu.Lock()
	a.noisy.bucket.rate = 1
	loud, missed := a.noisy.bucket.take(a.now()), a.noisy.missed
	if a.noisy.missed++; loud {
		a.noisy.missed = 0
	}
	a.noisy.mu.Unlock()
	if loud {
		a.log.WarnContext(ctx, msg, "err", err, "more_not_logged", missed) //nolint:sloglint // callers pass constants
	}
}
