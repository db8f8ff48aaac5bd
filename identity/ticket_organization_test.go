package identity_test

import (
	"testing"

	"github.com/usherauth/usher/wire"
)

// inviteTo makes an invitation to an organization as an operator does, and returns its
// ticket.
func (a *app) inviteTo(t *testing.T, orgID, address string) string {
	t.Helper()
	got := a.backend("POST", "/v1/organizations/"+orgID+"/invitations", `{"email_address":"`+address+`","role":"org:member"}`)
	got.want(t, 200, "")
	return ticketOf(t, string(decode[wire.OrganizationInvitation](t, got.body).URL))
}

// Whoever is invited to an organization and has no account signs up with the ticket, and is
// a member from the first token on.
func TestSignUpWithATicketOfAnOrganization(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	org := app.member("ada").found("Acme")
	ticket := app.inviteTo(t, org.ID, "bob@example.com")
	v := app.visitor()
	v.post("/v1/client/sign_ups", "strategy", "ticket", "ticket", ticket, "email_address", "eve@example.com", "password", password).want(t, 422, wire.CodeParamValueInvalid)
	v.ticket(ticket).want(t, 400, "invitation_account_not_exists")
	v.post("/v1/client/sign_ups", "strategy", "ticket", "ticket", ticket, "password", password).want(t, 200, "")
	u := v.client().Sessions[0].User
	if u.EmailAddresses[0].Verification.Status != "verified" || len(u.OrganizationMemberships) != 1 || u.OrganizationMemberships[0].Role != "org:member" {
		t.Errorf("user = %+v", u)
	}
	if got := v.claims(); got.Org == nil || got.Org.ID != org.ID {
		t.Errorf("claims = %+v, want the organization", got)
	}
	app.visitor().ticket(ticket).want(t, 400, "invitation_already_accepted")
}

// Somebody with an account signs in with it, but only if the invited address is theirs (I27):
// an account that added it and never proved it, and is known by another, is not signed in.
func TestI27_SignInWithATicketOfAnOrganization(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	org := app.member("ada").found("Acme")
	app.member("bob")
	ticket := app.inviteTo(t, org.ID, "bob@example.com")
	app.verify("bob@example.com")
	mallory := app.member("mallory")
	app.verify("mallory@example.com")
	mallory.post("/v1/me/email_addresses", "email_address", "dora@example.com").want(t, 200, "")
	app.visitor().ticket(app.inviteTo(t, org.ID, "dora@example.com")).want(t, 400, "invitation_account_not_exists")
	v := app.visitor()
	v.ticket(ticket).want(t, 200, "")
	if got := v.claims(); got.Org == nil || got.Org.ID != org.ID {
		t.Errorf("claims = %+v, want the organization", got)
	}
	app.visitor().ticket(ticket).want(t, 400, "invitation_already_accepted")

	cleo := app.person(t, "cleo@example.com")
	ticket = app.inviteTo(t, org.ID, "cleo@example.com")
	app.backend("POST", "/v1/users/"+cleo.ID+"/ban", "").want(t, 200, "")
	app.visitor().ticket(ticket).want(t, 403, wire.CodeUserBanned)
	app.backend("POST", "/v1/users/"+cleo.ID+"/unban", "").want(t, 200, "")
	app.backend("DELETE", "/v1/organizations/"+org.ID, "").want(t, 200, "")
	app.visitor().ticket(ticket).want(t, 400, wire.CodeTicketInvalid)
}

// I16: one ticket, two browsers at the same time, one member.
func TestI16_TicketsOfOrganizationsAreUsedOnce(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	org := app.member("ada").found("Acme")
	for run := range 20 {
		address := "user" + decimal(run) + "@example.com"
		app.person(t, address)
		ticket := app.inviteTo(t, org.ID, address)
		if ok := atOnce(func(int) int { return app.visitor().ticket(ticket).StatusCode }); ok != 1 {
			t.Fatalf("run %d: %d browsers were signed in, want 1", run, ok)
		}
	}
}
