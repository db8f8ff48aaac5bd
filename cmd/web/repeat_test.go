package main

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/usherauth/usher/identity"
)

var hiddenFields = regexp.MustCompile(`<input type="hidden" name="(form_id|redirect_url|ticket)" value="([^"]*)">`)

// fill returns the hidden fields of a page's forms with those of a person.
func (a *answer) fill(t *testing.T, fields ...string) url.Values {
	t.Helper()
	form := url.Values{}
	for _, m := range hiddenFields.FindAllStringSubmatch(a.body, -1) {
		form.Set(m[1], strings.ReplaceAll(m[2], "&amp;", "&"))
	}
	if form.Get("form_id") == "" {
		t.Fatalf("%s: the form has no identity\n%.2000s", a.Request.URL.Path, a.body)
	}
	for i := 0; i+1 < len(fields); i += 2 {
		form.Set(fields[i], fields[i+1])
	}
	return form
}

// twice submits a form in two requests at the same time, as a double click does, and
// returns both answers.
func (b *browser) twice(path string, form url.Values) (answers [2]*answer) {
	var both sync.WaitGroup
	for i := range answers {
		tab := b.twin()
		both.Go(func() {
			answers[i] = tab.post(path, form)
			if i == 1 {
				b.cookies = tab.cookies
			}
		})
	}
	both.Wait()
	return answers
}

func TestB6_TwoTabsWithTheSignInForm(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.browser(t).signUp("ada@example.com", "Ada")
	b := s.browser(t)
	one, two := b.get("/sign-in?redirect_url=%2Fexample"), b.get("/sign-in?redirect_url=%2Fdashboard")
	b.post("/sign-in", one.fill(t, "identifier", "ada@example.com", "password", password)).leadsTo(t, "/example")
	b.post("/sign-in", two.fill(t, "identifier", "Ada@example.com ", "password", password)).leadsTo(t, "/dashboard")
	b.get("/welcome").want(t, 200, "Welcome, Ada!")
	b.post("/sign-in", one.fill(t, "identifier", "ada@example.com", "password", password)).leadsTo(t, "/example")
}

func TestB6_ADoubleClickSignsUpOnce(t *testing.T) {
	t.Parallel()
	s := start(t)
	b := s.browser(t)
	form := b.get("/sign-up").fill(t, "email_address", "ada@example.com", "password", password, "first_name", "Ada")
	for i, a := range b.twice("/sign-up", form) {
		if a.StatusCode != 303 || a.location() != "/welcome" {
			t.Errorf("submission %d: %d to %q\n%.600s", i, a.StatusCode, a.location(), a.body)
		}
	}
	b.get("/welcome").want(t, 200, "Welcome, Ada!")
	if got := strings.Count(b.get("/user").text(), "This browser"); got != 1 {
		t.Errorf("%d sessions of this browser", got)
	}
	// The answer got lost, and the form comes again with the cookies of before.
	late := s.browser(t)
	page := late.get("/sign-up")
	form = page.fill(t, "email_address", "grace@example.com", "password", password, "first_name", "Grace")
	late.twin().post("/sign-up", form).leadsTo(t, "/welcome")
	late.post("/sign-up", form).leadsTo(t, "/welcome")
	late.get("/welcome").want(t, 200, "Welcome, Grace!")
	// Somebody else who has seen the identity of the form gets nothing for it.
	s.browser(t).post("/sign-up", form).want(t, http.StatusForbidden, "cookie")
	thief := s.browser(t)
	thief.get("/sign-up")
	thief.post("/sign-up", form).want(t, 422, "already an account")
}

func TestB6_ADoubleClickSignsInOnce(t *testing.T) {
	t.Parallel()
	s := startLimited(t, identity.Limits{Creations: -1, Attempts: 3})
	s.browser(t).signUp("ada@example.com", "Ada")
	b := s.browser(t)
	form := b.get("/sign-in").fill(t, "identifier", "ada@example.com", "password", password)
	for _, a := range b.twice("/sign-in", form) {
		a.leadsTo(t, "/welcome")
	}
	if got := strings.Count(b.get("/user").text(), "last active"); got != 2 {
		t.Errorf("%d sessions, want those of the sign-up and of the sign-in", got)
	}
	// A wrong password counts once.
	c := s.browser(t)
	form = c.get("/sign-in").fill(t, "identifier", "ada@example.com", "password", "not the password")
	for _, a := range c.twice("/sign-in", form) {
		a.want(t, 422, "wrong")
	}
}

func TestB6_ADoubleClickMakesOneOrganization(t *testing.T) {
	t.Parallel()
	s := start(t)
	b := s.browser(t)
	b.signUp("ada@example.com", "Ada")
	form := b.get("/organizations").fill(t, "action", "create", "name", "Acme")
	delete(form, "redirect_url")
	for _, a := range b.twice("/organizations", form) {
		a.leadsTo(t, "/organizations?done=create")
	}
	b.post("/organizations", form).leadsTo(t, "/organizations?done=create")
	page := b.get("/organizations")
	if got := strings.Count(page.body, "<strong>Acme</strong>"); got != 1 {
		t.Errorf("%d organizations, want 1", got)
	}
	if id, _ := b.org(); id == "" {
		t.Error("the new organization is not the active one")
	}
	id, _ := b.org()
	form = page.fill(t, "action", "invite", "organization_id", id, "email_address", "bob@example.com", "role", "org:member")
	for _, a := range b.twice("/organizations", form) {
		a.leadsTo(t, "/organizations?done=invite")
	}
	b.post("/organizations", form).leadsTo(t, "/organizations?done=invite")
	// Another name is another organization, and so is the same name on a page that was
	// loaded again.
	form = page.fill(t, "action", "create", "name", "Beta")
	b.post("/organizations", form).leadsTo(t, "/organizations?done=create")
	form = b.get("/organizations").fill(t, "action", "create", "name", "Beta")
	b.post("/organizations", form).leadsTo(t, "/organizations?done=create")
	if got := strings.Count(b.get("/organizations").body, "<strong>Beta</strong>"); got != 2 {
		t.Errorf("%d organizations named Beta, want 2", got)
	}
}

func TestB6_ADoubleClickChangesThePasswordOnce(t *testing.T) {
	t.Parallel()
	s := start(t)
	b := s.browser(t)
	b.signUp("ada@example.com", "Ada")
	form := b.get("/user").fill(t, "action", "password", "current_password", password, "new_password", "an entirely new secret")
	for _, a := range b.twice("/user", form) {
		a.leadsTo(t, "/user?done=password")
	}
}

func TestB6_AnotherPersonHasTheChoice(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.browser(t).signUp("bob@example.com", "Bob")
	b := s.browser(t)
	form := b.get("/sign-in?redirect_url=%2Fexample").fill(t, "identifier", "bob@example.com", "password", password)
	b.signUp("ada@example.com", "Ada")
	page := b.post("/sign-in", form)
	page.want(t, 422, "You are signed in as", "Ada", `<a href="/example">Continue as`, "Sign out and sign in as bob@example.com")
	b.get("/example").want(t, 200, "Ada")
	out := url.Values{"action": {"sign_out"}, "redirect_url": {"/example"}}
	b.post("/sign-in", out, "Origin", "https://evil.example", "Sec-Fetch-Site", "cross-site").want(t, 403)
	b.get("/dashboard").want(t, 200)
	a := b.post("/sign-in", out)
	a.leadsTo(t, "/sign-in?redirect_url=%2Fexample")
	b.post("/sign-in", b.get(a.location()).fill(t, "identifier", "bob@example.com", "password", password)).leadsTo(t, "/example")
	b.get("/welcome").want(t, 200, "Welcome, Bob!")
}

func TestB6_ALostSessionIsFoundAgain(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"/sign-in", "/sign-up", "/sign-in?step=code", "/sign-in?step=password", "/sign-up?step=code"} {
		s := start(t)
		b := s.browser(t)
		b.signUp("ada@example.com", "Ada")
		b.cookies = map[string]string{b.clientName(): b.cookies[b.clientName()]}
		b.get(path).leadsTo(t, "/welcome")
		b.get("/welcome").want(t, 200, "Welcome, Ada!")
		b.post("/sign-out", nil).want(t, 303)
		b.get("/sign-in").want(t, 200, `name="password"`)
	}
}

// With several sessions in a browser, the form of somebody who is there already makes
// theirs the active one.
func TestB6_SeveralPeopleInOneBrowser(t *testing.T) {
	t.Parallel()
	s := start(t, "-multi-session")
	b := s.browser(t)
	form := b.get("/sign-in").fill(t, "identifier", "ada@example.com", "password", password)
	b.signUp("ada@example.com", "Ada")
	b.signUp("bob@example.com", "Bob")
	b.get("/welcome").want(t, 200, "Welcome, Bob!")
	b.post("/sign-in", form).leadsTo(t, "/welcome")
	b.get("/welcome").want(t, 200, "Welcome, Ada!")
}

// After a sign-out, a form that signed in before is a new request.
func TestB6_ASubmissionIsForgottenAtSignOut(t *testing.T) {
	t.Parallel()
	s := start(t)
	b := s.browser(t)
	b.signUp("ada@example.com", "Ada")
	b.post("/sign-out", nil).want(t, 303)
	form := b.get("/sign-in").fill(t, "identifier", "ada@example.com", "password", password)
	b.post("/sign-in", form).leadsTo(t, "/welcome")
	first := b.cookies["__session"]
	b.post("/sign-out", nil).want(t, 303)
	b.post("/sign-in", form).leadsTo(t, "/welcome")
	if b.cookies["__session"] == first || first == "" {
		t.Error("the answer of before the sign-out was given again")
	}
	b.get("/dashboard").want(t, 200)
}
