package e2e

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"github.com/usherauth/usher/e2e/internal/drive"
)

// TestB23_AnAppOnAnotherHostInABrowser: two registrable domains over TLS, whose cookies have
// nothing to do with each other, the instance on one and an app on this library on the other.
func TestB23_AnAppOnAnotherHostInABrowser(t *testing.T) {
	t.Parallel()
	for name, satellite := range map[string]bool{"app": false, "satellite": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newServer(t)
			s.MoveTo("accounts.usher.test")
			var app http.Handler
			shop := drive.Secure(t, "shop.other.test", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { app.ServeHTTP(w, r) }))
			s.Env = append(s.Env, "ALLOWED_ORIGINS="+shop)
			s.Start()
			app = elsewhereApp(t, s.Keys(), shop, s.Origin, satellite)
			b := s.newPerson(t)
			b.Tolerate("/favicon.ico")
			wantPage := func(says string) {
				t.Helper()
				b.WantText("body", says)
				if at := drive.Evaluate[string](b.Tab, "location.href"); !strings.HasPrefix(at, shop) || strings.Contains(at, "__clerk") {
					t.Errorf("the page is at %s", at)
				}
			}
			goTo := func(path string) { t.Helper(); b.Arrive(chromedp.Navigate(shop + path)) }

			// A stranger is led to sign-in at the instance, and back once they have an account.
			goTo("/dashboard")
			b.WantText("h1", "Sign in")
			b.Arrive(chromedp.Click(chromedp.CSS(`a[href^="/sign-up"]`)))
			b.fillSignUp(ada)
			wantPage("Dashboard of user_")
			// The app's session ends with its cookies, and is fetched again without a word.
			for name, c := range b.Cookies() {
				if c.Domain == "shop.other.test" {
					drive.Command(b.Tab, network.DeleteCookies, network.DeleteCookiesParams{Name: name, Domain: c.Domain, Path: c.Path})
				}
			}
			goTo("/dashboard")
			wantPage("Dashboard of user_")
			goTo("/welcome")
			wantPage(`You are "user_`)
			// Signed out at the instance: the app's token lives on for its minute, and no longer.
			b.Open("/welcome")
			b.signOut()
			b.DropSession()
			goTo("/welcome")
			wantPage(`You are ""`)
			goTo("/dashboard")
			b.WantText("h1", "Sign in")
			b.signIn(ada)
			wantPage("Dashboard of user_")
		})
	}
}

// TestA2_ASiblingTossesCookiesInABrowser: a page of a neighbouring subdomain sets the session
// of its own account in front of a person's, for some paths and for the whole site.
func TestA2_ASiblingTossesCookiesInABrowser(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.MoveTo("app.usher.test")
	evil := drive.Secure(t, "evil.usher.test", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte(`<!doctype html><title>Evil</title><link rel="icon" href="data:,">`))
	}))
	s.Start()
	mallory := s.newPerson(t)
	mallory.signUp(grace)
	victim := s.newPerson(t)
	victim.signUp(ada)
	theirs := mallory.Cookies()
	toss := func(name, value, path string) {
		t.Helper()
		victim.Do(chromedp.Navigate(evil))
		drive.Evaluate[string](victim.Tab, fmt.Sprintf("document.cookie = %q", name+"="+value+"; Domain=usher.test; Secure; Path="+path))
		if c := victim.Cookies()[name]; c == nil {
			t.Fatalf("%s was not set", name)
		}
		for _, page := range []string{"/welcome", "/client/user", "/welcome"} {
			if status := victim.Open(page); status != http.StatusOK {
				t.Errorf("%s for %s: %s answers %d", name, path, page, status)
			}
			if text := victim.Text("body"); strings.Contains(text, grace.First) || strings.Contains(text, grace.Email) {
				t.Errorf("%s for %s: %s shows the attacker: %.200q", name, path, page, text)
			}
		}
		victim.wantGreeting(ada)
	}
	for name, c := range theirs {
		for _, path := range []string{"/welcome", "/client", "/"} {
			toss(name, c.Value, path)
		}
		if strings.HasPrefix(name, "__client_uat") {
			toss(name, "0", "/welcome")
			toss(name, "9999999999", "/")
		}
	}
	toss("__clerk_handshake", "x", "/")
	toss("__clerk_handshake_nonce", "x", "/welcome")
	toss("__clerk_db_jwt", "x", "/welcome")
	toss("clerk_active_context", "sess_x:org_x", "/")
}
