package operate_test

import (
	"regexp"
	"strings"
	"testing"
)

func TestOrganizations(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.signUp("ada@example.com", "Ada")
	out := d.ok("orgs", "create", "-name", "Acme & Sons", "-owner", "ada@example.com", "-max-members", "5")
	if !regexp.MustCompile(`^org_\w+ created, with the slug acme-sons\n$`).MatchString(out) {
		t.Errorf("create prints %q", out)
	}
	d.ok("orgs", "create", "-name", "Empty", "-slug", "void")
	if got := lines(d.ok("orgs", "list", "-query", "acme")); len(got) != 2 || !strings.Contains(got[1], "acme-sons Acme & Sons 1 2026-11-23") {
		t.Errorf("list: %q", got)
	}
	shown := d.ok("orgs", "show", "acme-sons")
	for _, want := range []string{`ID +org_`, `Name +Acme & Sons`, `Members +1`, `At most +5`, `Created by +user_`} {
		if !regexp.MustCompile(want).MatchString(shown) {
			t.Errorf("no %s in\n%s", want, shown)
		}
	}
	if got := lines(d.ok("orgs", "members", "acme-sons")); len(got) != 2 || !strings.Contains(got[1], "ada@example.com Ada org:admin 2026-11-23") {
		t.Errorf("members: %q", got)
	}
	if out := d.ok("users", "show", "ada@example.com"); !regexp.MustCompile(`Organizations +Acme & Sons \(org_\w+\), org:admin`).MatchString(out) {
		t.Errorf("show:\n%s", out)
	}
	if out := d.ok("orgs", "show", "void"); !strings.Contains(out, "no limit") {
		t.Errorf("show:\n%s", out)
	}
	d.fails("slug", "orgs", "create", "-name", "Other", "-slug", "void")
	d.fails("no user", "orgs", "create", "-name", "Other", "-owner", "nobody@example.com")
	d.fails(`no organization "nothing": web orgs list`, "orgs", "show", "nothing")
	d.fails("add -yes", "orgs", "delete", "void")
	r := d.fails("no organization", "orgs", "delete", "-yes", "void", "nothing", "acme-sons")
	if strings.Count(r.out, "deleted") != 2 || d.ok("orgs", "list") != "" {
		t.Errorf("prints %q", r.out)
	}
}
