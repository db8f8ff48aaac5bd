// Command htmx loads a part of a page that is for people who are signed in. It runs
// offline: go run ./examples/htmx
package main

import (
	"context"
	_ "embed"
	"fmt"
	"log"
	"net/http"
	"time"

	"github.com/usherauth/usher/authctx"
	"github.com/usherauth/usher/handlers"
	"github.com/usherauth/usher/identity"
	"github.com/usherauth/usher/identity/memstore"
	"github.com/usherauth/usher/views"
)

//go:embed htmx.min.js
var script []byte // htmx 2.0.11, Zero-Clause BSD

// The link works without script too: it then leads to the part as a page.
const page = `<!doctype html><title>Orders</title><script src="/htmx.min.js" defer></script>
<h1>Shop</h1>
<p><a href="/orders" hx-get="/orders" hx-target="#orders">Show my orders</a></p>
<div id="orders">%s</div>
`

func routes(auth *authctx.Authenticator, forms *handlers.Handlers) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /htmx.min.js", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/javascript")
		_, _ = w.Write(script)
	})
	mux.Handle("/__clerk/", forms.FrontendAPI())
	mux.HandleFunc("/sign-in", forms.SignIn)
	mux.HandleFunc("/sign-up", forms.SignUp)
	mux.HandleFunc("/sign-out", forms.SignOut)
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) { show(w, r, "") })
	mux.Handle("GET /orders", authctx.RequirePage()(http.HandlerFunc(orders)))
	return auth.Handler(mux)
}

// orders is a part for htmx and a page for everybody else, such as a browser that comes
// back from sign-in. Whoever is signed out does not get here: RequirePage sends htmx the
// sign-in page in HX-Redirect, so that it opens as a page and not inside #orders.
func orders(w http.ResponseWriter, r *http.Request) {
	// htmx 2 copies pages for the Back button, and the copies outlive a sign-out.
	part := fmt.Sprintf(`<p hx-history="false">No orders of %s yet.</p>`, authctx.FromContext(r.Context()).UserID())
	w.Header().Add("Vary", "HX-Request")
	if r.Header.Get("HX-Request") != "true" {
		show(w, r, part)
		return
	}
	_, _ = fmt.Fprint(w, part)
}

// show is the page around a part, with a button for signed-in people.
func show(w http.ResponseWriter, r *http.Request, part string) {
	signedIn := authctx.FromContext(r.Context()).SignedIn()
	_, _ = fmt.Fprintf(w, page, part)
	if signedIn {
		_ = views.SignOut().Render(r.Context(), w)
	}
}

// app is the shop with an embedded instance, which ends with ctx.
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
	h := app(context.Background(), origin)
	fmt.Println("open " + origin)
	log.Fatal((&http.Server{Addr: "localhost:8080", Handler: h, ReadHeaderTimeout: 5 * time.Second}).ListenAndServe())
}

func must[T any](v T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return v
}
