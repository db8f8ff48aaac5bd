package identity_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/usherauth/usher/identity"
	"github.com/usherauth/usher/wire"
)

// I28: what an operator changes of the rules is an event for each entry, and what stays is none.
func TestI28_ChangesOfAccessAreEvents(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	app.setAccess(catalogue())
	before := app.events(identity.AuditQuery{})
	doc := catalogue()
	doc.Roles[0].Permissions = doc.Roles[0].Permissions[1:]                                                         // changed
	doc.Permissions = append(doc.Permissions[1:], identity.AccessItem{Key: "org:themes:edit", Name: "Edit themes"}) // one gone, one made
	doc.Roles[1].Permissions = slices.DeleteFunc(doc.Roles[1].Permissions, func(p string) bool { return p == "org:invoices:read" })
	doc.Features[0].Name = "Bills"
	doc.Plans = doc.Plans[1:]
	roles := func() map[string]int64 {
		times := map[string]int64{}
		for _, r := range decode[wire.List[wire.OrganizationRole]](t, app.backend("GET", "/v1/organization_roles", "").body).Data {
			times[r.Key] = r.UpdatedAt
		}
		return times
	}
	earlier := roles()
	app.clock.Add(1e9)
	app.setAccess(doc)
	app.setAccess(doc)
	got := slices.Clone(app.events(identity.AuditQuery{})[len(before):])
	slices.Sort(got)
	want := []string{"feature.updated", "permission.created", "permission.deleted", "plan.deleted", "role.updated", "role.updated"}
	if !slices.Equal(got, want) {
		t.Errorf("events %v, want %v", got, want)
	}
	if later := roles(); later["org:bookkeeper"] == earlier["org:bookkeeper"] || later["org:member"] != earlier["org:member"] {
		t.Errorf("updated at %v, then %v", earlier, later)
	}
}

func TestSetAccessNamesEveryMistake(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	role := func(key string) identity.AccessRole {
		return identity.AccessRole{Key: key, Name: "x", Permissions: []string{}}
	}
	app.setAccess(identity.Access{Roles: []identity.AccessRole{role("org:guest"), role("org:intern"), role("org:nobody")}})
	ada, bob := app.member("ada"), app.member("bob")
	org := ada.found("Acme")
	app.join(org.ID, bob.userID(), "org:intern")
	ada.post("/v1/organizations/"+org.ID+"/invitations", "email_address", "cleo@example.com", "role", "org:guest").want(t, 200, "")
	doc := identity.Access{
		Roles:    []identity.AccessRole{role("org:admin"), {Key: "org:x", Name: "X", Permissions: []string{"org:no:such"}}},
		Features: []identity.AccessItem{{Key: "F", Name: "F"}},
	}
	checked, err := app.CheckAccess(t.Context(), doc), app.SetAccess(t.Context(), doc)
	if err == nil || checked == nil || checked.Error() != err.Error() {
		t.Fatalf("SetAccess = %v\nCheckAccess = %v", err, checked)
	}
	for _, want := range []string{
		"Members have the role org:intern.", "Pending invitations are for the role org:guest.", `role "org:admin" must keep`,
		`there is no permission "org:no:such"`, `feature "F"`,
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("no %q in\n%v", want, err)
		}
	}
	if n := strings.Count(err.Error(), "\n"); n != 4 {
		t.Errorf("%d mistakes, want 5:\n%v", n+1, err)
	}
}

func TestCheckingAccessChangesNothing(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	if err := app.CheckAccess(t.Context(), catalogue()); err != nil {
		t.Errorf("CheckAccess = %v", err)
	}
	doc, err := app.Access(t.Context())
	if err != nil || len(doc.Roles) != 2 || len(doc.Permissions)+len(doc.Features)+len(doc.Plans) != 0 {
		t.Errorf("after the check: %+v, %v", doc, err)
	}
}

func TestPlanOfAnOwner(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	app.setAccess(catalogue())
	ada := app.member("ada")
	org := ada.found("Acme")
	want := func(owner, want string) {
		t.Helper()
		if got, err := app.Plan(t.Context(), owner); err != nil || got != want {
			t.Errorf("Plan(%s) = %q, %v, want %q", owner, got, err, want)
		}
	}
	for owner, plan := range map[string]string{org.ID: "pro", ada.userID(): "plus"} {
		want(owner, "")
		if err := app.AssignPlan(t.Context(), owner, plan); err != nil {
			t.Fatal(err)
		}
		want(owner, plan)
	}
	doc := catalogue()
	doc.Plans = doc.Plans[:1]
	app.setAccess(doc)
	want(org.ID, "")
	want(ada.userID(), "")
	for _, none := range []string{"org_none", "user_none", ""} {
		if _, err := app.Plan(t.Context(), none); !errors.Is(err, identity.ErrNotFound) {
			t.Errorf("Plan(%q) = %v", none, err)
		}
	}
}
