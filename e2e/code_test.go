package e2e

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"github.com/usherauth/usher/e2e/internal/drive"
)

// newestCode waits for a code that is sent to an address, another one than earlier.
func (s *server) newestCode(to, earlier string) (code string) {
	s.T.Helper()
	v := s.visitor()
	drive.Eventually(s.T, drive.StartLimit, "a code has come to "+to, func() bool {
		var all []struct{ To, Code string }
		if err := json.Unmarshal([]byte(v.get("/dev/mailbox", "Accept", "application/json").Body), &all); err != nil {
			s.T.Fatal(err)
		}
		for _, l := range slices.Backward(all) { // the newest comes first
			if l.To == to && l.Code != "" {
				code = l.Code
			}
		}
		return code != "" && code != earlier
	})
	return code
}

// Codes by mail, as a person does it, with scripts and without: to sign up, with a typing
// error, the back button and a reload on the way.
func TestAPersonSignsUpWithACode(t *testing.T) {
	t.Parallel()
	eachWay(t, []string{"-verify-email"}, func(s *server, b *tab) {
		b.Tolerate("the server responded with a status of 422")
		b.signUpWithCode(s, ada)
		b.wantGreeting(ada)
	})
}

func TestAPersonReplacesAForgottenPassword(t *testing.T) {
	t.Parallel()
	eachWay(t, nil, func(s *server, b *tab) {
		b.signUp(ada)
		b.signOut()
		b.replacePassword(s, ada, "a whole new set of cogwheels")
		b.wantGreeting(ada)
	})
}

// eachWay runs a walk with scripts and without, where mail is caught.
func eachWay(t *testing.T, flags []string, walk func(*server, *tab)) {
	for name, scripts := range map[string]bool{"with scripts": true, "without scripts": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newServer(t)
			s.Flags, s.Env = flags, []string{"USHER_DEV=1"}
			s.Start()
			b := s.newPerson(t)
			if !scripts {
				drive.Command(b.Tab, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
			}
			walk(s, b)
		})
	}
}

// The steps of codes are as accessible as the pages before them.
func TestCodeStepsAreAccessible(t *testing.T) {
	t.Parallel()
	engine := axe(t)
	s := newServer(t)
	s.Flags, s.Env = []string{"-verify-email"}, []string{"USHER_DEV=1"}
	s.Start()
	b := s.newPerson(t)
	b.Tolerate("the server responded with a status of 422")
	drive.Command(b.Tab, page.SetBypassCSP, page.SetBypassCSPParams{Enabled: true})
	inspect := func(where string) {
		for _, scheme := range []string{"light", "dark"} {
			b.scheme(scheme)
			b.inspect(engine, where+", "+scheme)
		}
	}
	b.signUp(ada)
	inspect("the code of a sign-up")
	b.fill("code", "abcdef")
	b.submit()
	inspect("a wrong code")
	first := s.newestCode(ada.Email, "")
	b.fill("code", first)
	b.submit()
	b.signOut()
	b.Open("/sign-in?step=email")
	inspect("where to send a code")
	b.fill("identifier", ada.Email)
	b.Arrive(chromedp.Click(chromedp.CSS(`main button[value="reset_password_email_code"]`)))
	inspect("the code of a sign-in")
	b.fill("code", s.newestCode(ada.Email, first))
	b.submit()
	inspect("a new password")
}

func (b *tab) signUpWithCode(s *server, p person) {
	b.T.Helper()
	typo := p
	typo.Email = "adda@example.com"
	b.signUp(typo)
	b.wantStep("/sign-up?step=code", typo.Email)
	s.newestCode(typo.Email, "")
	b.Arrive(chromedp.NavigateBack())
	if got := b.Path(); got != "/sign-up" || b.Text(`main input[name="email_address"]`) != "" {
		b.T.Fatalf("back leads to %s%s", got, b.Whereabouts())
	}
	b.signUp(p)
	b.wantStep("/sign-up?step=code", p.Email)
	code := s.newestCode(p.Email, "")
	b.Arrive(chromedp.Reload())
	b.wantStep("/sign-up?step=code", p.Email)
	b.fill("code", "abcdef")
	if status := b.submit(); status != 422 {
		b.T.Fatalf("a wrong code leads to %d%s", status, b.Whereabouts())
	}
	b.WantText("main .usher-error", "The code has 6 digits.")
	b.fill("code", code)
	if status := b.submit(); status != 200 || b.Path() != "/welcome" {
		b.T.Fatalf("the right code leads to %s (%d)%s", b.Path(), status, b.Whereabouts())
	}
}

func (b *tab) replacePassword(s *server, p person, password string) {
	b.T.Helper()
	b.Open("/sign-in?redirect_url=/dashboard")
	b.Arrive(chromedp.Click(chromedp.CSS(`main a[href*="step=email"]`)))
	b.fill("identifier", p.Email)
	b.Arrive(chromedp.Click(chromedp.CSS(`main button[value="reset_password_email_code"]`)))
	b.wantStep("/sign-in?redirect_url=%2Fdashboard&step=code", p.Email)
	b.fill("code", s.newestCode(p.Email, ""))
	b.submit()
	if got := b.Path(); got != "/sign-in?redirect_url=%2Fdashboard&step=password" {
		b.T.Fatalf("the code leads to %s%s", got, b.Whereabouts())
	}
	b.fill("password", password)
	b.submit()
	if got := b.Path(); got != "/dashboard" {
		b.T.Fatalf("the new password leads to %s%s", got, b.Whereabouts())
	}
}

// wantStep fails unless the tab shows the step of a code, about address.
func (b *tab) wantStep(path, address string) {
	b.T.Helper()
	if got := b.Path(); got != path {
		b.T.Fatalf("at %s, want %s%s", got, path, b.Whereabouts())
	}
	b.WantText("main form", address)
}
