// Command protect guards a page, a page for one role and an API with chi. It runs
// offline: go run ./examples/protect
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"html"
	"log"
	"net/http"
	"time"

	"github.com/go-chi/chi/v5"

	"github.com/usherauth/usher/authctx"
	"github.com/usherauth/usher/handlers"
	"github.com/usherauth/usher/identity"
	"github.com/usherauth/usher/identity/memstore"
	"github.com/usherauth/usher/views"
)

// routes says of each route whom it is for.
func routes(auth *authctx.Authenticator, forms *handlers.Handlers) http.Handler {
	r := chi.NewRouter()
	r.Handle("/__clerk/*", forms.FrontendAPI()) // looks at no identity
	r.Group(func(r chi.Router) {
		r.Use(auth.Handler) // attaches the identity, rejects nobody
		r.HandleFunc("/sign-in", forms.SignIn)
		r.HandleFunc("/sign-up", forms.SignUp)
		r.HandleFunc("/sign-out", forms.SignOut)
		r.With(authctx.RequirePage()).HandleFunc("/organizations", forms.Organizations)

		r.Get("/", home)                                                            // everybody
		r.With(authctx.RequirePage()).Get("/orders", orders)                        // signed in; others are led to sign-in and back
		r.With(authctx.RequirePage(authctx.Role("org:admin"))).Get("/admin", admin) // that role in the active organization; others get 403
		r.With(authctx.RequireAPI()).Get("/api/orders", apiOrders)                  // signed in; others get 401 and JSON
	})
	return r
}

func home(w http.ResponseWriter, r *http.Request) {
	_, _ = fmt.Fprint(w, `<!doctype html><h1>Shop</h1><p><a href="/orders">Orders</a> <a href="/admin">Admin</a> <a href="/api/orders">API</a> <a href="/organizations">Organizations</a></p>`)
	if authctx.FromContext(r.Context()).SignedIn() {
		_ = views.SignOut().Render(r.Context(), w)
	}
}

func orders(w http.ResponseWriter, r *http.Request) {
	_, _ = fmt.Fprintf(w, "<!doctype html><h1>Orders of %s</h1>", authctx.FromContext(r.Context()).UserID())
	_ = views.SignOut().Render(r.Context(), w)
}

// placed are the orders of all organizations, by the id of each.
var placed = map[string][]string{"org_example": {"A difference engine"}}

// admin is for administrators of the organization that the session acts for. Everybody can
// create one, on /organizations, and is its administrator then. So the role opens the data
// of that organization and nothing else: look it up by the session's OrgID, always.
func admin(w http.ResponseWriter, r *http.Request) {
	organization := authctx.FromContext(r.Context()).OrgID()
	_, _ = fmt.Fprintf(w, "<!doctype html><h1>All orders of %s</h1><ul>", organization)
	for _, order := range placed[organization] {
		_, _ = fmt.Fprintf(w, "<li>%s</li>", html.EscapeString(order))
	}
	_, _ = fmt.Fprint(w, "</ul>")
}

func apiOrders(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{"user_id": authctx.FromContext(r.Context()).UserID(), "orders": []string{}})
}

// app is the shop with an embedded instance, which ends with ctx, at the address that
// people type.
func app(ctx context.Context, origin string) http.Handler {
	service := must(identity.New(ctx, identity.Config{Store: memstore.New(), PublicOrigin: origin}))
	context.AfterFunc(ctx, func() { _ = service.Close() })
	publishable, secret := service.PublishableKey().String(), service.SecretKey().Reveal()
	auth := must(authctx.New(authctx.Config{
		PublishableKey: publishable, SecretKey: secret, PublicOrigin: origin, AuthorizedParties: []string{origin},
		ProxyURL: "/__clerk", APIURL: identity.BackendURL, Transport: service.Transport(),
	}))
	forms := must(handlers.New(handlers.Config{
		PublishableKey: publishable, SecretKey: secret, PublicOrigin: origin, Transport: service.Transport(),
	}))
	return routes(auth, forms)
}

func main() {
	const origin = "http://localhost:8080"
	srv := &http.Server{Addr: "localhost:8080", Handler: app(context.Background(), origin), ReadHeaderTimeout: 5 * time.Second}
	fmt.Println("open " + origin)
	log.Fatal(srv.ListenAndServe())
}

func must[T any](v T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return v
}
