package authctx_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/usherauth/usher/authctx"
	"github.com/usherauth/usher/wire"
)

// exampleConfig is what an app sets; its keys belong to nobody.
func exampleConfig() authctx.Config {
	return authctx.Config{
		PublishableKey: wire.NewPublishableKey(true, "clerk.example.com").String(),
		SecretKey:      "sk_live_x",
		PublicOrigin:   "https://app.example.com",
	}
}

// stranger sends a stranger's request and prints the answer's status and one header field.
func stranger(app http.Handler, path, field string, headers ...string) {
	r := httptest.NewRequest(http.MethodGet, path, nil)
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	app.ServeHTTP(w, r)
	fmt.Println(w.Code, w.Header().Get(field))
}

func say(words string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = fmt.Fprintln(w, words) })
}

// One guard answers browsers, programs and htmx, each in its own way.
func ExampleRequire() {
	auth, err := authctx.New(exampleConfig())
	if err != nil {
		fmt.Println(err)
		return
	}
	app := auth.Handler(authctx.Require(authctx.Role("org:admin"))(say("invoices")))
	stranger(app, "/invoices", "Location", "Sec-Fetch-Dest", "document")
	stranger(app, "/invoices", "WWW-Authenticate", "Accept", "application/json")
	stranger(app, "/invoices", "HX-Redirect", "HX-Request", "true")
	// Output:
	// 303 /sign-in?redirect_url=%2Finvoices
	// 401 Bearer
	// 401 /sign-in?redirect_url=%2Finvoices
}

// A route that nobody marked is closed, also one that is added next year.
func ExampleProtectByDefault() {
	auth, err := authctx.New(exampleConfig())
	if err != nil {
		fmt.Println(err)
		return
	}
	mux := http.NewServeMux()
	mux.Handle("/{$}", authctx.Public(say("welcome")))
	mux.Handle("/reports", say("somebody forgot a guard"))
	app := auth.Handler(authctx.ProtectByDefault(mux))
	stranger(app, "/", "Content-Type")
	stranger(app, "/reports", "WWW-Authenticate")
	// Output:
	// 200 text/plain; charset=utf-8
	// 401 Bearer
}

// An app shows refusals to people in its own words and leaves everything else alone.
func ExampleConfig_deny() {
	cfg := exampleConfig()
	cfg.Deny = func(w http.ResponseWriter, _ *http.Request, d authctx.Denied) {
		if d.Kind == authctx.KindDocument && d.Status == http.StatusUnauthorized {
			w.Header().Set("Location", d.SignInURL+"&theme=dark")
			w.WriteHeader(http.StatusSeeOther)
		}
	}
	auth, err := authctx.New(cfg)
	if err != nil {
		fmt.Println(err)
		return
	}
	app := auth.Handler(authctx.Require()(say("dashboard")))
	stranger(app, "/dashboard", "Location", "Accept", "text/html")
	stranger(app, "/dashboard", "WWW-Authenticate", "Accept", "application/json")
	// Output:
	// 303 /sign-in?redirect_url=%2Fdashboard&theme=dark
	// 401 Bearer
}
