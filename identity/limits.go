package identity

import (
	"net/http"
	"time"

	"github.com/go-chi/httprate"

	"github.com/usherauth/usher/wire"
)

const limitWindow = 10 * time.Second // protocol reference 8.10

// limiters are the counters behind [Limits]. A nil one limits nothing.
type limiters struct{ creations, attempts, favours *httprate.RateLimiter }

func newLimiters(l Limits) limiters {
	return limiters{
		creations: newLimiter(l.Creations, limitWindow), attempts: newLimiter(l.Attempts, limitWindow), favours: newLimiter(l.Creations, limitWindow),
	}
}

func newLimiter(limit int, window time.Duration) *httprate.RateLimiter {
	if limit < 0 {
		return nil
	}
	return httprate.NewRateLimiter(limit, window, httprate.WithResponseHeaders(httprate.ResponseHeaders{}))
}

// limited puts an endpoint behind a limiter, keyed by the caller's network.
func limited(l *httprate.RateLimiter, next endpoint) endpoint {
	if l == nil {
		return next
	}
	return func(c *call) (any, error) {
		if l.OnLimit(c.w, c.r, c.caller.network()) {
			return nil, tooMany(limitWindow)
		}
		return next(c)
	}
}

func tooMany(retryAfter time.Duration) *apiError {
	e := refuse(http.StatusTooManyRequests, wire.CodeTooManyRequests, "Too many requests. Please wait a moment and try again.")
	e.retryAfter = retryAfter
	return e
}
