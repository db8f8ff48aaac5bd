package clerkjs

import (
	"slices"
	"strings"
	"testing"
)

// orgClaims is the o claim of a version 2 token, and what belongs to it.
type orgClaims struct {
	O *struct {
		ID   string `json:"id"`
		Slug string `json:"slg"`
		Role string `json:"rol"`
		Per  string `json:"per"`
		FPM  string `json:"fpm"`
	} `json:"o"`
	Fea string `json:"fea"`
}

func TestOrganization(t *testing.T) {
	t.Parallel()
	w := newWalk(t)
	p := w.person()
	w.step("somebody signs up", func(t *testing.T) {
		p.load()
		p.signUp(ada)
		if on := ask[bool](p, `return Clerk.__internal_environment.organizationSettings.enabled`); !on {
			t.Error("the environment says that there are no organizations")
		}
	})
	w.step("createOrganization makes its maker an admin", func(t *testing.T) { createOrganization(t, p) })
	w.step("setActive puts the organization into the next token", func(t *testing.T) { activate(t, p) })
	w.step("and into a page that is loaded later, until nobody's is active", func(t *testing.T) { stayActive(t, p) })
	w.step("update", func(t *testing.T) { updateOrganization(t, p) })
	w.step("setLogo", func(t *testing.T) { setLogo(t, p) })
	w.step("roles are listed with their permissions", func(t *testing.T) { listRoles(t, p) })
	w.step("domains are switched off, and there are no requests", func(t *testing.T) { switchedOff(t, p) })
	w.step("invitations: one, several, and revoked", func(t *testing.T) { invite(t, p) })

	q := w.person()
	w.step("who was invited proves the address and accepts", func(t *testing.T) {
		q.load()
		q.signUp(grace)
		accept(t, q)
	})
	w.step("members are listed, and only admins change them", func(t *testing.T) { members(t, p, q) })
	w.step("the last admin cannot leave or step down", func(t *testing.T) { lastAdmin(t, p) })
	w.step("with two admins one may leave", func(t *testing.T) { leaveOrganization(t, p, q) })
	w.step("a member is added and removed again", func(t *testing.T) { addAndRemove(t, p, q) })
	w.step("destroy takes it from everybody", func(t *testing.T) { destroyOrganization(t, p, q) })
}

func createOrganization(t *testing.T, p *page) {
	type made struct {
		ID, Name, Slug, Role string
		Members, Pending     int
		HasImage, Manages    bool
	}
	got := ask[made](p, `
		const org = await Clerk.createOrganization({ name: "Analytical Engines", slug: "engines" })
		await Clerk.user.reload()
		const [m] = Clerk.user.organizationMemberships
		return { ID: m.organization.id, Name: org.name, Slug: org.slug, Role: m.role, Members: org.membersCount, Pending: org.pendingInvitationsCount,
			HasImage: org.hasImage, Manages: m.permissions.includes("org:sys_memberships:manage") }`)
	if !strings.HasPrefix(got.ID, "org_") {
		t.Errorf("the id is %q", got.ID)
	}
	got.ID = ""
	if want := (made{Name: "Analytical Engines", Slug: "engines", Role: "org:admin", Members: 1, Manages: true}); got != want {
		t.Errorf("made %+v, want %+v", got, want)
	}
	p.refused(`await Clerk.createOrganization({ name: "" })`, 422, "form_param_missing", "name")
	p.refused(`await Clerk.createOrganization({ name: "Others", slug: "engines" })`, 422, "form_identifier_exists", "slug")
}

// orgToken is what the present token says of an organization.
func (p *page) orgToken(t *testing.T) orgClaims {
	t.Helper()
	return decodeClaims[orgClaims](t, p.token(t, ""))
}

func activate(t *testing.T, p *page) {
	mark := p.walk.mark()
	p.run(`await Clerk.setActive({ organization: "engines" })`)
	token := p.orgToken(t)
	if token.O == nil || token.O.Slug != "engines" || token.O.Role != "admin" {
		t.Fatalf("the token says %+v of an organization", token.O)
	}
	got := ask[[]any](p, `return [Clerk.organization.id, Clerk.session.lastActiveOrganizationId, Clerk.session.checkAuthorization({ role: "org:admin" }),
		Clerk.session.checkAuthorization({ permission: "org:sys_memberships:manage" }), Clerk.session.checkAuthorization({ role: "org:member" })]`)
	if want := []any{token.O.ID, token.O.ID, true, true, false}; !slices.Equal(got, want) {
		t.Errorf("the client says %v, want %v", got, want)
	}
	calls := p.walk.since(mark)
	if len(calls) == 0 || calls[0].Form.Get("active_organization_id") != token.O.ID {
		t.Errorf("the client asked %v", calls)
	}
}

func stayActive(t *testing.T, p *page) {
	p.load()
	if token := p.orgToken(t); token.O == nil || token.O.Slug != "engines" {
		t.Errorf("over a reload the token says %+v", token.O)
	}
	p.run(`await Clerk.setActive({ organization: null })`)
	if token := p.orgToken(t); token.O != nil {
		t.Errorf("with nobody's active the token says %+v", token.O)
	}
	if none := ask[bool](p, `return !Clerk.organization`); !none {
		t.Error("an organization is active")
	}
	p.run(`await Clerk.setActive({ organization: "engines" })`)
}

func updateOrganization(t *testing.T, p *page) {
	got := ask[[]string](p, `
		const org = await Clerk.organization.update({ name: "Difference Engines", slug: "difference" })
		return [org.name, org.slug, Clerk.organization.name]`)
	if want := []string{"Difference Engines", "difference", "Difference Engines"}; !slices.Equal(got, want) {
		t.Errorf("update says %q, want %q", got, want)
	}
}

func setLogo(t *testing.T, p *page) {
	type logo struct {
		Has bool
		URL string
	}
	set := ask[logo](p, picture+`
		await Clerk.organization.setLogo({ file: await picture("image/png", 64) })
		return { Has: Clerk.organization.hasImage, URL: Clerk.organization.imageUrl }`)
	if !set.Has || set.URL == "" {
		t.Errorf("with a logo: %+v", set)
	}
	p.wantPicture(t, set.URL)
	if gone := ask[logo](p, `await Clerk.organization.setLogo({ file: null }); return { Has: Clerk.organization.hasImage }`); gone.Has {
		t.Errorf("without a logo: %+v", gone)
	}
}

func listRoles(t *testing.T, p *page) {
	type role struct {
		Key, Name   string
		Permissions []string
	}
	roles := ask[[]role](p, `return (await Clerk.organization.getRoles()).data.map((r) => ({ Key: r.key, Name: r.name, Permissions: r.permissions.map((x) => x.key) }))`)
	byKey := make(map[string]role)
	for _, r := range roles {
		byKey[r.Key] = r
	}
	if !slices.Contains(byKey["org:admin"].Permissions, "org:sys_profile:manage") || byKey["org:member"].Name == "" ||
		slices.Contains(byKey["org:member"].Permissions, "org:sys_profile:manage") {
		t.Errorf("the roles are %+v", roles)
	}
}

func switchedOff(t *testing.T, p *page) {
	if on := ask[bool](p, `return Clerk.__internal_environment.organizationSettings.domains.enabled`); on {
		t.Error("the environment says that there are domains")
	}
	if n := ask[int](p, `return (await Clerk.organization.getDomains()).total_count`); n != 0 {
		t.Errorf("there are %d domains", n)
	}
	p.refused(`await Clerk.organization.createDomain("example.com")`, 403, "organization_domains_not_enabled", "")
	if n := ask[int](p, `return (await Clerk.organization.getMembershipRequests()).total_count`); n != 0 {
		t.Errorf("there are %d requests", n)
	}
	if n := ask[int](p, `return (await Clerk.user.getOrganizationSuggestions()).total_count`); n != 0 {
		t.Errorf("there are %d suggestions", n)
	}
}

func invite(t *testing.T, p *page) {
	got := ask[[]any](p, `
		const one = await Clerk.organization.inviteMember({ emailAddress: "grace@example.com", role: "org:member" })
		const more = await Clerk.organization.inviteMembers({ emailAddresses: ["mary@example.com", "joan@example.com"], role: "org:admin" })
		const list = await Clerk.organization.getInvitations({ status: ["pending"] })
		return [one.status, one.role, more.length, list.total_count, list.data.map((i) => i.emailAddress).sort().join()]`)
	if want := []any{"pending", "org:member", 2.0, 3.0, "grace@example.com,joan@example.com,mary@example.com"}; !slices.Equal(got, want) {
		t.Errorf("invited %v, want %v", got, want)
	}
	got = ask[[]any](p, `
		const list = await Clerk.organization.getInvitations({ status: ["pending"] })
		for (const i of list.data) if (i.emailAddress !== "grace@example.com") await i.revoke()
		const left = await Clerk.organization.getInvitations({ status: ["pending"] })
		await Clerk.organization.reload()
		return [left.total_count, Clerk.organization.pendingInvitationsCount]`)
	if want := []any{1.0, 1.0}; !slices.Equal(got, want) {
		t.Errorf("left, and counted by the organization: %v, want %v", got, want)
	}
}

func accept(t *testing.T, q *page) {
	if n := ask[int](q, `return (await Clerk.user.getOrganizationInvitations()).total_count`); n != 0 {
		t.Errorf("somebody who may have made the address up is shown %d invitations to it", n)
	}
	code := q.code(t, grace.Email, `await Clerk.user.primaryEmailAddress.prepareVerification({ strategy: "email_code" })`)
	q.run(`await Clerk.user.primaryEmailAddress.attemptVerification({ code: "` + code + `" })`)
	got := ask[[]any](q, `
		const list = await Clerk.user.getOrganizationInvitations({ status: "pending" })
		const done = await list.data[0].accept()
		await Clerk.user.reload()
		const [m] = Clerk.user.organizationMemberships
		await Clerk.setActive({ organization: m.organization.id })
		return [list.total_count, list.data[0].publicOrganizationData.name, done.status, m.role, Clerk.organization.slug]`)
	if want := []any{1.0, "Difference Engines", "accepted", "org:member", "difference"}; !slices.Equal(got, want) {
		t.Errorf("accepted %v, want %v", got, want)
	}
	if token := q.orgToken(t); token.O == nil || token.O.Role != "member" {
		t.Errorf("the token says %+v", token.O)
	}
}

func members(t *testing.T, p, q *page) {
	const list = `return (await Clerk.organization.getMemberships()).data.map((m) => m.publicUserData.identifier + " " + m.role).sort()`
	want := []string{ada.Email + " org:admin", grace.Email + " org:member"}
	if got := ask[[]string](p, list); !slices.Equal(got, want) {
		t.Errorf("the members are %q, want %q", got, want)
	}
	id := ask[string](q, `return Clerk.user.id`)
	q.refusal(`await Clerk.organization.updateMember({ userId: `+js(id)+`, role: "org:admin" })`, 403)
	q.refusal(`await Clerk.organization.inviteMember({ emailAddress: "x@example.com", role: "org:member" })`, 403)
	q.refusal(`await Clerk.organization.update({ name: "Mine" })`, 403)
	q.refusal(`await Clerk.organization.destroy()`, 403)
	p.run(`await Clerk.organization.updateMember({ userId: ` + js(id) + `, role: "org:admin" })`)
	if role := ask[string](q, `await Clerk.user.reload(); return Clerk.user.organizationMemberships[0].role`); role != "org:admin" {
		t.Errorf("the second person's role is %s", role)
	}
	q.run(`await Clerk.session.getToken({ skipCache: true })`)
	if token := q.orgToken(t); token.O == nil || token.O.Role != "admin" {
		t.Errorf("the next token says %+v", token.O)
	}
	p.run(`await Clerk.organization.updateMember({ userId: ` + js(id) + `, role: "org:member" })`)
}

func lastAdmin(t *testing.T, p *page) {
	me := ask[string](p, `return Clerk.user.id`)
	for _, script := range []string{
		`await Clerk.user.leaveOrganization(Clerk.organization.id)`,
		`await Clerk.organization.updateMember({ userId: ` + js(me) + `, role: "org:member" })`,
		`await Clerk.organization.removeMember(` + js(me) + `)`,
	} {
		p.refused(script, 400, "organization_minimum_permissions_needed", "")
	}
	if got := ask[string](p, `await Clerk.user.reload(); return Clerk.user.organizationMemberships[0].role`); got != "org:admin" {
		t.Errorf("the last admin has become %s", got)
	}
}

func leaveOrganization(t *testing.T, p, q *page) {
	id := ask[string](q, `return Clerk.user.id`)
	p.run(`await Clerk.organization.updateMember({ userId: ` + js(id) + `, role: "org:admin" })`)
	got := ask[[]any](p, `
		const gone = await Clerk.user.leaveOrganization(Clerk.organization.id)
		await Clerk.user.reload()
		await Clerk.session.getToken({ skipCache: true })
		return [gone.deleted, Clerk.user.organizationMemberships.length]`)
	if want := []any{true, 0.0}; !slices.Equal(got, want) {
		t.Errorf("left: %v, want %v", got, want)
	}
	if token := p.orgToken(t); token.O != nil {
		t.Errorf("who has left has a token that says %+v", token.O)
	}
}

func addAndRemove(t *testing.T, p, q *page) {
	id := ask[string](p, `return Clerk.user.id`)
	added := ask[[]any](q, `
		const m = await Clerk.organization.addMember({ userId: `+js(id)+`, role: "org:member" })
		await Clerk.organization.reload()
		return [m.publicUserData.identifier, m.role, Clerk.organization.membersCount]`)
	if want := []any{ada.Email, "org:member", 2.0}; !slices.Equal(added, want) {
		t.Errorf("added %v, want %v", added, want)
	}
	mine := ask[[]string](p, `return (await Clerk.user.getOrganizationMemberships()).data.map((m) => m.organization.slug + " " + m.role)`)
	if want := []string{"difference org:member"}; !slices.Equal(mine, want) {
		t.Errorf("the new member's organizations are %q, want %q", mine, want)
	}
	left := ask[int](q, `
		const { data } = await Clerk.organization.getMemberships({ role: ["org:member"] })
		await data[0].destroy()
		return (await Clerk.organization.getMemberships()).total_count`)
	if left != 1 {
		t.Errorf("%d members are left, want 1", left)
	}
}

func destroyOrganization(t *testing.T, p, q *page) {
	p.refusal(`await Clerk.getOrganization(`+js(ask[string](q, `return Clerk.organization.id`))+`)`, 404)
	q.run(`await Clerk.organization.destroy()`)
	got := ask[int](q, `await Clerk.user.reload(); await Clerk.session.getToken({ skipCache: true }); return Clerk.user.organizationMemberships.length`)
	if token := q.orgToken(t); got != 0 || token.O != nil {
		t.Errorf("after the end there are %d memberships, and the token says %+v", got, token.O)
	}
}
