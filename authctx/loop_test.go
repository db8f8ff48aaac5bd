package authctx_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/usherauth/usher/authctx"
	"github.com/usherauth/usher/authtest"
)

// TestB19_AGuardAndASignInPageDoNotBounceForEver: the page that people sign in on belongs to
// another origin, which this app does not list.
func TestB19_AGuardAndASignInPageDoNotBounceForEver(t *testing.T) {
	t.Parallel()
	for _, development := range []bool{false, true} {
		var log strings.Builder
		cfg := authtest.Config(t)
		cfg.SignInURL, cfg.Development = "http://other.example:8080/sign-in", development
		cfg.AuthorizedParties = []string{"http://app.example:3001"}
		cfg.Logger = slog.New(slog.NewTextHandler(&log, nil))
		auth, err := authctx.New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		app := auth.Handler(authctx.RequirePage()(http.NotFoundHandler()))
		jar := map[string]*http.Cookie{}
		visit := func() *httptest.ResponseRecorder {
			r := authtest.NewRequest(t, http.MethodGet, "/reports", authtest.User("user_1"))
			r.Header.Set("Sec-Fetch-Dest", "document")
			for _, c := range jar {
				r.AddCookie(c)
			}
			rec := httptest.NewRecorder()
			app.ServeHTTP(rec, r)
			for _, c := range rec.Result().Cookies() {
				if jar[c.Name] = c; c.MaxAge < 0 {
					delete(jar, c.Name)
				}
			}
			return rec
		}
		for round := range 3 {
			if rec := visit(); rec.Code != http.StatusSeeOther {
				t.Fatalf("round %d: %d", round, rec.Code)
			}
		}
		rec := visit()
		body := rec.Body.String()
		if rec.Code != http.StatusUnauthorized || rec.Header().Get("Location") != "" || !strings.Contains(body, "does not accept your sign-in") || !strings.Contains(body, "Try again") {
			t.Errorf("the fourth round: %d %v\n%s", rec.Code, rec.Header(), body)
		}
		if told := strings.Contains(body, "app.example:3001"); told != development {
			t.Errorf("development %v: the page tells the origins: %v\n%s", development, told, body)
		}
		if rec := visit(); rec.Code != http.StatusSeeOther {
			t.Errorf("a new try: %d", rec.Code)
		}
		if strings.Count(log.String(), "level=WARN") != 1 || !strings.Contains(log.String(), authtest.Origin) || !strings.Contains(log.String(), "http://app.example:3001") {
			t.Errorf("log: %s", log.String())
		}
	}
}

// Strangers and people without a session are sent to sign in as often as they come.
func TestB19_WithoutASessionNothingIsCounted(t *testing.T) {
	t.Parallel()
	auth, err := authctx.New(authtest.Config(t))
	if err != nil {
		t.Fatal(err)
	}
	r := authtest.NewRequest(t, http.MethodGet, "/reports", authtest.SignedOut())
	r.Header.Set("Sec-Fetch-Dest", "document")
	rec := httptest.NewRecorder()
	auth.Handler(authctx.RequirePage()(http.NotFoundHandler())).ServeHTTP(rec, r)
	if rec.Code != http.StatusSeeOther || len(rec.Result().Cookies()) != 0 {
		t.Errorf("%d %v", rec.Code, rec.Header())
	}
}
