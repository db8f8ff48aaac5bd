package authctx_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/usherauth/usher/authctx"
	"github.com/usherauth/usher/authtest"
)

// TestR6_PatternsBeginWithASlash: the reference ignores a pattern that can match no path.
// Here it is a mistake, found by New, and by the first request that it is chosen for.
func TestR6_PatternsBeginWithASlash(t *testing.T) {
	t.Parallel()
	cfg := authtest.Config(t)
	cfg.OrganizationPatterns = []string{"orgs/:slug"}
	if _, err := authctx.New(cfg); err == nil || !strings.Contains(err.Error(), `"orgs/:slug"`) {
		t.Errorf("New says %v", err)
	}
	chosen := authctx.ForRequest(authtest.Config(t), func(_ *http.Request, c *authctx.Config) error {
		c.OrganizationPatterns = cfg.OrganizationPatterns
		return nil
	})
	rec := httptest.NewRecorder()
	chosen.Handler(http.NotFoundHandler()).ServeHTTP(rec, authtest.NewRequest(t, "GET", "/"))
	if rec.Code != http.StatusInternalServerError {
		t.Errorf("status %d", rec.Code)
	}
}
