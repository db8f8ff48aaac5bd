package authctx

import (
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/usherauth/usher/wire"
)

const maxRetryAfter = time.Hour

// backendError reads a refusal. One of the secret key matches errSecretKey.
func backendError(res *http.Response) error {
	refused := &wire.BackendError{Status: res.StatusCode, RetryAfter: retryAfter(res.Header)}
	refused.Code = firstCode(res.Body)
	if refused.Status == http.StatusUnauthorized && (refused.Code == "" || refused.Code == wire.CodeSecretKeyInvalid) {
		return fmt.Errorf("%w: %w", errSecretKey, refused)
	}
	return refused
}

// firstCode is "" for a body that is not an envelope.
func firstCode(body io.Reader) string {
	var envelope wire.Errors
	if decodeLimited(body, &envelope) != nil || len(envelope.Errors) == 0 {
		return ""
	}
	return envelope.Errors[0].Code
}

// retryAfter reads a delay in seconds, which is what the service sends (protocol reference
// 7.1); a date or garbage is as if it said nothing.
func retryAfter(h http.Header) time.Duration {
	seconds, err := strconv.ParseUint(h.Get("Retry-After"), 10, 32)
	if err != nil {
		return 0
	}
	return min(time.Duration(seconds)*time.Second, maxRetryAfter)
}
