package identity_test

import (
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/usherauth/usher/identity"
	"github.com/usherauth/usher/wire"
)

// verify marks an address as proven.
func (a *app) verify(address string) {
	a.t.Helper()
	err := a.store.Update(a.t.Context(), func(tx identity.Tx) error {
		u, err := tx.UserByEmail(address)
		if err != nil {
			return err
		}
		for i := range u.Emails {
			u.Emails[i].Verified = u.Emails[i].Verified || u.Emails[i].Normalized == address
		}
		return tx.PutUser(u)
	})
	if err != nil {
		a.t.Fatal(err)
	}
}

func (v *visitor) invitations(query string) []wire.OrganizationInvitation {
	v.t.Helper()
	a := v.get("/v1/me/organization_invitations" + query)
	a.want(v.t, 200, "")
	return decode[wire.Response[wire.List[wire.OrganizationInvitation]]](v.t, a.body).Response.Data
}

func (v *visitor) onlyInvitation() string {
	v.t.Helper()
	list := v.invitations("?status=pending")
	if len(list) != 1 {
		v.t.Fatalf("invitations = %+v, want one", list)
	}
	return list[0].ID
}

func (v *visitor) accept(id string, fields ...string) answer {
	v.t.Helper()
	return v.post("/v1/me/organization_invitations/"+id+"/accept", fields...)
}

func TestInvitations(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	ada, bob := app.member("ada"), app.member("bob")
	org := ada.found("Acme")
	path := "/v1/organizations/" + org.ID + "/invitations"
	a := ada.post(path, "email_address", "Bob@Example.com", "role", "org:member", "notify", "true")
	a.want(t, 200, "")
	i := decode[wire.Response[wire.OrganizationInvitation]](t, a.body).Response
	if !strings.HasPrefix(i.ID, "orginv_") || i.Status != "pending" || i.OrganizationID != org.ID || i.RoleName != "Member" || i.URL != "" ||
		string(i.InviterID) != ada.userID() || *i.ExpiresAt != app.clock.Now().Add(30*24*time.Hour).UnixMilli() {
		t.Errorf("invitation = %s", a.body)
	}
	a = ada.post(path, "email_address", "bob@example.com", "role", "org:member")
	a.want(t, 400, wire.CodeDuplicateRecord)
	if m := decode[wire.Errors](t, a.body).Errors[0].Meta; !slices.Equal(m.EmailAddresses, []string{"bob@example.com"}) {
		t.Errorf("meta = %+v", m)
	}
	ada.post(path, "email_address", "ada@example.com", "role", "org:member").want(t, 400, wire.CodeAlreadyMember)
	ada.post(path, "email_address", "not an address", "role", "org:member").want(t, 422, wire.CodeParamFormatInvalid)
	ada.post(path, "email_address", "x@example.com", "role", "org:none").want(t, 404, wire.CodeResourceNotFound)
	ada.post(path, "role", "org:member").want(t, 422, wire.CodeParamMissing)

	if list := bob.invitations(""); len(list) != 0 {
		t.Errorf("somebody with an unproven address sees %+v", list)
	}
	app.verify("bob@example.com")
	app.clock.Add(time.Second)
	list := bob.invitations("?status=pending,expired")
	if len(list) != 1 || list[0].PublicOrganizationData.Name != "Acme" || list[0].PublicInviterData.UserID != ada.userID() {
		t.Fatalf("invitations = %+v", list)
	}
	a = bob.accept(i.ID)
	a.want(t, 200, "")
	got := decode[wire.Response[wire.OrganizationInvitation]](t, a.body)
	if got.Response.Status != "accepted" || len(got.Client.Sessions[0].User.OrganizationMemberships) != 1 {
		t.Errorf("accepted = %s", a.body)
	}
	bob.accept(i.ID).want(t, 404, wire.CodeInvitationNotPending)
	ada.post(path+"/"+i.ID+"/revoke").want(t, 404, wire.CodeInvitationNotPending)
	ada.post(path, "email_address", "bob@example.com", "role", "org:member").want(t, 400, wire.CodeAlreadyMember)
	if events := app.events(identity.AuditQuery{OrgID: org.ID, Types: []string{"invitation.created", "invitation.accepted"}}); !slices.Equal(events, []string{"invitation.created", "invitation.accepted"}) {
		t.Errorf("events %v", events)
	}
}

func TestManyInvitationsAtOnce(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	ada := app.member("ada")
	org := ada.found("Acme")
	path := "/v1/organizations/" + org.ID + "/invitations"
	count := func() int {
		t.Helper()
		a := ada.get(path + "?status=pending&limit=100")
		a.want(t, 200, "")
		return int(decode[wire.Response[wire.List[wire.OrganizationInvitation]]](t, a.body).Response.TotalCount)
	}
	a := ada.post(path+"/bulk", "email_address", "bob@example.com", "email_address", "cleo@example.com", "role", "org:member")
	a.want(t, 200, "")
	if list := decode[wire.Response[[]wire.OrganizationInvitation]](t, a.body).Response; len(list) != 2 || list[1].EmailAddress != "cleo@example.com" {
		t.Errorf("invitations = %s, want a bare array of two", a.body)
	}
	a = ada.post(path+"/bulk", "email_address", "dan@example.com", "email_address", "BOB@example.com", "email_address", "dan@EXAMPLE.com", "role", "org:member")
	a.want(t, 400, wire.CodeDuplicateRecord)
	if m := decode[wire.Errors](t, a.body).Errors[0].Meta; !slices.Equal(m.EmailAddresses, []string{"BOB@example.com", "dan@EXAMPLE.com"}) {
		t.Errorf("meta = %+v", m)
	}
	ada.post(path+"/bulk", "email_address", "dan@example.com", "email_address", "nobody", "role", "org:member").want(t, 422, wire.CodeParamFormatInvalid)
	ada.post(path+"/bulk", "role", "org:member").want(t, 422, wire.CodeParamMissing)
	ada.post(path+"/bulk", "email_address", "dan@example.com").want(t, 422, wire.CodeParamMissing)
	fields := []string{"role", "org:member"}
	for i := range 51 {
		fields = append(fields, "email_address", "p"+decimal(i)+"@example.com")
	}
	ada.post(path+"/bulk", fields...).want(t, 400, wire.CodeBulkSizeExceeded)
	if n := count(); n != 2 {
		t.Errorf("%d invitations, want the first two", n)
	}
	if a := ada.get(path + "/pending"); !strings.HasPrefix(a.body, `{"response":[{`) {
		t.Errorf("pending = %.60s, want a bare array", a.body)
	}
	ada.get(path+"?status=gone").want(t, 422, wire.CodeParamFormatInvalid)
	id := decode[wire.Response[wire.List[wire.OrganizationInvitation]]](t, ada.get(path).body).Response.Data[0].ID
	ada.post(path+"/"+id+"/revoke").want(t, 200, "")
	ada.post(path+"/"+id+"/revoke").want(t, 404, wire.CodeInvitationNotPending)
	ada.post(path+"/orginv_none/revoke").want(t, 404, wire.CodeInvitationNotFound)
	if n := count(); n != 1 {
		t.Errorf("%d pending after one was revoked", n)
	}
}

// I27: an invitation is for the address it was sent to, and for nobody who only says that it
// is theirs. What ran out, was revoked or belongs to another organization is worth nothing.
func TestI27_InvitationsAreForTheirAddress(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	ada, bob, eve := app.member("ada"), app.member("bob"), app.member("eve")
	org, other := ada.found("Acme"), ada.found("Other")
	invite := func(address string) (id, ticket string) {
		t.Helper()
		a := app.backend("POST", "/v1/organizations/"+org.ID+"/invitations", `{"email_address":"`+address+`","role":"org:member"}`)
		a.want(t, 200, "")
		i := decode[wire.OrganizationInvitation](t, a.body)
		u, err := url.Parse(string(i.URL))
		if err != nil || u.Query().Get("ticket") == "" {
			t.Fatalf("url = %q", i.URL)
		}
		return i.ID, u.Query().Get("ticket")
	}
	id, ticket := invite("bob@example.com")
	otherID, otherTicket := invite("cleo@example.com")
	app.verify("eve@example.com")
	eve.accept(id).want(t, 404, wire.CodeInvitationNotFound)
	eve.accept(id, "ticket", ticket).want(t, 404, wire.CodeInvitationNotFound)
	eve.accept("orginv_none").want(t, 404, wire.CodeInvitationNotFound)
	bob.accept(id).want(t, 404, wire.CodeInvitationNotFound) // the address is not proven
	bob.accept(id, "ticket", "").want(t, 422, wire.CodeParamMissing)
	bob.accept(id, "ticket", "guess").want(t, 404, wire.CodeInvitationNotFound)
	bob.accept(id, "ticket", otherTicket).want(t, 404, wire.CodeInvitationNotFound)
	bob.accept(otherID, "ticket", otherTicket).want(t, 404, wire.CodeInvitationNotFound)
	ada.post("/v1/organizations/"+other.ID+"/invitations/"+id+"/revoke").want(t, 404, wire.CodeInvitationNotFound)

	bob.accept(id, "ticket", ticket).want(t, 200, "")
	if u := bob.client().Sessions[0].User; u.EmailAddresses[0].Verification.Status != "verified" {
		t.Error("the ticket did not prove the address")
	}
	if got := app.events(identity.AuditQuery{UserID: bob.userID(), Types: []string{"email_address.verified"}}); len(got) != 1 {
		t.Errorf("the audit log has %d proofs of the address, want 1", len(got))
	}
	bob.accept(id, "ticket", ticket).want(t, 404, wire.CodeInvitationNotPending)

	app.verify("bob@example.com")
	app.backend("DELETE", "/v1/organizations/"+org.ID+"/memberships/"+bob.userID(), "").want(t, 200, "")
	id, _ = invite("bob@example.com")
	ada.post("/v1/organizations/"+org.ID+"/invitations/"+id+"/revoke").want(t, 200, "")
	bob.accept(id).want(t, 404, wire.CodeInvitationNotPending)
	id, ticket = invite("bob@example.com")
	app.clock.Add(30 * 24 * time.Hour)
	bob = app.visitor()
	bob.post("/v1/client/sign_ins", "identifier", "bob@example.com", "password", password).want(t, 200, "")
	bob.accept(id).want(t, 404, wire.CodeInvitationNotPending)
	bob.accept(id, "ticket", ticket).want(t, 404, wire.CodeInvitationNotPending)
	if list := bob.invitations("?status=expired"); len(list) != 1 || list[0].ID != id {
		t.Errorf("expired invitations = %+v", list)
	}
}

// I16: an invitation that is accepted and revoked at the same time is one of the two, and one
// that is accepted twice makes one member.
func TestI16_InvitationsAreSpentOnce(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	ada, bob := app.member("ada"), app.member("bob")
	app.verify("bob@example.com")
	org := ada.found("Acme")
	path := "/v1/organizations/" + org.ID
	for run := range 100 {
		a := ada.post(path+"/invitations", "email_address", "bob@example.com", "role", "org:member")
		a.want(t, 200, "")
		id := decode[wire.Response[wire.OrganizationInvitation]](t, a.body).Response.ID
		var wg sync.WaitGroup
		answers := make([]answer, 2)
		first, second := bob.copy(), bob.copy()
		admin := ada.copy()
		wg.Go(func() { answers[0] = first.accept(id) })
		wg.Go(func() {
			if run%2 == 0 {
				answers[1] = second.accept(id)
			} else {
				answers[1] = admin.post(path + "/invitations/" + id + "/revoke")
			}
		})
		wg.Wait()
		if answers[0].StatusCode+answers[1].StatusCode != 604 {
			t.Fatalf("run %d: answers %d and %d, want one success", run, answers[0].StatusCode, answers[1].StatusCode)
		}
		member := answers[0].StatusCode == 200 || run%2 == 0
		status := app.backend("DELETE", path+"/memberships/"+bob.userID(), "").StatusCode
		if (status == 200) != member {
			t.Fatalf("run %d: removing the member = %d, member %v", run, status, member)
		}
	}
}

// F07: following an invitation's address changes nothing; it leads to a page of the app.
func TestF07_TicketsAreAcceptedByAForm(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	ada := app.member("ada")
	org := ada.found("Acme")
	path := "/v1/organizations/" + org.ID + "/invitations"
	invite := func(body string) *url.URL {
		t.Helper()
		a := app.backend("POST", path, body)
		a.want(t, 200, "")
		u, err := url.Parse(string(decode[wire.OrganizationInvitation](t, a.body).URL))
		if err != nil || !strings.HasPrefix(u.String(), origin+"/__clerk/v1/tickets/accept?ticket=") {
			t.Fatalf("url = %v, %v", u, err)
		}
		return u
	}
	app.member("bob")
	for _, tt := range []struct{ body, want string }{
		{`{"email_address":"new@example.com","role":"org:member"}`, origin + "/sign-up?__clerk_status=sign_up&__clerk_ticket="},
		{`{"email_address":"bob@example.com","role":"org:member"}`, origin + "/sign-in?__clerk_status=sign_in&__clerk_ticket="},
		{`{"email_address":"c@example.com","role":"org:member","redirect_url":"/join?a=1"}`, origin + "/join?__clerk_status=sign_up&__clerk_ticket="},
		{`{"email_address":"d@example.com","role":"org:member","redirect_url":"` + origin + `/join"}`, origin + "/join?__clerk_status=sign_up&__clerk_ticket="},
	} {
		u := invite(tt.body)
		a := app.visitor().get("/v1/tickets/accept?" + u.RawQuery)
		if a.StatusCode != 307 || !strings.HasPrefix(a.Header.Get("Location"), tt.want) || a.Header.Get("Referrer-Policy") != "no-referrer" {
			t.Errorf("%s leads to %d %q, want %s…", tt.body, a.StatusCode, a.Header.Get("Location"), tt.want)
		}
	}
	app.backend("POST", path, `{"email_address":"e@example.com","role":"org:member","redirect_url":"https://evil.example/"}`).want(t, 422, wire.CodeParamFormatInvalid)
	app.visitor().get("/v1/tickets/accept").want(t, 422, wire.CodeParamMissing)
	app.visitor().get("/v1/tickets/accept?ticket=guess").want(t, 404, wire.CodeInvitationNotFound)
	list := decode[wire.Response[wire.List[wire.OrganizationInvitation]]](t, ada.get(path).body).Response
	for _, i := range list.Data {
		if i.Status != "pending" || i.URL != "" {
			t.Errorf("invitation = %+v", i)
		}
	}
}
