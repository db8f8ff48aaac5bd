package e2e

import (
	"testing"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/usherauth/usher/e2e/internal/drive"
)

// TestTheDevelopmentToolbar is folded until somebody opens it by keyboard; open it is as
// accessible as the rest, fits a phone, and is right about who is there.
func TestTheDevelopmentToolbar(t *testing.T) {
	t.Parallel()
	engine := axe(t)
	s := newServer(t)
	s.Env = []string{"USHER_DEV=1"}
	s.Start()
	b := s.newPerson(t)
	drive.Command(b.Tab, page.SetBypassCSP, page.SetBypassCSPParams{Enabled: true}) // the engine is not one of the page's scripts
	drive.Command(b.Tab, page.BringToFront, struct{}{})
	unfold := func(question, answer string) {
		t.Helper()
		b.tabTo(question, func(f focus) bool { return f.Tag == "summary" && f.Name == question })
		if drive.Evaluate[bool](b.Tab, `document.querySelector(".usher-dev details").open`) {
			t.Errorf("%q is open before anybody asked", question)
		}
		b.Do(chromedp.KeyEvent(kb.Enter))
		b.WantText(".usher-dev-panel", answer)
		for _, l := range looks {
			b.scheme(l.scheme)
			b.Do(chromedp.EmulateViewport(l.width, l.height))
			b.inspect(engine, question+" "+l.name)
			if wide := drive.Evaluate[int64](b.Tab, `document.documentElement.scrollWidth`); wide > l.width {
				t.Errorf("%q is %d px wide on a screen of %d", question, wide, l.width)
			}
		}
	}
	b.Open("/welcome")
	unfold("Why am I signed out?", "session-token-and-uat-missing")
	b.signUp(ada)
	unfold("How am I signed in?", "suffixed cookie")
}
