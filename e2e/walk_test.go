package e2e

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"github.com/usherauth/usher/e2e/internal/drive"
)

// The main job, as a person does it, with scripts and without.
func TestAPersonSignsUpIsGreetedComesBackAndSignsOut(t *testing.T) {
	t.Parallel()
	for name, scripts := range map[string]bool{"with scripts": true, "without scripts": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := startServer(t)
			b := s.newPerson(t)
			if !scripts {
				drive.Command(b.Tab, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
			}
			walk(b, scripts)
		})
	}
}

func walk(b *tab, scripts bool) {
	b.T.Helper()
	b.Open("/welcome")
	if got := b.Text("h1"); got != "Sign in to view this page" {
		b.T.Errorf("/welcome says %q to a stranger", got)
	}
	b.signUp(ada)
	if got := b.Path(); got != "/welcome" {
		b.T.Errorf("sign-up led to %s, want /welcome", got)
	}
	b.Arrive(chromedp.Reload()) // of the page itself, not of the form before it
	b.wantGreeting(ada)
	wantPages(b, ada, scripts)
	returnAfterExpiry(b, ada)
	signOutAndBack(b, ada)
}

// wantPages looks at every page that says who is signed in.
func wantPages(b *tab, p person, scripts bool) {
	b.T.Helper()
	user := b.sessionClaims().Subject
	b.Open("/client/auth")
	if off := strings.Contains(b.Text("body"), "Scripts are off"); off == scripts {
		b.T.Fatalf("the page says that scripts are off: %v, want %v", off, !scripts)
	}
	for path, wants := range map[string][]string{
		"/":             {"See your welcome page", p.First},
		"/example":      {"The server says: Hello, " + p.First, user},
		"/client/auth":  {"Hello, " + user, "true"},
		"/client/user":  {"Hello, " + p.First, p.Email},
		"/dashboard":    {user},
		"/user":         {p.Email, "This browser"},
		"/organization": {p.First},
	} {
		if status := b.Open(path); status != http.StatusOK {
			b.T.Errorf("%s answers %d", path, status)
		}
		for _, want := range wants {
			if text := b.Text("body"); !strings.Contains(text, want) {
				b.T.Errorf("%s (scripts: %v) does not say %q:\n%s", path, scripts, want, text)
			}
		}
	}
}

// returnAfterExpiry is coming back when the token has gone: the page is right at once,
// and the session has a new token.
func returnAfterExpiry(b *tab, p person) {
	b.T.Helper()
	before := b.sessionClaims()
	b.Open("/organization")
	time.Sleep(1100 * time.Millisecond) // dates in tokens are whole seconds
	b.DropSession()
	b.wantGreeting(p)
	after := b.sessionClaims()
	if after.Session != before.Session || after.Subject != before.Subject {
		b.T.Errorf("came back as %+v, was %+v", after, before)
	}
	if after.IssuedAt <= before.IssuedAt || after.JTI == before.JTI {
		b.T.Errorf("the token was not renewed: issued at %d, before at %d", after.IssuedAt, before.IssuedAt)
	}
	if got := b.Path(); got != "/welcome" {
		b.T.Errorf("the handshake left %s in the address bar, want /welcome", got)
	}
}

// signOutAndBack signs out, is led to sign-in by a protected page, and from there back.
func signOutAndBack(b *tab, p person) {
	b.T.Helper()
	b.signOut()
	for name := range b.Cookies() {
		if strings.HasPrefix(name, "__session") || strings.HasPrefix(name, "__client") && !strings.HasPrefix(name, "__client_uat") {
			b.T.Errorf("signed out, the browser still has the cookie %s", name)
		}
	}
	b.Open("/welcome")
	if got := b.Text("h1"); got != "Sign in to view this page" {
		b.T.Errorf("/welcome says %q after sign-out", got)
	}
	b.Open("/dashboard")
	address, err := url.Parse(b.Path())
	if err != nil || address.Path != "/sign-in" || !leadsTo(address.Query().Get("redirect_url"), b.Origin, "/dashboard") {
		b.T.Fatalf("/dashboard led a stranger to %s, want /sign-in with the way back", b.Path())
	}
	b.signIn(p)
	if got := b.Path(); got != "/dashboard" {
		b.T.Errorf("sign-in led to %s, want back to /dashboard", got)
	}
	b.wantGreeting(p)
}

func leadsTo(target, origin, path string) bool {
	return strings.TrimPrefix(target, origin) == path
}
