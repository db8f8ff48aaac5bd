package authctx_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/go-chi/chi/v5"

	"github.com/usherauth/usher/authctx"
	"github.com/usherauth/usher/authtest"
	"github.com/usherauth/usher/wire"
)

// rewrite changes the path of a request, as routers and middleware in front do.
func rewrite(to string) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			below := new(http.Request)
			*below = *r
			below.URL = &url.URL{Path: to, RawQuery: "rewritten=1"}
			next.ServeHTTP(w, below)
		})
	}
}

func stripped(prefix string) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler { return http.StripPrefix(prefix, next) }
}

func mounted(prefix string) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		r := chi.NewRouter()
		r.Mount(prefix, next)
		return r
	}
}

// TestB4_PrefixesKeepTheWayBack: people come back to what they asked for, wherever the
// prefix is cut off and whoever rewrites the path.
func TestB4_PrefixesKeepTheWayBack(t *testing.T) {
	t.Parallel()
	a, err := authctx.New(authtest.Config(t))
	if err != nil {
		t.Fatal(err)
	}
	page := authctx.RequirePage()(http.NotFoundHandler())
	const target = "/admin/users?page=2&q=a%2Fb"
	for name, h := range map[string]http.Handler{
		"below the middleware":       a.Handler(stripped("/admin")(page)),
		"in front of the middleware": stripped("/admin")(a.Handler(page)),
		"a mount":                    a.Handler(mounted("/admin")(page)),
		"a mount of everything":      mounted("/admin")(a.Handler(page)),
		"rewritten":                  a.Handler(rewrite("/elsewhere")(page)),
		"rewritten in front":         rewrite("/elsewhere")(a.Handler(page)),
		"rewritten to the sign-in":   a.Handler(rewrite("/sign-in")(page)),
		"rewritten to look away":     a.Handler(rewrite("//evil.example")(page)),
		"the whole mux":              a.Handler(stripped("/admin")(authctx.ProtectByDefault(http.NewServeMux()))),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for form, asked := range map[string]string{"origin": target, "absolute": "http://example.com" + target} {
				rec := httptest.NewRecorder()
				req := authtest.NewRequest(t, "GET", asked, authtest.SignedOut())
				req.Header.Set("Accept", "text/html")
				h.ServeHTTP(rec, req)
				if name == "the whole mux" {
					if rec.Code != http.StatusNotFound {
						t.Errorf("%d", rec.Code)
					}
					continue
				}
				if got, want := rec.Header().Get("Location"), "/sign-in?redirect_url="+url.QueryEscape(target); got != want {
					t.Errorf("%s form: %d to %q, want %q", form, rec.Code, got, want)
				}
			}
		})
	}
}

// TestB4_TheSignInPageBelowAPrefix is known by the address that browsers have for it.
func TestB4_TheSignInPageBelowAPrefix(t *testing.T) {
	t.Parallel()
	cfg := authtest.Config(t)
	cfg.SignInURL = "/app/sign-in"
	a, err := authctx.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	h := stripped("/app")(a.Handler(authctx.RequirePage()(http.NotFoundHandler())))
	for target, want := range map[string]int{"/app/sign-in": 401, "/app/sign-in/sign-in": 303} {
		rec := httptest.NewRecorder()
		h.ServeHTTP(rec, authtest.NewRequest(t, "GET", target, authtest.SignedOut()))
		if rec.Code != want {
			t.Errorf("%s: %d to %q, want %d", target, rec.Code, rec.Header().Get("Location"), want)
		}
	}
}

// TestB4_HandshakesComeBackToWhatWasAsked: also the organization that an address names is
// read from it.
func TestB4_HandshakesComeBackToWhatWasAsked(t *testing.T) {
	t.Parallel()
	cfg := authtest.Config(t)
	cfg.OrganizationPatterns = []string{"/app/orgs/:slug"}
	a, err := authctx.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	for name, front := range map[string]func(http.Handler) http.Handler{
		"prefix": stripped("/app"), "mount": mounted("/app"), "rewritten": rewrite("/x"),
	} {
		req := httptest.NewRequest("GET", "/app/orgs/acme?tab=1", nil)
		req.Header.Set("Sec-Fetch-Dest", "document")
		req.AddCookie(&http.Cookie{Name: "__client_uat", Value: "1700000000"})
		rec := httptest.NewRecorder()
		front(a.Handler(http.NotFoundHandler())).ServeHTTP(rec, req)
		u, err := url.Parse(rec.Header().Get("Location"))
		if err != nil || rec.Code != http.StatusTemporaryRedirect {
			t.Fatalf("%s: %d %v %v", name, rec.Code, rec.Header(), err)
		}
		if got := u.Query().Get(wire.ParamRedirectURL); got != authtest.Origin+"/app/orgs/acme?tab=1" {
			t.Errorf("%s: back to %q", name, got)
		}
		if got := u.Query().Get("organization_id"); got != "acme" {
			t.Errorf("%s: organization %q", name, got)
		}
	}
}

// TestB4_KeptFormsBelowAPrefix: the form comes back to the address that the browser sent it to.
func TestB4_KeptFormsBelowAPrefix(t *testing.T) {
	t.Parallel()
	for name, below := range map[string]func(http.Handler) http.Handler{
		"prefix": stripped("/admin"), "mount": mounted("/admin"), "rewritten": rewrite("/reports"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t, authctx.KeepForms, below)
			rec := d.send("POST", "/admin/reports?new=1", filled, nil, expired)
			c := keptCookie(rec)
			if c == nil || c.Path != "/admin/reports" || rec.Header().Get("Location") != "/admin/reports?new=1" {
				t.Fatalf("%d %v", rec.Code, rec.Header())
			}
			ask := d.send("GET", "/admin/reports?new=1", "", c, fresh)
			if !strings.Contains(ask.Body.String(), `action="/admin/reports?new=1"`) {
				t.Errorf("%s", ask.Body)
			}
			if done := d.send("POST", "/admin/reports?new=1", "usher_form=again", c, fresh); done.Code != 200 || !strings.Contains(done.Header().Get("Set-Cookie"), "Path=/admin/reports;") {
				t.Errorf("%d %v", done.Code, done.Header())
			}
			d.mu.Lock()
			defer d.mu.Unlock()
			if len(d.saved) != 1 || !strings.HasSuffix(d.saved[0], " text=a+long+one&title=Report") {
				t.Errorf("saved %q", d.saved)
			}
		})
	}
}
