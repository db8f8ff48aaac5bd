package authctx_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/usherauth/usher/authctx"
	"github.com/usherauth/usher/authtest"
	"github.com/usherauth/usher/wire"
)

// A route for programs lets API keys in beside people: the key needs the scope, a person
// needs the role.
func ExampleAccept() {
	t := new(testing.T)
	cfg := authtest.Config(t)
	cfg.SecretKey, cfg.AcceptsToken = "sk_live_x", []wire.TokenType{wire.TokenSession, wire.TokenAPIKey}
	cfg.Transport = carrier(func(r *http.Request) (*http.Response, error) { // stands in for the Backend API
		body := `{"id":"ak_1","subject":"user_ada","scopes":["invoices:read"]}`
		return &http.Response{StatusCode: 200, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
	})
	auth, err := authctx.New(cfg)
	if err != nil {
		fmt.Println(err)
		return
	}
	guard := authctx.RequireAPI(
		authctx.Accept(wire.TokenSession, wire.TokenAPIKey),
		authctx.Any(authctx.Role("org:admin"), authctx.Scope("invoices:read")),
	)
	app := auth.Handler(guard(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a := authctx.FromContext(r.Context())
		_, _ = fmt.Fprint(w, a.TokenType(), " of ", a.UserID())
	})))

	key := httptest.NewRequest(http.MethodGet, "/invoices", nil)
	key.Header.Set("Authorization", "Bearer ak_secret")
	for _, r := range []*http.Request{key, authtest.NewRequest(t, "GET", "/invoices", authtest.User("user_bob"))} {
		rec := httptest.NewRecorder()
		app.ServeHTTP(rec, r)
		body, _, _ := strings.Cut(rec.Body.String(), "{")
		fmt.Println(rec.Code, body)
	}
	// Output:
	// 200 api_key of user_ada
	// 403
}

// One process serves several instances, chosen from a list of known hosts.
func ExampleForRequest() {
	keys := map[string]string{"shop.example.com": "/shop/sign-in", "blog.example.com": "/blog/sign-in"}
	auth := authctx.ForRequest(authtest.Config(new(testing.T)), func(r *http.Request, cfg *authctx.Config) error {
		page, ok := keys[r.Host]
		if !ok {
			return errors.New("no such host")
		}
		cfg.SignInURL = page // and the keys of that host's instance
		return nil
	})
	app := auth.Handler(authctx.RequirePage()(http.NotFoundHandler()))
	for _, host := range []string{"shop.example.com", "blog.example.com", "evil.example.com"} {
		rec := httptest.NewRecorder()
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Host = host
		app.ServeHTTP(rec, r)
		fmt.Println(rec.Code, rec.Header().Get("Location"))
	}
	// Output:
	// 303 /shop/sign-in?redirect_url=%2F
	// 303 /blog/sign-in?redirect_url=%2F
	// 500
}
