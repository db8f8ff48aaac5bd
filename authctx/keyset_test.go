package authctx_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/usherauth/usher/authctx"
	"github.com/usherauth/usher/wire"
)

// upstream is a Backend API that answers each call as its test says.
type upstream struct {
	calls  atomic.Int64
	answer func(call int64) (status int, body string, err error)
}

func (u *upstream) RoundTrip(req *http.Request) (*http.Response, error) {
	status, body, err := u.answer(u.calls.Add(1))
	if err != nil {
		return nil, err
	}
	h := http.Header{"Content-Type": {"application/json"}, "Location": {"https://evil.example/"}}
	if strings.HasPrefix(body, "<") {
		h.Set("Content-Type", "text/html")
	}
	return &http.Response{StatusCode: status, Header: h, Body: io.NopCloser(strings.NewReader(body)), Request: req}, nil
}

// keyed is an authenticator of the session-token vectors whose clock is the bubble's.
func keyed(t *testing.T, u *upstream, change ...func(*authctx.Config)) (a *authctx.Authenticator, tok func(id string) string, sets map[string]string) {
	t.Helper()
	var file sessionVectors
	load(t, "session-tokens.json", &file)
	start := time.Now()
	cfg := authctx.Config{
		SecretKey: "sk_test_x", Transport: u, Issuer: file.Defaults.Issuer, AuthorizedParties: file.Defaults.Parties,
		Now: func() time.Time { return time.Unix(1800000000, 0).Add(time.Since(start)) }, ClockSkew: 26 * time.Hour,
	}
	for _, c := range change {
		c(&cfg)
	}
	a, err := authctx.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	sets = map[string]string{}
	for name, set := range file.KeySets {
		sets[name] = string(set)
	}
	return a, func(id string) string {
		for _, c := range file.Cases {
			if c.ID == id {
				return c.Token
			}
		}
		t.Fatalf("no case %s", id)
		return ""
	}, sets
}

func verifyReason(a *authctx.Authenticator, tok string) wire.Reason {
	_, err := a.Verify(context.Background(), tok)
	return reasonOf(err)
}

func TestK01_Rotation(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		published := "main"
		var sets map[string]string
		u := &upstream{answer: func(int64) (int, string, error) { return 200, sets[published], nil }}
		a, tok, s := keyed(t, u)
		sets = s
		old, renewed := tok("ok-base"), tok("ok-key-rotation-new")
		if r := verifyReason(a, old); r != "" {
			t.Fatalf("before rotation: %s", r)
		}
		published = "rotated"
		time.Sleep(11 * time.Second)
		for _, token := range []string{renewed, old} {
			if r := verifyReason(a, token); r != "" {
				t.Errorf("during overlap: %s", r)
			}
		}
		published = "after-rotation"
		time.Sleep(5 * time.Minute)
		if r := verifyReason(a, old); r != wire.ReasonJWKKidMismatch {
			t.Errorf("J32: withdrawn key, remembered token: %q, want %q", r, wire.ReasonJWKKidMismatch)
		}
		if r := verifyReason(a, renewed); r != "" {
			t.Errorf("after rotation: %s", r)
		}
	})
}

func TestK02_UnknownKidsDoNotFetch(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var sets map[string]string
		u := &upstream{answer: func(int64) (int, string, error) { return 200, sets["main"], nil }}
		a, tok, s := keyed(t, u)
		sets = s
		if r := verifyReason(a, tok("ok-base")); r != "" {
			t.Fatal(r)
		}
		for i := range 10_000 {
			if i%10 == 0 {
				time.Sleep(10 * time.Millisecond)
			}
			if r := verifyReason(a, tok("kid-unknown")); r != wire.ReasonJWKKidMismatch {
				t.Fatalf("reason %q", r)
			}
		}
		if n := u.calls.Load(); n > 2 {
			t.Errorf("%d fetches in 10 s, want at most 2: the first and one after the interval", n)
		}
		if r := verifyReason(a, tok("ok-base")); r != "" {
			t.Errorf("valid token during the flood: %s", r)
		}
	})
}

func TestK02_OneFetchInFlight(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var sets map[string]string
		u := &upstream{answer: func(int64) (int, string, error) {
			time.Sleep(time.Second)
			return 200, sets["main"], nil
		}}
		a, tok, s := keyed(t, u)
		sets = s
		var wg sync.WaitGroup
		for range 100 {
			wg.Go(func() {
				if r := verifyReason(a, tok("ok-base")); r != "" {
					t.Error(r)
				}
			})
		}
		wg.Wait()
		if n := u.calls.Load(); n != 1 {
			t.Errorf("%d fetches, want 1", n)
		}
	})
}

// TestK03_SickUpstream: no fault of the key endpoint signs anybody in, none is taken for
// a verdict on the token, and known keys go on working through each of them.
func TestK03_SickUpstream(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]func(int64) (int, string, error){
		"connection refused": func(int64) (int, string, error) { return 0, "", errors.New("refused") },
		"500":                func(int64) (int, string, error) { return 500, `{}`, nil },
		"a redirect":         func(int64) (int, string, error) { return 302, ``, nil },
		"HTML":               func(int64) (int, string, error) { return 200, `<html>`, nil },
		"truncated JSON":     func(int64) (int, string, error) { return 200, `{"keys":[{"kty"`, nil },
		"an empty set":       func(int64) (int, string, error) { return 200, `{"keys":[]}`, nil },
		"more than a mebibyte": func(int64) (int, string, error) {
			return 200, `{"keys":[],"x":"` + strings.Repeat("a", 1<<20) + `"}`, nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var sets map[string]string
				healthy := false
				u := &upstream{}
				u.answer = func(n int64) (int, string, error) {
					if healthy {
						return 200, sets["main"], nil
					}
					return fault(n)
				}
				a, tok, s := keyed(t, u)
				sets = s
				if r := verifyReason(a, tok("ok-base")); r != wire.ReasonJWKRemoteFailedToLoad {
					t.Errorf("cold: %q, want %q", r, wire.ReasonJWKRemoteFailedToLoad)
				}
				healthy = true
				time.Sleep(11 * time.Second)
				if r := verifyReason(a, tok("ok-base")); r != "" {
					t.Fatalf("recovered: %q", r)
				}
				healthy = false
				time.Sleep(23 * time.Hour)
				if r := verifyReason(a, tok("ok-base")); r != "" {
					t.Errorf("stale key within 24 h: %q", r)
				}
				if r := verifyReason(a, tok("kid-unknown")); r != wire.ReasonJWKRemoteFailedToLoad {
					t.Errorf("unknown kid while down: %q", r)
				}
				time.Sleep(2 * time.Hour)
				if r := verifyReason(a, tok("ok-base")); r != wire.ReasonJWKRemoteFailedToLoad {
					t.Errorf("stale key after 24 h: %q", r)
				}
			})
		})
	}
}

func TestK03_AHangEndsWithTheCaller(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		u := &upstream{answer: func(int64) (int, string, error) {
			time.Sleep(time.Minute)
			return 0, "", errors.New("too late")
		}}
		a, tok, _ := keyed(t, u)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := a.Verify(ctx, tok("ok-base"))
		if got := reasonOf(err); got != wire.ReasonJWKRemoteFailedToLoad || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error %v", err)
		}
		time.Sleep(2 * time.Minute)
	})
}

func TestSecretKeyRefusedByUpstream(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		u := &upstream{answer: func(int64) (int, string, error) { return 401, `{}`, nil }}
		a, tok, _ := keyed(t, u)
		if r := verifyReason(a, tok("ok-base")); r != wire.ReasonSecretKeyInvalid {
			t.Errorf("reason %q", r)
		}
		if n := u.calls.Load(); n != 1 {
			t.Errorf("%d calls with a refused key, want 1", n)
		}
	})
}

func TestJ31_InstancesDoNotShareKeys(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var sets map[string]string
		one := &upstream{answer: func(int64) (int, string, error) { return 200, sets["main"], nil }}
		a, tok, s := keyed(t, one)
		sets = s
		// The other instance publishes another key under the same kid.
		other := &upstream{answer: func(int64) (int, string, error) {
			return 200, strings.Replace(sets["after-rotation"], "BBBBBBBBBBBBBBBBBBBB", "AAAAAAAAAAAAAAAAAAAA", 1), nil
		}}
		b, _, _ := keyed(t, other)
		if r := verifyReason(a, tok("ok-base")); r != "" {
			t.Fatalf("own instance: %q", r)
		}
		if r := verifyReason(b, tok("ok-base")); r != wire.ReasonTokenInvalidSignature {
			t.Errorf("other instance: %q, want %q", r, wire.ReasonTokenInvalidSignature)
		}
	})
}
