package deptest

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

func read(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "..", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestReadmeShowsTheExampleAsItIs(t *testing.T) {
	t.Parallel()
	example := read(t, "examples/minimal/main.go")
	if !strings.Contains(read(t, "README.md"), "```go\n"+example+"```\n") {
		t.Error("README.md does not hold examples/minimal/main.go as it is: copy it there again")
	}
	if n := strings.Count(example, "\n"); n >= 60 {
		t.Errorf("examples/minimal/main.go has %d lines, fewer than 60 are promised", n)
	}
}

// TestSecurityTableNamesRealTests: each promise in docs/security.md names a test that
// exists, or says that it is open.
func TestSecurityTableNamesRealTests(t *testing.T) {
	t.Parallel()
	tests := map[string]bool{}
	sources(t, func(name string, content []byte) {
		if strings.HasSuffix(name, "_test.go") {
			for _, m := range testName.FindAllSubmatch(content, -1) {
				tests[string(m[1])] = true
			}
		}
	})
	rows := map[string]bool{}
	for line := range strings.Lines(read(t, "docs/security.md")) {
		row := securityRow.FindStringSubmatch(line)
		if row == nil {
			continue
		}
		if rows[row[1]] {
			t.Errorf("%s has two rows", row[1])
		}
		rows[row[1]] = true
		named := quoted.FindAllStringSubmatch(row[2], -1)
		if len(named) == 0 && !strings.Contains(row[2], "open:") && !strings.Contains(row[2], "decided:") {
			t.Errorf("%s names no test and is not open", row[1])
		}
		for _, n := range named {
			if !tests[n[1]] {
				t.Errorf("%s names %s, which does not exist", row[1], n[1])
			}
		}
	}
	if len(rows) < 60 {
		t.Errorf("only %d rows", len(rows))
	}
}

var (
	testName    = regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w+)\(`)
	securityRow = regexp.MustCompile(`^\| ([A-Z]\d\d) \|(.*)\|\s*$`)
	quoted      = regexp.MustCompile("`(?:[a-z0-9/]+\\.)?((?:Test|Fuzz)\\w+)`")
)
