package fapi

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/usherauth/usher/wire"
)

// maxRetryAfter bounds what an upstream can make a page tell people.
const maxRetryAfter = 24 * time.Hour

// ErrUnavailable means that the API could not say: it was not reached, did not answer in
// time, or answered with something that is not the protocol's. Nothing is known about
// whether the call took effect.
var ErrUnavailable = errors.New("frontend api unavailable")

// Error is a refusal in the API's own words.
type Error struct {
	// Status is the HTTP status, 400 or more.
	Status int
	// Errors has one entry per mistake. Texts are the API's; show people your own.
	Errors []wire.Error
	// RetryAfter is how long to wait before trying again; 0 if the API did not say.
	RetryAfter time.Duration
	// SetCookies are lines to relay to the browser all the same.
	SetCookies []string
}

// Error names the status and the first code; never what was sent.
func (e *Error) Error() string {
	code := "no code"
	if len(e.Errors) > 0 {
		code = e.Errors[0].Code
	}
	return fmt.Sprintf("frontend api: %d %s", e.Status, code)
}

// Has reports whether any entry has code.
func (e *Error) Has(code string) bool {
	for _, entry := range e.Errors {
		if entry.Code == code {
			return true
		}
	}
	return false
}

// Is makes errors.Is(err, ErrUnavailable) true for answers 5xx.
func (e *Error) Is(target error) bool {
	return target == ErrUnavailable && e.Status >= http.StatusInternalServerError
}

// retryAfter reads seconds or a date (RFC 9110 §10.2.3); garbage is 0.
func retryAfter(value string, now time.Time) time.Duration {
	var d time.Duration
	if n, err := strconv.ParseUint(value, 10, 31); err == nil {
		d = time.Duration(n) * time.Second
	} else if t, err := http.ParseTime(value); err == nil {
		d = t.Sub(now)
	}
	return min(max(d, 0), maxRetryAfter)
}
