package pages_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"
	"golang.org/x/net/html"

	"github.com/usherauth/usher/authctx"
	"github.com/usherauth/usher/cmd/web/pages"
	"github.com/usherauth/usher/internal/token"
	"github.com/usherauth/usher/userclient"
	"github.com/usherauth/usher/wire"
)

const (
	origin    = "https://app.example.test"
	secretKey = "sk_live_0123456789abcdefghijklmnopqrstuvwxyzABCD"
)

var (
	clock = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	pk    = wire.NewPublishableKey(true, "clerk.test0001.usher.localhost")
)

var key = sync.OnceValue(func() *rsa.PrivateKey {
	k, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return k
})

// ada is the user resource as the Backend API sends it, private metadata included.
const ada = `{"object":"user","id":"user_1","first_name":"Ada","last_name":"Lovelace",
	"primary_email_address_id":"idn_1","email_addresses":[{"object":"email_address","id":"idn_1","email_address":"ada@example.test"}],
	"external_id":"canary-external","public_metadata":{"plan":"pro"},"private_metadata":{"note":"canary-private"},
	"unsafe_metadata":{"note":"canary-unsafe"},"created_at":1,"updated_at":2}`

// site is the pages behind the middleware, with a Backend API of one's own.
type site struct {
	handler http.Handler
	calls   atomic.Int64 // of the Backend API
}

func answer(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}
}

func newSite(t testing.TB, backend http.HandlerFunc) *site {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(&key().PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	return newSiteWith(t, backend, authctx.Config{
		JWTKey: string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})),
	})
}

func newSiteWith(t testing.TB, backend http.HandlerFunc, cfg authctx.Config) *site {
	t.Helper()
	s := new(site)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.calls.Add(1)
		backend(w, r)
	}))
	t.Cleanup(srv.Close)
	users, err := userclient.New(userclient.Config{SecretKey: secretKey, APIURL: srv.URL, MaxWait: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(users.CloseIdleConnections)
	cfg.PublishableKey, cfg.ProxyURL, cfg.PublicOrigin = pk.String(), "/__clerk", origin
	cfg.Now = func() time.Time { return clock }
	p := pages.New(pages.Config{Users: users})
	cfg.Deny = p.Denied
	auth, err := authctx.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	s.handler = mount(auth, p)
	return s
}

// mount routes the pages as the server does.
func mount(auth *authctx.Authenticator, p *pages.Pages) http.Handler {
	r := chi.NewRouter()
	r.Use(middleware.GetHead, auth.Handler)
	r.NotFound(p.NotFound)
	r.MethodNotAllowed(p.MethodNotAllowed)
	r.Get("/", p.Home)
	r.Get("/welcome", p.Welcome)
	r.Get("/example", p.Example)
	r.Get("/client/auth", p.ClientAuth)
	r.Get("/client/user", p.ClientUser)
	r.Get("/organization", p.Organization)
	r.With(authctx.RequirePage()).Get("/dashboard", p.Dashboard)
	r.With(authctx.RequirePage(authctx.Role("org:admin"))).Get("/admin", p.Admin)
	r.With(authctx.RequireAPI()).Get("/api/user", p.APIUser)
	r.Get("/api/auth", p.APIAuth)
	r.Get("/api/bare", p.APIUser) // the handler alone, without a guard
	return r
}

// every lists the addresses of all pages.
var every = []string{
	"/", "/welcome", "/dashboard", "/example", "/client/auth", "/client/auth?props=off",
	"/client/user", "/client/user?props=off", "/organization", "/admin",
}

var orgAdmin = map[string]any{
	"fea": "o:invoices",
	"o":   map[string]any{"id": "org_1", "slg": "acme", "rol": "admin", "per": "create", "fpm": "1"},
}

// mint makes a session token with these claims added to the usual ones.
func mint(t testing.TB, extra map[string]any) string {
	t.Helper()
	signer, err := token.NewSigner("ins_1", key())
	if err != nil {
		t.Fatal(err)
	}
	claims := map[string]any{
		"azp": origin, "iss": pk.Issuer(), "sub": "user_1", "sid": "sess_1", "sts": "active", "v": 2, "fva": []int{3, -1},
		"iat": clock.Unix(), "nbf": clock.Unix() - 10, "exp": clock.Unix() + 60, "jti": "0f3c",
	}
	maps.Copy(claims, extra)
	jwt, err := signer.Sign(wire.CategorySession, claims)
	if err != nil {
		t.Fatal(err)
	}
	return jwt
}

// get asks for a page, with a Bearer token unless jwt is "".
func (s *site) get(path, jwt string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, origin+path, nil)
	if jwt != "" {
		r.Header.Set("Authorization", "Bearer "+jwt)
	}
	return s.serve(r)
}

func (s *site) serve(r *http.Request) *httptest.ResponseRecorder {
	rec := httptest.NewRecorder()
	s.handler.ServeHTTP(rec, r)
	return rec
}

// cookies are those of a signed-in browser.
func cookies(jwt string) string {
	suffix := pk.Suffix()
	return "__session_" + suffix + "=" + jwt + "; __client_uat_" + suffix + "=" + "1"
}

func parse(t testing.TB, rec *httptest.ResponseRecorder) *html.Node {
	t.Helper()
	root, err := html.Parse(strings.NewReader(rec.Body.String()))
	if err != nil {
		t.Fatal(err)
	}
	return root
}

// find lists the elements that match.
func find(root *html.Node, match func(*html.Node) bool) []*html.Node {
	var list []*html.Node
	for n := range root.Descendants() {
		if n.Type == html.ElementNode && match(n) {
			list = append(list, n)
		}
	}
	return list
}

func tag(name string) func(*html.Node) bool {
	return func(n *html.Node) bool { return n.Data == name }
}

func has(name, value string) func(*html.Node) bool {
	return func(n *html.Node) bool {
		return slices.ContainsFunc(n.Attr, func(a html.Attribute) bool { return a.Key == name && a.Val == value })
	}
}

func attr(n *html.Node, name string) (string, bool) {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val, true
		}
	}
	return "", false
}

func text(n *html.Node) string {
	var b strings.Builder
	for c := range n.Descendants() {
		if c.Type == html.TextNode {
			b.WriteString(c.Data)
		}
	}
	return b.String()
}

// shown is the text of a page's main part with white space as it is shown.
func shown(t testing.TB, rec *httptest.ResponseRecorder) string {
	t.Helper()
	list := find(parse(t, rec), func(n *html.Node) bool {
		class, _ := attr(n, "class")
		return class == "live" || class == "sheet" || class == "hero"
	})
	if len(list) == 0 {
		t.Fatalf("no content in %s", rec.Body)
	}
	return strings.Join(strings.Fields(text(list[0])), " ")
}

// props are the page's auth props, nil when it has none.
func props(t testing.TB, rec *httptest.ResponseRecorder) map[string]any {
	t.Helper()
	list := find(parse(t, rec), has("data-auth-props", ""))
	if len(list) != 1 {
		t.Fatalf("%d props elements", len(list))
	}
	var got map[string]any
	if err := json.Unmarshal([]byte(text(list[0])), &got); err != nil {
		t.Fatal(err)
	}
	return got
}

// noKeys is a Backend API that cannot be reached.
type noKeys struct{}

func (noKeys) RoundTrip(*http.Request) (*http.Response, error) { return nil, errors.New("no route") }
