package identity_test

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/usherauth/usher/identity"
	"github.com/usherauth/usher/wire"
)

// admins counts the members of an organization that can manage it.
func (a *app) admins(orgID string) int {
	a.t.Helper()
	list := decode[wire.List[wire.OrganizationMembership]](a.t, a.backend("GET", "/v1/organizations/"+orgID+"/memberships?role=org:admin", "").body)
	return int(list.TotalCount)
}

func TestMembers(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	ada, bob := app.member("ada"), app.member("bob")
	org := ada.found("Acme")
	members := "/v1/organizations/" + org.ID + "/memberships"
	app.clock.Add(time.Second)

	a := ada.post(members, "user_id", bob.userID(), "role", "org:member")
	a.want(t, 200, "")
	m := decode[wire.Response[wire.OrganizationMembership]](t, a.body).Response
	if !strings.HasPrefix(m.ID, "orgmem_") || m.Role != "org:member" || *m.Organization.MembersCount != 2 || m.PublicUserData.UserID != bob.userID() || m.PublicUserData.Banned != nil {
		t.Errorf("membership = %s", a.body)
	}
	ada.post(members, "user_id", bob.userID(), "role", "org:member").want(t, 400, wire.CodeAlreadyMember)
	ada.post(members, "user_id", "user_none", "role", "org:member").want(t, 404, wire.CodeResourceNotFound)
	a = ada.post(members, "user_id", bob.userID(), "role", "org:owner")
	a.want(t, 404, wire.CodeResourceNotFound)
	if a.param(t) != "role" {
		t.Errorf("param_name = %q", a.param(t))
	}
	a = ada.post(members)
	a.want(t, 422, wire.CodeParamMissing)
	if e := decode[wire.Errors](t, a.body).Errors; len(e) != 2 {
		t.Errorf("errors = %+v, want both fields", e)
	}

	for _, tt := range []struct{ query, want string }{
		{"", "bob ada"}, {"&role=org:admin", "ada"}, {"&role=org:admin,org:member", "bob ada"}, {"&query=BOB", "bob"},
		{"&limit=1", "bob"}, {"&limit=1&offset=1", "ada"}, {"&query=nobody", ""}, {"&role=x", ""},
	} {
		a := ada.get(members + "?paginated=true" + tt.query)
		a.want(t, 200, "")
		var got []string
		for _, m := range decode[wire.Response[wire.List[wire.OrganizationMembership]]](t, a.body).Response.Data {
			got = append(got, strings.TrimSuffix(m.PublicUserData.Identifier, "@example.com"))
		}
		if strings.Join(got, " ") != tt.want {
			t.Errorf("%s: %v, want %s", tt.query, got, tt.want)
		}
	}
	if a := bob.get(members); !strings.HasPrefix(a.body, `{"response":[{`) {
		t.Errorf("without paginated=true the list is %.60s, want a bare array", a.body)
	}
	bob.get(members+"?query="+strings.Repeat("x", 257)).want(t, 422, wire.CodeParamFormatInvalid)

	app.clock.Add(time.Second)
	a = bob.post("/v1/me/organization_memberships/" + org.ID + "?_method=DELETE")
	a.want(t, 200, "")
	got := decode[wire.Response[wire.Deleted]](t, a.body)
	if !got.Response.Deleted || len(got.Client.Sessions[0].User.OrganizationMemberships) != 0 {
		t.Errorf("after leaving: %s", a.body)
	}
	bob.get(members).want(t, 404, wire.CodeOrganizationNotFound)
	if events := app.events(identity.AuditQuery{UserID: bob.userID(), Types: []string{"membership.created", "membership.deleted"}}); !slices.Equal(events, []string{"membership.created", "membership.deleted"}) {
		t.Errorf("events %v", events)
	}
}

func TestMyMemberships(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	ada := app.member("ada")
	for _, name := range []string{"One", "Two", "Three"} {
		ada.found(name)
		app.clock.Add(time.Second)
	}
	a := ada.get("/v1/me/organization_memberships?paginated=true&limit=2&offset=1")
	a.want(t, 200, "")
	list := decode[wire.Response[wire.List[wire.OrganizationMembership]]](t, a.body).Response
	if list.TotalCount != 3 || len(list.Data) != 2 || list.Data[0].Organization.Name != "Two" {
		t.Errorf("page = %+v", list)
	}
	if a := ada.get("/v1/me/organization_memberships"); !strings.HasPrefix(a.body, `{"response":[{`) {
		t.Errorf("without paginated=true the list is %.60s", a.body)
	}
}

// The last member who can manage an organization stays that, by whatever way.
func TestTheLastAdministratorStays(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	ada, bob := app.member("ada"), app.member("bob")
	org := ada.found("Acme")
	members := "/v1/organizations/" + org.ID + "/memberships/"
	app.join(org.ID, bob.userID(), "org:member")
	refused := func() {
		t.Helper()
		ada.post("/v1/me/organization_memberships/"+org.ID+"?_method=DELETE").want(t, 400, wire.CodeLastAdmin)
		ada.post(members+ada.userID()+"?_method=DELETE").want(t, 400, wire.CodeLastAdmin)
		ada.post(members+ada.userID()+"?_method=PATCH", "role", "org:member").want(t, 400, wire.CodeLastAdmin)
		app.backend("DELETE", members+ada.userID(), "").want(t, 400, wire.CodeLastAdmin)
		app.backend("PATCH", members+ada.userID(), `{"role":"org:member"}`).want(t, 400, wire.CodeLastAdmin)
	}
	refused()
	ada.post(members+ada.userID()+"?_method=PATCH", "role", "org:admin").want(t, 200, "")
	ada.post(members+bob.userID()+"?_method=PATCH", "role", "org:admin").want(t, 200, "")
	bob.post(members+bob.userID()+"?_method=PATCH", "role", "org:member").want(t, 200, "")
	refused()
	ada.post(members+bob.userID()+"?_method=PATCH", "role", "org:admin").want(t, 200, "")
	ada.post("/v1/me/organization_memberships/"+org.ID+"?_method=DELETE").want(t, 200, "")
	if n := app.admins(org.ID); n != 1 {
		t.Errorf("%d administrators", n)
	}
}

// L13: when the last two administrators leave, or step down, at the same time, one stays.
func TestOneOfTwoLastAdministratorsStays(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	ada, bob := app.member("ada"), app.member("bob")
	both := []*visitor{ada, bob}
	for run := range 100 {
		org := ada.found("Acme")
		app.join(org.ID, bob.userID(), "org:admin")
		var wg sync.WaitGroup
		answers := make([]answer, 2)
		for i, v := range both {
			v := v.copy()
			id := v.userID()
			wg.Go(func() {
				if run%2 == 0 {
					answers[i] = v.post("/v1/me/organization_memberships/" + org.ID + "?_method=DELETE")
				} else {
					answers[i] = v.post("/v1/organizations/"+org.ID+"/memberships/"+id+"?_method=PATCH", "role", "org:member")
				}
			})
		}
		wg.Wait()
		if n := app.admins(org.ID); n != 1 || answers[0].StatusCode+answers[1].StatusCode != 600 {
			t.Fatalf("run %d: %d administrators, answers %d and %d", run, n, answers[0].StatusCode, answers[1].StatusCode)
		}
		app.backend("DELETE", "/v1/organizations/"+org.ID, "").want(t, 200, "")
	}
}

// Deleting an account is never refused: an organization that loses its last administrator by
// it is shown to operators, who give it a new one.
func TestDeletingTheLastAdministrator(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	ada, bob := app.member("ada"), app.member("bob")
	org := ada.found("Acme")
	bob.found("Bob's")
	app.join(org.ID, bob.userID(), "org:member")
	app.backend("DELETE", "/v1/users/"+ada.userID(), "").want(t, 200, "")
	got := decode[wire.Organization](t, app.backend("GET", "/v1/organizations/"+org.ID, "").body)
	if *got.MembersCount != 1 || !*got.WithoutElevatedMember {
		t.Errorf("organization = %+v", got)
	}
	list := decode[wire.List[wire.Organization]](t, app.backend("GET", "/v1/organizations?filter_by=missing_member_with_elevated_permissions", "").body)
	if list.TotalCount != 1 || list.Data[0].ID != org.ID {
		t.Errorf("organizations without administrators = %+v", list)
	}
	app.backend("PATCH", "/v1/organizations/"+org.ID+"/memberships/"+bob.userID(), `{"role":"org:admin"}`).want(t, 200, "")
	if n := app.admins(org.ID); n != 1 {
		t.Errorf("%d administrators", n)
	}
}

func TestLimitOfMembers(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	ada, bob, cleo := app.member("ada"), app.member("bob"), app.member("cleo")
	org := ada.found("Acme")
	path := "/v1/organizations/" + org.ID
	app.backend("PATCH", path, `{"max_allowed_memberships":2}`).want(t, 200, "")
	ada.post(path+"/invitations", "email_address", "bob@example.com", "role", "org:member").want(t, 200, "")
	ada.post(path+"/memberships", "user_id", cleo.userID(), "role", "org:member").want(t, 403, wire.CodeMembershipQuota)
	ada.post(path+"/invitations", "email_address", "cleo@example.com", "role", "org:member").want(t, 403, wire.CodeMembershipQuota)
	app.verify("bob@example.com")
	bob.accept(bob.onlyInvitation()).want(t, 200, "")
	ada.post(path+"/memberships", "user_id", cleo.userID(), "role", "org:member").want(t, 403, wire.CodeMembershipQuota)
	app.backend("PATCH", path, `{"max_allowed_memberships":0}`).want(t, 200, "")
	ada.post(path+"/memberships", "user_id", cleo.userID(), "role", "org:member").want(t, 200, "")
	app.backend("PATCH", path, `{"max_allowed_memberships":4}`).want(t, 200, "")
	a := ada.post(path+"/invitations", "email_address", "dan@example.com", "role", "org:member")
	a.want(t, 200, "")
	app.clock.Add(31 * 24 * time.Hour) // what ran out takes no room
	ada = app.visitor()
	ada.post("/v1/client/sign_ins", "identifier", "ada@example.com", "password", password).want(t, 200, "")
	ada.post(path+"/invitations", "email_address", "eve@example.com", "role", "org:member").want(t, 200, "")
}
