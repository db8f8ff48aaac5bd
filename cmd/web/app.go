package main

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"time"

	"github.com/usherauth/usher/authctx"
	"github.com/usherauth/usher/cmd/web/pages"
	"github.com/usherauth/usher/handlers"
	"github.com/usherauth/usher/userclient"
	"github.com/usherauth/usher/wire"
)

// app is the demo: the library mounted on a router, against one instance.
type app struct {
	log     *slog.Logger
	auth    *authctx.Authenticator
	pages   *pages.Pages
	forms   *handlers.Handlers
	policy  *policy
	ping    func(context.Context) error
	proxied bool   // browsers reach the Frontend API through us
	portal  string // the instance's own pages, where not
	mail    *mailbox
	watch   *observer
	suffix  string // of this instance's cookies
}

// instance is what the app needs to know of where identity comes from. The embedded
// service and a hosted one differ in these values and in nothing else.
type instance struct {
	auth    authctx.Config    // keys, addresses, parties
	carrier http.RoundTripper // nil is the network
	ping    func(context.Context) error
	proxied bool
	portal  string
	allowed []string // origins of other apps
	proxies []netip.Prefix
	mail    *mailbox // nil where mail is not caught
}

func newApp(in instance, log *slog.Logger, now func() time.Time) (*app, error) {
	users, err := userclient.New(userclient.Config{
		SecretKey: in.auth.SecretKey, APIURL: in.auth.APIURL, Transport: in.carrier, Logger: log, Now: now,
	})
	if err != nil {
		return nil, fmt.Errorf("web: %w", err)
	}
	site := pages.New(pages.Config{Users: users, Logger: log, Hosted: in.carrier == nil})
	in.auth.AuthorizedParties = append(in.auth.AuthorizedParties, sharingCookies(in.allowed, in.auth.PublicOrigin)...)
	in.auth.Transport, in.auth.Logger, in.auth.Now, in.auth.Deny = in.carrier, log, now, site.Denied
	auth, err := authctx.New(in.auth)
	if err != nil {
		return nil, fmt.Errorf("web: %w", err)
	}
	forms, err := handlers.New(handlers.Config{
		PublishableKey: in.auth.PublishableKey, SecretKey: in.auth.SecretKey, PublicOrigin: in.auth.PublicOrigin,
		NoProxy: !in.proxied, AfterSignIn: "/welcome", AllowedRedirectOrigins: in.allowed, TrustedProxies: in.proxies, Users: users, Layout: site.Layout,
		EmailCodes: in.mail != nil || in.carrier == nil, // a hosted instance sends its own mail
		Transport:  in.carrier, Logger: log, Now: now,
	})
	if err != nil {
		return nil, fmt.Errorf("web: %w", err)
	}
	elsewhere := ""
	if !in.proxied {
		elsewhere = "https://" + frontendHost(in.auth)
	}
	return &app{
		log: log, auth: auth, pages: site, forms: forms, policy: newPolicy(in.auth.PublicOrigin, elsewhere, in.allowed),
		ping: in.ping, proxied: in.proxied, portal: in.portal, mail: in.mail,
		suffix: wire.CookieSuffix(in.auth.PublishableKey),
	}, nil
}

// handler is the router with everything that comes before it.
func (a *app) handler(origin string, now func() time.Time) http.Handler {
	routes := a.routes()
	guarded := a.policy.headers(requestGuard(a.probesOr(hostGuard(origin, a.tidyCookies(origin, routes), a.log, now))))
	a.watch = newObserver(a.log, now, a.failed)
	return a.watch.wrap(guarded)
}

// probesOr answers health checks under any host name: probes use addresses.
func (a *app) probesOr(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet || r.Method == http.MethodHead {
			switch r.URL.Path {
			case "/healthz":
				healthz(w, r)
				return
			case "/readyz":
				a.readyz(w, r)
				return
			}
		}
		next.ServeHTTP(w, r)
	})
}

// failed is the page after a panic. It knows nobody.
func (a *app) failed(w http.ResponseWriter, r *http.Request) {
	a.policy.set(w.Header())
	a.policy.document(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a.pages.ErrorPage(w, r, http.StatusInternalServerError, "Something went wrong. It has been written down.")
	})).ServeHTTP(w, r)
}
