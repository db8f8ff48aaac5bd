package authctx_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/usherauth/usher/authctx"
	"github.com/usherauth/usher/authtest"
)

// TestB1_AuthPagesAreNeverRedirected: the middleware may be mounted around the pages that
// it redirects to, in any state of the browser's cookies.
func TestB1_AuthPagesAreNeverRedirected(t *testing.T) {
	t.Parallel()
	valid, expired := authtest.Token(t), authtest.Token(t, authtest.At(time.Now().Add(-time.Hour)))
	refresh := "__refresh_" + suffix + "=r1"
	for name, tt := range map[string]struct {
		cookies []string
		user    string
	}{
		"no session":        {[]string{"__client_uat_" + suffix + "=1700000000"}, ""},
		"no uat":            {[]string{"__session_" + suffix + "=" + valid}, ""},
		"expired":           {[]string{"__session_" + suffix + "=" + expired, "__client_uat_" + suffix + "=1"}, ""},
		"expired, refresh":  {[]string{"__session_" + suffix + "=" + expired, "__client_uat_" + suffix + "=1", refresh}, ""},
		"two sessions":      {[]string{"__session_" + suffix + "=" + expired, "__session_" + suffix + "=" + valid, "__client_uat_" + suffix + "=1"}, ""},
		"from another site": {[]string{"__session_" + suffix + "=" + valid, "__client_uat_" + suffix + "=1"}, "user_test"},
	} {
		for _, proxy := range []string{"/__clerk", "http://example.com/__clerk", "/"} {
			paths := []string{"/__clerk/v1/client/handshake", "/__clerk/v1/environment", "/login", "/login/code", "/join", "/out"}
			if proxy == "/" {
				paths = []string{"/v1/client", "/.well-known/jwks.json", "/login"}
			}
			for _, path := range paths {
				cfg := authtest.Config(t)
				cfg.ProxyURL, cfg.SignInURL, cfg.SignUpURL, cfg.SignOutURL = proxy, "/login", "http://example.com/join", "/out"
				up := &upstream{answer: func(int64) (int, string, error) { return 500, "{}", nil }}
				cfg.SecretKey, cfg.Transport = "sk_test_x", up
				req := httptest.NewRequest("GET", path, nil)
				req.Header.Set("Sec-Fetch-Dest", "document")
				req.Header.Set("Referer", "https://elsewhere.example/")
				cookies(tt.cookies...)(req)
				got := ask(t, cfg, req)
				if got.auth == nil || got.auth.UserID() != tt.user {
					t.Errorf("%s, %s, proxy %s: %s", name, path, proxy, got.outcome())
				}
				if n := up.calls.Load(); n != 0 {
					t.Errorf("%s, %s: %d calls of the Backend API", name, path, n)
				}
			}
		}
	}
	req := httptest.NewRequest("GET", "/login-help", nil)
	req.Header.Set("Sec-Fetch-Dest", "document")
	cookies("__client_uat_" + suffix + "=1700000000")(req)
	cfg := authtest.Config(t)
	cfg.SignInURL = "/login"
	if got := ask(t, cfg, req); got.auth != nil {
		t.Error("a page whose name begins like the sign-in page's is taken for it")
	}
}

// TestB2_NoRedirectWithoutAWayBack: the handshake takes the way back of every redirect that
// is begun, and a valid token is believed where none can be.
func TestB2_NoRedirectWithoutAWayBack(t *testing.T) {
	t.Parallel()
	cfg := authtest.Config(t)
	for name, tt := range map[string]struct {
		target string
		leads  bool
	}{
		"a page":            {"/p?a=1", true},
		"4,000 octets":      {"/p?a=" + strings.Repeat("x", 4000), true},
		"8,000 octets":      {"/p?a=" + strings.Repeat("x", 8000), true},
		"400 Cyrillic":      {"/p?a=" + strings.Repeat("%D0%96", 400), true},
		"1,300 Cyrillic":    {"/p?a=" + strings.Repeat("%D0%96", 1300), false},
		"10,000 octets":     {"/p?a=" + strings.Repeat("x", 10_000), false},
		"a backslash":       {`/p?a=b\c`, false},
		"two slashes first": {"//p", false},
		"dots then slashes": {"/.//p", false},
		"// in the path":    {"/a//b", true},
		"// in the query":   {"/a?u=https://b//c", true},
	} {
		valid := httptest.NewRequest("GET", "/", nil)
		valid.RequestURI = tt.target
		path, query, _ := strings.Cut(tt.target, "?")
		valid.URL = &url.URL{Path: path, RawQuery: query}
		valid.Header.Set("Sec-Fetch-Dest", "document")
		lost := valid.Clone(t.Context())
		session(authtest.Token(t), 1)(valid)
		valid.Header.Set("Referer", "https://elsewhere.example/")
		cookies("__client_uat_" + suffix + "=1700000000")(lost)
		want := "signed-in user_test"
		if tt.leads {
			want = "handshake primary-domain-cross-origin-sync"
		}
		if got := ask(t, cfg, valid); got.outcome() != want || len(got.Header.Get("Location")) > 12<<10 {
			t.Errorf("%s: %s, Location of %d octets, want %s", name, got.outcome(), len(got.Header.Get("Location")), want)
		}
		if got := ask(t, cfg, lost); (got.auth == nil) != tt.leads {
			t.Errorf("%s, no session: %s", name, got.outcome())
		}
	}
}

// TestB8_NavigationsOfServiceWorkers arrive with an empty destination.
func TestB8_NavigationsOfServiceWorkers(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		mode, dest string
		leads      bool
	}{
		{"navigate", "empty", true}, {"navigate", "document", true}, {"navigate", "", true}, {"navigate", "iframe", true},
		{"cors", "empty", false}, {"no-cors", "image", false}, {"same-origin", "empty", false}, {"", "document", true},
	} {
		req := httptest.NewRequest("GET", "/p", nil)
		req.Header.Set("Sec-Fetch-Mode", tt.mode)
		req.Header.Set("Sec-Fetch-Dest", tt.dest)
		if tt.dest == "" {
			req.Header.Del("Sec-Fetch-Dest")
		}
		lost := req.Clone(t.Context())
		cookies("__client_uat_" + suffix + "=1700000000")(lost)
		if got := ask(t, authtest.Config(t), lost); (got.auth == nil) != tt.leads {
			t.Errorf("%+v: %s", tt, got.outcome())
		}
		elsewhere := req.Clone(t.Context())
		session(authtest.Token(t), 1)(elsewhere)
		elsewhere.Header.Set("Referer", "https://elsewhere.example/")
		wants := tt.leads && tt.dest != "" && tt.dest != "iframe" // as for documents
		if got := ask(t, authtest.Config(t), elsewhere); (got.auth == nil) != wants {
			t.Errorf("%+v, from elsewhere: %s", tt, got.outcome())
		}
	}
}

// TestB14_TheWayBackWithSeveralOrigins: without PublicOrigin the party on the request's
// host is the origin, for parts as for documents.
func TestB14_TheWayBackWithSeveralOrigins(t *testing.T) {
	t.Parallel()
	cfg := authtest.Config(t)
	cfg.PublicOrigin, cfg.AuthorizedParties = "", []string{"http://one.example", "http://two.example"}
	for _, host := range []string{"one.example", "two.example"} {
		req := httptest.NewRequest("GET", "/part", nil)
		req.Host = host
		req.Header.Set("HX-Request", "true")
		req.Header.Set("HX-Current-URL", "http://"+host+"/page?a=1")
		got := turnedAway(t, cfg, req)
		target, err := url.Parse(got.Header().Get("HX-Redirect"))
		if err != nil {
			t.Fatal(err)
		}
		back := target.Query().Get("redirect_url")
		if back != "/page?a=1" && back != "http://"+host+"/page?a=1" {
			t.Errorf("%s: HX-Redirect %q", host, got.Header().Get("HX-Redirect"))
		}
	}
}

func turnedAway(t *testing.T, cfg authctx.Config, req *http.Request) *httptest.ResponseRecorder {
	t.Helper()
	a, err := authctx.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	rec := httptest.NewRecorder()
	a.Handler(authctx.RequirePage()(http.NotFoundHandler())).ServeHTTP(rec, req)
	return rec
}
