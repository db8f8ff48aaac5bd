package authctx

import (
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/usherauth/usher/wire"
)

// BackendError is a refusal of the Backend API.
type BackendError struct {
	// Status is the HTTP status.
	Status int
	// Code is that of the first error in the envelope, such as "resource_not_found"; ""
	// when there was none.
	Code string
	// RetryAfter is how long the service asks to be left alone, at most an hour; 0 when it
	// does not say.
	RetryAfter time.Duration
}

// Error implements error.
func (e *BackendError) Error() string {
	return fmt.Sprintf("backend API: status %d, code %.64q", e.Status, e.Code)
}

// Is makes a 401 match errSecretKey.
func (e *BackendError) Is(target error) bool {
	return target == errSecretKey && e.Status == http.StatusUnauthorized && (e.Code == "" || e.Code == wire.CodeSecretKeyInvalid)
}

func (e *BackendError) tooMany() bool { return e.Status == http.StatusTooManyRequests }

const maxRetryAfter = time.Hour

// retryAfter reads a delay in seconds, which is what the service sends (protocol reference
// 7.1); a date or garbage is as if it said nothing.
func retryAfter(h http.Header) time.Duration {
	seconds, err := strconv.ParseUint(h.Get("Retry-After"), 10, 32)
	if err != nil {
		return 0
	}
	return min(time.Duration(seconds)*time.Second, maxRetryAfter)
}
