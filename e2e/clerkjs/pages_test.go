package clerkjs

import (
	"testing"

	"github.com/chromedp/chromedp"
)

// TestClientAndPages: the client and the app's server-rendered pages are two views of one
// browser.
func TestClientAndPages(t *testing.T) {
	t.Parallel()
	w := newWalk(t)
	p := w.person()
	w.step("who signs up with the client is greeted by the server", func(t *testing.T) {
		p.load()
		p.signUp(ada)
		p.Open("/welcome")
		p.WantText("h1", "Welcome, Ada!")
	})
	w.step("a form that signs out signs the client out", func(t *testing.T) {
		p.Do(chromedp.Click(chromedp.CSS(`.usher-menu summary`)))
		p.Arrive(chromedp.Click(chromedp.CSS(`.usher-menu form button`)))
		p.load()
		p.wantSignedOut()
	})
	w.step("a form that signs in signs the client in", func(t *testing.T) {
		p.Open("/sign-in")
		for name, value := range map[string]string{"identifier": ada.Email, "password": ada.Password} {
			p.Do(chromedp.SendKeys(chromedp.CSS(`main input[name="`+name+`"]`), value))
		}
		p.Arrive(chromedp.Click(chromedp.CSS(`main form button[type="submit"]`)))
		p.load()
		p.wantUser(ada)
	})
	w.step("while the instance is down the client knows who it is from the cookie, and asks again later", func(t *testing.T) {
		degraded(t, p)
	})
	w.step("the client's sign-out closes the server's pages", func(t *testing.T) {
		p.run(`await Clerk.signOut(() => {})`)
		p.Open("/dashboard")
		if got := p.Path(); got == "/dashboard" {
			t.Error("/dashboard is open to a stranger")
		}
	})
}

// degraded loads the client while nothing answers.
func degraded(t *testing.T, p *page) {
	user := ask[string](p, `return Clerk.user.id`)
	p.walk.program.Kill()
	mark := p.walk.mark()
	p.load()
	p.expect(mark, 502)
	type state struct{ Status, User string }
	if got, want := ask[state](p, `return { Status: Clerk.status, User: Clerk.user?.id ?? "" }`), (state{"degraded", user}); got != want {
		t.Errorf("while the instance is down the client is %+v, want %+v", got, want)
	}
	p.Report()
	p.walk.program.Start()
	p.load()
	p.wantUser(ada)
}
