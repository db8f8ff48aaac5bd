package wire

import (
	"fmt"
	"time"
)

// BackendError is a refusal of the Backend API.
type BackendError struct {
	// Status is the HTTP status.
	Status int
	// Code is that of the first error in the envelope, such as CodeResourceNotFound; ""
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
