package libraries

import (
	"context"
	"crypto/rand"
	"fmt"
	"html"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/a-h/templ"
	"github.com/chromedp/cdproto/network"
	"github.com/go-chi/chi/v5"

	"github.com/usherauth/usher/authctx"
	"github.com/usherauth/usher/e2e/internal/drive"
	"github.com/usherauth/usher/handlers"
	"github.com/usherauth/usher/identity"
	"github.com/usherauth/usher/identity/memstore"
	"github.com/usherauth/usher/internal/peer"
	"github.com/usherauth/usher/views"
)

const (
	email    = "ada@example.com"
	password = "engines weave algebraic patterns"
	private  = "/private?tab=1"
)

// site is an app with one library, and a clock that a test can put forward.
type site struct {
	*library
	origin string
	ahead  atomic.Int64
	log    drive.Buffer

	mu   sync.Mutex
	note string
}

func (s *site) now() time.Time { return time.Now().Add(time.Duration(s.ahead.Load())) }

// late lets a session token expire.
func (s *site) late() { s.ahead.Add(int64(70 * time.Second)) }

// serve starts the app and signs ada up.
func serve(t *testing.T, l *library) *site {
	t.Helper()
	drive.Present(t, peer.Install(t.Context(), "."))
	srv := httptest.NewUnstartedServer(nil)
	s := &site{library: l, origin: "http://" + srv.Listener.Addr().String()}
	srv.Config.Handler = s.app(t)
	srv.Start()
	t.Cleanup(srv.Close)
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("log of %s:\n%s", s.origin, drive.Tail(s.log.String(), 8<<10))
		}
	})
	s.post(t, "/sign-up", url.Values{"email_address": {email}, "password": {password}, "first_name": {"Ada"}, "last_name": {"Lovelace"}})
	return s
}

func (s *site) app(t *testing.T) http.Handler {
	t.Helper()
	log := slog.New(slog.NewTextHandler(&s.log, &slog.HandlerOptions{Level: slog.LevelWarn}))
	service, err := identity.New(context.Background(), identity.Config{
		Store: memstore.New(), PublicOrigin: s.origin, Limits: identity.Limits{Creations: -1, Attempts: -1}, Logger: log, Now: s.now,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = service.Close() })
	publishable, secret := service.PublishableKey().String(), service.SecretKey().Reveal()
	auth, err := authctx.New(authctx.Config{
		PublishableKey: publishable, SecretKey: secret, PublicOrigin: s.origin, AuthorizedParties: []string{s.origin},
		ProxyURL: "/__clerk", APIURL: identity.BackendURL, Transport: service.Transport(), Logger: log, Now: s.now,
	})
	if err != nil {
		t.Fatal(err)
	}
	forms, err := handlers.New(handlers.Config{
		PublishableKey: publishable, SecretKey: secret, PublicOrigin: s.origin, Transport: service.Transport(), Logger: log, Now: s.now,
		Layout: s.document,
	})
	if err != nil {
		t.Fatal(err)
	}
	return s.routes(auth, forms)
}

func (s *site) routes(auth *authctx.Authenticator, forms *handlers.Handlers) http.Handler {
	r := chi.NewRouter()

	r.Get("/static/*", s.script)
	r.Get("/worker.js", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/javascript")
		_, _ = io.WriteString(w, `addEventListener("install", () => skipWaiting())
addEventListener("activate", (e) => e.waitUntil(clients.claim()))
addEventListener("fetch", (e) => e.respondWith(fetch(e.request)))`)
	})
	r.Handle("/__clerk/*", forms.FrontendAPI())
	r.Group(func(r chi.Router) {
		r.Use(s.documents, auth.Handler, authctx.KeepForms)
		r.HandleFunc("/sign-in", forms.SignIn)
		r.HandleFunc("/sign-up", forms.SignUp)
		r.HandleFunc("/sign-out", forms.SignOut)
		r.Get("/", s.page("Home", ""))
		page := r.With(authctx.RequirePage())
		page.Get("/private", s.private)
		page.Get("/other", s.page("Other", `<a href="/private?tab=1">Back to private</a>`))
		page.HandleFunc("/note", s.save)
		page.Get("/part", s.serveGuarded)
		r.With(authctx.RequireAPI()).Get("/api/part", s.serveGuarded)
		r.With(authctx.Require()).Get("/any/part", s.serveGuarded)
	})
	return r
}

// script serves the library from the packages that were installed.
func (s *site) script(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/javascript")
	if chi.URLParam(r, "*") == "own.js" {
		_, _ = io.WriteString(w, s.own)
		return
	}
	http.ServeFile(w, r, filepath.Join("node_modules", filepath.FromSlash(chi.URLParam(r, "*"))))
}

// documents gives every page a nonce and its policy.
func (s *site) documents(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		nonce := rand.Text()
		w.Header().Set("Content-Security-Policy", s.policy(nonce))
		w.Header().Set("Referrer-Policy", "strict-origin-when-cross-origin")
		next.ServeHTTP(w, r.WithContext(templ.WithNonce(r.Context(), nonce)))
	})
}

// document is the layout of all pages. Every page says who it was made for.
func (s *site) document(title string, body templ.Component) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		nonce := templ.GetNonce(ctx)
		var b strings.Builder
		fmt.Fprintf(&b, `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>%[1]s</title><link rel="icon" href="data:,">
<meta name="csp-nonce" content="%[2]s">%[3]s`, html.EscapeString(title), nonce, s.head)
		for _, src := range s.scripts {
			kind := "defer"
			if s.name == "datastar" {
				kind = `type="module"`
			}
			fmt.Fprintf(&b, `<script src="/static/%s" nonce="%s" %s></script>`, src, nonce, kind)
		}
		if err := views.AuthProps(authctx.BuildAuthProps(ctx)).Render(ctx, &b); err != nil {
			return err
		}
		fmt.Fprintf(&b, `</head><body %s><main id="main"><h1>%s</h1>`, s.body, html.EscapeString(title))
		if _, err := io.WriteString(w, b.String()); err != nil {
			return err
		}
		if err := body.Render(ctx, w); err != nil {
			return err
		}
		_, err := io.WriteString(w, `</main></body></html>`)
		return err
	})
}

func (s *site) write(w http.ResponseWriter, r *http.Request, title, markup string) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	who := authctx.FromContext(r.Context())
	body := templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		if who.SignedIn() {
			_, _ = fmt.Fprintf(w, `<p class="who">%s of %s</p>`, title, who.UserID())
			if err := views.SignOut().Render(ctx, w); err != nil {
				return err
			}
		}
		_, err := io.WriteString(w, markup)
		return err
	})
	_ = s.document(title, body).Render(r.Context(), w)
}

func (s *site) page(title, markup string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) { s.write(w, r, title, markup) }
}

// private has a link, a form, and parts behind each kind of guard.
func (s *site) private(w http.ResponseWriter, r *http.Request) {
	var b strings.Builder
	b.WriteString(`<a class="other" href="/other">Other</a>`)
	for _, path := range []string{"/part", "/api/part", "/any/part"} {
		fmt.Fprintf(&b, `<p class="%s">`+s.part+`</p>`, strings.ReplaceAll(path[1:], "/", "-"), path)
	}
	part := fmt.Sprintf(frame, "Nothing loaded")
	if s.name == "turbo" {
		part = fmt.Sprintf(s.replies, "Nothing loaded")
	}
	fmt.Fprintf(&b, `%s<form class="note" method="post" action="/note"><input name="note"><button>Save</button></form><p id="saved"></p>`, part)
	s.write(w, r, "Private", b.String())
}

// save keeps what was sent, and leads to a page that shows it.
func (s *site) save(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.Method == http.MethodPost {
		s.note = r.FormValue("note")
		http.Redirect(w, r, "/note", http.StatusSeeOther)
		return
	}
	s.write(w, r, "Saved", fmt.Sprintf(`<p id="saved">Saved: %s</p>`, html.EscapeString(s.note)))
}

func (s *site) serveGuarded(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	if s.name == "datastar" {
		w.Header().Set("Content-Type", "text/event-stream")
	}
	_, _ = fmt.Fprintf(w, s.replies, "Part of "+authctx.FromContext(r.Context()).UserID())
}

// post sends a form as the app's own page would and returns the cookies it was given.
func (s *site) post(t *testing.T, path string, form url.Values) []*http.Cookie {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.origin+path, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Origin", s.origin)
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	client := &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusSeeOther {
		body, _ := io.ReadAll(res.Body)
		t.Fatalf("%s: %s\n%s", path, res.Status, drive.Tail(string(body), 2<<10))
	}
	return res.Cookies()
}

// person is somebody at the site.
type person struct {
	*drive.Tab
	s *site
}

func (s *site) newPerson(t *testing.T) *person {
	t.Helper()
	p := &person{drive.NewPerson(t, s.origin), s}
	// Refused sign-ins and parts are what the tests are about.
	p.Tolerate("Failed to load resource: the server responded with a status of")
	p.Tolerate("Response Status Error Code 4")
	// The API is for programs; that it is no part of a page is what these say.
	p.Tolerate("up.CannotParse: Cannot render response with content-type \"application/json\"")
	p.Tolerate("Target [#part] was not found in response with status [401]")
	return p
}

// leave is that the session ends somewhere else: the browser has nothing any more.
func (p *person) leave() { p.T.Helper(); p.DropCookies("") }

// enter signs the browser in without its pages.
func (p *person) enter(t *testing.T) {
	t.Helper()
	p.leave()
	for _, c := range p.s.post(t, "/sign-in", url.Values{"identifier": {email}, "password": {password}}) {
		drive.Command(p.Tab, network.SetCookie, network.SetCookieParams{
			Name: c.Name, Value: c.Value, URL: p.s.origin, Path: c.Path, HTTPOnly: &c.HttpOnly, SameSite: network.CookieSameSiteLax,
		})
	}
}
