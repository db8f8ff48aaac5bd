package userclient

import (
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	maxRetries    = 2
	firstBackoff  = 100 * time.Millisecond // mean of the first pause; the next is twice that
	maxRetryAfter = 24 * time.Hour
)

// pause decides whether to try again after err and how long to wait first. Only reads
// are tried again: nobody knows whether a call that broke has changed something.
func (c *conn) pause(ctx context.Context, method string, attempt int, err error) (time.Duration, bool) {
	if method != http.MethodGet || attempt >= maxRetries {
		return 0, false
	}
	wait := min(backoff(attempt), c.maxWait)
	var refused *APIError
	var failed *TransportError
	switch {
	case errors.As(err, &refused):
		if !retryStatus(refused.Status) || refused.RetryAfter > c.maxWait {
			return 0, false
		}
		wait = max(wait, refused.RetryAfter)
	case errors.As(err, &failed) && failed.transient:
	default:
		return 0, false
	}
	// The deadline of ctx is on the runtime's clock, whatever Config.Now says. A wait
	// that outlasts it would only hide the error the caller can act on.
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) <= wait {
		return 0, false
	}
	return wait, true
}

// retryStatus reports the statuses of a passing trouble (500 included: reads are safe).
func retryStatus(status int) bool {
	switch status {
	case http.StatusTooManyRequests, http.StatusInternalServerError, http.StatusBadGateway,
		http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return false
}

// backoff doubles with each attempt and varies by half in both directions, so that
// clients that failed together do not come back together.
func backoff(attempt int) time.Duration {
	mean := firstBackoff << attempt
	var b [2]byte
	_, _ = rand.Read(b[:]) // never fails (crypto/rand)
	random := time.Duration(b[0])<<8 | time.Duration(b[1])
	return mean/2 + mean*random>>16
}

// sleep waits for d, or reports false when ctx ends first.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// retryAfter reads a Retry-After field (RFC 9110 §10.2.3), seconds or a date: 0 for
// none, for garbage and for a date gone by; at most maxRetryAfter.
func retryAfter(field string, now time.Time) time.Duration {
	if isDigits(field) {
		seconds, err := strconv.ParseInt(field, 10, 64)
		if err != nil || seconds > int64(maxRetryAfter/time.Second) {
			return maxRetryAfter
		}
		return time.Duration(seconds) * time.Second
	}
	date, err := http.ParseTime(field)
	if err != nil {
		return 0
	}
	return min(max(date.Sub(now), 0), maxRetryAfter)
}

func isDigits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}
