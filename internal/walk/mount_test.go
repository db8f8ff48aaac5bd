package walk_test

import (
	"context"
	"fmt"
	"html"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"

	"github.com/usherauth/usher/authctx"
	"github.com/usherauth/usher/handlers"
	"github.com/usherauth/usher/identity"
	"github.com/usherauth/usher/identity/memstore"
	"github.com/usherauth/usher/internal/walk"
	"github.com/usherauth/usher/views"
)

const origin = "http://localhost:8080"

// settings are the configurations of one app, to be changed before it is built.
type settings struct {
	identity identity.Config
	auth     authctx.Config
	forms    handlers.Config
}

// parts is what an app mounts.
type parts struct {
	auth  *authctx.Authenticator
	forms *handlers.Handlers

	mu   sync.Mutex
	note string // what the form was sent with last
}

func newParts(t *testing.T, origin string, change func(*settings)) *parts {
	t.Helper()
	s := settings{
		identity: identity.Config{Store: memstore.New(), PublicOrigin: origin},
		auth:     authctx.Config{PublicOrigin: origin, AuthorizedParties: []string{origin}, ProxyURL: "/__clerk", APIURL: identity.BackendURL},
		forms:    handlers.Config{PublicOrigin: origin},
	}
	if change != nil {
		change(&s)
	}
	log := slog.New(slog.NewTextHandler(testLog{t}, &slog.HandlerOptions{Level: slog.LevelWarn}))
	s.identity.Logger, s.auth.Logger, s.forms.Logger = log, log, log
	service, err := identity.New(context.Background(), s.identity)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := service.Close(); err != nil {
			t.Error(err)
		}
	})
	s.auth.PublishableKey, s.auth.SecretKey, s.auth.Transport = service.PublishableKey().String(), service.SecretKey().Reveal(), service.Transport()
	s.forms.PublishableKey, s.forms.SecretKey, s.forms.Transport = s.auth.PublishableKey, s.auth.SecretKey, s.auth.Transport
	p := &parts{}
	if p.auth, err = authctx.New(s.auth); err != nil {
		t.Fatal(err)
	}
	if p.forms, err = handlers.New(s.forms); err != nil {
		t.Fatal(err)
	}
	return p
}

// testLog keeps the log of a walk for the case that it fails.
type testLog struct{ t *testing.T }

func (l testLog) Write(b []byte) (int, error) {
	l.t.Logf("%s", b)
	return len(b), nil
}

// page greets whoever is signed in.
func (p *parts) page(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = fmt.Fprintf(w, "<!doctype html><title>Page</title><p>You are %s.</p>", authctx.FromContext(r.Context()).UserID())
	_ = views.SignOut().Render(r.Context(), w)
}

// form has one field and shows what it was sent with last.
func (p *parts) form(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if r.Method == http.MethodPost {
		p.note = r.FormValue("note")
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = fmt.Fprintf(w, `<!doctype html><title>Form</title><p>%s</p><form method="post"><input name="note"><button>Send</button></form>`, html.EscapeString(p.note))
}

func (p *parts) api(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	_, _ = fmt.Fprintf(w, `{"user_id":%q}`, authctx.FromContext(r.Context()).UserID())
}

// router is what the mountings have in common: [http.ServeMux] and chi.
type router interface {
	Handle(pattern string, h http.Handler)
}

// accounts mounts the pages that need nobody to be signed in.
func (p *parts) accounts(r router) {
	r.Handle("/sign-in", http.HandlerFunc(p.forms.SignIn))
	r.Handle("/sign-up", http.HandlerFunc(p.forms.SignUp))
	r.Handle("/sign-out", http.HandlerFunc(p.forms.SignOut))
	r.Handle("/", http.HandlerFunc(home))
}

func home(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = fmt.Fprint(w, "<!doctype html><title>Home</title>")
}

// protected mounts what is for people who are signed in.
func (p *parts) protected(r router) {
	r.Handle("/page", authctx.RequirePage()(http.HandlerFunc(p.page)))
	r.Handle("/form", authctx.RequirePage()(http.HandlerFunc(p.form)))
	r.Handle("/api", authctx.RequireAPI()(http.HandlerFunc(p.api)))
}

// mounting is one way to put an app together. The pages are at below+"/page" and so on.
type mounting struct {
	name   string
	origin string // "" is origin
	below  string // where the protected pages are
	prefix string // where the whole app is
	change func(*settings)
	app    func(*parts) http.Handler
	bare   bool        // the browser sends no fetch metadata
	header http.Header // what a proxy adds
	keeps  bool        // the app keeps forms
}

func mux(p *parts) http.Handler { return p.auth.Handler(p.everything()) }

func rewritten(from, to string) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if rest, ok := strings.CutPrefix(r.URL.Path, from); ok {
				r.URL.Path = to + rest
			}
			next.ServeHTTP(w, r)
		})
	}
}

// methodOverride is what Rails and Laravel taught forms: the method in a field.
func methodOverride(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if m := r.FormValue("_method"); r.Method == http.MethodPost && m != "" {
			r.Method = strings.ToUpper(m)
		}
		next.ServeHTTP(w, r)
	})
}

// parsesAnything is a middleware for uploads.
func parsesAnything(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseMultipartForm(1 << 20)
		next.ServeHTTP(w, r)
	})
}

func below(prefix string) func(*settings) {
	return func(s *settings) {
		s.identity.SignInURL, s.identity.SignUpURL = prefix+"/sign-in", prefix+"/sign-up"
		s.auth.SignInURL, s.auth.SignUpURL, s.auth.SignOutURL, s.auth.ProxyURL = prefix+"/sign-in", prefix+"/sign-up", prefix+"/sign-out", prefix+"/__clerk"
		s.forms.SignInURL, s.forms.SignUpURL, s.forms.SignOutURL, s.forms.ProxyPath = prefix+"/sign-in", prefix+"/sign-up", prefix+"/sign-out", prefix+"/__clerk"
		s.forms.AfterSignIn, s.forms.AfterSignOut = prefix+"/page", prefix+"/page"
	}
}

// everything is the README's program with more pages, without the middleware.
func (p *parts) everything() *http.ServeMux {
	mux := http.NewServeMux()
	mux.Handle("/__clerk/", p.forms.FrontendAPI())
	p.accounts(mux)
	p.protected(mux)
	return mux
}

// chiApp has the Frontend API below the middleware, as everything else.
func (p *parts) chiApp(first ...func(http.Handler) http.Handler) chi.Router {
	r := chi.NewRouter()
	r.Use(first...)
	r.Use(p.auth.Handler, authctx.KeepForms)
	r.Handle("/__clerk/*", p.forms.FrontendAPI())
	p.accounts(r)
	p.protected(r)
	return r
}

// mountings are the ways that have to work. A new one is one row.
var mountings = []mounting{
	{name: "ServeMux, everything behind the middleware", app: mux},
	{name: "ServeMux, a browser without fetch metadata", bare: true, app: mux},
	{name: "ServeMux, TLS ends at a proxy", origin: "https://app.example.com", app: mux},
	{name: "ServeMux, forms are kept", keeps: true, app: func(p *parts) http.Handler {
		return p.auth.Handler(authctx.KeepForms(p.everything()))
	}},
	{name: "ServeMux, the middleware twice", app: func(p *parts) http.Handler {
		return p.auth.Handler(p.auth.Handler(p.everything()))
	}},
	{name: "ServeMux, the Frontend API outside", app: func(p *parts) http.Handler {
		inner := http.NewServeMux()
		p.accounts(inner)
		p.protected(inner)
		outer := http.NewServeMux()
		outer.Handle("/__clerk/", p.forms.FrontendAPI())
		outer.Handle("/", p.auth.Handler(inner))
		return outer
	}},
	{name: "ServeMux, only the protected pages behind the middleware", app: func(p *parts) http.Handler {
		outer := http.NewServeMux()
		outer.Handle("/__clerk/", p.forms.FrontendAPI())
		p.accounts(outer)
		for _, path := range []string{"/page", "/form", "/api"} {
			inner := http.NewServeMux()
			p.protected(inner)
			outer.Handle(path, p.auth.Handler(inner))
		}
		return outer
	}},
	{name: "StripPrefix around the middleware of the protected pages", below: "/admin", keeps: true, app: func(p *parts) http.Handler {
		inner, outer := http.NewServeMux(), http.NewServeMux()
		p.protected(inner)
		outer.Handle("/__clerk/", p.forms.FrontendAPI())
		p.accounts(outer)
		outer.Handle("/admin/", http.StripPrefix("/admin", p.auth.Handler(authctx.KeepForms(inner))))
		return outer
	}},
	{name: "StripPrefix around the protected pages, inside the middleware", below: "/admin", app: func(p *parts) http.Handler {
		inner, outer := http.NewServeMux(), http.NewServeMux()
		p.protected(inner)
		outer.Handle("/__clerk/", p.forms.FrontendAPI())
		p.accounts(outer)
		outer.Handle("/admin/", http.StripPrefix("/admin", inner))
		return p.auth.Handler(outer)
	}},
	{name: "StripPrefix around the whole app", prefix: "/app", below: "/app", change: below("/app"), app: func(p *parts) http.Handler {
		return http.StripPrefix("/app", mux(p))
	}},
	{name: "StripPrefix around the whole app, forms are kept", prefix: "/app", below: "/app", keeps: true, change: below("/app"), app: func(p *parts) http.Handler {
		return http.StripPrefix("/app", p.auth.Handler(authctx.KeepForms(p.everything())))
	}},
	{name: "StripPrefix inside the middleware", prefix: "/app", below: "/app", change: below("/app"), app: func(p *parts) http.Handler {
		return p.auth.Handler(http.StripPrefix("/app", p.everything()))
	}},
	{name: "chi, several Groups", keeps: true, app: func(p *parts) http.Handler {
		r := chi.NewRouter()
		r.Handle("/__clerk/*", p.forms.FrontendAPI())
		r.Group(func(r chi.Router) {
			r.Use(p.auth.Handler)
			p.accounts(r)
		})
		r.Group(func(r chi.Router) {
			r.Use(p.auth.Handler, authctx.KeepForms)
			p.protected(r)
		})
		return r
	}},
	{name: "chi, everything behind the middleware", keeps: true, app: func(p *parts) http.Handler { return p.chiApp() }},
	{name: "chi, closed unless said otherwise", keeps: true, app: func(p *parts) http.Handler {
		r := chi.NewRouter()
		r.Group(func(r chi.Router) {
			r.Use(p.auth.Handler, authctx.KeepForms, authctx.ProtectByDefault)
			r.With(authctx.Public).Handle("/__clerk/*", p.forms.FrontendAPI())
			p.accounts(r.With(authctx.Public))
			p.protected(r)
		})
		return r
	}},
	{name: "chi, protected pages mounted", below: "/admin", keeps: true, app: func(p *parts) http.Handler {
		inner, r := chi.NewRouter(), chi.NewRouter()
		p.protected(inner)
		r.Use(p.auth.Handler, authctx.KeepForms)
		r.Handle("/__clerk/*", p.forms.FrontendAPI())
		p.accounts(r)
		r.Mount("/admin", inner)
		return r
	}},
	{name: "chi, a ServeMux mounted below StripPrefix", below: "/admin", keeps: true, app: func(p *parts) http.Handler {
		inner, r := http.NewServeMux(), chi.NewRouter()
		p.protected(inner)
		r.Use(p.auth.Handler, authctx.KeepForms)
		r.Handle("/__clerk/*", p.forms.FrontendAPI())
		p.accounts(r)
		r.Mount("/admin", http.StripPrefix("/admin", inner))
		return r
	}},
	{name: "chi, the whole app mounted", prefix: "/app", below: "/app", keeps: true, change: below("/app"), app: func(p *parts) http.Handler {
		r := chi.NewRouter()
		r.Mount("/app", p.chiApp())
		return r
	}},
	{name: "chi, the whole app mounted in a ServeMux", prefix: "/app", below: "/app", keeps: true, change: below("/app"), app: func(p *parts) http.Handler {
		outer := http.NewServeMux()
		outer.Handle("/app/", http.StripPrefix("/app", p.chiApp()))
		return outer
	}},
	{name: "a path rewritten before the middleware", below: "/de", keeps: true, app: func(p *parts) http.Handler {
		return p.chiApp(rewritten("/de/", "/"))
	}},
	{name: "a path rewritten after the middleware", below: "/de", app: func(p *parts) http.Handler {
		return p.auth.Handler(rewritten("/de/", "/")(p.everything()))
	}},
	{name: "a path rewritten by chi's PathRewrite", below: "/old", keeps: true, app: func(p *parts) http.Handler {
		return p.chiApp(middleware.PathRewrite("/old/", "/"))
	}},
	{name: "RealIP", header: http.Header{"X-Forwarded-For": {"203.0.113.10"}}, keeps: true, app: func(p *parts) http.Handler {
		return p.chiApp(middleware.RealIP) //nolint:staticcheck // apps still have it
	}},
	{name: "ClientIP from X-Forwarded-For", header: http.Header{"X-Forwarded-For": {"203.0.113.10"}}, keeps: true, app: func(p *parts) http.Handler {
		return p.chiApp(middleware.ClientIPFromXFF("127.0.0.0/8"))
	}},
	{name: "ClientIP from the connection", keeps: true, app: func(p *parts) http.Handler {
		return p.chiApp(middleware.ClientIPFromRemoteAddr)
	}},
	{name: "compression before the middleware", keeps: true, app: func(p *parts) http.Handler {
		return p.chiApp(middleware.Compress(5))
	}},
	{name: "compression after the middleware", app: func(p *parts) http.Handler {
		return p.auth.Handler(middleware.Compress(5)(p.everything()))
	}},
	{name: "the usual middleware of chi", keeps: true, app: func(p *parts) http.Handler {
		return p.chiApp(middleware.RequestID, middleware.Recoverer, middleware.GetHead, middleware.CleanPath, middleware.StripSlashes,
			middleware.Timeout(time.Minute), middleware.NoCache, middleware.Throttle(100))
	}},
	{name: "the usual middleware of chi after ours", app: func(p *parts) http.Handler {
		r := chi.NewRouter()
		r.Use(p.auth.Handler, middleware.RequestID, middleware.Recoverer, middleware.GetHead, middleware.CleanPath, middleware.StripSlashes,
			middleware.Timeout(time.Minute), middleware.Throttle(100))
		r.Mount("/", p.everything())
		return r
	}},
	{name: "a method override before the middleware", keeps: true, app: func(p *parts) http.Handler { return p.chiApp(methodOverride) }},
	{name: "a method override after the middleware", app: func(p *parts) http.Handler { return p.auth.Handler(methodOverride(p.everything())) }},
	{name: "every form parsed before the middleware", keeps: true, app: func(p *parts) http.Handler { return p.chiApp(parsesAnything) }},
	{name: "every form parsed after the middleware", app: func(p *parts) http.Handler { return p.auth.Handler(parsesAnything(p.everything())) }},
	{name: "bodies bounded before the middleware", keeps: true, app: func(p *parts) http.Handler { return http.MaxBytesHandler(p.chiApp(), 64<<10) }},
	{name: "bodies bounded after the middleware", app: func(p *parts) http.Handler {
		return p.auth.Handler(http.MaxBytesHandler(p.everything(), 64<<10))
	}},
	{name: "time bounded before the middleware", keeps: true, app: func(p *parts) http.Handler {
		return http.TimeoutHandler(p.chiApp(), time.Minute, "too late")
	}},
	{name: "time bounded after the middleware", app: func(p *parts) http.Handler {
		return p.auth.Handler(http.TimeoutHandler(p.everything(), time.Minute, "too late"))
	}},
	{name: "several parties and no public origin", keeps: true, change: func(s *settings) {
		s.auth.PublicOrigin, s.auth.AuthorizedParties = "", []string{origin, "http://localhost:9090"}
		s.identity.AllowedOrigins = []string{"http://localhost:9090"}
	}, app: func(p *parts) http.Handler { return p.chiApp() }},
}

// walkApp is where a mounting has its parts.
func (m *mounting) walkApp() walk.App {
	at := m.origin
	if at == "" {
		at = origin
	}
	app := walk.App{
		Origin: at, Page: m.below + "/page?tab=2&q=a%20b", Greeting: "You are user_", Form: m.below + "/form?id=7", Field: "note",
		API: m.below + "/api", Proxy: m.prefix + "/__clerk", KeepsForms: m.keeps,
	}
	return app
}

func TestAppsWorkHoweverTheyAreMounted(t *testing.T) {
	t.Parallel()
	for _, m := range mountings {
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				app := m.walkApp()
				n := walk.NewNetwork(t)
				n.Serve(app.Origin, m.app(newParts(t, app.Origin, m.change)))
				person := walk.NewPerson(t, n)
				person.Bare, person.Header = m.bare, m.header
				walk.Walk(person, app)
			})
		})
	}
}

func TestTwoInstancesOnOneHost(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := walk.NewNetwork(t)
		one := walk.App{Origin: "http://localhost:8080", Page: "/page", Greeting: "You are user_", Form: "/form", Field: "note", API: "/api", Proxy: "/__clerk", KeepsForms: true}
		two := one
		two.Origin = "http://localhost:9090"
		for _, app := range []walk.App{one, two} {
			n.Serve(app.Origin, newParts(t, app.Origin, nil).chiApp())
		}
		tab := walk.NewPerson(t, n)
		first, second := walk.Steps(tab, one), walk.Steps(tab.Another(), two)
		for i := range first {
			first[i].Do()
			second[i].Do()
		}
	})
}
