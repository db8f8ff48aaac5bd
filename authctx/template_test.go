package authctx_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/usherauth/usher/authctx"
	"github.com/usherauth/usher/authtest"
	"github.com/usherauth/usher/wire"
)

// inRequest runs fn within a request that is signed in, against a Backend API that
// answers by backend.
func inRequest(t *testing.T, backend http.RoundTripper, fn func(context.Context), opts ...authtest.Option) {
	t.Helper()
	cfg := authtest.Config(t)
	cfg.SecretKey, cfg.Transport = "sk_live_app", backend
	cfg.Now = func() time.Time { return machineNow }
	a, err := authctx.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	reached := false
	h := a.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		reached = true
		fn(r.Context())
	}))
	h.ServeHTTP(httptest.NewRecorder(), authtest.NewRequest(t, "GET", "/", append(opts, authtest.At(machineNow))...))
	if !reached {
		t.Fatal("the handler was not reached")
	}
}

// minting answers every call with a token and counts the calls.
type minting struct {
	calls  atomic.Int64
	last   atomic.Pointer[string] // "METHOD address body"
	status int
	body   string
	wait   time.Duration
}

func (m *minting) RoundTrip(req *http.Request) (*http.Response, error) {
	m.calls.Add(1)
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return nil, err
	}
	seen := req.Method + " " + req.URL.String() + " " + string(body) + " " + req.Header.Get("Authorization")
	m.last.Store(&seen)
	select {
	case <-time.After(m.wait):
	case <-req.Context().Done():
		return nil, req.Context().Err()
	}
	h := http.Header{"Content-Type": {"application/json"}, "Retry-After": {"7"}}
	return &http.Response{StatusCode: m.status, Header: h, Body: io.NopCloser(strings.NewReader(m.body)), Request: req}, nil
}

const minted = `{"object":"token","jwt":"aaa.bbb.ccc"}`

// TestTemplateTokenRequests checks what is asked of the Backend API (protocol reference
// 5.3), and what needs no asking.
func TestTemplateTokenRequests(t *testing.T) {
	t.Parallel()
	const api = "POST https://api.clerk.com/v1/sessions/sess_test/tokens"
	for name, tt := range map[string]struct {
		template string
		lifetime time.Duration
		want     string // "" is no call
	}{
		"a template":                  {"hasura", 0, api + `/hasura {} Bearer sk_live_app`},
		"a template for a while":      {"hasura", 2 * time.Minute, api + `/hasura {"expires_in_seconds":120} Bearer sk_live_app`},
		"a session token for a while": {"", time.Hour, api + ` {"expires_in_seconds":3600} Bearer sk_live_app`},
		"fractions are cut":           {"t", 1500 * time.Millisecond, api + `/t {"expires_in_seconds":1} Bearer sk_live_app`},
		"a name that needs escaping":  {"a/b?c", 0, api + `/a%2Fb%3Fc {} Bearer sk_live_app`},
		"neither":                     {"", 0, ""},
	} {
		m := &minting{status: 200, body: minted}
		inRequest(t, m, func(ctx context.Context) {
			got, err := authctx.TemplateToken(ctx, tt.template, tt.lifetime)
			want := "aaa.bbb.ccc"
			if tt.want == "" {
				want = authctx.FromContext(ctx).Token()
			}
			if err != nil || got != want {
				t.Errorf("%s: %q, %v", name, got, err)
			}
		})
		asked := ""
		if p := m.last.Load(); p != nil {
			asked = *p
		}
		if asked != tt.want {
			t.Errorf("%s: asked %q, want %q", name, asked, tt.want)
		}
	}
}

// TestTemplateTokenRefusals lists what goes wrong, without a call where none can help.
func TestTemplateTokenRefusals(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		template string
		lifetime time.Duration
		status   int
		body     string
		want     string
		calls    int64
	}{
		"a lifetime in the past":   {"t", -time.Second, 200, minted, "less than a second", 0},
		"a lifetime of nothing":    {"t", time.Millisecond, 200, minted, "less than a second", 0},
		"a name with a line break": {"t\n", 0, 200, minted, "not the name", 0},
		"the folder above":         {"..", 0, 200, minted, "not the name", 0},
		"an unknown template":      {"t", 0, 404, `{"errors":[{"code":"resource_not_found"}]}`, `status 404, code "resource_not_found"`, 1},
		"no token in the answer":   {"t", 0, 200, `{}`, "holds no token", 1},
		"two parts":                {"t", 0, 200, `{"jwt":"a.b"}`, "holds no token", 1},
		"a token with a newline":   {"t", 0, 200, `{"jwt":"a.b.c\nd"}`, "holds no token", 1},
		"a huge token":             {"t", 0, 200, `{"jwt":"a.b.` + strings.Repeat("c", 70_000) + `"}`, "holds no token", 1},
		"not JSON":                 {"t", 0, 200, `<html>`, "decode answer", 1},
		"broken":                   {"t", 0, 500, ``, "status 500", 1},
	} {
		m := &minting{status: tt.status, body: tt.body}
		inRequest(t, m, func(ctx context.Context) {
			got, err := authctx.TemplateToken(ctx, tt.template, tt.lifetime)
			if err == nil || got != "" || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "sk_live") {
				t.Errorf("%s: %q, %v", name, got, err)
			}
		})
		if n := m.calls.Load(); n != tt.calls {
			t.Errorf("%s: %d calls, want %d", name, n, tt.calls)
		}
	}
}

// TestL01_TemplateTokenTooManyRequests: the error says how long to wait, within reason.
func TestL01_TemplateTokenTooManyRequests(t *testing.T) {
	t.Parallel()
	inRequest(t, &minting{status: 429, body: `{"errors":[{"code":"too_many_requests"}]}`}, func(ctx context.Context) {
		_, err := authctx.TemplateToken(ctx, "t", 0)
		refused, ok := errors.AsType[*wire.BackendError](err)
		if !ok || refused.Status != 429 || refused.Code != "too_many_requests" || refused.RetryAfter != 7*time.Second {
			t.Errorf("%v", err)
		}
	})
}

// TestTemplateTokenNeedsASession lists who gets none.
func TestTemplateTokenNeedsASession(t *testing.T) {
	t.Parallel()
	machine := accepting(t, &machineService{answer: answers200}, wire.TokenAPIKey).Authenticate(withToken(t, "ak_1")).Auth
	for name, ctx := range map[string]context.Context{
		"no middleware": t.Context(), "signed out": authctx.NewContext(t.Context(), nil), "an API key": authctx.NewContext(t.Context(), machine),
	} {
		if tok, err := authctx.TemplateToken(ctx, "t", 0); !errors.Is(err, authctx.ErrSignedOut) || tok != "" {
			t.Errorf("%s: %q, %v", name, tok, err)
		}
	}
	inRequest(t, &minting{status: 200, body: minted}, func(ctx context.Context) {
		if _, err := authctx.TemplateToken(ctx, "t", 0); !errors.Is(err, authctx.ErrSignedOut) {
			t.Errorf("pending: %v", err)
		}
	}, authtest.Claim("sts", "pending"))
	if _, err := authctx.TemplateToken(authtest.Context(t), "t", 0); err == nil || errors.Is(err, authctx.ErrSignedOut) {
		t.Errorf("without the middleware: %v", err)
	}
}

// TestTemplateTokenNeedsASecret: a key in PEM form cannot ask for tokens.
func TestTemplateTokenNeedsASecret(t *testing.T) {
	t.Parallel()
	a, err := authctx.New(authtest.Config(t))
	if err != nil {
		t.Fatal(err)
	}
	a.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if _, err := authctx.TemplateToken(r.Context(), "t", 0); err == nil || !strings.Contains(err.Error(), "SecretKey") {
			t.Error(err)
		}
	})).ServeHTTP(httptest.NewRecorder(), authtest.NewRequest(t, "GET", "/"))
}

// TestL04_TemplateTokenOncePerRequest: fifty parts of a page make one call for one token,
// and different tokens are different calls; the next request asks anew.
func TestL04_TemplateTokenOncePerRequest(t *testing.T) {
	t.Parallel()
	m := &minting{status: 200, body: minted, wait: 10 * time.Millisecond}
	page := func(ctx context.Context) {
		var wg sync.WaitGroup
		for range 50 {
			wg.Go(func() {
				for _, want := range []struct {
					template string
					lifetime time.Duration
				}{{"a", 0}, {"b", 0}, {"a", time.Minute}} {
					if tok, err := authctx.TemplateToken(ctx, want.template, want.lifetime); err != nil || tok != "aaa.bbb.ccc" {
						t.Errorf("%q, %v", tok, err)
					}
				}
			})
		}
		wg.Wait()
	}
	inRequest(t, m, page)
	if n := m.calls.Load(); n != 3 {
		t.Errorf("%d calls, want 3", n)
	}
	inRequest(t, m, page)
	if n := m.calls.Load(); n != 6 {
		t.Errorf("%d calls after two requests, want 6", n)
	}
}

// TestL03_TemplateTokenHangs: three seconds at most, and less when the request ends.
func TestL03_TemplateTokenHangs(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		patience, want time.Duration
	}{"a patient request": {time.Minute, 3 * time.Second}, "one that ends": {time.Second, time.Second}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				inRequest(t, &minting{status: 200, body: minted, wait: time.Hour}, func(ctx context.Context) {
					ctx, cancel := context.WithTimeout(ctx, tt.patience)
					defer cancel()
					start := time.Now()
					if _, err := authctx.TemplateToken(ctx, "t", 0); !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != tt.want {
						t.Errorf("%v after %v", err, time.Since(start))
					}
				})
			})
		})
	}
}
