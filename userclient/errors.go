package userclient

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/usherauth/usher/wire"
)

// States a caller branches on; test for them with errors.Is.
var (
	// ErrNotFound means that the instance has no such user or session. An id that
	// cannot be one (empty, or with characters no id has) is not sent and is not
	// found either.
	ErrNotFound = errors.New("not found")
	// ErrRateLimited means that the instance had enough of our calls (429).
	// [APIError.RetryAfter] says how long it wants to be left alone.
	ErrRateLimited = errors.New("rate limited")
	// ErrUnavailable means that the API could not say: it was not reached, did not
	// answer in time, answered with nonsense, with 429 or with 5xx. It says nothing
	// about whether the user exists or is signed in. It is also what a caller gets
	// whose own ctx ended; look at ctx.Err() to tell.
	ErrUnavailable = errors.New("backend api unavailable")
)

// APIError is a refusal in the API's own words: any status from 400. Is matches
// [ErrNotFound] (404), [ErrRateLimited] (429) and [ErrUnavailable] (429, 5xx).
type APIError struct {
	// Status is the HTTP status.
	Status int
	// Code and Message are those of the first of Errors. An answer without the error
	// envelope has no Code, and the status's standard text for a Message.
	Code    string
	Message string
	// TraceID identifies the call to the instance's operator; "" if none was sent.
	TraceID string
	// RetryAfter is how long to wait before asking again, at most 24 hours; 0 if the
	// API did not say, or not intelligibly.
	RetryAfter time.Duration
	// Errors are all entries of the envelope. Their text is meant for developers: it
	// may repeat input, so show people a message of your own.
	Errors []wire.Error
}

// Error names status, code, message and trace id.
func (e *APIError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "backend api: %d", e.Status)
	if e.Code != "" {
		b.WriteString(" " + e.Code)
	}
	b.WriteString(": " + e.Message)
	if e.RetryAfter > 0 {
		fmt.Fprintf(&b, " (retry after %v)", e.RetryAfter)
	}
	if e.TraceID != "" {
		b.WriteString(" (trace " + e.TraceID + ")")
	}
	return b.String()
}

// Is makes errors.Is work with this package's sentinels.
func (e *APIError) Is(target error) bool {
	switch target {
	case ErrNotFound:
		return e.Status == http.StatusNotFound
	case ErrRateLimited:
		return e.Status == http.StatusTooManyRequests
	case ErrUnavailable:
		return e.Status == http.StatusTooManyRequests || e.Status >= http.StatusInternalServerError
	}
	return false
}

// TransportError is a call without a usable answer: the connection failed, time ran
// out, or what came back is not what the API sends (a page of HTML, a redirect, a body
// cut short, too large or of the wrong shape). errors.Is matches [ErrUnavailable] and
// the cause, such as context.DeadlineExceeded.
type TransportError struct {
	// Status is the HTTP status of the unusable answer, 0 if none came.
	Status int
	// Err is the cause.
	Err error

	transient bool // worth another attempt
}

// Error says what was wrong with the answer.
func (e *TransportError) Error() string {
	if e.Status == 0 {
		return "backend api: no answer: " + e.Err.Error()
	}
	return fmt.Sprintf("backend api: unusable answer (status %d): %v", e.Status, e.Err)
}

// Unwrap returns the cause.
func (e *TransportError) Unwrap() error { return e.Err }

// Is makes errors.Is(err, ErrUnavailable) true.
func (e *TransportError) Is(target error) bool { return target == ErrUnavailable }
