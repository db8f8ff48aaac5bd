package walk

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/usherauth/usher/wire"
)

// late is longer than a session token lives, clock skew included.
const late = 70 * time.Second

// App says where the parts of an app are, as addresses that a person types.
type App struct {
	// Origin is the scheme, host and port.
	Origin string
	// Page is the path and query of a page for signed-in people, with the form to sign out.
	Page string
	// Greeting is on Page when somebody is signed in, and nowhere else.
	Greeting string
	// Form is the path and query of a page for signed-in people that has a form with the
	// field Field and shows what was sent; "" is none.
	Form, Field string
	// KeepsForms is that the app uses authctx.KeepForms.
	KeepsForms bool
	// API is the path of an endpoint for signed-in programs; "" is none.
	API string
	// Proxy is the path of the Frontend API.
	Proxy string
	// Wait lets time pass; nil is time.Sleep.
	Wait func(time.Duration)
}

// Step is a part of a walk.
type Step struct {
	Name string
	Do   func()
}

// Walk takes a person through all of [Steps].
func Walk(p *Person, app App) {
	p.T.Helper()
	for _, s := range Steps(p, app) {
		s.Do()
	}
}

// Steps are those of somebody new: sign-up, return after the session cookie was lost or
// the token expired, forms and calls that come late, sign-out, a wrong password, sign-in
// and a late sign-out. Every step needs the ones before it. Walks of several apps can
// take turns. The first failure ends the test.
func Steps(p *Person, app App) []Step {
	w := &walker{p, app, fmt.Sprintf("ada%d@example.com", len(app.Origin)), "engines weave algebraic patterns"}
	if app.Wait == nil {
		w.app.Wait = time.Sleep
	}
	steps := []Step{
		{"a protected page leads to sign-in and sign-up, and back", w.signUp},
		{"the page says that it is private", w.private},
		{"a lost session cookie is renewed", w.lost},
		{"a long address is the same after a renewal", w.long},
		{"an expired token is renewed", w.expired},
		{"an expired token without a refresh token is renewed", w.withoutRefresh},
		{"a script reaches the Frontend API", w.script},
		{"a form that comes late arrives", w.lateForm},
		{"a call that comes late arrives", w.lateCall},
		{"a form that comes late without a refresh token is kept", w.keptForm},
		{"sign-out ends the session", w.signOut},
		{"a wrong password is said, the right one leads back", w.signIn},
		{"a late sign-out ends the session", w.lateSignOut},
	}
	for i, s := range steps {
		do := s.Do
		steps[i].Do = func() {
			p.step = app.Origin + ": " + s.Name
			do()
		}
	}
	return steps
}

type walker struct {
	*Person
	app             App
	email, password string
}

func (w *walker) signUp() {
	w.T.Helper()
	w.Open(w.app.Origin + w.app.Page)
	w.Want("identifier", "password")
	w.Follow("sign-up")
	w.Submit(w.Want("email_address", "password"), "email_address", w.email, "password", w.password, "first_name", "Ada", "last_name", "Lovelace")
	w.wantPage()
}

// wantPage is that the person sees the protected page at exactly the address they asked for.
func (w *walker) wantPage() {
	w.T.Helper()
	w.wantPageAt(w.app.Page)
}

func (w *walker) wantPageAt(page string) {
	w.T.Helper()
	if got, want := w.Page.URL.String(), w.app.Origin+page; got != want {
		w.failf("the person is at %s, want %s", got, want)
	}
	if w.Page.Status != http.StatusOK || !strings.Contains(w.Page.Body, w.app.Greeting) {
		w.failf("the page does not say %q", w.app.Greeting)
	}
	w.private()
}

func (w *walker) private() {
	w.T.Helper()
	vary := strings.Join(w.Page.Header.Values("Vary"), ",")
	if !private(w.Page.Header) || !strings.Contains(vary, "Cookie") {
		w.failf("the page may be kept by caches: Cache-Control %q, Vary %q", w.Page.Header.Values("Cache-Control"), vary)
	}
}

func (w *walker) lose(prefix string) { w.Lose(w.app.Origin+w.app.Page, prefix) }

func (w *walker) lost() {
	w.T.Helper()
	w.lose(wire.CookieSession)
	w.Open(w.app.Origin + w.app.Page)
	w.wantPage()
}

// long is an address as long as a search or a filter makes it, with what looks like another
// address in it.
func (w *walker) long() {
	w.T.Helper()
	separator := "?"
	if strings.Contains(w.app.Page, "?") {
		separator = "&"
	}
	page := w.app.Page + separator + "from=//elsewhere.example/%5C&q=" + strings.Repeat("%D1%84", 500)
	w.app.Wait(late)
	w.lose(wire.CookieSession)
	w.Open(w.app.Origin + page)
	w.wantPageAt(page)
}

func (w *walker) expired() {
	w.T.Helper()
	w.app.Wait(late)
	w.Open(w.app.Origin + w.app.Page)
	w.wantPage()
}

func (w *walker) withoutRefresh() {
	w.T.Helper()
	w.lose(wire.CookieRefresh)
	w.expired()
}

// script does what the browser runtime does when a page has been open for long.
func (w *walker) script() {
	w.T.Helper()
	w.app.Wait(late)
	status, body := w.Fetch(http.MethodGet, w.app.Proxy+"/v1/client", "")
	var client wire.Response[wire.Client]
	if err := json.Unmarshal([]byte(body), &client); err != nil || status != http.StatusOK || len(client.Response.Sessions) != 1 {
		w.failf("the client: %d %s (%v)", status, short(body), err)
	}
	status, body = w.Fetch(http.MethodPost, w.app.Proxy+"/v1/client/sessions/"+client.Response.Sessions[0].ID+"/tokens", "a=b")
	var token struct{ JWT string }
	if err := json.Unmarshal([]byte(body), &token); err != nil || status != http.StatusOK || token.JWT == "" {
		w.failf("a new token: %d %s", status, short(body))
	}
	if w.app.API == "" {
		return
	}
	if status, body = w.Fetch(http.MethodGet, w.app.API, "", "Authorization", "Bearer "+token.JWT); status != http.StatusOK {
		w.failf("%s: %d %s", w.app.API, status, short(body))
	}
}

// openForm shows the form with a valid token and a refresh token.
func (w *walker) openForm() bool {
	w.T.Helper()
	if w.app.Form == "" {
		return false
	}
	w.lose(wire.CookieSession) // the handshake gives both
	w.Open(w.app.Origin + w.app.Form)
	w.Want(w.app.Field)
	return true
}

func (w *walker) lateForm() {
	w.T.Helper()
	if !w.openForm() {
		return
	}
	f := w.Want(w.app.Field)
	w.app.Wait(late)
	w.Submit(f, w.app.Field, "typed for a long time")
	w.wantTyped(w.Page.Body, "typed for a long time")
}

func (w *walker) wantTyped(body, typed string) {
	w.T.Helper()
	if !strings.Contains(body, typed) {
		w.failf("what was typed is lost:\n%s", short(body))
	}
}

func (w *walker) lateCall() {
	w.T.Helper()
	if !w.openForm() {
		return
	}
	f := w.Want(w.app.Field)
	w.app.Wait(late)
	f.Values.Set(w.app.Field, "typed for a script")
	status, body := w.Fetch(http.MethodPost, f.Action.String(), f.Values.Encode())
	if status != http.StatusOK && status != http.StatusSeeOther {
		w.failf("the call: %d %s", status, short(body))
	}
	w.Open(w.app.Origin + w.app.Form)
	w.wantTyped(w.Page.Body, "typed for a script")
}

func (w *walker) keptForm() {
	w.T.Helper()
	if !w.app.KeepsForms || !w.openForm() {
		return
	}
	f := w.Want(w.app.Field)
	w.lose(wire.CookieRefresh)
	w.app.Wait(late)
	w.Submit(f, w.app.Field, "typed and kept")
	w.Submit(w.Want("=Send it now"))
	w.wantTyped(w.Page.Body, "typed and kept")
}

func (w *walker) signOut() {
	w.T.Helper()
	w.Open(w.app.Origin + w.app.Page)
	w.wantPage()
	w.leave()
}

func (w *walker) lateSignOut() {
	w.T.Helper()
	w.app.Wait(late)
	w.leave()
}

// leave clicks "Sign out" on the page and checks that nobody is signed in afterwards.
func (w *walker) leave() {
	w.T.Helper()
	before := w.sessionCookies()
	w.Submit(w.Want("=Sign out"))
	// Another instance on the host keeps its own.
	if after := w.sessionCookies(); len(after) != max(len(before)-2, 0) || slices.Contains(after, wire.CookieSession) {
		w.failf("the browser still has the cookies %q of %q", after, before)
	}
	w.Open(w.app.Origin + w.app.Page)
	if strings.Contains(w.Page.Body, w.app.Greeting) {
		w.failf("the page still greets")
	}
	w.Want("identifier", "password")
	if w.app.API == "" {
		return
	}
	if status, body := w.Fetch(http.MethodGet, w.app.API, ""); status != http.StatusUnauthorized || !strings.Contains(body, `"errors"`) {
		w.failf("%s: %d %s, want 401 with the error envelope", w.app.API, status, short(body))
	}
}

// sessionCookies are the names of those that hold a token: each instance's own, and the one
// that they share.
func (w *walker) sessionCookies() (names []string) {
	for name, value := range w.Cookies(w.app.Origin + w.app.Page) {
		if strings.HasPrefix(name, wire.CookieSession) && value != "" {
			names = append(names, name)
		}
	}
	return names
}

func (w *walker) signIn() {
	w.T.Helper()
	w.Submit(w.Want("identifier", "password"), "identifier", w.email, "password", "not the password")
	f := w.Want("identifier", "password")
	if f.Values.Get("identifier") != w.email || !strings.Contains(w.Page.Body, `role="alert"`) {
		w.failf("the page does not say what is wrong, or forgot the address")
	}
	w.Submit(f, "identifier", w.email, "password", w.password)
	w.wantPage()
}
