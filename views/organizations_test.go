package views_test

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/usherauth/usher/views"
	"github.com/usherauth/usher/wire"
)

// acme is what the administrator of an organization sees.
func acme() views.Organizations {
	count := int64(2)
	org := &wire.Organization{ID: "org_1", Name: "Acme & Sons", MembersCount: &count}
	member := func(first, address, role string) wire.OrganizationMembership {
		return wire.OrganizationMembership{
			Role: "org:" + strings.ToLower(role), RoleName: role, Organization: org,
			PublicUserData: &wire.MemberData{PublicUserData: wire.PublicUserData{UserID: "user_" + cmp.Or(first, address), FirstName: wire.NullString(first), Identifier: address}},
		}
	}
	mine := member("Ada", "ada@example.test", "Admin")
	mine.Permissions = []string{wire.PermissionMembershipsRead, wire.PermissionMembershipsManage}
	other := wire.OrganizationMembership{RoleName: "Member", Organization: &wire.Organization{ID: "org_2", Name: "Initech"}}
	return views.Organizations{
		UserID:      "user_Ada",
		Memberships: []wire.OrganizationMembership{mine, other}, Active: &mine,
		Members: []wire.OrganizationMembership{
			mine, member("", "bob@example.test", "Member"), member("Eve", "eve@example.test", "Auditor"), member("Eve", "eve@example.org", "Member"), {RoleName: "Member"},
		},
		Sent:  []wire.OrganizationInvitation{{ID: "orginv_1", EmailAddress: "cyd@example.test", RoleName: "Member", CreatedAt: clock.UnixMilli()}},
		Roles: []wire.OrganizationRole{{Key: "org:admin", Name: "Admin"}, {Key: "org:member", Name: "Member"}},
		Received: []wire.OrganizationInvitation{
			{ID: "orginv_2", RoleName: "Admin", PublicOrganizationData: &wire.PublicOrganizationData{Name: "<b>Umbrella</b>"}}, {ID: "orginv_3", RoleName: "Member"},
		},
		Notice: "Saved.",
	}
}

func TestOrganizationsShowWhatTheRoleAllows(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		change        func(*views.Organizations)
		shown, hidden []string
	}{
		"a manager": {func(*views.Organizations) {}, []string{"organization-members", "organization-invite", "organization-create"}, nil},
		"a reader": {
			func(o *views.Organizations) { o.Active.Permissions = []string{wire.PermissionMembershipsRead} },
			[]string{"organization-members", "organization-create"}, []string{"organization-invite"},
		},
		"a member without permissions": {
			func(o *views.Organizations) { o.Active.Permissions = nil },
			[]string{"organization-mine"}, []string{"organization-members", "organization-invite"},
		},
		"the personal account": {
			func(o *views.Organizations) { *o = views.Organizations{} },
			[]string{"organization-mine", "organization-create"}, []string{"organization-members", "organization-invite", "organization-received"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := acme()
			tt.change(&o)
			root := parse(t, render(t, signedIn(t), views.UserOrganizations(o)))
			for _, id := range tt.shown {
				if byID(root, id) == nil {
					t.Errorf("%s is not shown", id)
				}
			}
			for _, id := range tt.hidden {
				if byID(root, id) != nil {
					t.Errorf("%s is shown", id)
				}
			}
		})
	}
}

func TestOrganizationsNameEveryButton(t *testing.T) {
	t.Parallel()
	root := parse(t, render(t, signedIn(t), views.UserOrganizations(acme())))
	names := map[string]bool{}
	for _, b := range elements(root, "button") {
		name, ok := attr(b, "aria-label")
		if !ok {
			name = text(b)
		}
		if names[name] {
			t.Errorf("two buttons are called %q", name)
		}
		names[name] = true
	}
	for _, want := range []string{
		"Switch to the personal account", "Switch to Initech", "Leave Acme & Sons", "Withdraw the invitation of cyd@example.test",
		"Accept the invitation of <b>Umbrella</b>", "Invite", "Create",
		"Change role of bob@example.test", "Remove bob@example.test from Acme & Sons",
		"Change role of Eve (eve@example.test)", "Remove Eve (eve@example.org) from Acme & Sons",
	} {
		if !names[want] {
			t.Errorf("no button is called %q: %v", want, names)
		}
	}
}

// The forms about members are shown to whoever manages them, for everybody but themselves.
func TestMembersHaveFormsForWhoManagesThem(t *testing.T) {
	t.Parallel()
	about := func(o views.Organizations) map[string][]string {
		found := map[string][]string{}
		for _, form := range elements(parse(t, render(t, signedIn(t), views.UserOrganizations(o))), "form") {
			fields := map[string]string{}
			for _, input := range elements(form, "input") {
				name, _ := attr(input, "name")
				fields[name], _ = attr(input, "value")
			}
			if user := fields["user_id"]; user != "" {
				found[user] = append(found[user], fields["action"]+" in "+fields["organization_id"])
			}
		}
		return found
	}
	both := []string{"change_role in org_1", "remove_member in org_1"}
	want := map[string][]string{"user_bob@example.test": both, "user_Eve": append(slices.Clone(both), both...)}
	if got := about(acme()); !maps.EqualFunc(got, want, slices.Equal) {
		t.Errorf("forms: %v, want %v", got, want)
	}
	o := acme()
	o.Roles = nil // they could not be listed: without a choice there is no form
	if got := about(o); !slices.Equal(got["user_bob@example.test"], both[1:]) {
		t.Errorf("without roles: %v", got)
	}
	o = acme()
	o.Active.Permissions = []string{wire.PermissionMembershipsRead}
	if got := about(o); len(got) != 0 {
		t.Errorf("without the permission: %v", got)
	}
}

// Whoever only presses the button leaves a role as it is, also one that cannot be given any more.
func TestTheRoleOfAMemberIsChosenAlready(t *testing.T) {
	t.Parallel()
	root := parse(t, render(t, signedIn(t), views.UserOrganizations(acme())))
	chosen := map[string]string{}
	for _, list := range elements(root, "select") {
		name, _ := attr(list, "aria-label")
		for _, option := range elements(list, "option") {
			if _, ok := attr(option, "selected"); ok {
				value, _ := attr(option, "value")
				chosen[name] += value
			}
		}
	}
	for name, want := range map[string]string{
		"Role of bob@example.test": "org:member", "Role of Eve (eve@example.test)": "org:auditor", "Role of Eve (eve@example.org)": "org:member",
	} {
		if chosen[name] != want {
			t.Errorf("%s: %q is chosen, want %q", name, chosen[name], want)
		}
	}
}
