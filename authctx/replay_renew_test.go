package authctx_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/usherauth/usher/authctx"
	"github.com/usherauth/usher/authtest"
	"github.com/usherauth/usher/wire"
)

// TestLateFormsAreRenewedFromServerToServer: with a refresh token nobody is asked, for any
// kind of body, and only for the same user in the same organisation.
func TestLateFormsAreRenewedFromServerToServer(t *testing.T) {
	t.Parallel()
	now := time.Now()
	for name, tt := range map[string]struct {
		renewed []authtest.Option
		site    string
		body    string
		guard   func(http.Handler) http.Handler
		status  int
		saved   bool
	}{
		"the same user":        {nil, "same-origin", filled, authctx.RequirePage(), 200, true},
		"a password":           {nil, "same-origin", "password=x", authctx.RequirePage(), 200, true},
		"without the role":     {nil, "same-origin", filled, authctx.RequirePage(authctx.Role("admin")), 403, false},
		"another user":         {[]authtest.Option{authtest.User("user_2")}, "same-origin", filled, authctx.RequirePage(), 303, false},
		"another organisation": {[]authtest.Option{authtest.Org("org_2", "admin")}, "same-origin", filled, authctx.RequirePage(), 303, false},
		"pending now":          {[]authtest.Option{authtest.Claim("sts", "pending")}, "same-origin", filled, authctx.RequirePage(), 303, false},
		"still expired":        {[]authtest.Option{authtest.At(now.Add(-time.Hour))}, "same-origin", filled, authctx.RequirePage(), 303, false},
		"F01 cross-site":       {nil, "cross-site", filled, authctx.RequirePage(), 303, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := authtest.Config(t)
			cfg.SecretKey = "sk_live_refresh"
			asked := 0
			cfg.Transport = roundTrip(func(*http.Request) (*http.Response, error) {
				asked++
				line := "__session=" + authtest.Token(t, append([]authtest.Option{authtest.At(now)}, tt.renewed...)...) + "; Path=/"
				return &http.Response{StatusCode: 200, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(`{"cookies":["` + line + `"]}`))}, nil
			})
			a, err := authctx.New(cfg)
			if err != nil {
				t.Fatal(err)
			}
			req := authtest.NewRequest(t, "POST", "/reports", authtest.At(now.Add(-expired)))
			req.Body, req.ContentLength = io.NopCloser(strings.NewReader(tt.body)), int64(len(tt.body))
			req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			req.Header.Set("Sec-Fetch-Site", tt.site)
			req.AddCookie(&http.Cookie{Name: "__refresh_" + wire.CookieSuffix(authtest.PublishableKey), Value: "r"})
			saved, rec := false, httptest.NewRecorder()
			a.Handler(authctx.KeepForms(tt.guard(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				got, _ := io.ReadAll(r.Body)
				saved = string(got) == tt.body && authctx.FromContext(r.Context()).UserID() == "user_test"
			})))).ServeHTTP(rec, req)
			checkDenied(t, rec) // private, whatever came of it
			if rec.Code != tt.status || saved != tt.saved || (asked > 0) != (tt.site == "same-origin") {
				t.Errorf("got %d, saved %v, asked %d times; %v", rec.Code, saved, asked, rec.Header())
			}
			if set := strings.Contains(fmt.Sprint(rec.Header()["Set-Cookie"]), "__session="); set != (tt.status == 200 || tt.status == 403) {
				t.Errorf("cookies %v", rec.Header()["Set-Cookie"])
			}
		})
	}
}
