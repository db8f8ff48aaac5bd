package identity_test

import (
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/usherauth/usher/identity"
	"github.com/usherauth/usher/wire"
)

// member signs somebody up with an address at example.com.
func (a *app) member(name string) *visitor {
	a.t.Helper()
	v := a.visitor()
	v.signUp(name + "@example.com")
	return v
}

func (v *visitor) userID() string {
	v.t.Helper()
	return v.client().Sessions[0].User.ID
}

// found makes an organization.
func (v *visitor) found(name string) wire.Organization {
	v.t.Helper()
	a := v.post("/v1/organizations", "name", name)
	a.want(v.t, 200, "")
	return decode[wire.Response[wire.Organization]](v.t, a.body).Response
}

// token asks for a session token and returns its claims.
func (v *visitor) claims(fields ...string) wire.Claims {
	v.t.Helper()
	a := v.post("/v1/client/sessions/"+v.sessionID()+"/tokens", fields...)
	a.want(v.t, 200, "")
	return claimsOf(v.t, decode[wire.Token](v.t, a.body).JWT)
}

// activate makes an organization the session's.
func (v *visitor) activate(orgID string) answer {
	v.t.Helper()
	return v.post("/v1/client/sessions/"+v.sessionID()+"/touch", "active_organization_id", orgID, "intent", "select_org")
}

// join puts a user into an organization as an operator does.
func (a *app) join(orgID, userID, role string) {
	a.t.Helper()
	a.backend("POST", "/v1/organizations/"+orgID+"/memberships", `{"user_id":"`+userID+`","role":"`+role+`"}`).want(a.t, 200, "")
}

func TestOrganizationOfItsCreator(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	ada := app.member("ada")
	a := ada.post("/v1/organizations", "name", "Acme & Söhne", "slug", "", "public_metadata", `{"a":1}`)
	a.want(t, 200, "")
	got := decode[wire.Response[wire.Organization]](t, a.body)
	org := got.Response
	if org.Name != "Acme & Söhne" || org.Slug != "acme-s-hne" || !strings.HasPrefix(org.ID, "org_") || *org.MembersCount != 1 || *org.PendingInvitationsCount != 0 ||
		string(org.PublicMetadata) != "{}" || !org.AdminDeleteEnabled {
		t.Errorf("organization = %s", a.body)
	}
	list := got.Client.Sessions[0].User.OrganizationMemberships
	if len(list) != 1 || list[0].Organization.ID != org.ID || list[0].Role != "org:admin" || list[0].RoleName != "Admin" ||
		!slices.Contains(list[0].Permissions, "org:sys_memberships:manage") || list[0].PublicUserData.Identifier != "ada@example.com" {
		t.Errorf("piggybacked memberships = %+v", list)
	}
	if me := decode[wire.Response[wire.User]](t, ada.get("/v1/me").body).Response; !equalJSON(t, me.OrganizationMemberships, list) {
		t.Errorf("memberships of /me = %+v", me.OrganizationMemberships)
	}
	a = ada.post("/v1/me?_method=PATCH", "first_name", "Augusta")
	if u := decode[wire.Response[wire.User]](t, a.body).Response; len(u.OrganizationMemberships) != 1 {
		t.Errorf("after a change of name the user has %d memberships", len(u.OrganizationMemberships))
	}
	if strings.Contains(a.body, "private_metadata") {
		t.Error("the Frontend API shows private metadata")
	}
	ada.get("/v1/organizations/"+org.ID).want(t, 200, "")
	for _, event := range []string{"organization.created", "membership.created"} {
		if !slices.Contains(app.events(identity.AuditQuery{OrgID: org.ID}), event) {
			t.Errorf("no event %s", event)
		}
	}
}

func TestOrganizationNamesAndSlugs(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	ada := app.member("ada")
	ada.post("/v1/organizations", "name", "Taken", "slug", "taken").want(t, 200, "")
	for _, tt := range []struct {
		name, slug string
		status     int
		code       string
		param      string
	}{
		{"", "", 422, wire.CodeParamMissing, "name"},
		{"  ", "", 422, wire.CodeParamMissing, "name"},
		{strings.Repeat("x", 257), "", 422, wire.CodeParamFormatInvalid, "name"},
		{"a\nb", "", 422, wire.CodeParamFormatInvalid, "name"},
		{"<b>Acme</b>", "", 422, wire.CodeParamValueInvalid, "name"},
		{"See https://evil.example", "", 422, wire.CodeParamValueInvalid, "name"},
		{"WWW.evil.example", "", 422, wire.CodeParamValueInvalid, "name"},
		{"Acme", "taken", 422, wire.CodeIdentifierExists, "slug"},
		{"Acme", "Acme", 422, wire.CodeParamFormatInvalid, "slug"},
		{"Acme", "org_1", 422, wire.CodeParamFormatInvalid, "slug"},
		{"Acme", "---", 422, wire.CodeParamFormatInvalid, "slug"},
		{"Acme", "a b", 422, wire.CodeParamFormatInvalid, "slug"},
		{"Acme", strings.Repeat("a", 129), 422, wire.CodeParamFormatInvalid, "slug"},
		{"Acme", "acme-2", 200, "", ""},
	} {
		a := ada.post("/v1/organizations", "name", tt.name, "slug", tt.slug)
		a.want(t, tt.status, tt.code)
		if tt.code != "" && a.param(t) != tt.param {
			t.Errorf("%q %q: param %q, want %q", tt.name, tt.slug, a.param(t), tt.param)
		}
	}
	ada.post("/v1/organizations").want(t, 422, wire.CodeParamMissing)
	ada.post("/v1/organizations", "name", "a", "name", "b").want(t, 422, wire.CodeParamFormatInvalid)

	first, second := ada.found("Two of a Kind"), ada.found("Two of a Kind")
	if first.Slug != "two-of-a-kind" || !strings.HasPrefix(string(second.Slug), "two-of-a-kind-") {
		t.Errorf("slugs %q and %q", first.Slug, second.Slug)
	}
	if org := ada.found("日本"); !strings.HasPrefix(string(org.Slug), "organization-") {
		t.Errorf("slug %q of a name without letters that slugs have", org.Slug)
	}
	ada.post("/v1/organizations/"+first.ID+"?_method=PATCH", "slug", string(second.Slug)).want(t, 422, wire.CodeIdentifierExists)
	ada.post("/v1/organizations/"+first.ID+"?_method=PATCH", "slug", string(first.Slug), "name", "One").want(t, 200, "")
}

// L13: of all who make an organization with one slug at the same time one succeeds.
func TestOneOfManyGetsASlug(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	ada := app.member("ada")
	var wg sync.WaitGroup
	made := make(chan int, 100)
	for range 100 {
		v := ada.copy()
		wg.Go(func() { made <- v.post("/v1/organizations", "name", "Acme", "slug", "acme").StatusCode })
	}
	wg.Wait()
	close(made)
	count := map[int]int{}
	for status := range made {
		count[status]++
	}
	if count[200] != 1 || count[422] != 99 {
		t.Errorf("answers %v, want one 200 and 99 times 422", count)
	}
	if list := ada.client().Sessions[0].User.OrganizationMemberships; len(list) != 1 {
		t.Errorf("%d memberships", len(list))
	}
}

func TestWhoMayCreateOrganizations(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	ada := app.member("ada")
	change := func(f func(*identity.User)) {
		t.Helper()
		err := app.store.Update(t.Context(), func(tx identity.Tx) error {
			u, err := tx.UserByEmail("ada@example.com")
			if err != nil {
				return err
			}
			f(&u)
			return tx.PutUser(u)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	change(func(u *identity.User) { u.MaxOrgs = 1 })
	org := ada.found("First")
	ada.post("/v1/organizations", "name", "Second").want(t, 403, wire.CodeOrganizationLimit)
	app.backend("POST", "/v1/organizations", `{"name":"Second","created_by":"`+ada.userID()+`"}`).want(t, 403, wire.CodeOrganizationLimit)
	ada.post("/v1/organizations/"+org.ID+"?_method=DELETE").want(t, 200, "")
	ada.found("Second")
	change(func(u *identity.User) { u.MaxOrgs, u.MayNotCreateOrg = 0, true })
	ada.post("/v1/organizations", "name", "Third").want(t, 403, wire.CodeAuthorizationInvalid)
	if u := ada.client().Sessions[0].User; u.CreateOrgEnabled {
		t.Error("the user is told that organizations can be made")
	}
}

func TestUpdateAndDeleteOrganization(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	ada, bob := app.member("ada"), app.member("bob")
	org := ada.found("Acme")
	app.join(org.ID, bob.userID(), "org:member")
	path := "/v1/organizations/" + org.ID

	a := bob.post(path+"?_method=PATCH", "name", "Bob's")
	a.want(t, 403, wire.CodeMissingPermission)
	if e := decode[wire.Errors](t, a.body).Errors[0]; !slices.Equal(e.Meta.Permissions, []string{"org:sys_profile:manage"}) {
		t.Errorf("meta = %+v, want the missing permission", e.Meta)
	}
	a = ada.post(path+"?_method=PATCH", "name", "Acme Ltd", "private_metadata", `{"x":1}`, "max_allowed_memberships", "1")
	a.want(t, 200, "")
	got := decode[wire.Response[wire.Organization]](t, a.body)
	if got.Response.Name != "Acme Ltd" || got.Response.MaxAllowedMemberships != 0 || got.Client.Sessions[0].User.OrganizationMemberships[0].Organization.Name != "Acme Ltd" {
		t.Errorf("organization = %+v", got.Response)
	}

	bob.activate(org.ID).want(t, 200, "")
	bob.post(path+"?_method=DELETE").want(t, 403, wire.CodeMissingPermission)
	app.backend("PATCH", path, `{"admin_delete_enabled":false}`).want(t, 200, "")
	ada.post(path+"?_method=DELETE").want(t, 403, wire.CodeAdminDeleteDisabled)
	app.backend("PATCH", path, `{"admin_delete_enabled":true}`).want(t, 200, "")
	ada.activate(org.ID).want(t, 200, "")
	a = ada.post(path + "?_method=DELETE")
	a.want(t, 200, "")
	deleted := decode[wire.Response[wire.Deleted]](t, a.body)
	s := deleted.Client.Sessions[0]
	if !deleted.Response.Deleted || deleted.Response.ID != org.ID || len(s.User.OrganizationMemberships) != 0 || s.LastActiveOrganizationID != "" {
		t.Errorf("answer = %s", a.body)
	}
	if c := claimsOf(t, s.LastActiveToken.JWT); c.Org != nil {
		t.Errorf("the token of the deleter has %+v", c.Org)
	}
	if c := bob.claims("organization_id", org.ID); c.Org != nil {
		t.Errorf("the token of a member has %+v", c.Org)
	}
	ada.get(path).want(t, 404, wire.CodeOrganizationNotFound)
	app.backend("GET", path, "").want(t, 404, wire.CodeResourceNotFound)
}

// organizationTargets are all Frontend API routes about an organization, a member and an
// invitation of it.
var organizationTargets = []string{
	"GET /v1/organizations/{org}", "PATCH /v1/organizations/{org}", "DELETE /v1/organizations/{org}",
	"GET /v1/organizations/{org}/memberships", "POST /v1/organizations/{org}/memberships",
	"PATCH /v1/organizations/{org}/memberships/{user}", "DELETE /v1/organizations/{org}/memberships/{user}",
	"GET /v1/organizations/{org}/invitations", "POST /v1/organizations/{org}/invitations", "POST /v1/organizations/{org}/invitations/bulk",
	"GET /v1/organizations/{org}/invitations/pending", "POST /v1/organizations/{org}/invitations/{invitation}/revoke",
	"GET /v1/organizations/{org}/roles", "GET /v1/organizations/{org}/domains", "POST /v1/organizations/{org}/domains",
	"DELETE /v1/organizations/{org}/domains/orgdmn_1", "GET /v1/organizations/{org}/membership_requests",
	"POST /v1/organizations/{org}/membership_requests/r/accept", "DELETE /v1/me/organization_memberships/{org}",
}

// M08: to strangers an organization does not exist, whatever they ask, and asking changes
// nothing. Without a session nobody learns anything.
func TestM08_OrganizationsOfOthers(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	ada, eve := app.member("ada"), app.member("eve")
	org := ada.found("Acme")
	eve.found("Eve's")
	a := ada.post("/v1/organizations/"+org.ID+"/invitations", "email_address", "bob@example.com", "role", "org:member")
	a.want(t, 200, "")
	invitation := decode[wire.Response[wire.OrganizationInvitation]](t, a.body).Response.ID
	before := app.backend("GET", "/v1/organizations/"+org.ID, "").body
	fields := []string{"name", "Eve", "user_id", eve.userID(), "role", "org:admin", "email_address", "eve@example.com"}
	ask := func(v *visitor, target, orgID string) answer {
		t.Helper()
		method, path, _ := strings.Cut(target, " ")
		path = strings.NewReplacer("{org}", orgID, "{user}", ada.userID(), "{invitation}", invitation).Replace(path)
		if method == "GET" {
			return v.get(path)
		}
		return v.post(path+"?_method="+method, fields...)
	}
	for _, target := range organizationTargets {
		t.Run(target, func(t *testing.T) {
			real, none := ask(eve, target, org.ID), ask(eve, target, "org_none")
			real.want(t, 404, wire.CodeOrganizationNotFound)
			if x, y := withoutTrace(real.body), withoutTrace(none.body); x != y {
				t.Errorf("an organization that exists answers %s, one that does not %s", x, y)
			}
			ask(app.visitor(), target, org.ID).want(t, 401, wire.CodeSignedOut)
		})
	}
	eve.activate(org.ID).want(t, 404, wire.CodeOrganizationNotFound)
	eve.post("/v1/me/organization_invitations/"+invitation+"/accept").want(t, 404, wire.CodeInvitationNotFound)
	if c := eve.claims("organization_id", org.ID); c.Org != nil {
		t.Errorf("a stranger's token has %+v", c.Org)
	}
	if after := app.backend("GET", "/v1/organizations/"+org.ID, "").body; after != before {
		t.Errorf("a stranger changed %s to %s", before, after)
	}
}

func withoutTrace(body string) string {
	body, _, _ = strings.Cut(body, `"clerk_trace_id"`)
	return body
}

// A member of the lowest role reads, and changes nothing.
func TestMembersWithoutPermissions(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	ada, bob := app.member("ada"), app.member("bob")
	org := ada.found("Acme")
	app.join(org.ID, bob.userID(), "org:member")
	readable := []string{
		"GET /v1/organizations/{org}", "GET /v1/organizations/{org}/memberships", "GET /v1/organizations/{org}/roles",
		"DELETE /v1/me/organization_memberships/{org}",
	}
	for _, target := range organizationTargets {
		method, path, _ := strings.Cut(target, " ")
		path = strings.NewReplacer("{org}", org.ID, "{user}", ada.userID(), "{invitation}", "x").Replace(path)
		status, code := 403, wire.CodeMissingPermission
		if slices.Contains(readable, target) {
			status, code = 200, ""
		}
		if method == "GET" {
			bob.get(path).want(t, status, code)
			continue
		}
		bob.post(path+"?_method="+method, "name", "x", "role", "org:admin", "user_id", "user_x", "email_address", "x@example.com").want(t, status, code)
	}
}

func TestSwitchedOffParts(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	ada := app.member("ada")
	org := ada.found("Acme")
	path := "/v1/organizations/" + org.ID
	for _, target := range []string{path + "/domains?limit=10&offset=0", path + "/membership_requests", "/v1/me/organization_suggestions?limit=10"} {
		a := ada.get(target)
		a.want(t, 200, "")
		if strings.TrimSpace(a.body) != `{"response":{"data":[],"total_count":0},"client":null}` {
			t.Errorf("%s = %s", target, a.body)
		}
	}
	ada.get(path+"/domains?limit=x").want(t, 422, wire.CodeParamFormatInvalid)
	ada.post(path+"/domains", "name", "example.com").want(t, 403, wire.CodeDomainsDisabled)
	ada.post(path+"/domains/orgdmn_1?_method=DELETE").want(t, 403, wire.CodeDomainsDisabled)
	ada.post(path+"/membership_requests/x/accept").want(t, 404, wire.CodeResourceNotFound)
	ada.post("/v1/me/organization_suggestions/x/accept").want(t, 404, wire.CodeResourceNotFound)
	app.visitor().get("/v1/me/organization_suggestions").want(t, 401, wire.CodeSignedOut)
	app.backend("GET", path+"/domains", "").want(t, 200, "")
	app.backend("POST", path+"/domains", `{"name":"example.com"}`).want(t, 403, wire.CodeDomainsDisabled)
	env := decode[struct {
		Settings map[string]json.RawMessage `json:"organization_settings"`
	}](t, ada.get("/v1/environment").body)
	if string(env.Settings["enabled"]) != "true" || string(env.Settings["force_organization_selection"]) != "false" || string(env.Settings["actions"]) != `{"admin_delete":true}` {
		t.Errorf("organization_settings = %s", env.Settings)
	}
}
