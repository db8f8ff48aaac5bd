package main

import (
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/usherauth/usher/wire"
)

// organize posts a form of the organizations page and expects to be led back to it.
func (b *browser) organize(action string, fields ...string) {
	b.t.Helper()
	form := url.Values{"action": {action}}
	for i := 0; i+1 < len(fields); i += 2 {
		form.Set(fields[i], fields[i+1])
	}
	a := b.post("/organizations", form)
	if want := "/organizations?done=" + action; a.StatusCode != 303 || a.location() != want {
		b.t.Fatalf("%s: %d to %q, want 303 to %q\n%s", action, a.StatusCode, a.location(), want, a.body)
	}
}

// proveAddress makes the browser's person known as the owner of their address, by an
// operator's invitation into an organization whose ticket was sent to it.
func (b *browser) proveAddress(orgID, address string) {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), http.MethodPost, b.site.BackendURL()+"/v1/organizations/"+orgID+"/invitations",
		strings.NewReader(`{"email_address":"`+address+`","role":"org:member"}`))
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+b.site.embedded.service.SecretKey().Reveal())
	r.Header.Set("Content-Type", "application/json")
	res, err := client.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	body, _ := io.ReadAll(res.Body)
	var made wire.OrganizationInvitation
	if err := json.Unmarshal(body, &made); err != nil || res.StatusCode != 200 {
		b.t.Fatalf("invite: %d %s", res.StatusCode, body)
	}
	link, err := url.Parse(string(made.URL))
	if err != nil {
		b.t.Fatal(err)
	}
	path := wire.ProxyPath + "/v1/me/organization_invitations/" + made.ID + "/accept"
	if a := b.post(path, url.Values{"ticket": {link.Query().Get("ticket")}}); a.StatusCode != 200 {
		b.t.Fatalf("accept with the ticket: %d %s", a.StatusCode, a.body)
	}
}

// org reads the organization of the browser's session token.
func (b *browser) org() (id, role string) {
	b.t.Helper()
	payload, err := base64.RawURLEncoding.DecodeString(strings.Split(b.cookies["__session"]+"..", ".")[1])
	if err != nil {
		b.t.Fatal(err)
	}
	var claims struct {
		O struct{ ID, Rol string }
	}
	if err := json.Unmarshal(payload, &claims); err != nil {
		b.t.Fatal(err)
	}
	return claims.O.ID, claims.O.Rol
}

var invitationIDs = regexp.MustCompile(`name="invitation_id" value="([^"]+)"`)

func TestOrganizationsWithPlainForms(t *testing.T) {
	t.Parallel()
	s := start(t)
	ada, bob := s.browser(t), s.browser(t)
	ada.signUp("ada@example.com", "Ada")
	bob.signUp("bob@example.com", "Bob")
	ada.get("/organization").want(t, 200, "no active organization")
	ada.get("/admin").want(t, 403)
	ada.get("/organizations").want(t, 200, "Personal account")
	ada.post("/organizations", url.Values{"action": {"create"}, "name": {"see https://evil.example"}}).
		want(t, 422, "links or HTML", `value="see https://evil.example"`)
	ada.post("/organizations", url.Values{"action": {"create"}, "name": {" "}}).want(t, 422, "Enter a name.")
	ada.post("/organizations", url.Values{"action": {"format_disk"}}).want(t, 400)

	ada.organize("create", "name", "Acme & Sons")
	first, role := ada.org()
	if first == "" || role != "admin" {
		t.Fatalf("C06: after creating, the session is in %q as %q", first, role)
	}
	ada.get("/admin").want(t, 200, first)
	ada.get("/organizations?done=create").want(t, 200, "Acme &amp; Sons", "1 member", "ada@example.com", "Organization created")

	ada.organize("invite", "organization_id", first, "email_address", "cyd@example.com", "role", wire.RoleMember)
	page := ada.get("/organizations")
	page.want(t, 200, "cyd@example.com", "Withdraw")
	ada.post("/organizations", url.Values{"action": {"invite"}, "organization_id": {first}, "email_address": {"cyd@example.com"}, "role": {wire.RoleMember}}).
		want(t, 422, "already a pending invitation for this email address", `value="cyd@example.com"`)
	ada.post("/organizations", url.Values{"action": {"invite"}, "organization_id": {first}, "email_address": {"nobody"}, "role": {wire.RoleMember}}).
		want(t, 422, "This is not an email address.")
	ada.organize("revoke_invitation", "organization_id", first, "invitation_id", invitationIDs.FindStringSubmatch(page.body)[1])
	if strings.Contains(ada.get("/organizations").body, "cyd@example.com") {
		t.Error("a withdrawn invitation is shown")
	}
	ada.post("/organizations", url.Values{"action": {"leave"}, "organization_id": {first}}).want(t, 422, "Somebody has to manage")

	bob.proveAddress(first, "bob@example.com")
	ada.get("/organizations").want(t, 200, "2 members", "bob@example.com")
	ada.organize("create", "name", "Initech")
	second, _ := ada.org()
	if second == first {
		t.Fatal("the second organization is not active")
	}
	ada.organize("invite", "organization_id", second, "email_address", "bob@example.com", "role", wire.RoleAdmin)
	page = bob.get("/organizations")
	page.want(t, 200, "Invitations to you", "Initech")
	bob.organize("accept", "invitation_id", invitationIDs.FindStringSubmatch(page.body)[1])

	bob.organize("switch", "organization_id", first)
	if id, role := bob.org(); id != first || role != "member" {
		t.Errorf("in %q as %q, want %q as a member", id, role, first)
	}
	bob.get("/admin").want(t, 403)
	if page := bob.get("/organizations"); strings.Contains(page.body, "Invite a member") {
		t.Error("a member without the permission is shown the form to invite")
	}
	bob.post("/organizations", url.Values{"action": {"invite"}, "organization_id": {first}, "email_address": {"x@example.com"}, "role": {wire.RoleMember}}).
		want(t, 403, "does not allow that")
	bob.organize("switch", "organization_id", second)
	bob.get("/admin").want(t, 200, second)
	bob.organize("leave", "organization_id", second)
	if id, _ := bob.org(); id != "" {
		t.Errorf("C06: after leaving, the session is in %q", id)
	}
	bob.organize("switch", "organization_id", first)
	bob.organize("switch", "organization_id", "")
	bob.get("/organization").want(t, 200, "no active organization")
}

func TestM08_FormsOfOrganizationsRefuseStrangers(t *testing.T) {
	t.Parallel()
	s := start(t)
	ada, eve := s.browser(t), s.browser(t)
	ada.signUp("ada@example.com", "Ada")
	eve.signUp("eve@example.com", "Eve")
	ada.organize("create", "name", "Acme")
	org, _ := ada.org()
	ada.organize("invite", "organization_id", org, "email_address", "bob@example.com", "role", wire.RoleMember)
	invitation := invitationIDs.FindStringSubmatch(ada.get("/organizations").body)[1]
	adaID := ada.userID()
	for _, id := range []string{org, "org_unknown", "../me", "..", ""} {
		for _, action := range []string{"switch", "invite", "revoke_invitation", "change_role", "remove_member", "accept", "leave"} {
			if action == "switch" && id == "" {
				continue // the personal account is everybody's
			}
			form := url.Values{
				"action": {action}, "organization_id": {id}, "invitation_id": {invitation}, "email_address": {"eve@example.com"}, "role": {wire.RoleAdmin},
			}
			if action == "change_role" || action == "remove_member" {
				form.Set("user_id", adaID)
			}
			a := eve.post("/organizations", form)
			if a.StatusCode != 422 || strings.Contains(a.body, "Acme") || strings.Contains(a.body, "bob@example.com") {
				t.Errorf("%s of %q: %d\n%s", action, id, a.StatusCode, a.text())
			}
		}
	}
	if id, _ := eve.org(); id != "" {
		t.Errorf("Eve is in %q", id)
	}
	if a := eve.post("/organizations", url.Values{"action": {"create"}, "name": {"x"}}, "Origin", "https://evil.example"); a.StatusCode != 403 {
		t.Errorf("F01: a form from elsewhere: %d", a.StatusCode)
	}
	ada.get("/organizations").want(t, 200, "1 member", "bob@example.com")
}

// userID is the person of the browser's session.
func (b *browser) userID() string {
	b.t.Helper()
	return regexp.MustCompile(`user_[A-Z2-7]{26}`).FindString(b.get("/api/auth").body)
}

// aboutMember is a form of the organizations page about one member.
func aboutMember(action, org, user string, role ...string) url.Values {
	form := url.Values{"action": {action}, "organization_id": {org}, "user_id": {user}}
	if len(role) > 0 {
		form["role"] = role
	}
	return form
}

func TestMembersAreManagedWithPlainForms(t *testing.T) {
	t.Parallel()
	s := start(t)
	ada, bob := s.browser(t), s.browser(t)
	ada.signUp("ada@example.com", "Ada")
	bob.signUp("bob@example.com", "Bob")
	ada.organize("create", "name", "Acme")
	org, _ := ada.org()
	bob.proveAddress(org, "bob@example.com")
	bob.organize("switch", "organization_id", org)
	adaID, bobID := ada.userID(), bob.userID()
	if page := bob.get("/organizations"); strings.Contains(page.body, "change_role") || strings.Contains(page.body, "remove_member") {
		t.Error("somebody who may not manage members is shown the forms")
	}
	for _, action := range []string{"change_role", "remove_member"} {
		bob.post("/organizations", aboutMember(action, org, adaID, wire.RoleMember)).want(t, 403, "does not allow that")
	}
	page := ada.get("/organizations")
	page.want(t, 200, `aria-label="Role of Bob (bob@example.com)"`, `aria-label="Remove Bob (bob@example.com) from Acme"`)
	if strings.Contains(page.body, "Remove Ada") {
		t.Error("Ada is offered to remove herself")
	}

	// The last who can manage it stays, whatever a form says.
	ada.post("/organizations", aboutMember("change_role", org, adaID, wire.RoleMember)).want(t, 422, "Somebody has to manage the organization.")
	ada.post("/organizations", aboutMember("remove_member", org, adaID)).want(t, 422, "Somebody has to manage the organization.")
	ada.post("/organizations", aboutMember("change_role", org, bobID, "org:emperor")).want(t, 422, "This role no longer exists.")
	ada.post("/organizations", aboutMember("change_role", org, bobID)).want(t, 422, "Choose a role.")
	for _, id := range []string{"user_unknown", "..", ".", "", "../../me", bobID + "/.."} {
		for _, action := range []string{"change_role", "remove_member"} {
			ada.post("/organizations", aboutMember(action, org, id, wire.RoleMember)).want(t, 422, "This person is not a member any more.")
		}
	}
	for _, action := range []string{"change_role", "remove_member"} {
		if a := ada.post("/organizations", aboutMember(action, org, bobID, wire.RoleAdmin), "Origin", "https://evil.example"); a.StatusCode != 403 {
			t.Errorf("F01: %s from elsewhere: %d", action, a.StatusCode)
		}
	}
	ada.get("/organizations").want(t, 200, "2 members")

	ada.organize("change_role", "organization_id", org, "user_id", bobID, "role", wire.RoleAdmin)
	ada.get("/organizations?done=change_role").want(t, 200, "Saved. The new role is in effect within a minute.")
	bob.organize("switch", "organization_id", org)
	if _, role := bob.org(); role != "admin" {
		t.Errorf("Bob's role is %q", role)
	}
	bob.organize("change_role", "organization_id", org, "user_id", adaID, "role", wire.RoleMember)
	ada.post("/organizations", aboutMember("remove_member", org, bobID)).want(t, 403, "does not allow that")
	bob.organize("remove_member", "organization_id", org, "user_id", adaID)
	bob.get("/organizations?done=remove_member").want(t, 200, "That person is no longer a member.", "1 member")
	if page := ada.get("/organizations"); strings.Contains(page.body, "Acme") {
		t.Error("Ada still sees the organization")
	}
	bob.post("/organizations", aboutMember("remove_member", org, adaID)).want(t, 422, "This person is not a member any more.")
}

// M08: who manages an organization of their own changes nobody in another one.
func TestM08_ManagersReachOnlyTheirOwnMembers(t *testing.T) {
	t.Parallel()
	s := start(t)
	ada, eve := s.browser(t), s.browser(t)
	ada.signUp("ada@example.com", "Ada")
	eve.signUp("eve@example.com", "Eve")
	ada.organize("create", "name", "Acme")
	eve.organize("create", "name", "Evil")
	acme, _ := ada.org()
	evil, _ := eve.org()
	for _, org := range []string{acme, evil, evil + "/../" + acme} {
		for _, action := range []string{"change_role", "remove_member"} {
			a := eve.post("/organizations", aboutMember(action, org, ada.userID(), wire.RoleMember))
			if a.StatusCode != 422 || strings.Contains(a.body, "Acme") || strings.Contains(a.body, "ada@example.com") {
				t.Errorf("%s in %s: %d\n%s", action, org, a.StatusCode, a.text())
			}
		}
	}
	ada.get("/organizations").want(t, 200, "Acme", "1 member", "Invite a member")
}
