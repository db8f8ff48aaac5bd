package main

import (
	"net/url"
	"regexp"
	"strings"
	"testing"
)

var attemptID = regexp.MustCompile(`name="attempt_id" value="([^"]+)"`)

// attempt is the id in a form's hidden field.
func (a *answer) attempt(t *testing.T) string {
	t.Helper()
	found := attemptID.FindStringSubmatch(a.body)
	if found == nil {
		t.Fatalf("no attempt in\n%.2000s", a.body)
	}
	return found[1]
}

// leadsTo fails the test unless a is a 303 to path.
func (a *answer) leadsTo(t *testing.T, path string) {
	t.Helper()
	if a.StatusCode != 303 || a.location() != path {
		t.Fatalf("%s %s: %d to %q, want 303 to %q\n%.2000s", a.Request.Method, a.Request.URL, a.StatusCode, a.location(), path, a.body)
	}
}

// codes are all that were sent to an address, the newest first.
func (b *browser) codes(to string) (all []string) {
	b.t.Helper()
	for _, l := range b.letters() {
		if l.To == to && l.Code != "" {
			all = append(all, l.Code)
		}
	}
	return all
}

func otherCode(code string) string {
	if code == "000000" {
		return "111111"
	}
	return "000000"
}

func signUpForm(email, back string) url.Values {
	return url.Values{"email_address": {email}, "password": {password}, "first_name": {"Ada"}, "redirect_url": {back}}
}

func codeForm(attempt, code string) url.Values {
	return url.Values{"action": {"code"}, "attempt_id": {attempt}, "code": {code}}
}

func TestSignUpAsksForTheCodeOnASecondPage(t *testing.T) {
	t.Parallel()
	s := startDev(t, "-verify-email")
	b := s.browser(t)
	a := b.post("/sign-up", signUpForm("ada@example.com", "/example"))
	step := "/sign-up?redirect_url=%2Fexample&step=code"
	a.leadsTo(t, step)
	code := b.letter("ada@example.com").Code

	page := b.get(step)
	page.want(t, 200, "ada@example.com", `autocomplete="one-time-code"`, `value="/example"`)
	if cc := page.Header.Get("Cache-Control"); cc != "private, no-store" {
		t.Errorf("H01: Cache-Control %q", cc)
	}
	id := page.attempt(t)
	if again := b.get(step).attempt(t); again != id || len(b.codes("ada@example.com")) != 1 {
		t.Error("reloading the page changed the attempt, or sent a mail")
	}
	form := codeForm(id, otherCode(code))
	form.Set("redirect_url", "/example")
	b.post("/sign-up", form).want(t, 422, "Use the code from the latest email.", `aria-invalid="true"`, "ada@example.com")
	b.get("/example").want(t, 200, `"isAuthenticated":false`)
	form.Set("code", "")
	b.post("/sign-up", form).want(t, 422, "Enter the code from the email.")
	form.Set("code", " "+code[:3]+" "+code[3:]+" ") // as people copy it
	b.post("/sign-up", form).leadsTo(t, "/example")
	b.get("/example").want(t, 200, `"isAuthenticated":true`)
	b.get(step).leadsTo(t, "/example") // back, once signed in
	b.get("/user").want(t, 200, "ada@example.com")
	if log := s.log.String(); strings.Contains(log, code) || strings.Contains(log, "ada@example.com") {
		t.Error("V02: the code or the address is in the log")
	}
}

func TestSignUpCodeIsSentAgainWithinLimits(t *testing.T) {
	t.Parallel()
	s := startDev(t, "-verify-email")
	b := s.browser(t)
	b.post("/sign-up", signUpForm("ada@example.com", "")).leadsTo(t, "/sign-up?step=code")
	b.letter("ada@example.com")
	id := b.get("/sign-up?step=code").attempt(t)
	resend := url.Values{"action": {"resend"}, "attempt_id": {id}}
	soon := b.post("/sign-up", resend) // I26: the cool-down
	soon.want(t, 429, "A code was sent a moment ago.", "Try again in ", "ada@example.com")
	if soon.Header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
	if n := len(b.codes("ada@example.com")); n != 1 {
		t.Errorf("%d mails, want 1", n)
	}
	wrong := otherCode(b.codes("ada@example.com")[0])
	b.post("/sign-up", codeForm(id, "abcdef")).want(t, 422, "The code has 6 digits.") // C6: costs no try
	for range 4 {
		b.post("/sign-up", codeForm(id, wrong)).want(t, 422, "Use the code from the latest email.")
	}
	b.post("/sign-up", codeForm(id, wrong)).want(t, 422, "too many wrong codes") // I15: five tries
	code := b.codes("ada@example.com")[0]
	b.post("/sign-up", codeForm(id, code)).want(t, 422, "too many wrong codes")
	b.get("/sign-up?step=code").want(t, 200, "too many wrong codes", `href="/sign-up"`)
	b.post("/sign-up", signUpForm("ada@example.com", "")).leadsTo(t, "/sign-up?step=code") // a new attempt
	b.get("/sign-up?step=code").want(t, 200, "Enter the code")
}

// Two tabs of one browser share its client, which has one sign-up at a time.
func TestSignUpCodeInTwoTabs(t *testing.T) {
	t.Parallel()
	s := startDev(t, "-verify-email")
	b := s.browser(t)
	b.post("/sign-up", signUpForm("ada@example.com", "")).leadsTo(t, "/sign-up?step=code")
	ada := b.letter("ada@example.com").Code
	first := b.get("/sign-up?step=code").attempt(t)
	b.post("/sign-up", signUpForm("bob@example.com", "")).leadsTo(t, "/sign-up?step=code")
	bob := b.letter("bob@example.com").Code
	second := b.get("/sign-up?step=code").attempt(t)

	b.post("/sign-up", codeForm(first, ada)).leadsTo(t, "/sign-up?step=code") // the tab that was left behind
	b.get("/sign-up?step=code").want(t, 200, "bob@example.com")
	b.post("/sign-up", codeForm(second, ada)).want(t, 422, "Use the code from the latest email.")
	stranger := s.browser(t)
	stranger.post("/sign-up", codeForm(second, bob)).leadsTo(t, "/sign-up?step=code")
	stranger.get("/sign-up?step=code").want(t, 200, "no longer open", `name="email_address"`)

	b.post("/sign-up", codeForm(second, bob)).leadsTo(t, "/welcome")
	b.post("/sign-up", codeForm(second, bob)).leadsTo(t, "/sign-up?step=code") // pressed twice
	b.get("/sign-up?step=code").leadsTo(t, "/welcome")
}

func TestF01_StepsRefuseOtherSites(t *testing.T) {
	t.Parallel()
	s := startDev(t, "-verify-email")
	b := s.browser(t)
	b.post("/sign-up", signUpForm("ada@example.com", "")).leadsTo(t, "/sign-up?step=code")
	code := b.letter("ada@example.com").Code
	id := b.get("/sign-up?step=code").attempt(t)
	for _, header := range [][]string{{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "", "Origin", "https://evil.example"}} {
		b.post("/sign-up", codeForm(id, code), header...).want(t, 403, "from another website")
	}
	b.post("/sign-up", codeForm(id, code)).leadsTo(t, "/welcome")
}

func TestSignInWithACode(t *testing.T) {
	t.Parallel()
	s := startDev(t)
	s.browser(t).signUp("ada@example.com", "Ada")
	b := s.browser(t)
	b.get("/sign-in?redirect_url=/example").want(t, 200, `href="/sign-in?redirect_url=%2Fexample&amp;step=email"`)
	b.get("/sign-in?redirect_url=%2Fexample&step=email").want(t, 200, "Sign in with a code", `value="/example"`)
	ask := url.Values{"action": {"email_code"}, "identifier": {"ada@example.com"}, "redirect_url": {"/example"}}
	step := "/sign-in?redirect_url=%2Fexample&step=code"
	b.post("/sign-in", ask).leadsTo(t, step)
	code := b.letter("ada@example.com").Code
	page := b.get(step)
	page.want(t, 200, "ada@example.com", `action="/sign-in"`)
	form := codeForm(page.attempt(t), otherCode(code))
	form.Set("redirect_url", "/example")
	b.post("/sign-in", form).want(t, 422, "Use the code from the latest email.")
	form.Set("code", code)
	b.post("/sign-in", form).leadsTo(t, "/example")
	b.get("/user").want(t, 200, "ada@example.com")
}

// I03: who has no account is told the same, and gets no mail.
func TestI03_AskingForACodeTellsNothing(t *testing.T) {
	t.Parallel()
	s := startDev(t)
	s.browser(t).signUp("ada@example.com", "Ada")
	for _, action := range []string{"email_code", "reset_password_email_code"} {
		pages := map[string]string{}
		for _, address := range []string{"ada@example.com", "eve@example.com"} {
			b := s.browser(t)
			b.post("/sign-in", url.Values{"action": {action}, "identifier": {address}}).leadsTo(t, "/sign-in?step=code")
			page := b.get("/sign-in?step=code")
			id := page.attempt(t)
			refused := b.post("/sign-in", codeForm(id, "abcdef"))
			refused.want(t, 422)
			text := strings.ReplaceAll(strings.ReplaceAll(page.body+refused.body, id, "ID"), address, "ADDRESS")
			pages[address] = nonces.ReplaceAllString(text, "")
		}
		if pages["ada@example.com"] != pages["eve@example.com"] {
			t.Errorf("%s: the pages differ", action)
		}
	}
	if len(s.browser(t).codes("eve@example.com")) != 0 {
		t.Error("a code was sent to nobody")
	}
}

func TestForgottenPasswordIsReplaced(t *testing.T) {
	t.Parallel()
	s := startDev(t)
	other := s.browser(t)
	other.signUp("ada@example.com", "Ada")
	b := s.browser(t)
	b.post("/sign-in", url.Values{"action": {"reset_password_email_code"}, "identifier": {"ada@example.com"}}).leadsTo(t, "/sign-in?step=code")
	code := b.letter("ada@example.com").Code
	b.get("/sign-in?step=password").want(t, 200, "no longer open") // I23: not before the code
	id := b.get("/sign-in?step=code").attempt(t)
	next := url.Values{"action": {"password"}, "attempt_id": {id}, "password": {"an entirely new secret"}, "sign_out_of_other_sessions": {"true"}}
	b.post("/sign-in", next).leadsTo(t, "/sign-in?step=password")
	b.post("/sign-in", codeForm(id, code)).leadsTo(t, "/sign-in?step=password")
	page := b.get("/sign-in?step=password")
	page.want(t, 200, "Choose a new password", `autocomplete="new-password"`)
	if page.attempt(t) != id {
		t.Error("another attempt")
	}
	s.browser(t).post("/sign-in", next).leadsTo(t, "/sign-in?step=password") // another browser's attempt
	weak := url.Values{"action": {"password"}, "attempt_id": {id}, "password": {"password1"}}
	refused := b.post("/sign-in", weak)
	refused.want(t, 422, "list of common")
	if strings.Contains(refused.body, "password1") {
		t.Error("a password was sent back")
	}
	weak.Set("password", "")
	b.post("/sign-in", weak).want(t, 422, "Enter a password.")
	b.post("/sign-in", next).leadsTo(t, "/welcome")
	b.get("/welcome").want(t, 200, "Welcome, <bdi>Ada</bdi>!")
	if a := other.get("/user"); a.StatusCode != 303 { // I19
		t.Errorf("the other session goes on: %d", a.StatusCode)
	}
	if a := s.browser(t).signIn("ada@example.com", ""); a.StatusCode != 422 {
		t.Errorf("the old password still opens: %d", a.StatusCode)
	}
}

func TestWithoutMailNoCodeIsOffered(t *testing.T) {
	t.Parallel()
	b := start(t).browser(t)
	if page := b.get("/sign-in"); strings.Contains(page.body, "step=email") {
		t.Error("a code is offered")
	}
	b.get("/sign-in?step=email").want(t, 200, `name="password"`)
	b.post("/sign-in", url.Values{"action": {"email_code"}, "identifier": {"ada@example.com"}}).want(t, 422, "email a code to this address")
}
