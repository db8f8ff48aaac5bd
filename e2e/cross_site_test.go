package e2e

import (
	"fmt"
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/usherauth/usher/e2e/internal/drive"
)

// elsewhere is another site: a page under another host name whose button posts a form.
func elsewhere(t *testing.T, action string, fields url.Values) string {
	t.Helper()
	var inputs strings.Builder
	for name := range fields {
		fmt.Fprintf(&inputs, `<input type="hidden" name="%s" value="%s">`, html.EscapeString(name), html.EscapeString(fields.Get(name)))
	}
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = fmt.Fprintf(w, `<!doctype html><title>Elsewhere</title><link rel="icon" href="data:,">
			<form method="post" action="%s">%s<button>Win a prize</button></form>`, html.EscapeString(action), inputs.String())
	}))
	t.Cleanup(site.Close)
	return strings.Replace(site.URL, "127.0.0.1", "localhost", 1)
}

// F01: another site can neither sign a person out, nor in as somebody else, nor make
// an account or change one, with a real browser's headers and cookies.
func TestF01_OtherSitesCannotPostForms(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	s.visitor().signUp(grace)
	b := s.newPerson(t)
	b.Tolerate("Failed to load resource: the server responded with a status of 403")
	b.signUp(ada)
	stranger := s.newPerson(t)
	stranger.Tolerate("Failed to load resource: the server responded with a status of 403")
	for _, c := range []struct {
		victim *tab
		path   string
		fields url.Values
	}{
		{b, "/sign-out", nil},
		{b, "/sign-in", grace.signInForm()},
		{b, "/user", url.Values{"action": {"update"}, "first_name": {"Mallory"}}},
		{stranger, "/sign-in", grace.signInForm()},
		{stranger, "/sign-up", person{"Mal", "Lory", "mallory@example.com", "a password of her choice"}.signUpForm()},
	} {
		site := elsewhere(t, s.Origin+c.path, c.fields)
		c.victim.Do(chromedp.Navigate(site))
		status := c.victim.Arrive(chromedp.Click(chromedp.CSS("button")))
		// SameSite=Lax keeps the cookies from the post, so the guard of /user sees a stranger
		// and leads to sign-in, which the browser asks for with cookies again.
		if status != http.StatusForbidden && c.path != "/user" {
			t.Errorf("a post to %s from another site ended with %d at %s, want 403", c.path, status, c.victim.Path())
		}
	}
	b.wantGreeting(ada)
	stranger.Open("/welcome")
	if got := stranger.Text("h1"); got != "Sign in to view this page" {
		t.Errorf("/welcome says %q to a stranger whom another site tried to sign in", got)
	}
}

// Whoever comes to a shared computer after a sign-out sees nothing by pressing Back.
func TestBackAfterSignOutShowsNobody(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	for _, path := range []string{"/welcome", "/client/user", "/user"} {
		t.Run(path, func(t *testing.T) {
			b := s.newPerson(t)
			p := person{"Ada", "Lovelace", "ada" + strings.ReplaceAll(path, "/", ".") + "@example.com", ada.Password}
			b.signUp(p)
			b.Open(path)
			b.signOut()
			b.Do(chromedp.NavigateBack())
			drive.Eventually(t, 10*time.Second, "the page shows nobody", func() bool {
				text := b.Text("body")
				return text != "" && !strings.Contains(text, p.Email) && !strings.Contains(text, p.Last) && !strings.Contains(text, "Ada!")
			})
		})
	}
}
