package deptest

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestEveryPackageOfThePlanExists(t *testing.T) {
	t.Parallel()
	own := ownPackages(t)
	for _, r := range rules {
		exists := slices.ContainsFunc(own, func(p goPackage) bool { return r.matches(p.rel()) })
		switch {
		case !exists && r.later == "":
			t.Errorf("%s is in the plan and not in the tree", r.pkg)
		case exists && r.later != "":
			t.Errorf("%s exists: remove the reason why it may be missing (%q)", r.pkg, r.later)
		}
	}
}

func TestImportsFollowThePlan(t *testing.T) {
	t.Parallel()
	for _, p := range ownPackages(t) {
		t.Run(p.rel(), func(t *testing.T) {
			t.Parallel()
			if p.Error != nil {
				t.Errorf("go list: %s", p.Error.Err)
			}
			r, ok := ruleOf(p.rel())
			if !ok {
				t.Fatalf("%s has no row in the plan: add one to table_test.go and docs/architecture.md", p.rel())
			}
			checkDirect(t, r, p)
			checkDeps(t, r, p)
			checkNowhere(t, p)
		})
	}
}

// checkDirect compares the imports with the row's allow column.
func checkDirect(t *testing.T, r rule, p goPackage) {
	t.Helper()
	for _, path := range p.Imports {
		if !standard(t, path) && !r.allows(path) {
			t.Errorf("%s imports %s, which its row does not allow", p.rel(), path)
		}
	}
}

// checkDeps compares what the package pulls in with the row's never column.
func checkDeps(t *testing.T, r rule, p goPackage) {
	t.Helper()
	for _, name := range r.never {
		for _, dep := range p.Deps {
			if forbids(name, dep, standard(t, dep)) {
				t.Errorf("%s depends on %s, which its row forbids (%s)", p.rel(), dep, name)
			}
		}
	}
}

// checkNowhere looks at the package's tests too.
func checkNowhere(t *testing.T, p goPackage) {
	t.Helper()
	for _, path := range slices.Concat(p.Imports, p.TestImports, p.XTestImports) {
		for banned, why := range nowhere {
			if path == banned || strings.Contains(banned, ".") && within(path, banned) {
				t.Errorf("%s imports %s: %s", p.rel(), path, why)
			}
		}
	}
}

// standard reports a package of the standard library. "C" and packages that only tests
// import are told by their path: others have a dot in its first element.
func standard(t *testing.T, path string) bool {
	t.Helper()
	all, err := house()
	if err != nil {
		t.Fatal(err)
	}
	if p, ok := all[path]; ok {
		return p.Standard
	}
	first, _, _ := strings.Cut(path, "/")
	return !strings.Contains(first, ".")
}

func ruleOf(rel string) (rule, bool) {
	i := slices.IndexFunc(rules, func(r rule) bool { return r.matches(rel) })
	if i < 0 {
		return rule{}, false
	}
	return rules[i], true
}

func (r rule) matches(rel string) bool {
	if dir, ok := strings.CutSuffix(r.pkg, "/…"); ok {
		return within(rel, dir)
	}
	return rel == r.pkg
}

// allows reports whether the row lets its package import path directly. Own packages
// are allowed one by one, modules as a whole.
func (r rule) allows(path string) bool {
	rel, own := strings.CutPrefix(path, module+"/")
	for _, name := range r.allow {
		switch {
		case name == everyOwn:
			if own {
				return true
			}
		case name == publicOwn:
			if own && slices.Contains(public, rel) {
				return true
			}
		case own:
			if rel == name {
				return true
			}
		case within(path, name):
			return true
		}
	}
	return false
}

// forbids reports whether dep is what name in a never column stands for.
func forbids(name, dep string, std bool) bool {
	switch name {
	case anything:
		return !std
	case drivers:
		return slices.ContainsFunc(driverPaths, func(d string) bool { return within(dep, d) })
	}
	return within(dep, name) || within(dep, module+"/"+name)
}

// TestThePlanItself keeps the table readable: rows refer to rows above them.
func TestThePlanItself(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, r := range rules {
		if seen[r.pkg] {
			t.Errorf("%s has two rows", r.pkg)
		}
		for _, name := range r.allow {
			own := name != publicOwn && name != everyOwn && !strings.Contains(name, ".") && !strings.HasPrefix(r.pkg, name+"/")
			if own && !seen[name] {
				t.Errorf("%s allows %s, which is not above it", r.pkg, name)
			}
		}
		seen[r.pkg] = true
	}
	for _, name := range public {
		if !seen[name] {
			t.Errorf("public package %s has no row", name)
		}
	}
}

// TestTheChecksCanFail feeds the checks what they exist to refuse.
func TestTheChecksCanFail(t *testing.T) {
	t.Parallel()
	views, _ := ruleOf("views")
	examples, _ := ruleOf("examples/minimal")
	web, ok := ruleOf("cmd/web/pages")
	if !ok {
		t.Fatal("cmd/web/pages has no row")
	}
	for _, tt := range []struct {
		name string
		got  bool
		want bool
	}{
		{"views may import authctx", views.allows(module + "/authctx"), true},
		{"views may import templ's runtime", views.allows(templ + "/runtime"), true},
		{"views may import userclient", views.allows(module + "/userclient"), false},
		{"views may import a module named like templ", views.allows(templ + "x"), false},
		{"pages may import their neighbours", web.allows(module + "/cmd/web/pages"), true},
		{"pages may import the embedded service", web.allows(module + "/identity"), true},
		{"pages may import a driver", web.allows(sqlite), false},
		{"examples may import public packages", examples.allows(module + "/authctx"), true},
		{"examples may import internal packages", examples.allows(module + "/internal/token"), false},
		{"anything forbids a module", forbids(anything, chi, false), true},
		{"anything forbids an own package", forbids(anything, module+"/wire", false), true},
		{"anything forbids the standard library", forbids(anything, "net/http", true), false},
		{"drivers forbid database/sql", forbids(drivers, "database/sql", true), true},
		{"drivers forbid sqlite's parts", forbids(drivers, sqlite+"/lib", false), true},
		{"identity forbids its stores", forbids("identity", module+"/identity/memstore", false), true},
		{"identity forbids a package named like it", forbids("identity", module+"/identityx", false), false},
	} {
		if tt.got != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, tt.got, tt.want)
		}
	}
}

func TestNestedModulesStayApart(t *testing.T) {
	t.Parallel()
	for _, dir := range []string{"e2e", "bench", "tools"} {
		if _, err := os.Stat(filepath.Join(root, dir)); err != nil {
			continue
		}
		if _, err := os.Stat(filepath.Join(root, dir, "go.mod")); err != nil {
			t.Errorf("%s is not a module of its own: %v", dir, err)
		}
	}
}
