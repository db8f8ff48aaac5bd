package authctx_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/usherauth/usher/authctx"
	"github.com/usherauth/usher/authtest"
)

// TestNoDenialIsADeadEnd: people who are denied get a page with a link, programs one line.
func TestNoDenialIsADeadEnd(t *testing.T) {
	t.Parallel()
	a, err := authctx.New(authtest.Config(t))
	if err != nil {
		t.Fatal(err)
	}
	h := a.Handler(authctx.RequirePage(authctx.Role("org:admin"))(http.NotFoundHandler()))
	for accept, want := range map[string]string{
		"text/html,*/*;q=0.8": `<h1>Access denied</h1><p>You are signed in, but not allowed to do this.</p><p><a href="/">`,
		"*/*":                 "You are signed in, but not allowed to do this.\n",
	} {
		req := authtest.NewRequest(t, "GET", "/admin")
		req.Header.Set("Accept", accept)
		rec := httptest.NewRecorder()
		h.ServeHTTP(rec, req)
		if rec.Code != http.StatusForbidden || !strings.Contains(rec.Body.String(), want) || strings.Contains(accept, "html") == strings.HasPrefix(rec.Header().Get("Content-Type"), "text/plain") {
			t.Errorf("%s: %d %s %q", accept, rec.Code, rec.Header().Get("Content-Type"), rec.Body)
		}
	}
}
