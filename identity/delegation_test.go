package identity_test

import (
	"strings"
	"testing"

	"github.com/usherauth/usher/identity"
	"github.com/usherauth/usher/wire"
)

// delegation is an organization with an admin, a manager who may only manage members, and
// a plain member.
type delegation struct {
	app                    *app
	org                    wire.Organization
	admin, manager, member *visitor
}

func newDelegation(t *testing.T) delegation {
	t.Helper()
	d := delegation{app: newApp(t)}
	d.app.setAccess(identity.Access{
		Permissions: []identity.AccessItem{{Key: "org:invoices:pay", Name: "Pay invoices"}},
		Features:    []identity.AccessItem{{Key: "invoices", Name: "Invoices"}},
		Roles: []identity.AccessRole{
			{Key: "org:manager", Name: "Manager", Permissions: []string{wire.PermissionMembershipsRead, wire.PermissionMembershipsManage}},
			{Key: "org:payer", Name: "Payer", Permissions: []string{"org:invoices:pay"}},
			{Key: "org:guest", Name: "Guest"},
			{Key: "org:reader", Name: "Reader", Permissions: []string{wire.PermissionMembershipsRead}},
		},
	})
	d.admin, d.manager, d.member = d.app.member("ada"), d.app.member("mel"), d.app.member("bob")
	d.org = d.admin.found("Acme")
	d.join(t, d.manager, "org:manager")
	d.join(t, d.member, "org:guest")
	return d
}

func (d delegation) path() string { return "/v1/organizations/" + d.org.ID }

func (d delegation) join(t *testing.T, v *visitor, role string) {
	t.Helper()
	d.app.backend("POST", d.path()+"/memberships", `{"user_id":"`+v.userID()+`","role":"`+role+`"}`).want(t, 200, "")
}

func (d delegation) role(t *testing.T, v *visitor) (role string) {
	t.Helper()
	err := d.app.store.View(t.Context(), func(tx identity.Tx) error {
		m, err := tx.Membership(d.org.ID, v.userID())
		role = m.Role
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return role
}

func TestA4_NobodyGivesPermissionsTheyLack(t *testing.T) {
	t.Parallel()
	d := newDelegation(t)
	self, other := d.path()+"/memberships/"+d.manager.userID()+"?_method=PATCH", d.path()+"/memberships/"+d.member.userID()+"?_method=PATCH"
	friend := d.app.person(t, "eve@example.com")
	for _, role := range []string{"org:admin", "admin", "org:payer", "org:member"} { // org:member may read billing
		d.manager.post(self, "role", role).want(t, 403, wire.CodeMissingPermission)
		d.manager.post(other, "role", role).want(t, 403, wire.CodeMissingPermission)
		d.manager.post(d.path()+"/memberships", "user_id", friend.ID, "role", role).want(t, 403, wire.CodeMissingPermission)
		d.manager.post(d.path()+"/invitations", "email_address", "x@example.com", "role", role).want(t, 403, wire.CodeMissingPermission)
		d.manager.post(d.path()+"/invitations/bulk", "email_address", "x@example.com", "email_address", "y@example.com", "role", role).
			want(t, 403, wire.CodeMissingPermission)
		for _, body := range []string{
			`{"email_address":"x@example.com","role":"` + role + `","inviter_user_id":"` + d.manager.userID() + `"}`,
			`[{"email_address":"z@example.com","role":"org:guest"},{"email_address":"x@example.com","role":"` + role + `","inviter_user_id":"` + d.manager.userID() + `"}]`,
		} {
			path := d.path() + "/invitations"
			if strings.HasPrefix(body, "[") {
				path += "/bulk"
			}
			d.app.backend("POST", path, body).want(t, 403, wire.CodeMissingPermission)
		}
	}
	if got := d.role(t, d.manager) + d.role(t, d.member); got != "org:managerorg:guest" {
		t.Errorf("roles = %s", got)
	}
	if list := decode[wire.List[wire.OrganizationInvitation]](t, d.app.backend("GET", d.path()+"/invitations", "").body); list.TotalCount != 0 {
		t.Errorf("invitations = %+v", list)
	}
	// What they have themselves they may give, and take from themselves.
	d.manager.post(other, "role", "org:reader").want(t, 200, "")
	d.manager.post(other, "role", "org:manager").want(t, 200, "")
	d.manager.post(d.path()+"/memberships", "user_id", friend.ID, "role", "org:guest").want(t, 200, "")
	d.manager.post(d.path()+"/invitations", "email_address", "x@example.com", "role", "org:manager").want(t, 200, "")
	d.manager.post(self, "role", "org:reader").want(t, 200, "")
	d.manager.post(self, "role", "org:manager").want(t, 403, wire.CodeMissingPermission)
}

func TestA4_NobodyTakesPermissionsTheyLack(t *testing.T) {
	t.Parallel()
	d := newDelegation(t)
	second, payer := d.app.member("cyd"), d.app.member("pat")
	d.join(t, second, "org:admin")
	d.join(t, payer, "org:payer")
	for _, v := range []*visitor{second, payer, d.admin} {
		path := d.path() + "/memberships/" + v.userID()
		d.manager.post(path+"?_method=DELETE").want(t, 403, wire.CodeMissingPermission)
		d.manager.post(path+"?_method=PATCH", "role", "org:guest").want(t, 403, wire.CodeMissingPermission)
		d.manager.post(path+"?_method=PATCH", "role", "org:manager").want(t, 403, wire.CodeMissingPermission)
	}
	a := d.admin.post(d.path()+"/invitations", "email_address", "x@example.com", "role", "org:admin")
	a.want(t, 200, "")
	invitation := decode[wire.Response[wire.OrganizationInvitation]](t, a.body).Response
	revoke := d.path() + "/invitations/" + invitation.ID + "/revoke"
	d.manager.post(revoke).want(t, 403, wire.CodeMissingPermission)
	d.app.backend("POST", revoke, `{"requesting_user_id":"`+d.manager.userID()+`"}`).want(t, 403, wire.CodeMissingPermission)
	d.admin.post(revoke).want(t, 200, "")

	// The last admin cannot leave, whoever does it; the operator is bound by that alone.
	d.manager.post(d.path()+"/memberships/"+d.member.userID()+"?_method=DELETE").want(t, 200, "")
	d.app.backend("DELETE", d.path()+"/memberships/"+second.userID(), "").want(t, 200, "")
	d.admin.post("/v1/me/organization_memberships/"+d.org.ID+"?_method=DELETE").want(t, 400, wire.CodeLastAdmin)
	d.admin.post(d.path()+"/memberships/"+d.admin.userID()+"?_method=PATCH", "role", "org:manager").want(t, 400, wire.CodeLastAdmin)
	d.app.backend("PATCH", d.path()+"/memberships/"+d.manager.userID(), `{"role":"org:admin"}`).want(t, 200, "")
	// A member can always leave.
	payer.post("/v1/me/organization_memberships/"+d.org.ID+"?_method=DELETE").want(t, 200, "")
}
