package handlers_test

import (
	"log"
	"net/http"

	"github.com/usherauth/usher/authctx"
	"github.com/usherauth/usher/handlers"
)

// The forms and the Frontend API on an app's own origin, with a hosted instance whose
// proxy address is https://app.example.com/__clerk.
func Example() {
	const (
		publishable = "pk_live_Y2xlcmsuZXhhbXBsZS5jb20k"
		secret      = "sk_live_…" // from the environment, in earnest
		origin      = "https://app.example.com"
	)
	auth, err := authctx.New(authctx.Config{
		PublishableKey: publishable, SecretKey: secret, PublicOrigin: origin,
		AuthorizedParties: []string{origin}, ProxyURL: "/__clerk",
	})
	if err != nil {
		log.Fatal(err)
	}
	forms, err := handlers.New(handlers.Config{PublishableKey: publishable, SecretKey: secret, PublicOrigin: origin})
	if err != nil {
		log.Fatal(err)
	}
	pages := http.NewServeMux()
	pages.HandleFunc("/sign-in", forms.SignIn)
	pages.HandleFunc("/sign-up", forms.SignUp)
	pages.HandleFunc("/sign-out", forms.SignOut)
	pages.Handle("/user", authctx.RequirePage()(http.HandlerFunc(forms.Profile)))

	app := http.NewServeMux()
	app.Handle("/__clerk/", forms.FrontendAPI()) // looks at no identity itself
	app.Handle("/", auth.Handler(pages))
	_ = app
}
