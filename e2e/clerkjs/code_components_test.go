package clerkjs

import (
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/usherauth/usher/e2e/internal/drive"
)

// TestCodeComponents: the components where codes come by mail.
func TestCodeComponents(t *testing.T) {
	t.Parallel()
	w := newWalk(t, "-verify-email")
	p := w.person()
	w.step("SignUp asks for the code that was mailed", func(t *testing.T) {
		p.mount("SignUp", `{ appearance: { options: { showOptionalFields: true } } }`)
		p.fill("firstName", ada.First)
		p.fill("lastName", ada.Last)
		p.fill("emailAddress", ada.Email)
		p.fill("password", ada.Password)
		p.enterCode(t, ada.Email, func() { p.press("formButtonPrimary") }, "/")
		p.load()
		p.wantUser(ada)
	})
	w.step("UserProfile adds an address, with the code that was mailed to it", func(t *testing.T) {
		const second = "countess@example.com"
		p.mount("UserProfile", `{}`)
		p.press("profileSectionPrimaryButton__emailAddresses")
		p.fill("emailAddress", second)
		p.enterCode(t, second, func() { p.press("formButtonPrimary") }, "")
		drive.Eventually(t, follows, "the address is verified", func() bool {
			return ask[string](p, `return `+address(second)+`?.verification.status ?? ""`) == "verified"
		})
	})
	w.step("SignIn lets somebody in with a code", func(t *testing.T) {
		p.run(`await Clerk.signOut(() => {})`)
		p.mount("SignIn", `{}`)
		p.identify(ada)
		p.pressSaying("Use another method")
		p.enterCode(t, ada.Email, func() { p.pressSaying("Email code to") }, "/")
		p.load()
		p.wantUser(ada)
	})
	w.step("SignIn replaces a forgotten password", func(t *testing.T) {
		p.run(`await Clerk.signOut(() => {})`)
		p.mount("SignIn", `{}`)
		p.identify(ada)
		p.pressSaying("Forgot password?")
		p.enterCode(t, ada.Email, func() { p.pressSaying("Reset your password") }, "")
		p.wantSaid("headerTitle", "Set new password")
		p.fill("password", "bernoulli numbers by machine")
		p.fill("confirmPassword", "bernoulli numbers by machine")
		p.pressTo("formButtonPrimary", "/")
		p.load()
		p.wantUser(ada)
	})
}

// enterCode takes a step that has a code mailed, and types it in. The card sends it by
// itself, and leads to a page then if path is not "".
func (p *page) enterCode(t *testing.T, to string, step func(), path string) {
	t.Helper()
	code := p.codeAfter(t, to, step)
	input := chromedp.CSS(`input[data-input-otp], input[autocomplete="one-time-code"]`)
	p.Do(chromedp.WaitVisible(input))
	p.Do(chromedp.SendKeys(input, code))
	if path != "" {
		p.wantArrival(path)
	}
}
