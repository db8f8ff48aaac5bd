package identity_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/usherauth/usher/identity"
	"github.com/usherauth/usher/wire"
)

// create makes something by the Backend API and returns it.
func create[T any](a *app, path, body string) T {
	a.t.Helper()
	got := a.backend("POST", path, body)
	got.want(a.t, 200, "")
	return decode[T](a.t, got.body)
}

func TestBackendOrganization(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	ada := app.member("ada")
	org := create[wire.Organization](app, "/v1/organizations", `{"name":"Acme","created_by":"`+ada.userID()+
		`","public_metadata":{"a":1},"private_metadata":{"b":2},"max_allowed_memberships":7,"slug":null,"role_set_key":null,"created_at":"2020-01-02T03:04:05.678Z"}`)
	if org.Object != "organization" || org.Slug != "acme" || string(org.CreatedBy) != ada.userID() || org.MaxAllowedMemberships != 7 || *org.MembersCount != 1 ||
		string(org.PublicMetadata) != `{"a":1}` || string(org.PrivateMetadata) != `{"b":2}` || *org.WithoutElevatedMember ||
		org.CreatedAt != time.Date(2020, 1, 2, 3, 4, 5, 678e6, time.UTC).UnixMilli() {
		t.Errorf("organization = %+v", org)
	}
	path := "/v1/organizations/" + org.ID
	for _, target := range []string{path, "/v1/organizations/acme"} {
		if got := decode[wire.Organization](t, app.backend("GET", target, "").body); !equalJSON(t, got, org) {
			t.Errorf("%s = %+v", target, got)
		}
	}
	app.backend("PATCH", path+"/metadata", `{"public_metadata":{"a":null,"c":{"d":1}},"private_metadata":{"e":1}}`).want(t, 200, "")
	a := app.backend("PUT", path+"/metadata", `{"private_metadata":{"f":1}}`)
	a.want(t, 200, "")
	if got := decode[wire.Organization](t, a.body); string(got.PublicMetadata) != `{"c":{"d":1}}` || string(got.PrivateMetadata) != `{"f":1}` {
		t.Errorf("metadata = %s and %s", got.PublicMetadata, got.PrivateMetadata)
	}
	app.backend("PUT", path+"/metadata", `{"public_metadata":null}`).want(t, 200, "")
	a = app.backend("PATCH", path, `{"name":"Acme Ltd","slug":"acme-ltd","admin_delete_enabled":false,"private_metadata":{"g":1}}`)
	a.want(t, 200, "")
	if got := decode[wire.Organization](t, a.body); got.Name != "Acme Ltd" || got.Slug != "acme-ltd" || got.AdminDeleteEnabled || string(got.PublicMetadata) != "{}" || string(got.PrivateMetadata) != `{"g":1}` {
		t.Errorf("organization = %+v", got)
	}
	app.backend("GET", "/v1/organizations/acme", "").want(t, 404, wire.CodeResourceNotFound)
	a = app.backend("DELETE", path, "")
	a.want(t, 200, "")
	if d := decode[wire.Deleted](t, a.body); d.Object != "organization" || d.ID != org.ID || !d.Deleted {
		t.Errorf("deleted = %s", a.body)
	}
	if list := ada.client().Sessions[0].User.OrganizationMemberships; len(list) != 0 {
		t.Errorf("memberships after the deletion = %+v", list)
	}
	events := app.events(identity.AuditQuery{OrgID: org.ID})
	for _, want := range []string{"organization.created", "organization.updated", "organization.deleted"} {
		if !slices.Contains(events, want) {
			t.Errorf("events %v without %s", events, want)
		}
	}
}

// An organization that nobody created has nobody in it.
func TestBackendOrganizationOfNobody(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	ada := app.member("ada")
	org := create[wire.Organization](app, "/v1/organizations", `{"name":"Acme"}`)
	if *org.MembersCount != 0 || org.CreatedBy != "" || !*org.WithoutElevatedMember {
		t.Errorf("organization = %+v", org)
	}
	app.join(org.ID, ada.userID(), "member") // roles may be named without their prefix
	app.backend("DELETE", "/v1/organizations/"+org.ID+"/memberships/"+ada.userID(), "").want(t, 200, "")
}

func TestBackendOrganizationList(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	ada, bob := app.member("ada"), app.member("bob")
	ids := map[string]string{}
	for _, name := range []string{"Beta", "alpha", "Gamma"} {
		ids[name] = ada.found(name).ID
		app.clock.Add(time.Second)
	}
	app.join(ids["Gamma"], bob.userID(), "org:member")
	for _, tt := range []struct{ query, want string }{
		{"", "Gamma alpha Beta"},
		{"limit=1&offset=1", "alpha"},
		{"order_by=name", "alpha Beta Gamma"},
		{"order_by=-name", "Gamma Beta alpha"},
		{"order_by=%2Bcreated_at", "Beta alpha Gamma"},
		{"order_by=-members_count&limit=1", "Gamma"},
		{"query=ETA", "Beta"},
		{"query=" + ids["alpha"], "alpha"},
		{"user_id=" + bob.userID(), "Gamma"},
		{"user_id=%2B" + bob.userID(), "Gamma"},
		{"user_id=-" + bob.userID(), "alpha Beta"},
		{"user_id=-" + bob.userID() + "&limit=1&offset=1", "Beta"},
		{"organization_id=" + ids["Beta"] + "&organization_id=org_none", "Beta"},
		{"organization_id[]=" + ids["Beta"], "Beta"},
		{"organization_id=-" + ids["Beta"], "Gamma alpha"},
		{"filter_by=missing_member_with_elevated_permissions", ""},
	} {
		a := app.backend("GET", "/v1/organizations?include_members_count=true&"+tt.query, "")
		a.want(t, 200, "")
		list := decode[wire.List[wire.Organization]](t, a.body)
		var got []string
		for _, o := range list.Data {
			got = append(got, o.Name)
			if o.MembersCount == nil || o.WithoutElevatedMember != nil {
				t.Errorf("%s: counts of %s are %v and %v", tt.query, o.Name, o.MembersCount, o.WithoutElevatedMember)
			}
		}
		if strings.Join(got, " ") != tt.want || !strings.Contains(tt.query, "limit") && int(list.TotalCount) != len(got) {
			t.Errorf("%s: %v of %d, want %s", tt.query, got, list.TotalCount, tt.want)
		}
	}
	list := decode[wire.List[wire.Organization]](t, app.backend("GET", "/v1/organizations?include_missing_member_with_elevated_permissions=true&limit=1", "").body)
	if o := list.Data[0]; list.TotalCount != 3 || o.MembersCount != nil || *o.WithoutElevatedMember {
		t.Errorf("page = %+v", list)
	}
}

func TestBackendMemberships(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	ada, bob, cleo := app.member("ada"), app.member("bob"), app.member("cleo")
	org, other := ada.found("Acme"), bob.found("Other")
	app.clock.Add(time.Second)
	path := "/v1/organizations/" + org.ID + "/memberships"
	m := create[wire.OrganizationMembership](app, path, `{"user_id":"`+bob.userID()+`","role":"org:member","public_metadata":{"a":1},"private_metadata":{"b":1}}`)
	if m.Object != "organization_membership" || m.RoleName != "Member" || string(m.PrivateMetadata) != `{"b":1}` || *m.PublicUserData.Banned || m.Organization.ID != org.ID {
		t.Errorf("membership = %+v", m)
	}
	app.clock.Add(time.Second)
	app.join(org.ID, cleo.userID(), "org:member")
	for name, first := range map[*visitor]string{ada: "Ada", bob: "bob", cleo: "Cleo"} {
		name.post("/v1/me?_method=PATCH", "first_name", first, "last_name", "L"+first).want(t, 200, "")
	}
	for _, tt := range []struct{ query, want string }{
		{"", "cleo bob ada"},
		{"order_by=created_at", "ada bob cleo"},
		{"order_by=-email_address", "cleo bob ada"},
		{"order_by=first_name", "ada bob cleo"},
		{"order_by=-last_name&limit=2", "cleo bob"},
		{"order_by=%2Bphone_number", "ada bob cleo"},
		{"order_by=username&user_id=" + bob.userID(), "bob"},
		{"limit=1&offset=2", "ada"},
		{"role=org:member", "cleo bob"},
		{"role=org:member&role=org:admin&user_id=" + ada.userID(), "ada"},
		{"user_id=-" + ada.userID(), "cleo bob"},
		{"email_address=BOB@example.com", "bob"},
		{"email_address=not+an+address", ""},
		{"email_address_query=CLE", "cleo"},
		{"name_query=da+l", "ada"},
		{"username_query=x", ""},
		{"username=x", ""},
		{"phone_number=%2B1", ""},
		{"query=cleo", "cleo"},
		{"query=cleo&user_id=" + ada.userID(), ""},
		{"created_at_before=1", ""},
		{"created_at_after=1", "cleo bob ada"},
		{"last_active_at_after=1&limit=1", "cleo"},
	} {
		a := app.backend("GET", path+"?"+tt.query, "")
		a.want(t, 200, "")
		var got []string
		for _, m := range decode[wire.List[wire.OrganizationMembership]](t, a.body).Data {
			got = append(got, strings.TrimSuffix(m.PublicUserData.Identifier, "@example.com"))
		}
		if strings.Join(got, " ") != tt.want {
			t.Errorf("%s: %v, want %s", tt.query, got, tt.want)
		}
	}

	a := app.backend("PATCH", path+"/"+bob.userID()+"/metadata", `{"public_metadata":{"a":null},"private_metadata":{"c":1}}`)
	a.want(t, 200, "")
	if m := decode[wire.OrganizationMembership](t, a.body); string(m.PublicMetadata) != "{}" || string(m.PrivateMetadata) != `{"b":1,"c":1}` {
		t.Errorf("metadata = %s and %s", m.PublicMetadata, m.PrivateMetadata)
	}
	if n := decode[wire.List[wire.OrganizationMembership]](t, app.backend("GET", "/v1/organization_memberships?limit=500", "").body).TotalCount; n != 4 {
		t.Errorf("%d memberships in the instance", n)
	}
	list := decode[wire.List[wire.OrganizationMembership]](t, app.backend("GET", "/v1/users/"+bob.userID()+"/organization_memberships", "").body)
	if list.TotalCount != 2 || list.Data[0].Organization.ID != org.ID || list.Data[1].Organization.ID != other.ID {
		t.Errorf("memberships of bob = %+v", list)
	}
	a = app.backend("DELETE", path+"/"+cleo.userID(), "")
	a.want(t, 200, "")
	if m := decode[wire.OrganizationMembership](t, a.body); m.PublicUserData.UserID != cleo.userID() || m.Organization.ID != org.ID {
		t.Errorf("deleted membership = %+v", m)
	}
	app.backend("DELETE", path+"/"+cleo.userID(), "").want(t, 404, wire.CodeResourceNotFound)
}

func TestBackendInvitations(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	ada, bob := app.member("ada"), app.member("bob")
	org, other := ada.found("Acme"), ada.found("Other")
	path := "/v1/organizations/" + org.ID + "/invitations"
	i := create[wire.OrganizationInvitation](app, path, `{"email_address":"bob@example.com","role":"org:member","inviter_user_id":"`+ada.userID()+
		`","public_metadata":{"a":1},"private_metadata":{"b":1},"expires_in_days":3,"notify":false,"redirect_url":null}`)
	if i.Object != "organization_invitation" || i.Status != "pending" || i.PublicInviterData.UserID != ada.userID() || i.URL == "" ||
		*i.ExpiresAt != app.clock.Now().Add(72*time.Hour).UnixMilli() || string(i.PrivateMetadata) != `{"b":1}` {
		t.Errorf("invitation = %+v", i)
	}
	if strings.Contains(app.logs.String(), string(i.URL)) {
		t.Error("the invitation's address is in the log")
	}
	app.clock.Add(time.Second)
	a := app.backend("POST", path+"/bulk", `[{"email_address":"cleo@example.com","role":"org:admin"},{"email_address":"abe@example.com","role":"org:member"}]`)
	a.want(t, 200, "")
	if list := decode[wire.List[wire.OrganizationInvitation]](t, a.body); list.TotalCount != 2 || list.Data[0].Role != "org:admin" || list.Data[1].URL == "" {
		t.Errorf("bulk = %s", a.body)
	}
	app.backend("POST", path+"/bulk", "["+strings.TrimSuffix(strings.Repeat(`{"email_address":"x@example.com","role":"org:member"},`, 11), ",")+"]").want(t, 400, wire.CodeBulkSizeExceeded)
	app.backend("POST", path+"/bulk", "[]").want(t, 400, wire.CodeRequestBodyInvalid)
	for _, tt := range []struct{ query, want string }{
		{"", "cleo abe bob"}, {"status=pending&status=revoked", "cleo abe bob"}, {"status=revoked", ""}, {"order_by=email_address", "abe bob cleo"},
		{"order_by=-email_address&limit=1", "cleo"}, {"order_by=%2Bcreated_at&limit=1", "bob"}, {"email_address=ABE@example.com", "abe"}, {"email_address=x", ""},
	} {
		a := app.backend("GET", path+"?"+tt.query, "")
		a.want(t, 200, "")
		var got []string
		for _, i := range decode[wire.List[wire.OrganizationInvitation]](t, a.body).Data {
			got = append(got, strings.TrimSuffix(i.EmailAddress, "@example.com"))
			if i.URL != "" || i.PublicOrganizationData == nil {
				t.Errorf("listed invitation = %+v", i)
			}
		}
		if tt.query == "" || strings.HasPrefix(tt.query, "status=p") {
			slices.Sort(got)
			tt.want = "abe bob cleo"
		}
		if strings.Join(got, " ") != tt.want {
			t.Errorf("%s: %v, want %s", tt.query, got, tt.want)
		}
	}
	if n := decode[wire.List[wire.OrganizationInvitation]](t, app.backend("GET", "/v1/organization_invitations", "").body).TotalCount; n != 3 {
		t.Errorf("%d invitations in the instance", n)
	}
	if list := decode[wire.List[wire.OrganizationInvitation]](t, app.backend("GET", "/v1/users/"+bob.userID()+"/organization_invitations?status=pending", "").body); list.TotalCount != 1 || list.Data[0].ID != i.ID {
		t.Errorf("invitations of bob = %+v", list)
	}
	app.verify("bob@example.com")
	bob.accept(i.ID).want(t, 200, "")
	m := decode[wire.List[wire.OrganizationMembership]](t, app.backend("GET", "/v1/users/"+bob.userID()+"/organization_memberships", "").body).Data[0]
	if string(m.PublicMetadata) != `{"a":1}` || string(m.PrivateMetadata) != `{"b":1}` {
		t.Errorf("the membership has %s and %s, want the invitation's metadata", m.PublicMetadata, m.PrivateMetadata)
	}
	if got := decode[wire.OrganizationInvitation](t, app.backend("GET", path+"/"+i.ID, "").body); got.Status != "accepted" {
		t.Errorf("invitation = %+v", got)
	}
	app.backend("POST", path+"/"+i.ID+"/revoke", "").want(t, 404, wire.CodeInvitationNotPending)
	i = create[wire.OrganizationInvitation](app, path, `{"email_address":"dan@example.com","role":"org:member"}`)
	app.backend("POST", path+"/"+i.ID+"/revoke", `{"requesting_user_id":"`+bob.userID()+`"}`).want(t, 403, wire.CodeMissingPermission)
	app.backend("POST", path+"/"+i.ID+"/revoke", `{"requesting_user_id":"user_none"}`).want(t, 403, wire.CodeNotMember)
	app.backend("POST", "/v1/organizations/"+other.ID+"/invitations/"+i.ID+"/revoke", "").want(t, 404, wire.CodeResourceNotFound)
	app.backend("GET", "/v1/organizations/"+other.ID+"/invitations/"+i.ID, "").want(t, 404, wire.CodeResourceNotFound)
	app.backend("POST", path+"/"+i.ID+"/revoke", `{"requesting_user_id":"`+ada.userID()+`"}`).want(t, 200, "")
	app.backend("POST", path, `{"email_address":"dan@example.com","role":"org:member","inviter_user_id":"`+bob.userID()+`"}`).want(t, 403, wire.CodeMissingPermission)
}

// Every Backend API route about organizations refuses what it does not know, and ids that
// are nobody's.
func TestBackendOrganizationBadInput(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	ada := app.member("ada")
	org := ada.found("Acme")
	path, me := "/v1/organizations/"+org.ID, ada.userID()
	role := decode[wire.List[wire.OrganizationRole]](t, app.backend("GET", "/v1/organization_roles?query=admin", "").body).Data[0].ID
	for _, tt := range []struct {
		method, target, body string
		status               int
		code                 string
	}{
		{"POST", "/v1/organizations", `{}`, 422, wire.CodeParamMissing},
		{"POST", "/v1/organizations", `{"name":1}`, 422, wire.CodeParamFormatInvalid},
		{"POST", "/v1/organizations", `{"name":"x","owner":"y"}`, 422, wire.CodeParamUnknown},
		{"POST", "/v1/organizations", `{"name":"x","created_by":"user_none"}`, 400, wire.CodeCreatorNotFound},
		{"POST", "/v1/organizations", `{"name":"x","max_allowed_memberships":-1}`, 422, wire.CodeParamFormatInvalid},
		{"POST", "/v1/organizations", `{"name":"x","created_at":"yesterday"}`, 422, wire.CodeParamFormatInvalid},
		{"POST", "/v1/organizations", `{"name":"x","role_set_key":"role_set:x"}`, 422, wire.CodeParamValueInvalid},
		{"POST", "/v1/organizations", `{"name":"x","public_metadata":[]}`, 422, wire.CodeParamFormatInvalid},
		{"POST", "/v1/organizations", `{"name":"x","slug":"acme"}`, 422, wire.CodeIdentifierExists},
		{"POST", "/v1/organizations", `not json`, 400, wire.CodeRequestBodyInvalid},
		{"PUT", "/v1/organizations", ``, 405, wire.CodeMethodNotAllowed},
		{"GET", "/v1/organizations?order_by=slug", ``, 422, wire.CodeParamFormatInvalid},
		{"GET", "/v1/organizations?filter_by=x", ``, 422, wire.CodeParamFormatInvalid},
		{"GET", "/v1/organizations?limit=501", ``, 422, wire.CodeParamFormatInvalid},
		{"GET", "/v1/organizations?query=" + strings.Repeat("x", 257), ``, 422, wire.CodeParamFormatInvalid},
		{"PATCH", path, `{"name":""}`, 422, wire.CodeParamMissing},
		{"PATCH", path, `{"created_by":"x"}`, 422, wire.CodeParamUnknown},
		{"PATCH", path + "/metadata", `{"unsafe_metadata":{}}`, 422, wire.CodeParamUnknown},
		{"PATCH", path + "/metadata", `{"public_metadata":"x"}`, 422, wire.CodeParamFormatInvalid},
		{"PUT", path + "/logo", ``, 415, wire.CodeUnsupportedMediaType},
		{"POST", path + "/memberships", `{}`, 422, wire.CodeParamMissing},
		{"POST", path + "/memberships", `{"user_id":"user_none","role":"org:member"}`, 404, wire.CodeResourceNotFound},
		{"POST", path + "/memberships", `{"user_id":"` + me + `","role":"org:none"}`, 404, wire.CodeResourceNotFound},
		{"POST", path + "/memberships", `{"user_id":"` + me + `","role":"org:member"}`, 400, wire.CodeAlreadyMember},
		{"PATCH", path + "/memberships/" + me, `{}`, 422, wire.CodeParamMissing},
		{"PATCH", path + "/memberships/user_none", `{"role":"org:member"}`, 404, wire.CodeResourceNotFound},
		{"PATCH", path + "/memberships/user_none/metadata", `{}`, 404, wire.CodeResourceNotFound},
		{"GET", path + "/memberships?order_by=role", ``, 422, wire.CodeParamFormatInvalid},
		{"GET", path + "/memberships?created_at_after=soon", ``, 422, wire.CodeParamFormatInvalid},
		{"GET", "/v1/users/user_none/organization_memberships", ``, 404, wire.CodeResourceNotFound},
		{"GET", "/v1/users/user_none/organization_invitations", ``, 404, wire.CodeResourceNotFound},
		{"POST", path + "/invitations", `{}`, 422, wire.CodeParamMissing},
		{"POST", path + "/invitations", `{"email_address":"x","role":"org:member"}`, 422, wire.CodeParamFormatInvalid},
		{"POST", path + "/invitations", `{"email_address":"x@example.com","role":"org:none"}`, 404, wire.CodeResourceNotFound},
		{"POST", path + "/invitations", `{"email_address":"x@example.com","role":"org:member","expires_in_days":0}`, 422, wire.CodeParamFormatInvalid},
		{"POST", path + "/invitations", `{"email_address":"x@example.com","role":"org:member","expires_in_days":366}`, 422, wire.CodeParamFormatInvalid},
		{"POST", path + "/invitations", `{"email_address":"x@example.com","role":"org:member","inviter_user_id":"user_none"}`, 403, wire.CodeNotMember},
		{"POST", path + "/invitations/bulk", `{"email_address":"x@example.com"}`, 400, wire.CodeRequestBodyInvalid},
		{"GET", path + "/invitations?status=lost", ``, 422, wire.CodeParamFormatInvalid},
		{"GET", path + "/invitations/orginv_none", ``, 404, wire.CodeResourceNotFound},
		{"POST", path + "/invitations/orginv_none/revoke", ``, 404, wire.CodeResourceNotFound},
		{"POST", "/v1/organization_roles", `{"name":"x"}`, 422, wire.CodeParamMissing},
		{"POST", "/v1/organization_roles", `{"name":"x","key":"boss"}`, 422, wire.CodeParamFormatInvalid},
		{"POST", "/v1/organization_roles", `{"name":"x","key":"org:admin"}`, 422, wire.CodeIdentifierExists},
		{"POST", "/v1/organization_roles", `{"name":"x","key":"org:x","permissions":["perm_none"]}`, 404, wire.CodeResourceNotFound},
		{"POST", "/v1/organization_roles", `{"name":"` + strings.Repeat("x", 257) + `","key":"org:x"}`, 422, wire.CodeParamValueInvalid},
		{"GET", "/v1/organization_roles/role_none", ``, 404, wire.CodeResourceNotFound},
		{"PATCH", "/v1/organization_roles/role_none", `{}`, 404, wire.CodeResourceNotFound},
		{"DELETE", "/v1/organization_roles/role_none", ``, 404, wire.CodeResourceNotFound},
		{"POST", "/v1/organization_roles/role_none/permissions/x", ``, 404, wire.CodeResourceNotFound},
		{"POST", "/v1/organization_roles/" + role + "/permissions/perm_none", ``, 404, wire.CodeResourceNotFound},
		{"GET", "/v1/organization_roles?order_by=id", ``, 422, wire.CodeParamFormatInvalid},
		{"POST", "/v1/organization_permissions", `{"name":"x","key":"org:sys_profile:manage"}`, 422, wire.CodeParamFormatInvalid},
		{"POST", "/v1/organization_permissions", `{"name":"x","key":"org:x"}`, 422, wire.CodeParamFormatInvalid},
		{"GET", "/v1/organization_permissions/perm_none", ``, 404, wire.CodeResourceNotFound},
		{"PATCH", "/v1/organization_permissions/perm_none", `{}`, 404, wire.CodeResourceNotFound},
	} {
		t.Run(tt.method+" "+tt.target+" "+tt.body, func(t *testing.T) {
			app.backend(tt.method, tt.target, tt.body).want(t, tt.status, tt.code)
			app.backendAs("Bearer sk_live_wrong", tt.method, tt.target, tt.body).want(t, 401, wire.CodeSecretKeyInvalid)
		})
	}
	for _, target := range []string{
		"GET ", "PATCH ", "DELETE ", "PATCH /metadata", "PUT /metadata", "GET /memberships", "POST /memberships", "PATCH /memberships/" + me, "DELETE /memberships/" + me,
		"PATCH /memberships/" + me + "/metadata", "GET /invitations", "POST /invitations", "POST /invitations/bulk", "GET /invitations/pending", "GET /domains", "POST /domains",
	} {
		method, rest, _ := strings.Cut(target, " ")
		body := ""
		switch {
		case method == "POST" && rest == "/memberships":
			body = `{"user_id":"` + me + `","role":"org:member"}`
		case rest == "/invitations/bulk":
			body = `[{"email_address":"x@example.com","role":"org:member"}]`
		case method == "POST" && rest == "/invitations":
			body = `{"email_address":"x@example.com","role":"org:member"}`
		case method == "PATCH" && strings.HasSuffix(rest, me):
			body = `{"role":"org:member"}`
		}
		app.backend(method, "/v1/organizations/org_none"+rest, body).want(t, 404, wire.CodeResourceNotFound)
	}
}
