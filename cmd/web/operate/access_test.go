package operate_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/usherauth/usher/identity"
)

// rules are what the tests begin with.
const rules = `{
  "permissions": [{"key": "org:invoices:read", "name": "Read invoices"}, {"key": "org:invoices:pay", "name": "Pay invoices"}],
  "roles": [{"key": "org:clerk", "name": "Clerk", "permissions": ["org:invoices:read", "org:invoices:pay", "org:sys_memberships:read"]}],
  "features": [{"key": "invoices", "name": "Invoices"}, {"key": "themes", "name": "Themes"}]
}`

// take imports access rules from standard input.
func (d *desk) take(file string, flags ...string) result {
	d.t.Helper()
	d.stdin = file
	return d.run(append([]string{"access", "import", "-"}, flags...)...)
}

func (d *desk) document() identity.Access {
	d.t.Helper()
	doc, err := d.service.Access(d.t.Context())
	if err != nil {
		d.t.Fatal(err)
	}
	return doc
}

// join makes somebody a member.
func (d *desk) join(address, slug, role string) {
	d.t.Helper()
	err := d.store.Update(d.t.Context(), func(tx identity.Tx) error {
		u, err1 := tx.UserByEmail(address)
		o, err2 := tx.OrganizationBySlug(slug)
		m := identity.Membership{ID: "orgmem_" + u.ID, OrgID: o.ID, UserID: u.ID, Role: role, CreatedAt: d.clock.now()}
		return errors.Join(err1, err2, tx.PutMembership(m))
	})
	if err != nil {
		d.t.Fatal(err)
	}
}

func TestAccessIsShown(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.take(rules)
	d.take(`{"plans": [{"key": "plus", "name": "Plus", "for": "user", "features": []}, {"key": "pro", "name": "Pro", "for": "organization", "features": ["themes", "invoices"]}]}`, "-yes")
	got := lines(d.ok("access", "show"))
	for _, want := range []string{
		"ROLE NAME PERMISSIONS", "org:clerk Clerk org:invoices:read", "org:invoices:pay", "org:admin Admin org:sys_profile:manage",
		"PERMISSION NAME", "org:invoices:pay Pay invoices", "FEATURE NAME", "themes Themes",
		"PLAN NAME FOR FEATURES", "plus Plus user -", "pro Pro organization themes", "invoices",
	} {
		if !slices.Contains(got, want) {
			t.Errorf("no line %q in\n%s", want, strings.Join(got, "\n"))
		}
	}
	records := strings.Split(strings.TrimSpace(d.ok("access", "show", "-json")), "\n")
	if len(records) != 3+2+2+2 {
		t.Errorf("%d records:\n%s", len(records), strings.Join(records, "\n"))
	}
	for _, r := range records {
		var v struct{ Object, Key string }
		if err := json.Unmarshal([]byte(r), &v); err != nil || v.Object == "" || v.Key == "" {
			t.Errorf("%v of %s", err, r)
		}
	}
}

func TestAccessIsEditedInAFile(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.take(rules)
	file := filepath.Join(t.TempDir(), "access.json")
	d.ok("access", "export", file)
	if out := d.ok("access", "import", file); out != "the instance has what the file says\n" {
		t.Errorf("import of what was exported prints %q", out)
	}
	before := d.document()
	text := read(t, file)
	if d.ok("access", "export", "-") != text {
		t.Error("standard output and the file differ")
	}
	text = strings.ReplaceAll(text, `"name": "Clerk"`, `"name": "Bookkeeper", "description": "Reads and pays"`)
	text = regexp.MustCompile(`\s*"org:invoices:read",(\s*"org:invoices:pay")`).ReplaceAllString(text, `$1`)
	text = strings.ReplaceAll(text, `"themes"`, `"colours"`)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	d.fails("would take org:invoices:read from the role org:clerk, delete the feature themes: add -yes", "access", "import", file)
	if after := d.document(); len(after.Features) != 2 || after.Features[1].Key != "themes" || !slices.Equal(after.Roles[0].Permissions, before.Roles[0].Permissions) {
		t.Errorf("without -yes: %+v", after)
	}
	want := "role org:clerk lost org:invoices:read\nrole org:clerk renamed or described anew\nfeature colours created\nfeature themes deleted\n"
	if out := d.ok("access", "import", file, "-yes"); out != want {
		t.Errorf("import prints\n%swant\n%s", out, want)
	}
	if doc := d.document(); doc.Roles[0].Description != "Reads and pays" || slices.Contains(doc.Roles[0].Permissions, "org:invoices:read") || doc.Features[1].Key != "colours" {
		t.Errorf("after the import: %+v", doc)
	}
	if log := d.ok("audit", "list", "-type", "role.updated", "-type", "feature.deleted"); !strings.Contains(log, "org:clerk") || !strings.Contains(log, "themes") {
		t.Errorf("the audit log has\n%s", log)
	}
}

func TestListsThatAFileLeavesOutStay(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.take(rules)
	if r := d.take(`{"features": [{"key": "invoices", "name": "Invoices"}, {"key": "themes", "name": "Themes"}, {"key": "maps", "name": "Maps"}]}`); r.failure != nil || r.out != "feature maps created\n" {
		t.Errorf("%v, prints %q", r.failure, r.out)
	}
	doc := d.document()
	if len(doc.Roles) != 3 || len(doc.Permissions) != 2 || len(doc.Features) != 3 {
		t.Errorf("%+v", doc)
	}
	// The two roles that are always there are not deleted by leaving them out.
	if r := d.take(`{"roles": []}`, "-yes"); r.failure != nil || r.out != "role org:clerk deleted\n" || len(d.document().Roles) != 2 {
		t.Errorf("%v, prints %q", r.failure, r.out)
	}
}

// The first plan for organizations changes what every organization may do.
func TestTheFirstPlanTakesPermissions(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.take(rules)
	plan := `{"plans": [{"key": "pro", "name": "Pro", "for": "organization", "features": ["invoices"]}]}`
	if r := d.take(plan); r.failure == nil || !strings.Contains(r.failure.Error(), "count only in organizations whose plan has their feature: add -yes") {
		t.Errorf("without -yes: %v", r.failure)
	}
	if r := d.take(plan, "-yes"); r.failure != nil || !strings.Contains(r.out, "plan pro created") {
		t.Errorf("%v, prints %q", r.failure, r.out)
	}
	r := d.take(`{"plans": []}`)
	if r.failure == nil || !strings.Contains(r.failure.Error(), "delete the plan pro, also for whoever has it") {
		t.Errorf("without -yes: %v", r.failure)
	}
	r = d.take(strings.ReplaceAll(plan, "organization", "user"))
	if r.failure == nil || !strings.Contains(r.failure.Error(), "take the plan pro from every organization that has it") {
		t.Errorf("without -yes: %v", r.failure)
	}
	if r = d.take(`{"plans": []}`, "-yes"); !strings.Contains(r.out, "count in every organization") {
		t.Errorf("prints %q", r.out)
	}
}

func TestAFileOfAccessNamesItsMistakes(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.take(rules)
	d.signUp("ada@example.com", "Ada")
	d.signUp("bob@example.com", "Bob")
	d.ok("orgs", "create", "-name", "Acme", "-owner", "ada@example.com")
	d.join("bob@example.com", "acme", "org:clerk")
	before := d.document()
	for file, want := range map[string][]string{
		"":                       {"line 1", "no JSON"},
		"{\n\"roles\": [\n}":     {"line 3", "no JSON"},
		"null":                   {"no JSON object"},
		"[]":                     {"no JSON object"},
		`{"role": [], "x": 1}`:   {`"role" means nothing`, `"x" means nothing`},
		`{"roles": {}}`:          {"roles is no list"},
		`{"plans": null}`:        {"plans is no list; [] is an empty one"},
		`{"features": ["maps"]}`: {"features, entry 1: is no object"},
		`{"roles": [{"key": "org:x", "allows": []}, {"key": 5}], "plans": [{"features": "all"}]}`: {
			`roles, entry 1: unknown field "allows"`, "roles, entry 2: key cannot be a number", "plans, entry 1: features cannot be a string",
		},
		`{"roles": [{"key": "org:clerk", "name": "C", "permissions": ["org:no:such"]}, {"key": "boss", "name": "B"}], "features": [{"key": "x"}]}`: {
			`there is no permission "org:no:such"`, `role "boss": a key is org:`, `feature "x": needs a name`,
		},
		`{"roles": []}`: {"Members have the role org:clerk. Give them another one first."},
		`{"roles": [{"key": "org:admin", "name": "\u001b[31mBoss", "permissions": []}]}`: {`role "org:admin" must keep`, "Members have the role org:clerk"},
		`{"permissions": []}`:      {`role "org:clerk": there is no permission "org:invoices:read"`, `role "org:clerk": there is no permission "org:invoices:pay"`},
		strings.Repeat(" ", 5<<20): {"more than 4 MiB"},
	} {
		r := d.take(file, "-yes")
		if r.failure == nil {
			t.Errorf("%.80q is taken: %s", file, r.out)
			continue
		}
		for _, words := range append(want, "\nNothing was changed. Mend the file and import it again.") {
			if !strings.Contains(r.failure.Error(), words) {
				t.Errorf("%.80q: no %q in\n%v", file, words, r.failure)
			}
		}
		if strings.ContainsAny(r.failure.Error(), "\x1b") || strings.Contains(r.failure.Error(), "identity:") {
			t.Errorf("%.80q: the error is\n%v", file, r.failure)
		}
	}
	if after := d.document(); !slices.EqualFunc(before.Roles, after.Roles, func(a, b identity.AccessRole) bool { return a.Key == b.Key && len(a.Permissions) == len(b.Permissions) }) ||
		len(after.Permissions) != 2 || len(after.Features) != 2 || len(after.Plans) != 0 {
		t.Errorf("refused files changed something: %+v", after)
	}
	d.fails("no such file", "access", "import", filepath.Join(t.TempDir(), "none.json"))
}

func TestPlansAreAssignedAndWithdrawn(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.signUp("ada@example.com", "Ada")
	d.ok("orgs", "create", "-name", "Acme", "-owner", "ada@example.com")
	d.fails("there are no plans for users: web access import makes some", "plans", "assign", "pro", "-user", "ada@example.com")
	d.take(`{"plans": [{"key": "plus", "name": "Plus", "for": "user", "features": []}, {"key": "pro", "name": "Pro", "for": "organization", "features": []}]}`)
	out := d.ok("plans", "assign", "pro", "-org", "acme")
	if !regexp.MustCompile(`^org_\w+ has the plan pro\n$`).MatchString(out) {
		t.Errorf("assign prints %q", out)
	}
	d.ok("plans", "assign", "-user", "ada@example.com", "plus")
	plan := regexp.MustCompile(`Plan +(\S+)`)
	shown := func(group, which string) string { return plan.FindStringSubmatch(d.ok(group, "show", which))[1] }
	if org, user := shown("orgs", "acme"), shown("users", "ada@example.com"); org != "pro" || user != "plus" {
		t.Errorf("shown: %s, %s", org, user)
	}
	d.fails(`there is no plan "plus" for organizations, only pro`, "plans", "assign", "plus", "-org", "acme")
	d.fails("name users with -user", "plans", "assign", "plus")
	d.fails("name users with -user", "plans", "withdraw")
	d.fails("no organization", "plans", "assign", "pro", "-org", "nothing")
	r := d.fails("there is no user", "plans", "withdraw", "-user", "nobody@example.com", "-user", "ada@example.com", "-org", "acme")
	if !strings.Contains(r.out, "no longer has the plan plus") || !strings.Contains(r.out, "no longer has the plan pro") {
		t.Errorf("withdraw prints %q", r.out)
	}
	if org, user := shown("orgs", "acme"), shown("users", "ada@example.com"); org != "-" || user != "-" {
		t.Errorf("shown after withdraw: %s, %s", org, user)
	}
	if out := d.ok("plans", "withdraw", "-org", "acme"); !strings.HasSuffix(out, " has no plan\n") {
		t.Errorf("withdraw again prints %q", out)
	}
}
