package authctx_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/usherauth/usher/authctx"
	"github.com/usherauth/usher/authtest"
)

// handle runs fn in a request behind a.
func handle(a *authctx.Authenticator, req *http.Request, fn func(context.Context)) {
	a.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { fn(r.Context()) })).ServeHTTP(httptest.NewRecorder(), req)
}

// respond runs h behind the middleware for a signed-in request and returns its headers.
func respond(t *testing.T, h http.HandlerFunc) http.Header {
	t.Helper()
	a, err := authctx.New(authtest.Config(t))
	if err != nil {
		t.Fatal(err)
	}
	rec := httptest.NewRecorder()
	a.Handler(h).ServeHTTP(rec, authtest.NewRequest(t, "GET", "/"))
	return rec.Result().Header
}

func TestH01_ReadingIdentityMakesAResponsePrivate(t *testing.T) {
	t.Parallel()
	for name, h := range map[string]http.HandlerFunc{
		"a page": func(w http.ResponseWriter, r *http.Request) {
			authctx.FromContext(r.Context())
			_, _ = w.Write([]byte("hello"))
		},
		"H02 a page that calls itself public": func(w http.ResponseWriter, r *http.Request) {
			authctx.FromContext(r.Context())
			w.Header().Set("Cache-Control", "public, s-maxage=600")
			w.WriteHeader(http.StatusOK)
		},
		"H02 a public page that sets a cookie": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Cache-Control", "public, s-maxage=600")
			http.SetCookie(w, &http.Cookie{Name: "a", Value: "b"})
			w.WriteHeader(http.StatusOK)
		},
		"a redirect": func(w http.ResponseWriter, r *http.Request) {
			authctx.FromContext(r.Context())
			http.Redirect(w, r, "/x", http.StatusSeeOther)
		},
		"a streamed page": func(w http.ResponseWriter, r *http.Request) {
			authctx.FromContext(r.Context())
			if err := http.NewResponseController(w).Flush(); err != nil {
				t.Error(err)
			}
		},
		"props": func(w http.ResponseWriter, r *http.Request) {
			_, _ = authctx.BuildAuthProps(r.Context()).WriteTo(w)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := respond(t, h)
			if got.Get("Cache-Control") != "private, no-store" || got.Get("Vary") != "Cookie, Authorization" {
				t.Errorf("headers %v", got)
			}
		})
	}
}

func TestH06_AResponseThatNeverLookedKeepsItsHeaders(t *testing.T) {
	t.Parallel()
	got := respond(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Cache-Control", "public, max-age=60")
		_, _ = w.Write([]byte("hello"))
	})
	if got.Get("Cache-Control") != "public, max-age=60" || got.Get("Vary") != "" {
		t.Errorf("headers %v", got)
	}
}

func guarded(t *testing.T, guard func(http.Handler) http.Handler, req *http.Request) *httptest.ResponseRecorder {
	t.Helper()
	a, err := authctx.New(authtest.Config(t))
	if err != nil {
		t.Fatal(err)
	}
	rec := httptest.NewRecorder()
	a.Handler(guard(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte("inside"))
	}))).ServeHTTP(rec, req)
	if rec.Body.String() == "inside" != (rec.Code == http.StatusOK) {
		t.Errorf("status %d with body %q", rec.Code, rec.Body)
	}
	if rec.Header().Get("Cache-Control") != "private, no-store" {
		t.Errorf("H01: Cache-Control %q on status %d", rec.Header().Get("Cache-Control"), rec.Code)
	}
	return rec
}

func TestRequirePage(t *testing.T) {
	t.Parallel()
	anonymous := func(method, target string) *http.Request {
		return authtest.NewRequest(t, method, target, authtest.SignedOut())
	}
	htmx := anonymous("GET", "/dashboard")
	htmx.Header.Set("HX-Request", "true")
	for name, tt := range map[string]struct {
		req            *http.Request
		reqs           []authctx.Requirement
		status         int
		header, wanted string
	}{
		"signed in":                  {authtest.NewRequest(t, "GET", "/dashboard"), nil, 200, "Location", ""},
		"signed out":                 {anonymous("GET", "/dashboard?tab=1"), nil, 303, "Location", "/sign-in?redirect_url=%2Fdashboard%3Ftab%3D1"},
		"R01 a path that looks away": {anonymous("GET", "//evil.example/x"), nil, 303, "Location", "/sign-in"},
		"signed out, POST":           {anonymous("POST", "/dashboard"), nil, 303, "Location", "/sign-in"},
		"signed out, htmx":           {htmx, nil, 401, "Hx-Redirect", "/sign-in?redirect_url=%2Fdashboard"},
		"signed in without the role": {authtest.NewRequest(t, "GET", "/admin"), []authctx.Requirement{authctx.Role("org:admin")}, 403, "Location", ""},
		"signed in with the role":    {authtest.NewRequest(t, "GET", "/admin", authtest.Org("org_1", "org:admin")), []authctx.Requirement{authctx.Role("org:admin")}, 200, "Location", ""},
		"M10 pending":                {authtest.NewRequest(t, "GET", "/dashboard", authtest.Claim("sts", "pending")), nil, 303, "Location", "/sign-in?redirect_url=%2Fdashboard"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rec := guarded(t, authctx.RequirePage(tt.reqs...), tt.req)
			if got := rec.Header().Get(tt.header); rec.Code != tt.status || got != tt.wanted {
				t.Errorf("got %d, %s %q, want %d, %q", rec.Code, tt.header, got, tt.status, tt.wanted)
			}
		})
	}
}

func TestRequireAPI(t *testing.T) {
	t.Parallel()
	bad := authtest.NewRequest(t, "GET", "/api", authtest.SignedOut())
	bad.Header.Set("Authorization", "Bearer x")
	for name, tt := range map[string]struct {
		req             *http.Request
		reqs            []authctx.Requirement
		status          int
		challenge, code string
	}{
		"signed in by bearer":    {authtest.NewRequest(t, "GET", "/api", authtest.Bearer()), nil, 200, "", ""},
		"signed in by cookie":    {authtest.NewRequest(t, "GET", "/api"), nil, 200, "", ""},
		"signed out":             {authtest.NewRequest(t, "GET", "/api", authtest.SignedOut()), nil, 401, "Bearer", "authentication_invalid"},
		"a bad token":            {bad, nil, 401, `Bearer error="invalid_token"`, "authentication_invalid"},
		"without the permission": {authtest.NewRequest(t, "GET", "/api"), []authctx.Requirement{authctx.Permission("org:a:b")}, 403, "", "authorization_invalid"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rec := guarded(t, authctx.RequireAPI(tt.reqs...), tt.req)
			if rec.Code != tt.status || rec.Header().Get("WWW-Authenticate") != tt.challenge {
				t.Errorf("got %d, challenge %q", rec.Code, rec.Header().Get("WWW-Authenticate"))
			}
			if tt.code != "" && (!strings.Contains(rec.Body.String(), `"code":"`+tt.code+`"`) || rec.Header().Get("Content-Type") != "application/json") {
				t.Errorf("body %s", rec.Body)
			}
		})
	}
}

// TestM07_CannotTellIsNotSignedOut: while the keys cannot be had, guards say so.
func TestM07_CannotTellIsNotSignedOut(t *testing.T) {
	t.Parallel()
	cfg := authtest.Config(t)
	cfg.JWTKey, cfg.SecretKey = "", "sk_test_x"
	cfg.Transport = &upstream{answer: func(int64) (int, string, error) { return 401, `{}`, nil }}
	a, err := authctx.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	for _, guard := range []func(http.Handler) http.Handler{authctx.RequirePage(), authctx.RequireAPI()} {
		rec := httptest.NewRecorder()
		a.Handler(guard(http.NotFoundHandler())).ServeHTTP(rec, authtest.NewRequest(t, "GET", "/"))
		if rec.Code != http.StatusServiceUnavailable || rec.Header().Get("Retry-After") == "" {
			t.Errorf("got %d, Retry-After %q", rec.Code, rec.Header().Get("Retry-After"))
		}
	}
}

func TestP10_GuardsWithoutTheMiddlewarePanic(t *testing.T) {
	t.Parallel()
	defer func() {
		if msg, _ := recover().(string); !strings.Contains(msg, "r.Use(auth.Handler)") {
			t.Errorf("panic %q", msg)
		}
	}()
	authctx.RequirePage()(http.NotFoundHandler()).ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil))
}

func TestP10_ForeignContextValuesAreNotIdentity(t *testing.T) {
	t.Parallel()
	type auth struct{}
	ctx := context.WithValue(t.Context(), auth{}, "user_1")
	if a := authctx.FromContext(ctx); a != nil || a.SignedIn() || a.UserID() != "" || a.Has() {
		t.Errorf("identity %v out of nowhere", a)
	}
}

func TestMountedTwice(t *testing.T) {
	t.Parallel()
	a, err := authctx.New(authtest.Config(t))
	if err != nil {
		t.Fatal(err)
	}
	var got string
	a.Handler(a.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		got = authctx.FromContext(r.Context()).UserID()
	}))).ServeHTTP(httptest.NewRecorder(), authtest.NewRequest(t, "GET", "/"))
	if got != "user_test" {
		t.Errorf("user %q", got)
	}
}
