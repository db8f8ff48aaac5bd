package identity_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/usherauth/usher/identity"
	"github.com/usherauth/usher/wire"
)

// invite makes an invitation and returns it with its ticket.
func (a *app) invite(t *testing.T, body string) (wire.Invitation, string) {
	t.Helper()
	got := a.backend("POST", "/v1/invitations", body)
	got.want(t, 200, "")
	inv := decode[wire.Invitation](t, got.body)
	return inv, ticketOf(t, inv.URL)
}

// An invitation fills in the address and proves it; what was put into it becomes the
// person's.
func TestInvitedPeopleSignUp(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	inv, ticket := app.invite(t, `{"email_address":"Ada@example.com","public_metadata":{"team":"a"},"expires_in_days":1,"notify":true}`)
	if inv.Object != "invitation" || inv.Status != "pending" || inv.Revoked || inv.EmailAddress != "Ada@example.com" || string(inv.PublicMetadata) != `{"team":"a"}` ||
		inv.ExpiresAt == nil || *inv.ExpiresAt != app.clock.Now().Add(24*time.Hour).UnixMilli() || app.follow(t, inv.URL) != origin+"/sign-up?__clerk_status=sign_up&__clerk_ticket="+ticket {
		t.Errorf("invitation = %+v", inv)
	}
	v := app.visitor()
	a := v.post("/v1/client/sign_ups", "strategy", "ticket", "ticket", ticket)
	a.want(t, 200, "")
	up := decode[wire.Response[wire.SignUp]](t, a.body).Response
	if up.Status != wire.StatusMissingRequirements || string(up.EmailAddress) != "Ada@example.com" || strings.Join(up.MissingFields, " ") != "password" {
		t.Errorf("sign-up = %s", a.body)
	}
	// I27: the address is the invited one and no other.
	v.post("/v1/client/sign_ups/"+up.ID+"?_method=PATCH", "email_address", "eve@example.com", "password", password).want(t, 422, wire.CodeParamValueInvalid)
	v.post("/v1/client/sign_ups/"+up.ID+"?_method=PATCH", "email_address", "ada@example.com", "password", password).want(t, 200, "")
	u := v.client().Sessions[0].User
	if len(u.EmailAddresses) != 1 || u.EmailAddresses[0].Verification.Status != "verified" || string(u.PublicMetadata) != `{"team":"a"}` {
		t.Errorf("user = %+v", u)
	}
	app.visitor().post("/v1/client/sign_ups", "strategy", "ticket", "ticket", ticket, "password", password).want(t, 400, "invitation_already_accepted")
	app.visitor().ticket(ticket).want(t, 400, "invitation_already_accepted")
	app.visitor().get("/v1/tickets/accept?ticket="+ticket).want(t, 400, "invitation_already_accepted")
	app.backend("POST", "/v1/invitations/"+inv.ID+"/revoke", "").want(t, 400, "invitation_already_accepted")
	if got := app.events(identity.AuditQuery{UserID: u.ID, Types: []string{"invitation.accepted"}}); len(got) != 1 {
		t.Errorf("events = %v", got)
	}
}

// I27: a ticket is bound to its address from the first request on.
func TestI27_TicketForAnotherAddress(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	inv, ticket := app.invite(t, `{"email_address":"ada@example.com"}`)
	app.visitor().post("/v1/client/sign_ups", "strategy", "ticket", "ticket", ticket, "email_address", "eve@example.com", "password", password).
		want(t, 422, wire.CodeParamValueInvalid)
	if n := app.backend("GET", "/v1/users/count", "").body; !strings.Contains(n, `"total_count":0`) {
		t.Errorf("count = %s", n)
	}
	app.backend("POST", "/v1/invitations/"+inv.ID+"/revoke", "").want(t, 200, "")
	app.visitor().post("/v1/client/sign_ups", "strategy", "ticket", "ticket", ticket, "password", password).want(t, 400, "revoked_invitation")
	app.backend("POST", "/v1/invitations/"+inv.ID+"/revoke", "").want(t, 400, "invitation_already_revoked")
	_, ticket = app.invite(t, `{"email_address":"ada@example.com","expires_in_days":1}`)
	app.clock.Add(24 * time.Hour)
	app.visitor().post("/v1/client/sign_ups", "strategy", "ticket", "ticket", ticket, "password", password).want(t, 400, wire.CodeTicketExpired)
	app.visitor().post("/v1/client/sign_ups", "strategy", "ticket", "ticket", "x").want(t, 400, wire.CodeTicketInvalid)
	app.visitor().post("/v1/client/sign_ups", "strategy", "ticket").want(t, 422, wire.CodeParamMissing)
}

// An invitation that is revoked, or that expires, while somebody fills in the form is not
// accepted any more.
func TestInvitationsEndDuringASignUp(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	inv, ticket := app.invite(t, `{"email_address":"ada@example.com"}`)
	v := app.visitor()
	up := decode[wire.Response[wire.SignUp]](t, v.post("/v1/client/sign_ups", "strategy", "ticket", "ticket", ticket).body).Response
	app.backend("POST", "/v1/invitations/"+inv.ID+"/revoke", "").want(t, 200, "")
	v.post("/v1/client/sign_ups/"+up.ID+"?_method=PATCH", "password", password).want(t, 400, "revoked_invitation")
	if n := app.backend("GET", "/v1/users/count", "").body; !strings.Contains(n, `"total_count":0`) {
		t.Errorf("count = %s", n)
	}
}

// I16: of two browsers that finish with one invitation at the same time, one signs up.
func TestI16_InvitationsAreAcceptedOnce(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	for run := range 100 {
		_, ticket := app.invite(t, `{"email_address":"user`+strconv.Itoa(run)+`@example.com"}`)
		ok := atOnce(func(int) int {
			return app.visitor().post("/v1/client/sign_ups", "strategy", "ticket", "ticket", ticket, "password", password).StatusCode
		})
		if ok != 1 {
			t.Fatalf("run %d: %d browsers signed up, want 1", run, ok)
		}
	}
	if n := app.backend("GET", "/v1/users/count", "").body; !strings.Contains(n, `"total_count":100`) {
		t.Errorf("count = %s, want 100", n)
	}
}

func TestBackendSignUpInvitations(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	app.person(t, "taken@example.com")
	a, ticket := app.invite(t, `{"email_address":"a@example.com","redirect_url":"`+origin+`/join?x=1"}`)
	if got := app.follow(t, a.URL); got != origin+"/join?__clerk_status=sign_up&__clerk_ticket="+ticket+"&x=1" {
		t.Errorf("the address leads to %q", got)
	}
	if !strings.HasPrefix(a.ID, "inv_") {
		t.Errorf("id %q, want one of an invitation to sign up", a.ID)
	}
	app.clock.Add(time.Second)
	b, _ := app.invite(t, `{"email_address":"b@example.com","expires_in_days":1}`)
	app.clock.Add(time.Second)
	c, _ := app.invite(t, `{"email_address":"c@example.com"}`)
	app.backend("POST", "/v1/invitations/"+c.ID+"/revoke", "").want(t, 200, "")

	for _, tt := range []struct {
		name, body string
		status     int
		code       string
		param      string
	}{
		{"nothing", `{}`, 422, wire.CodeParamMissing, "email_address"},
		{"no address", `{"email_address":"x"}`, 422, wire.CodeParamFormatInvalid, "email_address"},
		{"somebody's address", `{"email_address":"taken@example.com"}`, 422, wire.CodeIdentifierExists, "email_address"},
		{"invited already", `{"email_address":"A@example.com"}`, 400, wire.CodeDuplicateRecord, ""},
		{"no days", `{"email_address":"x@example.com","expires_in_days":0}`, 422, wire.CodeParamFormatInvalid, "expires_in_days"},
		{"two years", `{"email_address":"x@example.com","expires_in_days":730}`, 422, wire.CodeParamFormatInvalid, "expires_in_days"},
		{"metadata", `{"email_address":"x@example.com","public_metadata":[]}`, 422, wire.CodeParamFormatInvalid, "public_metadata"},
		{"script address", `{"email_address":"x@example.com","redirect_url":"javascript:alert(1)"}`, 422, wire.CodeParamFormatInvalid, "redirect_url"},
		{"foreign address", `{"email_address":"x@example.com","redirect_url":"https://evil.example/join"}`, 422, wire.CodeParamFormatInvalid, "redirect_url"},
		{"unknown field", `{"email_address":"x@example.com","private_metadata":{}}`, 422, wire.CodeParamUnknown, "private_metadata"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := app.backend("POST", "/v1/invitations", tt.body)
			got.want(t, tt.status, tt.code)
			if p := got.param(t); p != tt.param {
				t.Errorf("param_name = %q, want %q", p, tt.param)
			}
		})
	}
	app.invite(t, `{"email_address":"a@example.com","ignore_existing":true}`)
	app.invite(t, `{"email_address":"taken@example.com","ignore_existing":true}`)
	app.invite(t, `{"email_address":"c@example.com"}`) // the earlier one was revoked
	app.clock.Add(24 * time.Hour)
	app.invite(t, `{"email_address":"b@example.com"}`) // the earlier one has expired

	for query, want := range map[string]string{
		"status=expired": "b", "status=revoked": "c", "query=TAKEN": "taken", "query=" + a.ID: "a", "status=accepted": "",
		"query=c@":                                "c",
		"order_by=email_address":                  "a a b b c taken",
		"order_by=-email_address&limit=2":         "taken c",
		"order_by=expires_at&limit=1":             "b",
		"status=pending&status=revoked&limit=500": "b c taken a c a",
	} {
		list := app.backend("GET", "/v1/invitations?"+query, "")
		list.want(t, 200, "")
		if strings.Contains(list.body, "__clerk_ticket") {
			t.Errorf("%s: a ticket is shown again", query)
		}
		var names []string
		for _, i := range decode[[]wire.Invitation](t, list.body) {
			names = append(names, strings.TrimSuffix(i.EmailAddress, "@example.com"))
		}
		if got := strings.Join(names, " "); got != want && (strings.HasPrefix(query, "order_by") || !sameWords(got, want)) {
			t.Errorf("%s: %q, want %q", query, got, want)
		}
	}
	if page := decode[wire.List[wire.Invitation]](t, app.backend("GET", "/v1/invitations?paginated=true&limit=1", "").body); len(page.Data) != 1 || page.TotalCount != 6 {
		t.Errorf("page = %+v", page)
	}
	app.backend("GET", "/v1/invitations?status=lost", "").want(t, 422, wire.CodeParamFormatInvalid)
	app.backend("GET", "/v1/invitations?order_by=status", "").want(t, 422, wire.CodeParamFormatInvalid)
	app.backend("POST", "/v1/invitations/inv_x/revoke", "").want(t, 404, wire.CodeResourceNotFound)
	app.backend("POST", "/v1/invitations/"+b.ID+"/revoke", "").want(t, 200, "")
}

// An invitation is deleted whatever became of it, with its ticket and the address: what is
// left of it is an event.
func TestBackendDeletesInvitations(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	pending, ticket := app.invite(t, `{"email_address":"ada@example.com"}`)
	revoked, _ := app.invite(t, `{"email_address":"bob@example.com"}`)
	accepted, used := app.invite(t, `{"email_address":"cleo@example.com"}`)
	kept, open := app.invite(t, `{"email_address":"dan@example.com"}`)
	app.backend("POST", "/v1/invitations/"+revoked.ID+"/revoke", "").want(t, 200, "")
	app.visitor().post("/v1/client/sign_ups", "strategy", "ticket", "ticket", used, "password", password).want(t, 200, "")
	begun := app.visitor() // and comes back too late
	a := begun.post("/v1/client/sign_ups", "strategy", "ticket", "ticket", ticket)
	a.want(t, 200, "")
	attempt := decode[wire.Response[wire.SignUp]](t, a.body).Response.ID

	for _, inv := range []wire.Invitation{pending, revoked, accepted} {
		a := app.backend("DELETE", "/v1/invitations/"+inv.ID, "")
		a.want(t, 200, "")
		if d := decode[wire.Deleted](t, a.body); d.Object != "invitation" || d.ID != inv.ID || !d.Deleted {
			t.Errorf("answer = %s", a.body)
		}
		app.backend("DELETE", "/v1/invitations/"+inv.ID, "").want(t, 404, wire.CodeResourceNotFound)
		app.backend("POST", "/v1/invitations/"+inv.ID+"/revoke", "").want(t, 404, wire.CodeResourceNotFound)
	}
	begun.post("/v1/client/sign_ups/"+attempt+"?_method=PATCH", "password", password).want(t, 400, wire.CodeTicketInvalid)
	for _, gone := range []string{ticket, used} {
		app.visitor().post("/v1/client/sign_ups", "strategy", "ticket", "ticket", gone, "password", password).want(t, 400, wire.CodeTicketInvalid)
	}
	if list := decode[[]wire.Invitation](t, app.backend("GET", "/v1/invitations", "").body); len(list) != 1 || list[0].ID != kept.ID {
		t.Errorf("invitations = %+v", list)
	}
	app.visitor().post("/v1/client/sign_ups", "strategy", "ticket", "ticket", open, "password", password).want(t, 200, "")
	if got := app.events(identity.AuditQuery{Types: []string{"invitation.deleted"}}); len(got) != 3 {
		t.Errorf("events = %v", got)
	}
	app.invite(t, `{"email_address":"ada@example.com"}`) // may be invited again

	org := app.member("eve").found("Acme")
	a = app.backend("POST", "/v1/organizations/"+org.ID+"/invitations", `{"email_address":"x@example.com","role":"org:member"}`)
	id := decode[wire.OrganizationInvitation](t, a.body).ID
	app.backend("DELETE", "/v1/invitations/"+id, "").want(t, 404, wire.CodeResourceNotFound)
}

// sameWords compares without order: two invitations of one instant come in either.
func sameWords(a, b string) bool {
	count := map[string]int{}
	for _, w := range strings.Fields(a) {
		count[w]++
	}
	for _, w := range strings.Fields(b) {
		count[w]--
	}
	for _, n := range count {
		if n != 0 {
			return false
		}
	}
	return true
}

// Several invitations are made together or not at all.
func TestBackendInvitesInBulk(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	app.person(t, "taken@example.com")
	app.backend("POST", "/v1/invitations/bulk", `[{"email_address":"a@example.com"},{"email_address":"taken@example.com"}]`).want(t, 422, wire.CodeIdentifierExists)
	app.backend("POST", "/v1/invitations/bulk", `[{"email_address":"a@example.com"},{"email_address":"a@example.com"}]`).want(t, 400, wire.CodeDuplicateRecord)
	app.backend("POST", "/v1/invitations/bulk", `[]`).want(t, 400, wire.CodeRequestBodyInvalid)
	app.backend("POST", "/v1/invitations/bulk", `{"email_address":"a@example.com"}`).want(t, 400, wire.CodeRequestBodyInvalid)
	app.backend("POST", "/v1/invitations/bulk", `[`+strings.Repeat(`{"email_address":"a@example.com"},`, 10)+`{}]`).want(t, 400, wire.CodeRequestBodyInvalid)
	if list := app.backend("GET", "/v1/invitations", "").body; strings.TrimSpace(list) != "[]" {
		t.Errorf("invitations = %s, want none", list)
	}
	a := app.backend("POST", "/v1/invitations/bulk", `[{"email_address":"a@example.com"},{"email_address":"b@example.com","redirect_url":null}]`)
	a.want(t, 200, "")
	all := decode[[]wire.Invitation](t, a.body)
	if len(all) != 2 || all[0].EmailAddress != "a@example.com" || all[1].URL == all[0].URL || all[1].URL == "" {
		t.Errorf("invitations = %s", a.body)
	}
}
