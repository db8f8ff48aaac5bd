package identity_test

import (
	"strings"
	"testing"

	"github.com/usherauth/usher/wire"
)

// invitations are the two kinds that are mailed to an address: each makes a link and says
// whether whoever used it got what it is for.
func (a *app) invitations(t *testing.T) map[string]struct {
	link func(address string) string
	got  func(v *visitor) bool
} {
	t.Helper()
	org := a.member("owner").found("Acme")
	return map[string]struct {
		link func(address string) string
		got  func(v *visitor) bool
	}{
		"organization": {
			func(address string) string {
				got := a.backend("POST", "/v1/organizations/"+org.ID+"/invitations", `{"email_address":"`+address+`","role":"org:member"}`)
				got.want(t, 200, "")
				return string(decode[wire.OrganizationInvitation](t, got.body).URL)
			},
			func(v *visitor) bool {
				m := v.client().Sessions[0].User.OrganizationMemberships
				return len(m) == 1 && m[0].Organization.ID == org.ID
			},
		},
		"operator": {
			func(address string) string {
				got := a.backend("POST", "/v1/invitations", `{"email_address":"`+address+`","ignore_existing":true,"public_metadata":{"plan":"gold"}}`)
				got.want(t, 200, "")
				return decode[wire.Invitation](t, got.body).URL
			},
			func(v *visitor) bool { return string(v.client().Sessions[0].User.PublicMetadata) == `{"plan":"gold"}` },
		},
	}
}

func (v *visitor) proven(address string) bool {
	v.t.Helper()
	e := v.client().Sessions[0].User.EmailAddresses
	return len(e) == 1 && e[0].EmailAddress == address && e[0].Verification.Status == "verified"
}

// A ticket that was mailed proves the address, as a code does, at both doors: the account
// that somebody made before with the address is the invited person's from then on, and nobody
// else's (I24).
func TestA6_TheInvitedPersonClaimsTheAddress(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	n := 0
	for kind, invitation := range app.invitations(t) {
		for door, enter := range map[string]func(v *visitor, ticket string){
			"sign-in": func(v *visitor, ticket string) { v.ticket(ticket).want(t, 200, "") },
			"sign-up": func(v *visitor, ticket string) {
				v.post("/v1/client/sign_ups", "strategy", "ticket", "ticket", ticket, "password", "a passphrase of Carol", "first_name", "Carol").want(t, 200, "")
			},
			"sign-up in two steps": func(v *visitor, ticket string) {
				a := v.post("/v1/client/sign_ups", "strategy", "ticket", "ticket", ticket)
				a.want(t, 200, "")
				id := decode[wire.Response[wire.SignUp]](t, a.body).Response.ID
				v.post("/v1/client/sign_ups/"+id+"?_method=PATCH", "strategy", "ticket", "ticket", ticket, "password", "a passphrase of Carol").want(t, 200, "")
			},
		} {
			n++
			name, address := kind+" by "+door, "carol"+decimal(n)+"@example.com"
			squatter := app.visitor()
			squatter.signUp(address)
			ticket := ticketOf(t, invitation.link(address))
			carol := app.visitor()
			enter(carol, ticket)
			if !carol.proven(address) || !invitation.got(carol) {
				t.Errorf("%s: client = %+v", name, carol.client().Sessions[0].User)
			}
			squatter.get("/v1/me").want(t, 401, wire.CodeSignedOut)
			app.visitor().post("/v1/client/sign_ins", "identifier", address, "password", password).want(t, 422, wire.CodePasswordOrIdentifier)
			if door != "sign-in" {
				app.visitor().post("/v1/client/sign_ins", "identifier", address, "password", "a passphrase of Carol").want(t, 200, "")
			}
			app.visitor().ticket(ticket).want(t, 400, "invitation_already_accepted")
		}
	}
}

// Where a ticket's address leads, and which door is open, for everybody who can follow it.
func TestC1_EveryInvitedPersonGetsIn(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	for kind, invitation := range app.invitations(t) {
		at := func(name string) string { return name + "." + kind + "@example.com" }
		// somebody new
		link := invitation.link(at("new"))
		if got := app.follow(t, link); !strings.Contains(got, "__clerk_status=sign_up") {
			t.Errorf("%s, new: %s", kind, got)
		}
		v := app.visitor()
		v.ticket(ticketOf(t, link)).want(t, 400, "invitation_account_not_exists")
		v.post("/v1/client/sign_ups", "strategy", "ticket", "ticket", ticketOf(t, link), "password", password).want(t, 200, "")
		if !v.proven(at("new")) || !invitation.got(v) {
			t.Errorf("%s, new: not in", kind)
		}
		// an account that its owner made and did not prove, with the password: it stays theirs
		mine := app.visitor()
		mine.signUp(at("unproven"))
		link = invitation.link(at("unproven"))
		if got := app.follow(t, link); !strings.Contains(got, "__clerk_status=sign_in") {
			t.Errorf("%s, unproven: %s", kind, got)
		}
		v = app.visitor()
		v.post("/v1/client/sign_ins", "strategy", "ticket", "ticket", ticketOf(t, link), "password", "not this one").want(t, 422, wire.CodePasswordOrIdentifier)
		v.post("/v1/client/sign_ins", "strategy", "ticket", "ticket", ticketOf(t, link), "password", password).want(t, 200, "")
		if !v.proven(at("unproven")) || !invitation.got(v) {
			t.Errorf("%s, unproven: not in", kind)
		}
		mine.get("/v1/me").want(t, 200, "")
		app.visitor().post("/v1/client/sign_ins", "identifier", at("unproven"), "password", password).want(t, 200, "")
		// proven and signed out
		app.person(t, at("proven"))
		link = invitation.link(at("proven"))
		if got := app.follow(t, link); !strings.Contains(got, "__clerk_status=sign_in") {
			t.Errorf("%s, proven: %s", kind, got)
		}
		v = app.visitor()
		v.post("/v1/client/sign_ups", "strategy", "ticket", "ticket", ticketOf(t, link), "password", password).want(t, 400, "invitation_account_exists")
		v.ticket(ticketOf(t, link)).want(t, 200, "")
		if !v.proven(at("proven")) || !invitation.got(v) {
			t.Errorf("%s, proven: not in", kind)
		}
	}
}

// A signed-in person accepts without signing in again, with a ticket to one of their own
// addresses and no other, and a second click changes nothing.
func TestC2_InvitationsAreAcceptedInASession(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	for kind, invitation := range app.invitations(t) {
		for _, proven := range []bool{true, false} {
			address := map[bool]string{true: "proven.", false: "unproven."}[proven] + kind + "@example.com"
			v, other := app.visitor(), app.visitor()
			v.signUp(address)
			other.signUp("other." + address)
			if proven {
				app.verify(address)
			}
			ticket := ticketOf(t, invitation.link(address))
			about := func(v *visitor) wire.TicketInfo {
				t.Helper()
				a := v.get("/v1/tickets?ticket=" + ticket)
				a.want(t, 200, "")
				return decode[wire.Response[wire.TicketInfo]](t, a.body).Response
			}
			if got := about(v); got.SignedIn != wire.TicketHolderSelf || got.EmailAddress != address {
				t.Errorf("%s: ticket = %+v", address, got)
			}
			if got := about(other); got.SignedIn != wire.TicketHolderOther {
				t.Errorf("%s: ticket = %+v", address, got)
			}
			if got := about(app.visitor()); got.SignedIn != "" || (got.Account == wire.TicketAccountVerified) != proven {
				t.Errorf("%s: ticket = %+v", address, got)
			}
			other.post("/v1/tickets/accept", "ticket", ticket).want(t, 403, wire.CodeAuthorizationInvalid)
			app.visitor().post("/v1/tickets/accept", "ticket", ticket).want(t, 401, wire.CodeSignedOut)
			v.get("/v1/tickets/accept?ticket=" + ticket)
			if invitation.got(v) {
				t.Errorf("%s: F07: following the link accepted it", address)
			}
			for range 2 {
				v.post("/v1/tickets/accept", "ticket", ticket).want(t, 200, "")
				if !v.proven(address) || !invitation.got(v) {
					t.Errorf("%s: not accepted", address)
				}
			}
			if c := v.claims(); kind == "organization" && (c.Org == nil) {
				t.Errorf("%s: the token does not act for the organization: %+v", address, c)
			}
			app.visitor().ticket(ticket).want(t, 400, "invitation_already_accepted")
		}
	}
	v := app.member("zoe")
	for _, bad := range []string{"x", ""} {
		if a := v.post("/v1/tickets/accept", "ticket", bad); a.StatusCode != 404 && a.StatusCode != 422 {
			t.Errorf("%q: %d %s", bad, a.StatusCode, a.body)
		}
	}
}

// Somebody who acts for a person accepts nothing in their name.
func TestC2_ImpersonatorsAcceptNothing(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	invitation := app.invitations(t)["organization"]
	ada := app.person(t, "ada@example.com")
	ticket := ticketOf(t, invitation.link("ada@example.com"))
	actor := decode[wire.Ticket](t, app.backend("POST", "/v1/actor_tokens", `{"user_id":"`+ada.ID+`","actor":{"sub":"user_support"}}`).body)
	v := app.visitor()
	v.ticket(actor.Token).want(t, 200, "")
	v.post("/v1/tickets/accept", "ticket", ticket).want(t, 403, wire.CodeImpersonated)
	list := v.get("/v1/me/organization_invitations")
	id := decode[wire.Response[wire.List[wire.OrganizationInvitation]]](t, list.body).Response.Data[0].ID
	v.post("/v1/me/organization_invitations/"+id+"/accept").want(t, 403, wire.CodeImpersonated)
}

// Somebody who became a member in the meantime is let in all the same, with the role that
// they have.
func TestC1_MembersUseUpTheirInvitation(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	org := app.member("owner").found("Acme")
	ada := app.person(t, "ada@example.com")
	ticket := app.inviteTo(t, org.ID, "ada@example.com")
	app.backend("POST", "/v1/organizations/"+org.ID+"/memberships", `{"user_id":"`+ada.ID+`","role":"org:admin"}`).want(t, 200, "")
	v := app.visitor()
	v.ticket(ticket).want(t, 200, "")
	if m := v.client().Sessions[0].User.OrganizationMemberships; len(m) != 1 || m[0].Role != "org:admin" {
		t.Errorf("memberships = %+v", m)
	}
	app.visitor().ticket(ticket).want(t, 400, "invitation_already_accepted")
}
