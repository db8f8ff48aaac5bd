package identity_test

import (
	"strings"
	"testing"
	"time"

	"github.com/usherauth/usher/identity"
	"github.com/usherauth/usher/wire"
)

// linkOf is the address in an invitation's mail.
func linkOf(t *testing.T, m identity.Mail) string {
	t.Helper()
	for word := range strings.FieldsSeq(m.Text.Reveal()) {
		if strings.HasPrefix(word, origin) {
			return word
		}
	}
	t.Fatalf("no address in %q", m.Text.Reveal())
	return ""
}

// Whoever invites, a member in the browser or an operator, the invited address gets the same
// mail, and what is in it makes them a member.
func TestInvitationsAreMailedWhoeverInvites(t *testing.T) {
	t.Parallel()
	app, box := newMailApp(t)
	ada := app.member("ada")
	org := ada.found("Acme")
	path := "/v1/organizations/" + org.ID + "/invitations"

	a := ada.post(path, "email_address", "Bob@example.com", "role", "org:member")
	a.want(t, 200, "")
	mine := box.next("invitation", "Bob@example.com")
	ticket := ticketOf(t, linkOf(t, mine))
	if strings.Contains(a.body, ticket) || strings.Contains(mine.Subject, ticket) {
		t.Error("I27: who invites, or who reads subjects, gets the secret of the invited address")
	}
	app.backend("POST", path, `{"email_address":"cleo@example.com","role":"org:member","inviter_user_id":"`+ada.userID()+`"}`).want(t, 200, "")
	theirs := box.next("invitation", "cleo@example.com")
	text := func(m identity.Mail) string {
		return strings.Replace(m.Text.Reveal(), ticketOf(t, linkOf(t, m)), "TICKET", 1)
	}
	if mine.Subject != theirs.Subject || text(mine) != text(theirs) {
		t.Errorf("a member's mail %q\n%s\nan operator's %q\n%s", mine.Subject, text(mine), theirs.Subject, text(theirs))
	}
	v := app.visitor()
	v.post("/v1/client/sign_ups", "strategy", "ticket", "ticket", ticket, "password", password).want(t, 200, "")
	if m := v.client().Sessions[0].User.OrganizationMemberships; len(m) != 1 || m[0].Organization.ID != org.ID {
		t.Errorf("memberships = %+v", m)
	}
	app.visitor().ticket(ticket).want(t, 400, "invitation_already_accepted")

	ada.post(path+"/bulk", "email_address", "dan@example.com", "email_address", "eve@example.com", "role", "org:member").want(t, 200, "")
	to := map[string]bool{}
	for range 2 {
		m := <-box.ch
		to[m.To] = true
	}
	if !to["dan@example.com"] || !to["eve@example.com"] {
		t.Errorf("mails went to %v", to)
	}
	ada.post(path, "email_address", "fay@example.com", "role", "org:member", "notify", "false").want(t, 200, "")
	ada.post(path, "email_address", "dan@example.com", "role", "org:member").want(t, 400, wire.CodeDuplicateRecord)
	ada.post(path, "email_address", "nobody", "role", "org:member").want(t, 422, wire.CodeParamFormatInvalid)
	box.none(app)
}

// I26: nobody's mailbox is filled with invitations, by however many organizations; codes are
// counted by themselves.
func TestI26_InvitationsToOneAddress(t *testing.T) {
	t.Parallel()
	app, box := newMailApp(t)
	ada := app.member("ada")
	path := "/v1/organizations/" + ada.found("Acme").ID + "/invitations"
	invite := func() answer { return ada.post(path, "email_address", "Bob@example.com", "role", "org:member") }
	for range identity.MailsAtOnce {
		a := invite()
		a.want(t, 200, "")
		box.next("invitation", "Bob@example.com")
		id := decode[wire.Response[wire.OrganizationInvitation]](t, a.body).Response.ID
		ada.post(path+"/"+id+"/revoke").want(t, 200, "")
	}
	refused := invite()
	refused.want(t, 429, wire.CodeTooManyRequests)
	if refused.Header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
	box.none(app)
	member(t, app, box, "bob@example.com")
	app.clock.Add(time.Hour)
	invite().want(t, 200, "")
}

// The mail says who invites and to what, with people's names kept apart from the sentence.
func TestC7_InvitationsNameWhoInvites(t *testing.T) {
	t.Parallel()
	app, box := newMailApp(t)
	ada := app.member("ada")
	org := ada.found("Acme")
	path := "/v1/organizations/" + org.ID + "/invitations"
	first := func(want string) {
		t.Helper()
		m := <-box.ch
		line, _, _ := strings.Cut(m.Text.Reveal(), "\n")
		if line != want {
			t.Errorf("the mail says %+q, want %+q", line, want)
		}
		for _, r := range m.Subject {
			if r > 0x7f {
				t.Errorf("subject %+q", m.Subject)
			}
		}
	}
	ada.post(path, "email_address", "bob@example.com", "role", "org:member").want(t, 200, "")
	first("Ada Lovelace invited you to join Acme on ExampleApp.")
	app.backend("POST", path, `{"email_address":"cleo@example.com","role":"org:member"}`).want(t, 200, "")
	first("You are invited to join Acme on ExampleApp.")
	app.backend("POST", "/v1/invitations", `{"email_address":"dora@example.com"}`).want(t, 200, "")
	first("You are invited to create an account on ExampleApp.")
	ada.post("/v1/me?_method=PATCH", "first_name", "\u202eeve", "last_name", "\u2069\u05d0\u05d1").want(t, 200, "")
	app.backend("PATCH", "/v1/organizations/"+org.ID, `{"name":"\u05d0\u05db\u05de\u05d4"}`).want(t, 200, "")
	ada.post(path, "email_address", "fay@example.com", "role", "org:member").want(t, 200, "")
	first("\u2068\u202eeve \u05d0\u05d1\u2069 invited you to join \u2068\u05d0\u05db\u05de\u05d4\u2069 on ExampleApp.")
	ada.post("/v1/me?_method=PATCH", "first_name", "", "last_name", "").want(t, 200, "")
	ada.post(path, "email_address", "gil@example.com", "role", "org:member").want(t, 200, "")
	first("ada@example.com invited you to join \u2068\u05d0\u05db\u05de\u05d4\u2069 on ExampleApp.")
}
