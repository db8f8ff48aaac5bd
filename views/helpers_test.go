package views_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/a-h/templ"
	"golang.org/x/net/html"

	"github.com/usherauth/usher/authctx"
	"github.com/usherauth/usher/internal/token"
	"github.com/usherauth/usher/wire"
)

var clock = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)

// instance is one signer and the authenticator that trusts it, made once.
var instance = sync.OnceValues(func() (*token.Signer, *authctx.Authenticator) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	check(err)
	der, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	check(err)
	signer, err := token.NewSigner("ins_1", key)
	check(err)
	auth, err := authctx.New(authctx.Config{
		PublishableKey: wire.NewPublishableKey(true, "clerk.test0001.usher.localhost").String(),
		JWTKey:         string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})),
		ProxyURL:       "/__clerk",
		PublicOrigin:   "https://app.example.test",
		Now:            func() time.Time { return clock },
	})
	check(err)
	return signer, auth
})

func check(err error) {
	if err != nil {
		panic(err)
	}
}

// visit returns the context of a request with a session token of these claims added to
// the usual ones, or of one without a token when extra is nil.
func visit(t testing.TB, extra map[string]any) context.Context {
	t.Helper()
	signer, auth := instance()
	r := httptest.NewRequest(http.MethodGet, "https://app.example.test/", nil)
	if extra != nil {
		claims := map[string]any{
			"iss": "https://clerk.test0001.usher.localhost", "sub": "user_1", "sid": "sess_1", "sts": "active", "v": 2,
			"iat": clock.Unix(), "nbf": clock.Unix() - 10, "exp": clock.Unix() + 60, "fva": []int{0, -1},
		}
		maps.Copy(claims, extra)
		jwt, err := signer.Sign(wire.CategorySession, claims)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+jwt)
	}
	var ctx context.Context
	auth.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { ctx = r.Context() })).
		ServeHTTP(httptest.NewRecorder(), r)
	if got := authctx.FromContext(ctx); got.SignedIn() != (extra != nil && extra["sts"] == nil) {
		t.Fatalf("signed in = %v, reason %q", got.SignedIn(), got.Reason())
	}
	return ctx
}

func signedIn(t testing.TB) context.Context  { return visit(t, map[string]any{}) }
func signedOut(t testing.TB) context.Context { return visit(t, nil) }
func pending(t testing.TB) context.Context   { return visit(t, map[string]any{"sts": "pending"}) }

// admin is signed in with a role and a permission in an organisation.
func admin(t testing.TB) context.Context {
	return visit(t, map[string]any{
		"fea": "o:invoices",
		"o":   map[string]any{"id": "org_1", "slg": "acme", "rol": "admin", "per": "create", "fpm": "1"},
	})
}

func ada() *wire.User {
	return &wire.User{
		Object: "user", ID: "user_1", FirstName: "Ada", LastName: "Lovelace", PrimaryEmailAddressID: "idn_1",
		EmailAddresses: []wire.EmailAddress{{ID: "idn_1", EmailAddress: "ada@example.test"}},
		PublicMetadata: json.RawMessage(`{"plan":"pro"}`),
	}
}

// render renders components after one another, as parts of one page.
func render(t testing.TB, ctx context.Context, parts ...templ.Component) string {
	t.Helper()
	var b strings.Builder
	if err := templ.Join(parts...).Render(templ.InitializeContext(ctx), &b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// within renders c with children, as a block in a template does.
func within(c, children templ.Component) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		return c.Render(templ.WithChildren(ctx, children), w)
	})
}

func parse(t testing.TB, page string) *html.Node {
	t.Helper()
	root, err := html.Parse(strings.NewReader("<!DOCTYPE html><title>x</title><body>" + page))
	if err != nil {
		t.Fatal(err)
	}
	return root
}

// elements lists the elements of a page with this tag, all with "".
func elements(root *html.Node, tag string) []*html.Node {
	var list []*html.Node
	for n := range root.Descendants() {
		if n.Type == html.ElementNode && (tag == "" || n.Data == tag) {
			list = append(list, n)
		}
	}
	return list
}

func attr(n *html.Node, name string) (string, bool) {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val, true
		}
	}
	return "", false
}

// byID finds the element with an id, nil when there is none.
func byID(root *html.Node, id string) *html.Node {
	for _, n := range elements(root, "") {
		if got, _ := attr(n, "id"); got == id {
			return n
		}
	}
	return nil
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
