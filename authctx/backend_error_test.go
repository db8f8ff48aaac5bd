package authctx_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/usherauth/usher/authctx"
	"github.com/usherauth/usher/wire"
)

// TestL01_RetryAfter reads the delay of refusals in every form it comes in.
func TestL01_RetryAfter(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]time.Duration{
		"": 0, "0": 0, "7": 7 * time.Second, "3600": time.Hour, "99999": time.Hour, "4294967295": time.Hour, "18446744073709551616": 0,
		"-1": 0, "1.5": 0, "soon": 0, "Wed, 21 Oct 2026 07:28:00 GMT": 0, "7 ": 0,
	} {
		backend := carrier(func(req *http.Request) (*http.Response, error) {
			h := http.Header{"Retry-After": {value}}
			return &http.Response{StatusCode: 429, Header: h, Body: io.NopCloser(strings.NewReader(`{}`)), Request: req}, nil
		})
		inRequest(t, backend, func(ctx context.Context) {
			_, err := authctx.TemplateToken(ctx, "t", 0)
			refused, ok := errors.AsType[*wire.BackendError](err)
			if !ok || refused.RetryAfter != want || refused.Code != "" {
				t.Errorf("%q: %v", value, err)
			}
		})
	}
}
