package e2e

import (
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/a-h/templ"
	"github.com/chromedp/chromedp"

	"github.com/usherauth/usher/authctx"
	"github.com/usherauth/usher/e2e/internal/drive"
	"github.com/usherauth/usher/handlers"
	"github.com/usherauth/usher/identity"
	"github.com/usherauth/usher/identity/memstore"
)

// boostedApp serves all forms in a page whose links and forms a library takes over.
func boostedApp(t *testing.T, script []byte, head, body string) (origin string) {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "localhost:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(l.Addr().String())
	origin = "http://localhost:" + port
	service, err := identity.New(t.Context(), identity.Config{Store: memstore.New(), PublicOrigin: origin, Limits: identity.Limits{Creations: -1, Attempts: -1}})
	if err != nil {
		t.Fatal(err)
	}
	publishable, secret := service.PublishableKey().String(), service.SecretKey().Reveal()
	auth, err := authctx.New(authctx.Config{
		PublishableKey: publishable, SecretKey: secret, PublicOrigin: origin, AuthorizedParties: []string{origin},
		ProxyURL: "/__clerk", APIURL: identity.BackendURL, Transport: service.Transport(),
	})
	if err != nil {
		t.Fatal(err)
	}
	layout := func(title string, content templ.Component) templ.Component {
		return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
			_, _ = io.WriteString(w, `<!doctype html><html lang="en"><head><title>`+title+`</title><link rel="icon" href="data:,">`+head+`</head>`+body+`<main><h1>`+title+`</h1><div id="content">`)
			err := content.Render(ctx, w)
			_, _ = io.WriteString(w, `</div></main></body></html>`)
			return err
		})
	}
	forms, err := handlers.New(handlers.Config{
		PublishableKey: publishable, SecretKey: secret, PublicOrigin: origin, Transport: service.Transport(), Layout: layout,
	})
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /library.js", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/javascript")
		_, _ = w.Write(script)
	})
	mux.Handle("/__clerk/", forms.FrontendAPI())
	mux.HandleFunc("/sign-in", forms.SignIn)
	mux.HandleFunc("/sign-up", forms.SignUp)
	mux.HandleFunc("/sign-out", forms.SignOut)
	mux.Handle("/user", authctx.RequirePage()(http.HandlerFunc(forms.Profile)))
	mux.Handle("/organizations", authctx.RequirePage()(http.HandlerFunc(forms.Organizations)))
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		who := "nobody"
		if authctx.FromContext(r.Context()).SignedIn() {
			who = "somebody"
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_ = layout("Home of "+who, templ.Raw(`<a href="/user">Profile</a>`)).Render(r.Context(), w)
	})
	server := &http.Server{Handler: auth.Handler(mux), ReadHeaderTimeout: 5 * time.Second}
	go func() { _ = server.Serve(l) }()
	t.Cleanup(func() { _ = server.Close() })
	return origin
}

// until waits for a text in the page.
func until(b *tab, what, expression string) {
	b.T.Helper()
	drive.Eventually(b.T, 10*time.Second, what+b.Whereabouts(), func() bool { return drive.Evaluate[bool](b.Tab, expression) })
}

func TestB10_FormsOfABoostedPage(t *testing.T) {
	t.Parallel()
	libraries := map[string]struct{ file, head, body string }{
		"htmx 2": {"../examples/htmx/htmx.min.js", `<script src="/library.js" defer></script>`, `<body hx-boost="true">`},
	}
	for name, lib := range libraries {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			script, err := os.ReadFile(filepath.FromSlash(lib.file))
			if err != nil {
				t.Fatal(err)
			}
			b := &tab{drive.NewPerson(t, boostedApp(t, script, lib.head, lib.body))}
			b.Tolerate("Failed to load resource: the server responded with a status of 4")
			b.Tolerate("Response Status Error Code 4")
			useForms(b)
			b.Report()
		})
	}
}

// useForms makes a mistake in each form, and then does what it is for.
func useForms(b *tab) {
	b.T.Helper()
	body := func(text string) string { return `document.body.innerText.includes("` + text + `")` }
	click := func(selector string) { b.Do(chromedp.Click(chromedp.CSS(selector))) }
	fill := func(name, value string) { // in the place of what is there, once the focus has settled
		time.Sleep(200 * time.Millisecond)
		drive.Evaluate[bool](b.Tab, `(document.querySelector('input[name=`+name+`]').value = "") === ""`)
		b.fill(name, value)
	}
	b.Open("/sign-up")
	fill("email_address", "ada@example.com")
	fill("password", "password1")
	click(`form[action="/sign-up"] button`)
	until(b, "the sign-up form with its mistake", body("list of common"))
	until(b, "what was typed", `document.querySelector('[name=email_address]').value === "ada@example.com"`)
	fill("password", ada.Password)
	click(`form[action="/sign-up"] button`)
	until(b, "the page after sign-up", `location.pathname === "/" && document.title === "Home of somebody" && document.querySelector("h1").innerText === "Home of somebody"`)

	b.Open("/organizations")
	fill("name", "See http://example.com")
	click(`form:has([value=create]) button`)
	until(b, "the organization's form with its mistake", `document.querySelector("[role=alert]") !== null`)
	fill("name", "Acme")
	click(`form:has([value=create]) button`)
	until(b, "the organization", body("Acme")+` && location.search === "?done=create" && document.title === "Organizations"`)

	b.Open("/user")
	fill("current_password", "not the password")
	fill("new_password", "an entirely new secret")
	click(`form:has([value=password]) button`)
	until(b, "the profile with its mistake", body("not your current password"))
	until(b, "one page", `document.querySelectorAll("h1").length === 1`)
	fill("first_name", "Ada")
	click(`form:has([value=update]) button`)
	until(b, "the profile with the name", `location.search === "?done=update" && document.querySelector("[name=first_name]").value === "Ada" && document.title === "Profile"`)

	drive.Evaluate[bool](b.Tab, `document.querySelector("#content").insertAdjacentHTML("beforeend", '<form method="post" action="/sign-out"><button id="out">Out</button></form>'); window.htmx && htmx.process(document.body); true`)
	click("#out")
	until(b, "the page after sign-out", `location.pathname === "/" && document.title === "Home of nobody"`)

	b.Open("/sign-in?redirect_url=%2Fuser")
	fill("identifier", "ada@example.com")
	fill("password", "not the password")
	click(`form[action="/sign-in"] button`)
	until(b, "the sign-in form with its mistake", `document.querySelector("[role=alert]") !== null && document.querySelector("[name=identifier]").value === "ada@example.com"`)
	fill("password", ada.Password)
	click(`form[action="/sign-in"] button`)
	until(b, "the page after sign-in", `location.pathname === "/user" && document.title === "Profile" && document.querySelector("[name=first_name]").value === "Ada"`)
}
