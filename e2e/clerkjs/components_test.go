package clerkjs

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/usherauth/usher/e2e/internal/drive"
)

// mount opens a page with the components and shows one of them, with its properties as a
// script spells them.
func (p *page) mount(name, props string) {
	p.T.Helper()
	p.Open(components)
	p.run(`
		await Clerk.load({ ui: { ClerkUI: window.__internal_ClerkUICtor } })
		Clerk.mount` + name + `(document.getElementById("main"), ` + props + `)`)
}

// element is what a person sees of a component: elements are named by class.
func element(class string) chromedp.CSS { return chromedp.CSS(".cl-" + class) }

// press waits until an element can be clicked, and clicks it.
func (p *page) press(class string) {
	p.T.Helper()
	p.Do(chromedp.WaitVisible(element(class)), chromedp.WaitEnabled(element(class)), chromedp.Click(element(class)))
}

// pressSaying is press for a button or link that has no class of its own, by its text.
func (p *page) pressSaying(text string) {
	p.T.Helper()
	script := fmt.Sprintf(`
		const it = [...document.querySelectorAll("button, a")].find((e) => e.innerText.startsWith(%q))
		it?.click()
		return !!it`, text)
	drive.Eventually(p.T, follows, "there is a button that says "+text, func() bool { return ask[bool](p, script) })
}

// fill types into a field.
func (p *page) fill(field, value string) {
	p.T.Helper()
	input := chromedp.CSS("#" + field + "-field")
	p.Do(chromedp.WaitVisible(input), chromedp.SendKeys(input, value))
}

// wantSaid waits until an element of a class says something.
func (p *page) wantSaid(class, want string) {
	p.T.Helper()
	script := fmt.Sprintf(`return [...document.querySelectorAll(".cl-%s")].map((e) => e.innerText).join("\n")`, class)
	drive.Eventually(p.T, follows, fmt.Sprintf("%s says %q", class, want), func() bool {
		return strings.Contains(ask[string](p, script), want)
	})
}

// pressTo clicks an element that leads to another page in the end.
func (p *page) pressTo(class, path string) {
	p.T.Helper()
	p.press(class)
	p.wantArrival(path)
}

// wantArrival waits until the tab shows another page, all of it. While one page takes the
// place of another there is none to ask.
func (p *page) wantArrival(path string) {
	p.T.Helper()
	script := fmt.Sprintf(`document.readyState === "complete" && location.pathname + location.search === %q`, path)
	drive.Eventually(p.T, 2*follows, "the page is "+path, func() bool {
		ctx, cancel := p.Limited()
		defer cancel()
		there, err := chromedp.Run(ctx, chromedp.Evaluate[bool](script))
		return err == nil && there
	})
}

func TestComponents(t *testing.T) {
	t.Parallel()
	w := newWalk(t)
	p := w.person()
	w.step("SignUp takes the fields and leads to where the environment says", func(t *testing.T) {
		p.mount("SignUp", `{ appearance: { options: { showOptionalFields: true } } }`)
		p.fill("firstName", ada.First)
		p.fill("lastName", ada.Last)
		p.fill("emailAddress", ada.Email)
		p.fill("password", ada.Password)
		p.pressTo("formButtonPrimary", "/")
		p.load()
		p.wantUser(ada)
	})
	w.step("UserProfile changes the name and the password, and lists the devices", func(t *testing.T) { userProfile(t, p) })
	w.step("UserButton says who it is, opens the profile, and signs out", func(t *testing.T) { userButton(t, p) })
	w.step("SignIn says what is wrong, and lets in who has the password", func(t *testing.T) { signInComponent(t, p) })
	w.step("SignIn leads to where the page was asked to go", func(t *testing.T) {
		p.run(`await Clerk.signOut(() => {})`)
		p.mount("SignIn", `{ forceRedirectUrl: "`+blank+`?welcome" }`)
		p.identify(ada)
		p.fill("password", ada.Password)
		p.pressTo("formButtonPrimary", blank+"?welcome")
	})
}

func signInComponent(t *testing.T, p *page) {
	p.mount("SignIn", `{}`)
	p.wantSaid("headerTitle", "Sign in to Usher")
	p.identify(ada)
	mark := p.walk.mark()
	p.fill("password", "not the password")
	p.press("formButtonPrimary")
	p.wantSaid("formFieldErrorText", "not right")
	p.expect(mark, 422)
	p.fill("password", strings.Repeat("\b", len("not the password"))+ada.Password)
	p.pressTo("formButtonPrimary", "/")
	p.load()
	p.wantUser(ada)
}

// identify takes the first of the two steps of SignIn. The field for the password is in the
// page before, for password managers to fill in.
func (p *page) identify(who person) {
	p.T.Helper()
	p.fill("identifier", who.Email)
	p.press("formButtonPrimary")
	p.wantSaid("headerTitle", "Enter your password")
}

func userProfile(t *testing.T, p *page) {
	p.mount("UserProfile", `{}`)
	p.press("profileSectionPrimaryButton__profile")
	p.fill("lastName", ", Countess of")
	p.press("formButtonPrimary")
	p.wantSaid("profileSection__profile", "Ada Lovelace, Countess of")
	p.press("navbarButton__security")
	p.wantSaid("profileSection__activeDevices", "This device")
	p.press("profileSectionPrimaryButton__password")
	mark := p.walk.mark()
	p.fill("currentPassword", "not the password")
	p.fill("newPassword", "bernoulli numbers by machine")
	p.fill("confirmPassword", "bernoulli numbers by machine")
	p.press("formButtonPrimary")
	p.wantSaid("formFieldErrorText", "not right")
	p.expect(mark, 422)
	p.fill("currentPassword", strings.Repeat("\b", len("not the password"))+ada.Password)
	p.press("formButtonPrimary")
	p.Do(chromedp.WaitVisible(element("profileSectionPrimaryButton__password"))) // the form has gone
	p.run(`await Clerk.user.updatePassword({ currentPassword: "bernoulli numbers by machine", newPassword: "` + ada.Password + `" })`)
	p.run(`await Clerk.user.update({ lastName: "` + ada.Last + `" })`)
	p.wantUser(ada)
}

func userButton(t *testing.T, p *page) {
	p.mount("UserButton", `{ showName: true }`)
	p.wantSaid("userButtonTrigger", "Ada Lovelace")
	p.press("userButtonTrigger")
	p.wantSaid("userButtonPopoverCard", ada.Email)
	p.press("userButtonPopoverActionButton__manageAccount")
	p.wantSaid("profileSection__emailAddresses", ada.Email)
	p.press("modalCloseButton")
	p.press("userButtonTrigger")
	p.pressTo("userButtonPopoverActionButton__signOut", "/")
	p.load()
	p.wantSignedOut()
}
