package deptest

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// requirement is a line of a go.mod file.
type requirement struct{ Path, Version string }

func requirements(t *testing.T, file string) []requirement {
	t.Helper()
	out, err := goCommand("mod", "edit", "-json", file)
	if err != nil {
		t.Fatal(err)
	}
	var mod struct{ Require []requirement }
	if err := json.Unmarshal(out, &mod); err != nil {
		t.Fatal(err)
	}
	return mod.Require
}

func version(t *testing.T, file, path string) string {
	t.Helper()
	for _, r := range requirements(t, file) {
		if r.Path == path {
			return r.Version
		}
	}
	t.Errorf("%s does not require %s", file, path)
	return ""
}

// templ only warns when its generator and its runtime differ.
func TestTemplGeneratorAndRuntimeAreOneVersion(t *testing.T) {
	t.Parallel()
	runtime, generator := version(t, "go.mod", templ), version(t, "tools/go.mod", templ)
	if runtime != generator {
		t.Errorf("go.mod has templ %s, tools/go.mod has %s", runtime, generator)
	}
}

func TestEveryDependencyIsExplained(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join(root, "docs", "dependencies.md"))
	if err != nil {
		t.Fatal(err)
	}
	explained := func(path string) bool { return strings.Contains(string(text), "`"+path+"`") }
	used := usedModules(t)
	for _, path := range used {
		if !explained(path) {
			t.Errorf("docs/dependencies.md does not say what %s is for", path)
		}
	}
	for line := range strings.Lines(string(text)) {
		path, ok := strings.CutPrefix(line, "| `")
		if !ok {
			continue
		}
		path, _, _ = strings.Cut(path, "`")
		if !slices.Contains(used, path) {
			t.Errorf("docs/dependencies.md explains %s, which no package imports", path)
		}
	}
}

// usedModules lists the modules that the root module's packages and tests import.
func usedModules(t *testing.T) []string {
	t.Helper()
	var used []string
	required := requirements(t, "go.mod")
	for _, p := range ownPackages(t) {
		for _, path := range slices.Concat(p.Imports, p.TestImports, p.XTestImports) {
			if standard(t, path) || within(path, module) {
				continue
			}
			used = append(used, longest(required, path))
		}
	}
	slices.Sort(used)
	return slices.Compact(used)
}

// longest returns the required module that provides path.
func longest(required []requirement, path string) string {
	found := ""
	for _, r := range required {
		if within(path, r.Path) && len(r.Path) > len(found) {
			found = r.Path
		}
	}
	if found == "" {
		return path
	}
	return found
}
