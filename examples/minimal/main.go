// Command minimal protects one page. It runs offline: go run ./examples/minimal
package main

import (
	"context"
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

func app(ctx context.Context, origin string) http.Handler {
	// The embedded instance. With a hosted one the keys come from its dashboard, and
	// there is no Transport and no APIURL.
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
	mux := http.NewServeMux()
	mux.Handle("/__clerk/", forms.FrontendAPI())
	mux.HandleFunc("/sign-in", forms.SignIn)
	mux.HandleFunc("/sign-up", forms.SignUp)
	mux.HandleFunc("/sign-out", forms.SignOut)
	mux.Handle("/{$}", authctx.RequirePage()(http.HandlerFunc(home)))
	return auth.Handler(mux)
}

// home is your page. Only people who are signed in reach it.
func home(w http.ResponseWriter, r *http.Request) {
	_, _ = fmt.Fprintf(w, "<!doctype html><p>You are %s.</p>", authctx.FromContext(r.Context()).UserID())
	_ = views.SignOut().Render(r.Context(), w)
}

func main() {
	fmt.Println("open http://localhost:8080")
	h := app(context.Background(), "http://localhost:8080")
	log.Fatal((&http.Server{Addr: "localhost:8080", Handler: h, ReadHeaderTimeout: 5 * time.Second}).ListenAndServe())
}

func must[T any](v T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return v
}
