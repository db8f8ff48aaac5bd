package main

import (
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strconv"
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
	form.want(t, 200, "<bdi>Ada</bdi> invited <bdi>bob@example.com</bdi> to join <bdi>Acme</bdi>.", `name="ticket"`)
	if strings.Contains(form.body, `name="email_address"`) || form.Header.Get("Referrer-Policy") != "same-origin" {
		t.Errorf("V04: the form asks for an address, or its own is told to others: %q", form.Header.Get("Referrer-Policy"))
	}
	ticket := ticketIn(t, page)
	bob.post("/sign-up", url.Values{"ticket": {ticket}, "password": {"password1"}}).want(t, 422, "list of common", `name="ticket"`)
	bob.post("/sign-up", url.Values{"ticket": {ticket}}).want(t, 422, "Enter a password.")
	bob.post("/sign-up", url.Values{"ticket": {ticket}, "password": {password}, "first_name": {"Bob"}}).leadsTo(t, "/welcome")
	bob.get("/welcome").want(t, 200, "Welcome, <bdi>Bob</bdi>!")
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
	form.want(t, 200, "<bdi>Ada</bdi> invited <bdi>cleo@example.com</bdi> to join <bdi>Acme</bdi>.", `name="ticket"`)
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

// operator asks the Backend API as an operator does.
func (s *site) operator(t *testing.T, method, path, body string, into any) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, s.BackendURL()+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+s.embedded.service.SecretKey().Reveal())
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	res, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	answer, _ := io.ReadAll(res.Body)
	if res.StatusCode != http.StatusOK {
		t.Fatalf("%s %s: %d %s", method, path, res.StatusCode, answer)
	}
	if into == nil {
		return
	}
	if err := json.Unmarshal(answer, into); err != nil {
		t.Fatal(err)
	}
}

// userIn is the user of the browser's session token.
func userIn(b *browser) string {
	payload, _ := base64.RawURLEncoding.DecodeString(strings.Split(b.cookies["__session"]+"..", ".")[1])
	var claims struct{ Sub string }
	_ = json.Unmarshal(payload, &claims)
	return claims.Sub
}

// link makes a link as an operator does: of an invitation, or of a sign-in token.
func (b *browser) link(path, body string) (page, ticket string) {
	b.t.Helper()
	var made struct{ URL string }
	b.site.operator(b.t, "POST", path, body, &made)
	a := b.get(strings.TrimPrefix(made.URL, b.site.Origin()))
	page, ok := strings.CutPrefix(a.location(), b.site.Origin())
	if !ok {
		b.t.Fatalf("%s answers %d to %q", made.URL, a.StatusCode, a.location())
	}
	return page, ticketIn(b.t, page)
}

// linkPage is a page that a link opened: its address and its ticket stay on this site.
func (b *browser) linkPage(page string, status int, texts ...string) *answer {
	b.t.Helper()
	a := b.get(page)
	a.want(b.t, status, texts...)
	if got := a.Header.Get("Referrer-Policy"); got != "same-origin" {
		b.t.Errorf("%s: Referrer-Policy %q", page, got)
	}
	if got := a.Header.Get("Cache-Control"); !strings.Contains(got, "no-store") {
		b.t.Errorf("%s: Cache-Control %q", page, got)
	}
	return a
}

// An account that nobody has shown to be theirs: the page asks for its password or for a new
// one, and each form leads in. Whichever page the ticket is on, it is the same.
func TestC1_TheLinkOfAnUnverifiedAccountAsks(t *testing.T) {
	t.Parallel()
	s := startDev(t)
	owner := s.browser(t)
	owner.signUp("owner@example.com", "Olga")
	owner.organize("create", "name", "Acme")
	org, _ := owner.org()
	invite := func(address string) (b *browser, page, ticket string) {
		t.Helper()
		s.browser(t).signUp(address, "Carol")
		b = s.browser(t)
		page, ticket = b.link("/v1/organizations/"+org+"/invitations", `{"email_address":"`+address+`","role":"org:member"}`)
		for _, at := range []string{page, strings.Replace(page, "/sign-in?", "/sign-up?", 1)} {
			b.linkPage(at, 200, "<bdi>Acme</bdi>", "<bdi>"+address+"</bdi>", `autocomplete="current-password"`, `autocomplete="new-password"`,
				`autocomplete="username" value="`+address+`"`)
		}
		return b, page, ticket
	}
	b, _, ticket := invite("carol@example.com")
	b.post("/sign-in", url.Values{"ticket": {ticket}, "password": {"not the password"}}).want(t, 422, "The email address or the password is wrong.", "<bdi>Acme</bdi>", `name="ticket"`)
	b.post("/sign-in", url.Values{"ticket": {ticket}, "password": {password}, "redirect_url": {"/dashboard"}}).leadsTo(t, "/dashboard")
	if got, _ := b.org(); got != org {
		t.Errorf("the password led into %q", got)
	}

	b, _, ticket = invite("cora@example.com")
	b.post("/sign-up", url.Values{"ticket": {ticket}, "password": {"password1"}}).want(t, 422, "list of common", "<bdi>Acme</bdi>", `value="cora@example.com"`)
	b.post("/sign-up", url.Values{"ticket": {ticket}, "password": {"another long passphrase"}}).leadsTo(t, "/welcome")
	if got, _ := b.org(); got != org {
		t.Errorf("a new password led into %q", got)
	}
	s.browser(t).signIn("cora@example.com", "").want(t, 422)

	b, _, ticket = invite("clara@example.com")
	b.post("/sign-in", url.Values{"ticket": {ticket}}).leadsTo(t, "/welcome")
	if got, _ := b.org(); got != org {
		t.Errorf("the ticket alone led into %q", got)
	}
}

// Somebody who is signed in is asked whether to join; somebody else is told who is signed in,
// and the link works after signing out. Opening it changes nothing.
func TestC2_ASignedInPersonFollowsALink(t *testing.T) {
	t.Parallel()
	s := startDev(t)
	owner := s.browser(t)
	owner.signUp("owner@example.com", "Olga")
	owner.organize("create", "name", "Acme")
	org, _ := owner.org()
	ada := s.browser(t)
	ada.signUp("ada@example.com", "Ada")
	page, ticket := ada.link("/v1/organizations/"+org+"/invitations", `{"email_address":"ada@example.com","role":"org:member"}`)
	for _, at := range []string{page, strings.Replace(page, "/sign-in?", "/sign-up?", 1)} {
		ada.linkPage(at, 200, "Join <bdi>Acme</bdi> as <bdi>Ada</bdi>?", `name="action" value="accept"`)
	}
	if got, _ := ada.org(); got != "" {
		t.Fatalf("F07: following the link joined %q", got)
	}
	accept := url.Values{"action": {"accept"}, "ticket": {ticket}}
	ada.post("/sign-in", accept, "Sec-Fetch-Site", "cross-site").want(t, 403)

	bob := s.browser(t)
	bob.signUp("bob@example.com", "Bob")
	bob.linkPage(page, 200, "You are signed in as <bdi>Bob</bdi>", "<bdi>ada@example.com</bdi>", "Sign out and continue", `name="action" value="switch"`)
	bob.post("/sign-in", accept).want(t, 403, "You are signed in as <bdi>Bob</bdi>")

	ada.post("/sign-in", accept).leadsTo(t, "/welcome")
	if got, _ := ada.org(); got != org {
		t.Errorf("ada acts for %q, want %s", got, org)
	}
	ada.post("/sign-in", accept).leadsTo(t, "/welcome") // a second click
	ada.linkPage(page, 410, "This link has been used already.", "Continue")

	page, ticket = bob.link("/v1/organizations/"+org+"/invitations", `{"email_address":"new@example.com","role":"org:member"}`)
	there := bob.post("/sign-in", url.Values{"action": {"switch"}, "ticket": {ticket}, "redirect_url": {"/dashboard"}})
	if there.StatusCode != 303 || ticketIn(t, there.location()) != ticket || !strings.Contains(there.location(), "redirect_url=%2Fdashboard") {
		t.Fatalf("after signing out: %d to %q", there.StatusCode, there.location())
	}
	bob.get("/welcome").want(t, 200, "Sign in to view this page")
	bob.linkPage(there.location(), 200, "<bdi>new@example.com</bdi>", `action="/sign-up"`, `value="/dashboard"`)
	bob.post("/sign-up", url.Values{"ticket": {ticket}, "password": {password}, "redirect_url": {"/dashboard"}}).leadsTo(t, "/dashboard")
	_ = page

	// an operator's invitation, and a sign-in link
	page, ticket = ada.link("/v1/invitations", `{"email_address":"ada@example.com","ignore_existing":true}`)
	ada.linkPage(page, 200, "Accept the invitation as <bdi>Ada</bdi>?")
	ada.post("/sign-in", url.Values{"action": {"accept"}, "ticket": {ticket}}).leadsTo(t, "/welcome")
	var me struct{ ID string }
	s.operator(t, "GET", "/v1/users/"+userIn(ada), "", &me)
	page, _ = ada.link("/v1/sign_in_tokens", `{"user_id":"`+me.ID+`"}`)
	ada.linkPage(page, 200, "You are already signed in as <bdi>Ada</bdi>")
	bob.linkPage(page, 200, "Sign out to continue with")
	s.browser(t).linkPage(page, 200, "This link signs you in.")
}

// A link that cannot be used says why, with the right status and a way on, and never in JSON.
func TestC3_DeadLinksArePages(t *testing.T) {
	t.Parallel()
	s := startDev(t)
	b := s.browser(t)
	open := func(address string, headers ...string) *answer {
		t.Helper()
		a := b.get(address, headers...)
		if a.StatusCode == 303 {
			a = b.get(a.location())
		}
		return a
	}
	accept := "/__clerk/v1/tickets/accept?ticket="
	for name, dead := range map[string]struct {
		ticket func() string
		status int
		text   string
	}{
		"used": {func() string {
			_, ticket := b.link("/v1/invitations", `{"email_address":"ada@example.com"}`)
			s.browser(t).post("/sign-up", url.Values{"ticket": {ticket}, "password": {password}}).leadsTo(t, "/welcome")
			return ticket
		}, 410, "This link has been used already."},
		"revoked": {func() string {
			var made struct{ ID, URL string }
			s.operator(t, "POST", "/v1/invitations", `{"email_address":"bob@example.com"}`, &made)
			s.operator(t, "POST", "/v1/invitations/"+made.ID+"/revoke", "", nil)
			return strings.TrimPrefix(made.URL, s.Origin()+accept)
		}, 410, "withdrawn"},
		"revoked sign-in link": {func() string {
			var u, made struct{ ID, URL string }
			s.operator(t, "POST", "/v1/users", `{"email_address":["cleo@example.com"],"skip_password_requirement":true}`, &u)
			s.operator(t, "POST", "/v1/sign_in_tokens", `{"user_id":"`+u.ID+`"}`, &made)
			s.operator(t, "POST", "/v1/sign_in_tokens/"+made.ID+"/revoke", "", nil)
			return strings.TrimPrefix(made.URL, s.Origin()+accept)
		}, 410, "withdrawn"},
		"cut": {func() string {
			_, ticket := b.link("/v1/invitations", `{"email_address":"dora@example.com"}`)
			return ticket[:10]
		}, 404, "Copy the whole link"},
		"empty":      {func() string { return "" }, 404, "Copy the whole link"},
		"a question": {func() string { return "x&ticket=y" }, 404, "Copy the whole link"},
	} {
		ticket := dead.ticket()
		for _, headers := range [][]string{{}, {"Sec-Fetch-Mode", "navigate"}} {
			a := open(accept+ticket, headers...)
			a.want(t, dead.status, dead.text, `href="/sign-in`)
			if got := a.Header.Get("Content-Type"); !strings.HasPrefix(got, "text/html") {
				t.Errorf("%s: %s", name, got)
			}
		}
		for _, page := range []string{"/sign-in", "/sign-up"} {
			b.linkPage(page+"?__clerk_ticket="+ticket, dead.status, dead.text)
		}
		if a := b.get(accept+ticket, "Accept", "*/*", "Sec-Fetch-Mode", "cors"); a.Header.Get("Content-Type") != "application/json" || a.StatusCode < 400 {
			t.Errorf("%s: a client of the API gets %d %s", name, a.StatusCode, a.Header.Get("Content-Type"))
		}
	}
	b.post("/sign-in", url.Values{"ticket": {"guess"}}).want(t, 422, "Copy the whole link", `href="/sign-in`)

	for _, address := range []string{"/__clerk/v1/client/handshake?redirect_url=https%3A%2F%2Fevil.example%2F", "/__clerk/v1/client/handshake", "/__clerk/v1/verify", "/__clerk/x", "/__clerk//x"} {
		a := b.get(address, "Sec-Fetch-Mode", "navigate")
		a.want(t, a.StatusCode, `role="alert"`, "<h1>", "Continue</a>")
		if a.StatusCode < 400 || !strings.HasPrefix(a.Header.Get("Content-Type"), "text/html") {
			t.Errorf("%s: %d %s", address, a.StatusCode, a.Header.Get("Content-Type"))
		}
		if a := b.script(address); a.Header.Get("Content-Type") != "application/json" && !strings.Contains(address, "handshake") {
			t.Errorf("%s: a script gets %s", address, a.Header.Get("Content-Type"))
		}
	}
}

// C4: the form of an invited person names the address and the organization, and has a user
// name that password managers keep and the form does not send.
func TestC4_TheInvitedFormSaysWhatItIsFor(t *testing.T) {
	t.Parallel()
	s := startDev(t)
	owner := s.browser(t)
	owner.signUp("owner@example.com", "Olga")
	owner.organize("create", "name", "Acme & Sons")
	org, _ := owner.org()
	b := s.browser(t)
	user := `readonly type="email" autocomplete="username" value="Bob@example.com"`
	page, ticket := b.link("/v1/organizations/"+org+"/invitations", `{"email_address":"Bob@example.com","role":"org:member"}`)
	for range 2 {
		b.linkPage(page, 200, "<bdi>Bob@example.com</bdi> is invited to join <bdi>Acme &amp; Sons</bdi>.", user)
	}
	b.post("/sign-up", url.Values{"ticket": {ticket}}).want(t, 422, "Enter a password.", "<bdi>Acme &amp; Sons</bdi>", user)
	page, _ = b.link("/v1/invitations", `{"email_address":"Bob@example.com"}`)
	b.linkPage(page, 200, "<bdi>Bob@example.com</bdi> is invited to create an account.", user)
}

// C8: a refusal says which rule was broken, beside the field.
func TestC8_RefusalsSayTheRule(t *testing.T) {
	t.Parallel()
	s := start(t)
	b := s.browser(t)
	up := func(field, value string) *answer {
		form := url.Values{"email_address": {"ada@example.com"}, "password": {password}}
		form.Set(field, value)
		return b.post("/sign-up", form)
	}
	newEmoji, long := "correct horse \U0001fae9", strings.Repeat("x", 300)
	up("password", newEmoji).want(t, 422, "a character that can&#39;t be typed reliably everywhere", `aria-invalid="true"`)
	up("password", "correct\x01horse battery").want(t, 422, "a character that can&#39;t be typed reliably everywhere")
	up("password", "short").want(t, 422, "Use at least 8 characters")
	up("password", strings.Repeat("long ", 60)).want(t, 422, "Use at most 256 characters")
	up("password", "ada@example.com").want(t, 422, "The password must not be your email address.")
	up("password", "password1").want(t, 422, "list of common or stolen ones")
	up("first_name", "\u200f").want(t, 422, "This name has no visible characters.")
	up("last_name", long).want(t, 422, "Names can have at most 256 characters.")
	up("last_name", "a\nb").want(t, 422, "Names must be on one line")
	up("email_address", "ada@ex\u200bample.com").want(t, 422, "This is not an email address.")
	b.signUp("ada@example.com", "Ada")
	change := func(next string) *answer {
		return b.post("/user", url.Values{"action": {"password"}, "current_password": {password}, "new_password": {next}})
	}
	change(newEmoji).want(t, 422, "a character that can&#39;t be typed reliably everywhere")
	change(password).want(t, 422, "This is your current password. Choose a new one.")
	b.post("/user", url.Values{"action": {"update"}, "first_name": {"   "}}).want(t, 422, "This name has no visible characters.")
	create := func(name string) *answer {
		return b.post("/organizations", url.Values{"action": {"create"}, "name": {name}})
	}
	create("   ").want(t, 422, "Enter a name.")
	create(long).want(t, 422, "Names can have at most 256 characters.")
	create("a\u2028b").want(t, 422, "Names must be on one line")
	create("see https://evil.example").want(t, 422, "Names cannot contain links or HTML.")
}

// An invitation that names a page of the app opens that page once it is accepted, and is never
// dropped there, also where the page needs somebody signed in.
func TestC2_InvitationsToAPageAreNotDropped(t *testing.T) {
	t.Parallel()
	s := startDev(t)
	ada := s.browser(t)
	ada.signUp("ada@example.com", "Ada")
	ada.organize("create", "name", "Acme")
	org, _ := ada.org()
	for i, target := range []string{"/welcome", "/dashboard", "/client/auth?a=b"} {
		address := strconv.Itoa(i) + "@example.com"
		bob := s.browser(t)
		page, ticket := bob.link("/v1/organizations/"+org+"/invitations", `{"email_address":"`+address+`","role":"org:member","redirect_url":"`+target+`"}`)
		a := bob.get(page)
		if a.StatusCode != 303 || ticketIn(t, a.location()) != ticket || a.Header.Get("Referrer-Policy") != "no-referrer" {
			t.Fatalf("%s: %d to %q", page, a.StatusCode, a.location())
		}
		form := bob.linkPage(a.location(), 200, "<bdi>"+address+"</bdi>", `action="/sign-up"`)
		if !strings.Contains(form.body, `name="redirect_url" value="`+target+`"`) {
			t.Errorf("%s: the way back is lost", target)
		}
		bob.post("/sign-up", url.Values{"ticket": {ticket}, "password": {password}, "redirect_url": {target}}).leadsTo(t, target)
		bob.get(target).want(t, 200)
	}
	page, _ := ada.link("/v1/organizations/"+org+"/invitations", `{"email_address":"zoe@example.com","role":"org:member","redirect_url":"/welcome"}`)
	ada.linkPage(ada.get(page).location(), 200, "Sign out and continue")
}
