package identity_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/usherauth/usher/identity"
	"github.com/usherauth/usher/wire"
)

func TestRolesAndPermissionsAPI(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	ada, bob := app.member("ada"), app.member("bob")
	org := ada.found("Acme")
	list := decode[wire.List[wire.OrganizationRole]](t, app.backend("GET", "/v1/organization_roles?order_by=key", "").body)
	if list.TotalCount != 2 || list.Data[0].Key != "org:admin" || !list.Data[0].IsCreatorEligible || len(list.Data[0].Permissions) != 10 || list.Data[0].Permissions[0].Type != "system" ||
		list.Data[0].CreatedAt != app.clock.Now().UnixMilli() {
		t.Errorf("roles = %+v", list)
	}
	admin, member := list.Data[0], list.Data[1]
	read := create[wire.OrganizationPermission](app, "/v1/organization_permissions", `{"name":"Read invoices","key":"org:invoices:read","description":"All of them"}`)
	pay := create[wire.OrganizationPermission](app, "/v1/organization_permissions", `{"name":"Pay invoices","key":"org:invoices:pay"}`)
	if !strings.HasPrefix(read.ID, "perm_") || read.Type != "user" || read.Description != "All of them" {
		t.Errorf("permission = %+v", read)
	}
	role := create[wire.OrganizationRole](app, "/v1/organization_roles", `{"name":"Bookkeeper","key":"org:bookkeeper","description":null,"permissions":["`+read.ID+`"],"include_in_initial_role_set":true}`)
	if !strings.HasPrefix(role.ID, "role_") || len(role.Permissions) != 1 || role.IsCreatorEligible {
		t.Errorf("role = %+v", role)
	}
	app.join(org.ID, bob.userID(), "org:bookkeeper")
	bob.activate(org.ID).want(t, 200, "")
	if p := bob.auth().OrgPermissions(); !slices.Equal(p, []string{"org:invoices:read"}) {
		t.Errorf("permissions %q", p)
	}
	path := "/v1/organization_roles/" + role.ID
	app.backend("POST", path+"/permissions/"+pay.ID, "").want(t, 200, "")
	app.backend("POST", path+"/permissions/"+pay.ID, "").want(t, 409, wire.CodePermissionInRole)
	app.backend("DELETE", path+"/permissions/"+read.ID, "").want(t, 200, "")
	app.backend("DELETE", path+"/permissions/"+read.ID, "").want(t, 404, wire.CodePermissionNotInRole)
	app.clock.Add(time.Second)
	if p := bob.auth().OrgPermissions(); !slices.Equal(p, []string{"org:invoices:pay"}) {
		t.Errorf("permissions %q", p)
	}
	app.backend("PATCH", "/v1/organization_permissions/"+pay.ID, `{"key":"org:invoices:settle","name":"Settle"}`).want(t, 200, "")
	app.clock.Add(time.Second)
	if p := bob.auth().OrgPermissions(); !slices.Equal(p, []string{"org:invoices:settle"}) {
		t.Errorf("permissions %q", p)
	}
	app.backend("PATCH", path, `{"key":"org:clerk"}`).want(t, 422, wire.CodeRoleAssigned)
	app.backend("DELETE", path, "").want(t, 422, wire.CodeRoleAssigned)
	app.backend("PATCH", path, `{"name":"Clerk","permissions":[]}`).want(t, 200, "")
	app.backend("PATCH", "/v1/organizations/"+org.ID+"/memberships/"+bob.userID(), `{"role":"org:member"}`).want(t, 200, "")
	ada.post("/v1/organizations/"+org.ID+"/invitations", "email_address", "x@example.com", "role", "org:bookkeeper").want(t, 200, "")
	app.backend("DELETE", path, "").want(t, 422, wire.CodeRoleInvited)
	app.clock.Add(31 * 24 * time.Hour)
	app.backend("PATCH", path, `{"key":"org:clerk"}`).want(t, 200, "")
	app.backend("DELETE", path, "").want(t, 200, "")
	app.backend("DELETE", "/v1/organization_permissions/"+pay.ID, "").want(t, 200, "")

	app.backend("DELETE", "/v1/organization_roles/"+admin.ID, "").want(t, 422, wire.CodeCreatorRole)
	app.backend("DELETE", "/v1/organization_roles/"+member.ID, "").want(t, 422, wire.CodeDefaultRole)
	app.backend("PATCH", "/v1/organization_roles/"+admin.ID, `{"permissions":[]}`).want(t, 422, wire.CodeCreatorPermissions)
	app.backend("PATCH", "/v1/organization_roles/"+admin.ID, `{"key":"org:boss"}`).want(t, 422, wire.CodeParamValueInvalid)
	system := admin.Permissions[0].ID
	app.backend("GET", "/v1/organization_permissions/"+system, "").want(t, 200, "")
	app.backend("PATCH", "/v1/organization_permissions/"+system, `{"name":"x"}`).want(t, 403, wire.CodeSystemPermission)
	app.backend("DELETE", "/v1/organization_permissions/"+system, "").want(t, 403, wire.CodeSystemPermission)
	if found := decode[wire.List[wire.OrganizationPermission]](t, app.backend("GET", "/v1/organization_permissions?query=members", "").body); found.TotalCount != 2 {
		t.Errorf("search found %+v", found)
	}
	for _, event := range []string{"role.created", "role.updated", "role.deleted", "permission.created", "permission.updated", "permission.deleted"} {
		if !slices.Contains(app.events(identity.AuditQuery{}), event) {
			t.Errorf("no event %s", event)
		}
	}
}
