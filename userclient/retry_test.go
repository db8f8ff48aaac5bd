package userclient_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/usherauth/usher/userclient"
)

func TestL01_RetryAfterIsRespected(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	in := func(d time.Duration) string { return now.Add(d).Format(http.TimeFormat) }
	tests := []struct {
		name     string
		field    string // "" is absent
		deadline time.Duration
		calls    int64
		min, max time.Duration // until Get returns
		want     time.Duration // APIError.RetryAfter; -1 is success
	}{
		{"absent", "", 0, 2, 50 * time.Millisecond, 150 * time.Millisecond, -1},
		{"seconds", "1", 0, 2, time.Second, time.Second, -1},
		{"zero seconds", "0", 0, 2, 50 * time.Millisecond, 150 * time.Millisecond, -1},
		{"a date", in(2 * time.Second), 0, 2, 2 * time.Second, 2 * time.Second, -1},
		{"a date gone by", in(-time.Hour), 0, 2, 50 * time.Millisecond, 150 * time.Millisecond, -1},
		{"garbage", "soon", 0, 2, 50 * time.Millisecond, 150 * time.Millisecond, -1},
		{"a fraction", "1.5", 0, 2, 50 * time.Millisecond, 150 * time.Millisecond, -1},
		{"a negative number", "-1", 0, 2, 50 * time.Millisecond, 150 * time.Millisecond, -1},
		{"more than the cap", "3", 0, 1, 0, 0, 3 * time.Second},
		{"a date beyond the cap", in(time.Minute), 0, 1, 0, 0, time.Minute},
		{"more than the caller's time", "1", 900 * time.Millisecond, 1, 0, 0, time.Second},
		{"a year", "31536000", 0, 1, 0, 0, 24 * time.Hour},
		{"more than an integer holds", "99999999999999999999999", 0, 1, 0, 0, 24 * time.Hour},
		{"a date in another millennium", "Fri, 31 Dec 9999 23:59:59 GMT", 0, 1, 0, 0, 24 * time.Hour},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				rt, calls := script(status(429, "Retry-After", tt.field), ok(ada))
				c := newClient(t, userclient.Config{Transport: rt, Now: func() time.Time { return now }})
				ctx := t.Context()
				if tt.deadline > 0 {
					var cancel context.CancelFunc
					ctx, cancel = context.WithTimeout(ctx, tt.deadline)
					defer cancel()
				}
				start := time.Now()
				_, err := c.Users.Get(ctx, "user_1")
				if d := time.Since(start); d < tt.min || d > tt.max {
					t.Errorf("Get took %v, want %v to %v", d, tt.min, tt.max)
				}
				if n := calls.Load(); n != tt.calls {
					t.Errorf("%d requests, want %d", n, tt.calls)
				}
				if tt.want < 0 {
					if err != nil {
						t.Errorf("Get = %v, want success", err)
					}
					return
				}
				got, isAPI := errors.AsType[*userclient.APIError](err)
				if !isAPI || got.RetryAfter != tt.want {
					t.Fatalf("Get = %v, want an APIError with a delay of %v", err, tt.want)
				}
				wantErr(t, err, errors.Is, userclient.ErrRateLimited, userclient.ErrUnavailable)
			})
		})
	}
}

func TestL01_RetryAfterOfTheSystemClock(t *testing.T) {
	t.Parallel()
	at := time.Now().Add(time.Hour).UTC().Format(http.TimeFormat)
	_, err := client(t, transportOf(status(503, "Retry-After", at))).Users.Get(t.Context(), "user_1")
	got, isAPI := errors.AsType[*userclient.APIError](err)
	if !isAPI || got.RetryAfter < 59*time.Minute || got.RetryAfter > time.Hour {
		t.Errorf("Get = %v, want a delay of an hour", err)
	}
}

func TestL02_ReadsAreRetriedTwice(t *testing.T) {
	t.Parallel()
	cutShort := func() (*http.Response, error) {
		resp := answer(200, ada)
		resp.Body = io.NopCloser(io.MultiReader(&io.LimitedReader{R: resp.Body, N: 10}, failingReader{}))
		return resp, nil
	}
	badCert := &tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}}
	tests := []struct {
		name  string
		fault func() (*http.Response, error)
		calls int64 // when the fault stays
	}{
		{"500", status(500), 3},
		{"502", status(502), 3},
		{"503", status(503), 3},
		{"504", status(504), 3},
		{"429", status(429), 3},
		{"connection reset", failing(fmt.Errorf("read: %w", syscall.ECONNRESET)), 3},
		{"connection refused", failing(fmt.Errorf("dial: %w", syscall.ECONNREFUSED)), 3},
		{"end of file", failing(io.EOF), 3},
		{"end of file in the body", cutShort, 3},
		{"a TLS record that is none", failing(tls.RecordHeaderError{Msg: "not TLS"}), 3},
		{"a certificate that does not fit", failing(badCert), 1},
		{"a dial that timed out", failing(timeoutError{}), 1},
		{"400", status(400), 1},
		{"401", status(401), 1},
		{"404", status(404), 1},
		{"501", status(501), 1},
		{"505", status(505), 1},
	}
	for _, tt := range tests {
		t.Run(tt.name+" that stays", func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				rt, calls := script(tt.fault)
				start := time.Now()
				_, err := client(t, rt).Users.Get(t.Context(), "user_1")
				if n := calls.Load(); err == nil || n != tt.calls {
					t.Errorf("Get = %v after %d requests, want an error after %d", err, n, tt.calls)
				}
				if d := time.Since(start); tt.calls == 3 && (d < 150*time.Millisecond || d > 450*time.Millisecond) {
					t.Errorf("the pauses took %v, want 150ms to 450ms", d)
				}
			})
		})
		t.Run(tt.name+" that passes", func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				rt, calls := script(tt.fault, tt.fault, ok(ada))
				u, err := client(t, rt).Users.Get(t.Context(), "user_1")
				if tt.calls == 3 && (err != nil || u.FirstName != "Ada") {
					t.Errorf("Get = %+v, %v, want Ada", u, err)
				}
				if n := calls.Load(); n != tt.calls {
					t.Errorf("%d requests, want %d", n, tt.calls)
				}
			})
		})
	}
}

type failingReader struct{}

func (failingReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

type timeoutError struct{}

func (timeoutError) Error() string   { return "i/o timeout" }
func (timeoutError) Timeout() bool   { return true }
func (timeoutError) Temporary() bool { return true }

func TestL01_UnsafeCallsAreSentOnce(t *testing.T) {
	t.Parallel()
	for _, fault := range []func() (*http.Response, error){
		status(429), status(429, "Retry-After", "0"), status(500), status(503), failing(io.EOF), failing(syscall.ECONNRESET),
	} {
		rt, calls := script(fault, ok(`{"object":"session","id":"sess_1"}`))
		_, err := client(t, rt).Sessions.Revoke(t.Context(), "sess_1")
		if n := calls.Load(); err == nil || n != 1 {
			t.Errorf("Revoke = %v after %d requests, want an error after 1", err, n)
		}
		if !errors.Is(err, userclient.ErrUnavailable) {
			t.Errorf("Revoke = %v, want ErrUnavailable", err)
		}
	}
}

func TestL02_PausesVary(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		seen := map[time.Duration]bool{}
		for range 20 {
			start := time.Now()
			_, _ = client(t, transportOf(status(503), status(404))).Users.Get(t.Context(), "user_1")
			seen[time.Since(start)] = true
		}
		if len(seen) < 10 {
			t.Errorf("20 pauses had %d lengths, want them spread", len(seen))
		}
	})
}

func TestMaxWaitBoundsEveryPause(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		rt, calls := script(status(503))
		c := newClient(t, userclient.Config{Transport: rt, MaxWait: time.Millisecond})
		start := time.Now()
		_, err := c.Users.Get(t.Context(), "user_1")
		if d := time.Since(start); err == nil || calls.Load() != 3 || d != 2*time.Millisecond {
			t.Errorf("Get = %v after %v and %d requests, want 2ms and 3 requests", err, d, calls.Load())
		}
	})
}

func TestL18_OnlyRetriesAreLogged(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var out strings.Builder
		logger := slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))
		get := func(ctx context.Context, steps ...func() (*http.Response, error)) {
			c := newClient(t, userclient.Config{Transport: transportOf(steps...), Logger: logger})
			_, _ = c.Users.Get(ctx, "user_1")
		}
		get(t.Context(), ok(ada))
		get(t.Context(), status(404))
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		get(gone, failing(context.Canceled))
		if out.Len() > 0 {
			t.Errorf("without a retry, logged\n%s", out.String())
		}
		get(t.Context(), status(503), ok(ada))
		for _, want := range []string{"level=DEBUG", `msg="backend api retry"`, `op="get user"`, "retry=1", "503"} {
			if !strings.Contains(out.String(), want) {
				t.Errorf("%s is missing in\n%s", want, out.String())
			}
		}
		if strings.Count(out.String(), "\n") != 1 || strings.Contains(out.String(), secretKey) {
			t.Errorf("want one line without the key, logged\n%s", out.String())
		}
	})
}
