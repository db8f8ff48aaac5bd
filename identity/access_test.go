package identity_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/usherauth/usher/authctx"
	"github.com/usherauth/usher/identity"
	"github.com/usherauth/usher/wire"
)

// catalogue is an instance with plans: organizations can be free or pro, people plus.
func catalogue() identity.Access {
	return identity.Access{
		Roles: []identity.AccessRole{
			{Key: "org:bookkeeper", Name: "Bookkeeper", Permissions: []string{
				"org:invoices:read", "org:invoices:pay", "org:reports:read", "org:sys_memberships:read",
			}},
			{Key: "org:admin", Name: "Boss", Permissions: []string{
				"org:sys_memberships:read", "org:sys_memberships:manage", "org:sys_profile:delete", "org:sys_profile:manage",
				"org:invoices:read", "org:invoices:pay", "org:reports:read", "org:audit:read",
			}},
		},
		Permissions: []identity.AccessItem{
			{Key: "org:invoices:read", Name: "Read invoices"}, {Key: "org:invoices:pay", Name: "Pay invoices"},
			{Key: "org:reports:read", Name: "Read reports"}, {Key: "org:audit:read", Name: "Read the audit log"},
		},
		Features: []identity.AccessItem{
			{Key: "invoices", Name: "Invoices"}, {Key: "reports", Name: "Reports"}, {Key: "audit", Name: "Audit log"}, {Key: "themes", Name: "Themes"},
		},
		Plans: []identity.AccessPlan{
			{Key: "free", Name: "Free", For: "organization", Features: []string{"invoices"}},
			{Key: "pro", Name: "Pro", For: "organization", Features: []string{"themes", "reports", "invoices"}},
			{Key: "plus", Name: "Plus", For: "user", Features: []string{"themes", "audit"}},
		},
	}
}

func (a *app) setAccess(doc identity.Access) {
	a.t.Helper()
	if err := a.SetAccess(a.t.Context(), doc); err != nil {
		a.t.Fatal(err)
	}
}

// auth is what the verifier makes of the session's next token.
func (v *visitor) auth() *authctx.Auth {
	v.t.Helper()
	app := v.app
	auth, err := authctx.New(authctx.Config{
		SecretKey: app.SecretKey().Reveal(), PublishableKey: app.PublishableKey().String(), JWTKey: app.JWTKeyPEM(),
		AuthorizedParties: []string{origin}, Now: app.clock.Now,
	})
	if err != nil {
		v.t.Fatal(err)
	}
	r := httptest.NewRequest("GET", origin+"/", nil)
	r.Header.Set("Authorization", "Bearer "+v.token(v.sessionID()))
	var got *authctx.Auth
	auth.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = authctx.FromContext(r.Context()) })).
		ServeHTTP(httptest.NewRecorder(), r)
	if !got.SignedIn() {
		v.t.Fatalf("the token is refused: %s", got.Reason())
	}
	return got
}

// M06: what the instance grants, the verifier reads from the token: roles, permissions,
// features and plans, and nothing besides.
func TestM06_TokensSayWhatIsGranted(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	app.setAccess(catalogue())
	ada := app.member("ada")
	org := ada.found("Acme")
	user := ada.userID()
	ada.activate(org.ID).want(t, 200, "")
	members := "/v1/organizations/" + org.ID + "/memberships/" + user
	app.member("bob")
	app.join(org.ID, func() string {
		v := app.visitor()
		v.post("/v1/client/sign_ins", "identifier", "bob@example.com", "password", password)
		return v.userID()
	}(), "org:admin")

	all := map[string]authctx.Requirement{
		"org:admin": authctx.Role("org:admin"), "org:bookkeeper": authctx.Role("org:bookkeeper"),
		"invoices:read": authctx.Permission("org:invoices:read"), "invoices:pay": authctx.Permission("org:invoices:pay"),
		"reports:read": authctx.Permission("org:reports:read"), "audit:read": authctx.Permission("org:audit:read"),
		"sys":        authctx.Permission("org:sys_memberships:manage"),
		"f invoices": authctx.Feature("org:invoices"), "f reports": authctx.Feature("org:reports"), "f audit": authctx.Feature("org:audit"),
		"f themes": authctx.Feature("org:themes"), "u themes": authctx.Feature("user:themes"), "u audit": authctx.Feature("user:audit"),
		"free": authctx.Plan("org:free"), "pro": authctx.Plan("org:pro"), "plus": authctx.Plan("user:plus"), "u pro": authctx.Plan("user:pro"),
	}
	for _, tt := range []struct {
		name, role, orgPlan, userPlan string
		granted, permissions          string
	}{
		{"a role without a plan", "org:admin", "", "", "org:admin", ""},
		{"a plan without the features of some permissions", "org:admin", "free", "", "org:admin invoices:read invoices:pay f invoices free", "org:invoices:read org:invoices:pay"},
		{"features in the order of the plan", "org:bookkeeper", "pro", "",
			"org:bookkeeper invoices:read invoices:pay reports:read f invoices f reports f themes pro", "org:reports:read org:invoices:read org:invoices:pay"},
		{"a feature of both is counted once", "org:admin", "pro", "plus",
			"org:admin invoices:read invoices:pay reports:read f invoices f reports f themes u themes u audit pro plus", "org:reports:read org:invoices:read org:invoices:pay"},
		{"a person's plan gives no permissions", "org:admin", "", "plus", "org:admin u themes u audit plus", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			app.backend("PATCH", members, `{"role":"`+tt.role+`"}`).want(t, 200, "")
			if err := errors.Join(app.AssignPlan(t.Context(), org.ID, tt.orgPlan), app.AssignPlan(t.Context(), user, tt.userPlan)); err != nil {
				t.Fatal(err)
			}
			auth := ada.auth()
			var got []string
			for name, requirement := range all {
				if auth.Has(requirement) {
					got = append(got, name)
				}
			}
			slices.Sort(got)
			want := sortedBy(tt.granted)
			if !slices.Equal(got, want) {
				t.Errorf("granted %q, want %q; claims %s", got, want, auth.Token())
			}
			if p := strings.Join(auth.OrgPermissions(), " "); p != tt.permissions {
				t.Errorf("permissions %q, want %q", p, tt.permissions)
			}
			if auth.OrgSlug() != "acme" || auth.OrgRole() != tt.role {
				t.Errorf("slug %q, role %q", auth.OrgSlug(), auth.OrgRole())
			}
			m := ada.client().Sessions[0].User.OrganizationMemberships[0]
			custom := slices.DeleteFunc(slices.Clone(m.Permissions), func(p string) bool { return strings.HasPrefix(p, "org:sys_") })
			if slices.Sort(custom); !slices.Equal(custom, sortedBy(tt.permissions)) {
				t.Errorf("the membership says %q, the token %q", custom, tt.permissions)
			}
		})
	}
	ada.activate("").want(t, 200, "")
	if auth := ada.auth(); auth.OrgID() != "" || !auth.Has(authctx.Plan("user:plus"), authctx.Feature("user:audit")) || auth.Has(authctx.Feature("org:themes")) {
		t.Errorf("without an organization: %q", auth.Token())
	}
}

// sortedBy splits a list whose entries may have a scope of one letter before them.
func sortedBy(list string) []string {
	fields := strings.Fields(list)
	var out []string
	for i := 0; i < len(fields); i++ {
		if (fields[i] == "f" || fields[i] == "u") && i+1 < len(fields) {
			out = append(out, fields[i]+" "+fields[i+1])
			i++
			continue
		}
		out = append(out, fields[i])
	}
	slices.Sort(out)
	return out
}

// Without plans for organizations every permission of a role counts.
func TestPermissionsWithoutPlans(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	doc := catalogue()
	doc.Plans = nil
	app.setAccess(doc)
	ada := app.member("ada")
	org := ada.found("Acme")
	ada.activate(org.ID).want(t, 200, "")
	auth := ada.auth()
	want := []string{"org:invoices:read", "org:invoices:pay", "org:reports:read", "org:audit:read"}
	if !slices.Equal(auth.OrgPermissions(), want) || !auth.Has(authctx.Feature("org:audit")) {
		t.Errorf("permissions %q, want %q", auth.OrgPermissions(), want)
	}
}

// C12: access rules that would make tokens too long are refused where they are made.
func TestC12_AccessThatNoTokenCanHold(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	doc := identity.Access{Roles: []identity.AccessRole{{Key: "org:everything", Name: "Everything"}}}
	for i := range 100 {
		key := "org:feature_with_a_long_name_" + decimal(i) + ":manage"
		doc.Permissions = append(doc.Permissions, identity.AccessItem{Key: key, Name: "Manage"})
		doc.Roles[0].Permissions = append(doc.Roles[0].Permissions, key)
	}
	err := app.SetAccess(t.Context(), doc)
	if err == nil || !strings.Contains(err.Error(), "octets") {
		t.Errorf("error %v, want one about the size", err)
	}
	doc.Roles[0].Permissions = doc.Roles[0].Permissions[:30]
	app.setAccess(doc)
}

func TestMistakesInAccess(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	item := func(key string) []identity.AccessItem { return []identity.AccessItem{{Key: key, Name: "x"}} }
	role := func(key string, permissions ...string) []identity.AccessRole {
		return []identity.AccessRole{{Key: key, Name: "x", Permissions: permissions}}
	}
	plan := func(p identity.AccessPlan) []identity.AccessPlan { p.Name = "x"; return []identity.AccessPlan{p} }
	for _, tt := range []struct {
		name string
		doc  identity.Access
		want string
	}{
		{"a role without the prefix", identity.Access{Roles: role("boss")}, "a key is org:"},
		{"a role with capitals", identity.Access{Roles: role("org:Boss")}, "a key is org:"},
		{"a role with a comma", identity.Access{Roles: role("org:a,b")}, "a key is org:"},
		{"a role like a system permission", identity.Access{Roles: role("org:sys_x")}, "a key is org:"},
		{"a role with an unknown permission", identity.Access{Roles: role("org:x", "org:a:b")}, `there is no permission "org:a:b"`},
		{"a role with a permission twice", identity.Access{Roles: role("org:x", "org:sys_profile:manage", "org:sys_profile:manage")}, "is there twice"},
		{"a role twice", identity.Access{Roles: append(role("org:x"), role("org:x")...)}, "is there twice"},
		{"a role without a name", identity.Access{Roles: []identity.AccessRole{{Key: "org:x"}}}, "needs a name"},
		{"an administrator who cannot manage", identity.Access{Roles: role("org:admin", "org:sys_profile:manage")}, "must keep"},
		{"a permission of two parts", identity.Access{Permissions: item("org:read")}, "a key is org:<feature>:<action>"},
		{"a permission of four parts", identity.Access{Permissions: item("org:a:b:c")}, "a key is org:<feature>:<action>"},
		{"a permission of the system", identity.Access{Permissions: item("org:sys_x:read")}, "a key is org:<feature>:<action>"},
		{"a feature with a scope", identity.Access{Features: item("o:x")}, "lower-case letters"},
		{"a feature of the system", identity.Access{Features: item("sys_x")}, "lower-case letters"},
		{"a plan for nobody", identity.Access{Plans: plan(identity.AccessPlan{Key: "x"})}, `want "organization" or "user"`},
		{"a plan with an unknown feature", identity.Access{Plans: plan(identity.AccessPlan{Key: "x", For: "user", Features: []string{"y"}})}, `no feature "y"`},
		{"too many roles", identity.Access{Roles: slices.Repeat(role("org:x"), 51)}, "at most 50"},
	} {
		err := app.SetAccess(t.Context(), tt.doc)
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: error %v, want %q in it", tt.name, err, tt.want)
		}
	}
	err := app.SetAccess(t.Context(), identity.Access{Roles: role("boss"), Features: item("X"), Permissions: item("read")})
	if err == nil || strings.Count(err.Error(), "\n") < 2 {
		t.Errorf("error %v, want every mistake", err)
	}
	doc, err := app.Access(t.Context())
	if err != nil || len(doc.Roles) != 2 || len(doc.Permissions)+len(doc.Features)+len(doc.Plans) != 0 {
		t.Errorf("after refused changes: %+v, %v", doc, err)
	}
}

func TestAccessRoundTrip(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	app.setAccess(catalogue())
	doc, err := app.Access(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(doc.Roles) != 3 || doc.Roles[2].Key != "org:member" || doc.Roles[1].Name != "Boss" {
		t.Errorf("roles = %+v, want the two and org:member", doc.Roles)
	}
	roles := func() string { return app.backend("GET", "/v1/organization_roles", "").body }
	before := roles()
	app.clock.Add(1e9)
	app.setAccess(doc)
	again, err := app.Access(t.Context())
	if err != nil || !equalJSON(t, doc, again) {
		t.Errorf("set and read again: %+v, %v", again, err)
	}
	ids := func(body string) (ids []string) {
		for _, r := range decode[wire.List[wire.OrganizationRole]](t, body).Data {
			ids = append(ids, r.ID)
		}
		slices.Sort(ids)
		return ids
	}
	if !slices.Equal(ids(before), ids(roles())) {
		t.Error("roles got new ids")
	}
}

// A role that somebody has, or is invited to, stays and stays good for what it was.
func TestRolesInUseStay(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	owner := identity.AccessRole{Key: "org:owner", Name: "Owner", Permissions: []string{
		"org:sys_memberships:read", "org:sys_memberships:manage", "org:sys_profile:delete",
	}}
	doc := identity.Access{Roles: []identity.AccessRole{owner, {Key: "org:guest", Name: "Guest", Permissions: []string{}}}}
	app.setAccess(doc)
	ada, bob := app.member("ada"), app.member("bob")
	org := ada.found("Acme")
	app.join(org.ID, bob.userID(), "org:owner")
	ada.post("/v1/me/organization_memberships/"+org.ID+"?_method=DELETE").want(t, 200, "")
	bob.post("/v1/organizations/"+org.ID+"/invitations", "email_address", "cleo@example.com", "role", "org:guest").want(t, 200, "")

	refused := func(doc identity.Access, want string) {
		t.Helper()
		if err := app.SetAccess(t.Context(), doc); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q in it", err, want)
		}
	}
	refused(identity.Access{Roles: doc.Roles[1:]}, "Members have the role org:owner")
	refused(identity.Access{Roles: doc.Roles[:1]}, "Pending invitations are for the role org:guest")
	weak := owner
	weak.Permissions = owner.Permissions[:1]
	refused(identity.Access{Roles: []identity.AccessRole{weak, doc.Roles[1]}}, "Members have the role org:owner")
	weak.Permissions = append(slices.Clone(owner.Permissions), "org:sys_profile:manage")
	app.setAccess(identity.Access{Roles: []identity.AccessRole{weak, doc.Roles[1]}})
	bob.post("/v1/me/organization_memberships/"+org.ID+"?_method=DELETE").want(t, 400, wire.CodeLastAdmin)
}

func TestAssignPlan(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	app.setAccess(catalogue())
	ada := app.member("ada")
	org := ada.found("Acme")
	for _, tt := range []struct {
		owner, plan string
		notFound    bool
	}{{org.ID, "plus", false}, {org.ID, "none", false}, {ada.userID(), "pro", false}, {"org_none", "pro", true}, {"user_none", "plus", true}} {
		if err := app.AssignPlan(t.Context(), tt.owner, tt.plan); err == nil || errors.Is(err, identity.ErrNotFound) != tt.notFound {
			t.Errorf("AssignPlan(%s, %s) = %v", tt.owner, tt.plan, err)
		}
	}
	if err := app.AssignPlan(t.Context(), org.ID, "pro"); err != nil {
		t.Fatal(err)
	}
	doc := catalogue()
	doc.Plans = doc.Plans[:1]
	app.setAccess(doc)
	ada.activate(org.ID).want(t, 200, "")
	if auth := ada.auth(); auth.Has(authctx.Plan("pro")) || len(auth.OrgPermissions()) != 0 {
		t.Error("a plan that was deleted still counts")
	}
	if events := app.events(identity.AuditQuery{OrgID: org.ID, Types: []string{"plan.assigned"}}); len(events) != 1 {
		t.Errorf("events %v", events)
	}
}

// L13: of changes at the same time none is lost.
func TestAccessChangesAtOnce(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	var wg sync.WaitGroup
	for i := range 40 {
		wg.Go(func() {
			app.backend("POST", "/v1/organization_permissions", `{"name":"P","key":"org:things:do_`+decimal(i)+`"}`).want(t, 200, "")
		})
	}
	wg.Wait()
	if list := decode[wire.List[wire.OrganizationPermission]](t, app.backend("GET", "/v1/organization_permissions?query=things", "").body); list.TotalCount != 40 {
		t.Errorf("%d permissions, want 40", list.TotalCount)
	}
}
