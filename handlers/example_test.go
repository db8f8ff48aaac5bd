package handlers_test

import (
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"

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

	for _, path := range []string{"/sign-in", "/sign-out", "/user"} {
		rec := httptest.NewRecorder()
		app.ServeHTTP(rec, httptest.NewRequest(http.MethodGet, origin+path, http.NoBody))
		fmt.Printf("%s %d %q\n", path, rec.Code, rec.Header().Get("Location"))
	}
	// Output:
	// /sign-in 200 ""
	// /sign-out 405 ""
	// /user 303 "/sign-in?redirect_url=%2Fuser"
}

// Guards and forms read what Authenticator.Handler attached. A guard without it would
// guard nothing, so it panics at the first request instead.
func Example_incorrect() {
	guarded := authctx.RequirePage()(http.HandlerFunc(new(handlers.Handlers).Profile))
	defer func() { fmt.Println(recover() != nil) }()
	guarded.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/user", http.NoBody))
	// Output: true
}
