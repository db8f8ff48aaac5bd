package authctx_test

import (
	"cmp"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/go-chi/chi/v5"

	"github.com/usherauth/usher/authctx"
	"github.com/usherauth/usher/authtest"
)

// served counts the requests that reached a handler.
type served struct{ n int }

func (s *served) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	s.n++
	_, _ = w.Write([]byte(secretPage))
}

// withAuth puts the middleware in front of h.
func withAuth(t *testing.T, h http.Handler) http.Handler {
	t.Helper()
	a, err := authctx.New(authtest.Config(t))
	if err != nil {
		t.Fatal(err)
	}
	return a.Handler(h)
}

// reached sends an anonymous request and tells whether a handler ran.
func reached(t *testing.T, app http.Handler, s *served, method, target string) (bool, *httptest.ResponseRecorder) {
	t.Helper()
	before := s.n
	rec := httptest.NewRecorder()
	app.ServeHTTP(rec, authtest.NewRequest(t, method, target, authtest.SignedOut()))
	if strings.Contains(rec.Body.String(), secretPage) != (s.n > before) {
		t.Errorf("%s %s: %d %q", method, target, rec.Code, rec.Body)
	}
	return s.n > before, rec
}

// nothing is a middleware that hides what is below it.
func nothing(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { next.ServeHTTP(w, r) })
}

func chiApp(s *served) *chi.Mux {
	r := chi.NewRouter()
	r.Group(func(r chi.Router) {
		r.Use(nothing, authctx.ProtectByDefault)
		r.With(authctx.Public).Method("GET", "/", s)
		r.Method("GET", "/about", authctx.Public(s))
		r.Method("GET", "/forgotten", s)
		r.Method("POST", "/forgotten/{id}", s)
		r.Method("DELETE", "/forgotten/{id}", s)
		r.With(nothing, authctx.Public).Method("GET", "/hidden-mark", s)
		r.With(authctx.RequireAPI()).Method("GET", "/api/me", s)
		r.Group(func(r chi.Router) {
			r.Use(authctx.RequirePage(authctx.Role("admin")))
			r.Method("GET", "/admin", s)
			r.With(authctx.Public).Method("GET", "/admin/open", s) // the guard of the group is first
		})
		r.Route("/inner", func(r chi.Router) { r.With(authctx.Public).Method("GET", "/x", s) })
		r.Mount("/mounted", s)
		r.Handle("/any/*", s)
	})
	return r
}

// TestM03_UnmarkedRoutesAreClosed walks a router, asks every route as a stranger, and
// prints the ones that answered. Only the named exceptions may.
func TestM03_UnmarkedRoutesAreClosed(t *testing.T) {
	t.Parallel()
	s := &served{}
	routes := chiApp(s)
	app := withAuth(t, routes)
	var open []string
	walked := 0
	err := chi.Walk(routes, func(method, route string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
		walked++
		path := strings.NewReplacer("{id}", "1", "*", "x").Replace(route)
		if ran, rec := reached(t, app, s, method, path); ran {
			open = append(open, method+" "+route)
		} else if rec.Code != 401 && rec.Code != 303 {
			t.Errorf("%s %s: %d", method, route, rec.Code)
		}
		return nil
	})
	if err != nil || walked < 10 {
		t.Fatalf("walked %d routes: %v", walked, err)
	}
	slices.Sort(open)
	t.Logf("unprotected: %s", strings.Join(open, ", "))
	if want := []string{"GET /", "GET /about"}; !slices.Equal(open, want) {
		t.Errorf("open to strangers: %q, want %q", open, want)
	}
}

func TestM03_SignedInPeoplePass(t *testing.T) {
	t.Parallel()
	s := &served{}
	app := withAuth(t, chiApp(s))
	for target, want := range map[string]int{
		"/": 200, "/about": 200, "/forgotten": 200, "/hidden-mark": 200, "/api/me": 200, "/admin": 403, "/inner/x": 200, "/any/1": 200, "/nowhere": 404,
	} {
		rec := httptest.NewRecorder()
		app.ServeHTTP(rec, authtest.NewRequest(t, "GET", target))
		if rec.Code != want {
			t.Errorf("%s: %d, want %d", target, rec.Code, want)
		}
	}
}

// TestM03_UseOnTheRouterItselfClosesEverything: the mistake that hides every mark.
func TestM03_UseOnTheRouterItselfClosesEverything(t *testing.T) {
	t.Parallel()
	s := &served{}
	r := chi.NewRouter()
	r.Use(authctx.ProtectByDefault)
	r.Method("GET", "/", authctx.Public(s))
	if ran, rec := reached(t, withAuth(t, r), s, "GET", "/"); ran || rec.Code != 401 {
		t.Errorf("got %d", rec.Code)
	}
}

func muxApp(s *served) *http.ServeMux {
	inner := http.NewServeMux()
	inner.Handle("GET /inner/open", authctx.Public(s))
	inner.Handle("/inner/", s)
	nested := http.NewServeMux()
	nested.Handle("/nested/", authctx.Public(s))
	mux := http.NewServeMux()
	mux.Handle("/{$}", authctx.Public(s))
	mux.Handle("GET /docs/", authctx.Public(s))
	mux.Handle("GET /docs/internal/", s)
	mux.Handle("POST /docs/", s)
	mux.Handle("/item/{id}", s)
	mux.Handle("other.example/docs/", s)
	mux.Handle("/moved", http.RedirectHandler("/docs/secret-name", http.StatusFound))
	mux.Handle("/api/me", authctx.RequireAPI()(s))
	mux.Handle("/inner/", authctx.ProtectByDefault(inner))
	mux.Handle("/nested/", nested) // not wrapped: its marks are not seen
	return mux
}

// TestM01_ProtectByDefaultOnServeMux: the mux says which handler serves, so no spelling of
// a path is read twice.
func TestM01_ProtectByDefaultOnServeMux(t *testing.T) {
	t.Parallel()
	s := &served{}
	app := withAuth(t, authctx.ProtectByDefault(muxApp(s)))
	for _, tt := range []struct {
		method, target, host string
		open                 bool
		status               int
	}{
		{"GET", "/", "", true, 200},
		{"POST", "/", "", true, 200},
		{"GET", "/docs/", "", true, 200},
		{"HEAD", "/docs/a", "", true, 200},
		{"POST", "/docs/a", "", false, 401},
		{"GET", "/docs/a", "other.example", false, 401},
		{"GET", "/docs/internal/a", "", false, 401},
		{"GET", "/docs/%69nternal/a", "", false, 401},
		{"GET", "/docs/x/../internal/a", "", false, 401},
		{"GET", "//docs/internal/a", "", false, 401},
		{"GET", "/docs", "", false, 401}, // only a redirect, which strangers do not get
		{"GET", "/item/1", "", false, 401},
		{"DELETE", "/item/1", "", false, 401},
		{"GET", "/moved", "", false, 401},
		{"GET", "/api/me", "", false, 401},
		{"GET", "/inner/open", "", true, 200},
		{"POST", "/inner/open", "", false, 401},
		{"GET", "/inner/x", "", false, 401},
		{"GET", "/nested/x", "", false, 401},
		{"GET", "/nowhere", "", false, 404},
	} {
		req := authtest.NewRequest(t, tt.method, tt.target, authtest.SignedOut())
		req.Host = cmp.Or(tt.host, req.Host)
		before, rec := s.n, httptest.NewRecorder()
		app.ServeHTTP(rec, req)
		if ran := s.n > before; ran != tt.open || rec.Code != tt.status {
			t.Errorf("%s %s%s: handler ran: %v, status %d, want %v, %d", tt.method, tt.host, tt.target, ran, rec.Code, tt.open, tt.status)
		}
		if strings.Contains(rec.Body.String()+rec.Header().Get("Location"), "secret-name") {
			t.Errorf("%s %s tells where it leads", tt.method, tt.target)
		}
	}
}

func TestM01_PathValuesReachMarkedHandlers(t *testing.T) {
	t.Parallel()
	mux := http.NewServeMux()
	mux.Handle("/user/{name}", authctx.Public(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write([]byte(r.PathValue("name") + " by " + r.Pattern))
	})))
	rec := httptest.NewRecorder()
	withAuth(t, authctx.ProtectByDefault(mux)).ServeHTTP(rec, authtest.NewRequest(t, "GET", "/user/ada", authtest.SignedOut()))
	if got := rec.Body.String(); got != "ada by /user/{name}" {
		t.Errorf("body %q", got)
	}
}

func TestP10_ProtectByDefaultWithoutTheMiddlewarePanics(t *testing.T) {
	t.Parallel()
	mux := http.NewServeMux()
	mux.Handle("/", authctx.Public(&served{}))
	defer func() {
		if msg, _ := recover().(string); !strings.Contains(msg, "r.Use(auth.Handler)") {
			t.Errorf("panic %q", msg)
		}
	}()
	authctx.ProtectByDefault(mux).ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil))
}
