package authctx_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/usherauth/usher/authctx"
	"github.com/usherauth/usher/authtest"
)

// TestA12_RefusedRefreshesAreBounded: one expired token and a made-up refresh token cost one
// call a minute, not one with each request; the answer stays the same. After a pause that the
// API asked for, and for other sessions, it is asked again.
func TestA12_RefusedRefreshesAreBounded(t *testing.T) {
	t.Parallel()
	now := time.Now()
	status, body := 422, `{"errors":[{"code":"refresh_token_not_found"}]}`
	up := &upstream{answer: func(int64) (int, string, error) { return status, body, nil }}
	cfg := authtest.Config(t)
	cfg.SecretKey, cfg.Transport = "sk_live_refresh", up
	cfg.Now = func() time.Time { return now }
	a, err := authctx.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	send := func(session string, times int) (reason string) {
		for range times {
			req := authtest.NewRequest(t, "GET", "/", authtest.Session(session), authtest.At(now.Add(-time.Hour)))
			req.AddCookie(&http.Cookie{Name: "__refresh_" + suffix, Value: "junk"})
			rec := httptest.NewRecorder()
			a.Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})).ServeHTTP(rec, req)
			reason = rec.Header().Get("X-Clerk-Auth-Reason")
		}
		return reason
	}
	wantCalls := func(want int64) {
		t.Helper()
		if got := up.calls.Load(); got != want {
			t.Errorf("%d calls, want %d", got, want)
		}
	}
	first := send("sess_1", 1)
	if again := send("sess_1", 499); again != first {
		t.Errorf("the reason %q became %q", first, again)
	}
	wantCalls(1)
	send("sess_2", 10)
	wantCalls(2)
	now = now.Add(time.Minute)
	send("sess_1", 10)
	wantCalls(3)
	status, body = 429, `{"errors":[{"code":"too_many_requests"}]}`
	send("sess_3", 10)
	send("sess_4", 10)
	wantCalls(4)
}
