package identity_test

import (
	"errors"
	"testing"

	"github.com/usherauth/usher/identity"
	"github.com/usherauth/usher/wire"
)

// I26: members cannot pile up invitations, neither fast nor without end, and revoking some
// makes room.
func TestI26_InvitationsAreLimited(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	ada := app.member("ada")
	path := "/v1/organizations/" + ada.found("Acme").ID + "/invitations"
	bulk := func(from, to int) answer {
		fields := []string{"role", "org:member"}
		for n := from; n < to; n++ {
			fields = append(fields, "email_address", "p"+decimal(n)+"@example.com")
		}
		return ada.post(path+"/bulk", fields...)
	}
	for n := 0; n < 500; n += 50 {
		bulk(n, n+50).want(t, 200, "")
	}
	bulk(500, 501).want(t, 403, wire.CodeMembershipQuota)
	ada.post(path, "email_address", "one@example.com", "role", "org:member").want(t, 403, wire.CodeMembershipQuota)
	first := decode[wire.Response[wire.List[wire.OrganizationInvitation]]](t, ada.get(path).body).Response
	if first.TotalCount != 500 {
		t.Errorf("%d invitations", first.TotalCount)
	}
	ada.post(path+"/"+first.Data[0].ID+"/revoke").want(t, 200, "")
	bulk(500, 501).want(t, 200, "")

	limited := newApp(t, func(c *identity.Config) { c.Limits = identity.Limits{} })
	bob := limited.member("bob")
	path = "/v1/organizations/" + bob.found("Bobs").ID + "/invitations"
	refused := 0
	for n := range 100 {
		if bob.post(path+"/bulk", "email_address", "p"+decimal(n)+"@example.com", "role", "org:member").StatusCode == 429 {
			refused++
		}
	}
	if refused < 50 {
		t.Errorf("%d of 100 requests at once were refused", refused)
	}
}

// Nobody is in more organizations of their own than their browsers can list, unless an
// operator says so.
func TestOwnOrganizationsAreLimited(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	ada := app.member("ada")
	last := ""
	for range 100 {
		last = ada.found("Acme").ID
	}
	ada.post("/v1/organizations", "name", "One more").want(t, 403, wire.CodeOrganizationLimit)
	ada.post("/v1/organizations/"+last+"?_method=DELETE").want(t, 200, "")
	ada.found("Acme")
	app.backend("PATCH", "/v1/users/"+ada.userID(), `{"create_organizations_limit":101}`).want(t, 200, "")
	ada.found("Acme")
	app.backend("POST", "/v1/organizations", `{"name":"By an operator","created_by":"`+ada.userID()+`"}`).want(t, 403, wire.CodeOrganizationLimit)
}

// memberOfMany puts somebody into n organizations.
func (a *app) memberOfMany(userID string, n int) {
	a.t.Helper()
	err := a.store.Update(a.t.Context(), func(tx identity.Tx) error {
		for i := range n {
			id := "many" + decimal(i)
			if err := errors.Join(
				tx.PutOrganization(identity.Organization{ID: "org_" + id, Name: id, Slug: id}),
				tx.PutMembership(identity.Membership{ID: "orgmem_" + id, OrgID: "org_" + id, UserID: userID, Role: wire.RoleAdmin}),
			); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		a.t.Fatal(err)
	}
}

// I26: nobody is put into so many organizations that they cannot sign in any more.
func TestI26_MembershipsOfAPersonAreLimited(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	ada, bob := app.member("ada"), app.visitor()
	full := app.person(t, "bob@example.com").ID
	bob.enter("bob@example.com").want(t, 200, "")
	app.memberOfMany(full, 249)
	one, two := ada.found("One").ID, ada.found("Two").ID
	add := func(org string) answer {
		return ada.post("/v1/organizations/"+org+"/memberships", "user_id", full, "role", "org:member")
	}
	add(one).want(t, 200, "")
	add(two).want(t, 403, wire.CodeMembershipQuota)
	bob.post("/v1/organizations", "name", "Own").want(t, 403, wire.CodeMembershipQuota)

	ada.post("/v1/organizations/"+two+"/invitations", "email_address", "bob@example.com", "role", "org:member").want(t, 200, "")
	list := decode[wire.Response[wire.List[wire.OrganizationInvitation]]](t, bob.get("/v1/me/organization_invitations").body).Response
	accept := "/v1/me/organization_invitations/" + list.Data[0].ID + "/accept"
	bob.post(accept).want(t, 403, wire.CodeMembershipQuota)

	app.join(two, full, "org:member") // an operator may
	for _, org := range []string{one, two} {
		bob.post("/v1/me/organization_memberships/"+org+"?_method=DELETE").want(t, 200, "")
	}
	add(one).want(t, 200, "")
}

// I26: members cannot put people into organizations in a hurry.
func TestI26_AddingMembersIsLimited(t *testing.T) {
	t.Parallel()
	app := newApp(t, func(c *identity.Config) { c.Limits = identity.Limits{} })
	ada := app.member("ada")
	path, refused := "/v1/organizations/"+ada.found("Acme").ID+"/memberships", 0
	for range 20 {
		if ada.post(path, "user_id", "user_none", "role", "org:member").StatusCode == 429 {
			refused++
		}
	}
	if refused < 10 {
		t.Errorf("%d of 20 requests at once were refused", refused)
	}
}
