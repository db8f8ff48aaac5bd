package main

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"

	"github.com/usherauth/usher/authctx"
	"github.com/usherauth/usher/internal/web"
	"github.com/usherauth/usher/static"
	"github.com/usherauth/usher/wire"
)

// routes is the whole surface of the public listener. Protection is attached to the
// route that serves a page, so there is no second reading of the path to get around.
func (a *app) routes() *chi.Mux {
	r := chi.NewRouter()
	r.Use(middleware.GetHead)
	// The nonce is templ's, which looks for it in every component: it comes last, to be near.
	page := chi.Chain(a.auth.Handler, a.policy.document)
	r.NotFound(page.HandlerFunc(a.pages.NotFound).ServeHTTP)
	r.MethodNotAllowed(page.HandlerFunc(allowing(r, a.pages.MethodNotAllowed)).ServeHTTP)

	r.Get("/healthz", healthz)
	r.Get("/readyz", a.readyz)
	r.Handle("/static/*", static.Handler())
	r.Handle(wire.ProxyPath+"/*", a.frontendAPI())

	r.Group(func(r chi.Router) {
		r.Use(page...)
		r.Use(a.forms.FollowTickets)
		r.Use(authctx.KeepForms)
		r.Use(authctx.ProtectByDefault) // a page that is added is closed until it says more
		public := r.With(authctx.Public)
		public.Get("/", a.pages.Home)
		public.Get("/welcome", a.pages.Welcome)
		public.Get("/example", a.pages.Example)
		public.Get("/client/auth", a.pages.ClientAuth)
		public.Get("/client/user", a.pages.ClientUser)
		public.Get("/organization", a.pages.Organization)
		public.Handle("/sign-in", a.formOrPortal(a.forms.SignIn, authctx.SignInURL))
		public.Handle("/sign-up", a.formOrPortal(a.forms.SignUp, authctx.SignUpURL))
		public.Handle("/sign-out", http.HandlerFunc(a.forms.SignOut))
		if a.mail != nil {
			public.Get(mailboxPath, a.mail.handler(a.pages))
		}
		private := r.With(authctx.RequirePage())
		private.Get("/dashboard", a.pages.Dashboard)
		private.Handle("/user", a.formOrPortal(a.forms.Profile, a.portalPage("/user", "/user")))
		private.Handle("/organizations", a.formOrPortal(a.forms.Organizations, a.portalPage("/organizations", "/organization")))
		r.With(authctx.RequirePage(authctx.Role("org:admin"))).Get("/admin", a.pages.Admin)
	})
	r.Group(func(r chi.Router) {
		r.Use(a.auth.Handler, authctx.ProtectByDefault)
		r.With(authctx.RequireAPI()).Get("/api/user", a.pages.APIUser)
		r.With(authctx.Public).Get("/api/auth", a.pages.APIAuth) // answers 401 by itself, in the seed's shape
	})
	return r
}

// allowing says in Allow which methods the route has (RFC 9110 §15.5.6); chi leaves that
// to handlers of one's own.
func allowing(routes chi.Routes, next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var allowed []string
		for _, m := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
			if routes.Match(chi.NewRouteContext(), m, r.URL.Path) {
				allowed = append(allowed, m)
			}
		}
		if slices.Contains(allowed, http.MethodGet) {
			allowed = append(allowed, http.MethodHead)
		}
		w.Header().Set("Allow", strings.Join(allowed, ", "))
		next(w, r)
	}
}

// frontendAPI is absent where browsers reach it on the instance's own host.
func (a *app) frontendAPI() http.Handler {
	if !a.proxied {
		return http.NotFoundHandler()
	}
	return a.forms.FrontendAPI()
}

// formOrPortal serves a form, or leads to the instance's own page where the form could
// not set the instance's cookies, or where another page was configured.
func (a *app) formOrPortal(form http.HandlerFunc, portal func(ctx context.Context, returnTo string) string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		target := portal(r.Context(), r.URL.Query().Get(wire.ParamRedirectURL))
		path, _, _ := strings.Cut(target, "?")
		if a.proxied && path == web.Requested(r).Path {
			form(w, r)
			return
		}
		http.Redirect(w, r, target, http.StatusSeeOther)
	})
}

// portalPage is a page of this app, or the one that the instance has in its place.
func (a *app) portalPage(own, theirs string) func(context.Context, string) string {
	return func(context.Context, string) string {
		if a.proxied {
			return own
		}
		return a.portal + theirs
	}
}

// healthz says that the process answers, and nothing else.
func healthz(w http.ResponseWriter, _ *http.Request) { plain(w, http.StatusOK, "ok\n") }

const readyTimeout = time.Second

// readyz says whether requests can be served: the store has to answer.
func (a *app) readyz(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), readyTimeout)
	defer cancel()
	if err := a.ping(ctx); err != nil {
		a.log.WarnContext(ctx, "not ready", "err", err)
		w.Header().Set("Retry-After", "1")
		plain(w, http.StatusServiceUnavailable, "not ready\n")
		return
	}
	plain(w, http.StatusOK, "ok\n")
}

func plain(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(text))
}
