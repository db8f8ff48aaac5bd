package main

import (
	"net/url"
	"strings"
	"testing"
	"time"
)

// invitation waits for the mail of an invitation.
func (b *browser) invitation(to string) string {
	b.t.Helper()
	for range 200 {
		for _, l := range b.letters() {
			if l.To == to && l.Kind == "invitation" {
				return l.Text
			}
		}
		time.Sleep(25 * time.Millisecond)
	}
	b.t.Fatalf("no invitation to %s", to)
	return ""
}

// follow opens the address in an invitation's mail and returns the page that it leads to.
func (b *browser) follow(to string) string {
	b.t.Helper()
	for word := range strings.FieldsSeq(b.invitation(to)) {
		if path, ok := strings.CutPrefix(word, b.site.Origin()); ok {
			a := b.get(path)
			if page, ok := strings.CutPrefix(a.location(), b.site.Origin()); ok {
				return page
			}
			b.t.Fatalf("the address in the mail answers %d to %q", a.StatusCode, a.location())
		}
	}
	b.t.Fatalf("no address in the mail to %s", to)
	return ""
}

func ticketIn(t *testing.T, page string) string {
	t.Helper()
	u, err := url.Parse(page)
	if err != nil || u.Query().Get("__clerk_ticket") == "" {
		t.Fatalf("no ticket in %q", page)
	}
	return u.Query().Get("__clerk_ticket")
}

// Members invite on the organizations page; whoever reads the mail gets in by the forms,
// without script: somebody new by a password, somebody known by a button.
func TestInvitedPeopleComeInByTheMail(t *testing.T) {
	t.Parallel()
	s := startDev(t, "-verify-email")
	ada := s.browser(t)
	ada.signUpWithCode("ada@example.com")
	ada.organize("create", "name", "Acme")
	org, _ := ada.org()
	ada.organize("invite", "organization_id", org, "email_address", "bob@example.com", "role", "org:member")

	bob := s.browser(t)
	page := bob.follow("bob@example.com")
	if !strings.HasPrefix(page, "/sign-up?") {
		t.Fatalf("somebody new is led to %s", page)
	}
	form := bob.get(page)
	form.want(t, 200, "You were invited.", `name="ticket"`)
	if strings.Contains(form.body, `name="email_address"`) || form.Header.Get("Referrer-Policy") != "same-origin" {
		t.Errorf("V04: the form asks for an address, or its own is told to others: %q", form.Header.Get("Referrer-Policy"))
	}
	ticket := ticketIn(t, page)
	bob.post("/sign-up", url.Values{"ticket": {ticket}, "password": {"password1"}}).want(t, 422, "list of common", `name="ticket"`)
	bob.post("/sign-up", url.Values{"ticket": {ticket}}).want(t, 422, "Enter a password.")
	bob.post("/sign-up", url.Values{"ticket": {ticket}, "password": {password}, "first_name": {"Bob"}}).leadsTo(t, "/welcome")
	bob.get("/welcome").want(t, 200, "Welcome, Bob!")
	if got, _ := bob.org(); got != org {
		t.Errorf("bob acts for %q, want %s", got, org)
	}
	s.browser(t).post("/sign-up", url.Values{"ticket": {ticket}, "password": {password}}).want(t, 422, "This link has been used")

	cleo := s.browser(t)
	cleo.signUpWithCode("cleo@example.com")
	cleo.post("/sign-out", nil).want(t, 303)
	ada.organize("invite", "organization_id", org, "email_address", "cleo@example.com", "role", "org:member")
	page = cleo.follow("cleo@example.com")
	if !strings.HasPrefix(page, "/sign-in?") {
		t.Fatalf("somebody known is led to %s", page)
	}
	form = cleo.get(page) // F12: nobody is signed in by following an address
	form.want(t, 200, "Somebody sent you here to sign in.", `name="ticket"`)
	cleo.get("/welcome").want(t, 200, "Sign in to view this page")
	if strings.Contains(form.body, `name="password"`) || form.Header.Get("Referrer-Policy") != "same-origin" {
		t.Error("V04: the form asks for a password, or its address is told to others")
	}
	used := url.Values{"ticket": {ticketIn(t, page)}}
	cleo.post("/sign-in", used, "Sec-Fetch-Site", "cross-site").want(t, 403)
	cleo.post("/sign-in", used).leadsTo(t, "/welcome")
	if got, _ := cleo.org(); got != org {
		t.Errorf("cleo acts for %q, want %s", got, org)
	}
	s.browser(t).post("/sign-in", used).want(t, 422, "This link has been used")
}

// signUpWithCode makes an account whose address is proven.
func (b *browser) signUpWithCode(email string) {
	b.t.Helper()
	b.post("/sign-up", signUpForm(email, "")).leadsTo(b.t, "/sign-up?step=code")
	code := b.letter(email).Code
	b.post("/sign-up", codeForm(b.get("/sign-up?step=code").attempt(b.t), code)).leadsTo(b.t, "/welcome")
}
