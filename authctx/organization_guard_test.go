package authctx_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/usherauth/usher/authctx"
	"github.com/usherauth/usher/authtest"
)

// TestA17_GuardsThatEveryFounderPassesSaySo to a route audit, and to developers once.
func TestA17_GuardsThatEveryFounderPassesSaySo(t *testing.T) {
	t.Parallel()
	role, permission := authctx.Role("admin"), authctx.Permission("org:invoices:read")
	for name, tt := range map[string]struct {
		guard func(http.Handler) http.Handler
		want  string
	}{
		"role":       {authctx.RequirePage(role), "role org:admin of"},
		"permission": {authctx.RequireAPI(permission), "permission org:invoices:read of"},
		"either":     {authctx.Require(authctx.Any(role, permission)), "role org:admin, permission org:invoices:read of"},
		"hidden":     {authctx.Require(role, authctx.Hide()), "role org:admin of"},
		"signed in":  {authctx.RequirePage(), ""},
		"proof":      {authctx.RequireReverification(authctx.Lax), ""},
		"nil":        {authctx.Require(nil, authctx.Any()), ""},
	} {
		h := tt.guard(http.NotFoundHandler())
		said := fmt.Sprint(h)
		if strings.Contains(said, "active organization") != (tt.want != "") || !strings.Contains(said, tt.want) {
			t.Errorf("%s: %s", name, said)
		}
		for _, development := range []bool{false, true} {
			var log bytes.Buffer
			cfg := authtest.Config(t)
			cfg.Development, cfg.Logger = development, slog.New(slog.NewTextHandler(&log, nil))
			for range 3 {
				deniedAs(t, cfg, func(http.Handler) http.Handler { return h }, authtest.NewRequest(t, "GET", "/p"), nil)
			}
			want := 0
			if development && tt.want != "" {
				want = 1
			}
			if got := strings.Count(log.String(), "show only what belongs to that organization"); got != want {
				t.Errorf("%s, development %v: said %d times, want %d", name, development, got, want)
			}
		}
	}
}
