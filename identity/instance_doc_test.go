package identity_test

import (
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"
)

var update = flag.Bool("update", false, "write docs/instance.md anew")

const instanceDoc = "../docs/instance.md"

// TestInstanceTable: docs/instance.md lists the routes that run, each with what its
// endpoint's comment says, and those that answer 501. With -update it is written anew.
func TestInstanceTable(t *testing.T) {
	t.Parallel()
	src := readRoutes(t)
	frontend, backend := newApp(t).Tables()
	var b strings.Builder
	b.WriteString(`# The instance

What the embedded service answers, generated from its tables of routes. The shapes are those of the protocol; paths are as clients send them,
below ` + "`/__clerk`" + ` on the app's own origin for the Frontend API, and on the Backend API's own listener with the secret key.

`)
	b.WriteString(src.section("Frontend API", frontend))
	b.WriteString(src.section("Backend API", backend))
	want := b.String()
	if *update {
		if err := os.WriteFile(instanceDoc, []byte(want), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(instanceDoc)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("docs/instance.md is not what the tables give: run go test ./identity -run TestInstanceTable -update")
	}
}

// source is what the package's text says of its endpoints and routes.
type source struct {
	docs   map[string]string              // function → first sentence of its comment
	calls  map[string]map[string][]string // API and pattern → method → names in what answers, outermost first
	absent map[string]bool                // API and pattern of routes that answer 501
	api    string                         // whose routes are being read
}

func readRoutes(t *testing.T) *source {
	t.Helper()
	src := &source{map[string]string{}, map[string]map[string][]string{}, map[string]bool{}, ""}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range f.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok {
				src.docs[fn.Name.Name] = firstSentence(fn)
				if src.api = "Frontend API"; strings.HasPrefix(fn.Name.Name, "backend") {
					src.api = "Backend API"
				}
				ast.Inspect(fn, src.look)
			}
		}
	}
	return src
}

// look finds what is in a table of routes and what is listed as not built.
func (s *source) look(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.CallExpr:
		if id, ok := n.Fun.(*ast.Ident); ok && id.Name == "notBuilt" {
			for _, arg := range n.Args {
				s.absent[s.api+text(arg)] = true
			}
		}
	case *ast.KeyValueExpr:
		pattern := text(n.Key)
		if !strings.HasPrefix(pattern, "/") {
			return true
		}
		table, ok := n.Value.(*ast.CompositeLit)
		if !ok { // one answer for every method
			s.calls[s.api+pattern] = map[string][]string{"": names(n.Value)}
			return true
		}
		s.calls[s.api+pattern] = map[string][]string{}
		for _, e := range table.Elts {
			if kv, ok := e.(*ast.KeyValueExpr); ok {
				s.calls[s.api+pattern][text(kv.Key)] = names(kv.Value)
			}
		}
	}
	return true
}

func text(e ast.Expr) string {
	lit, ok := e.(*ast.BasicLit)
	if !ok {
		return ""
	}
	s, _ := strconv.Unquote(lit.Value)
	return s
}

// names are the identifiers in an endpoint's expression: limits and adapters come before
// the function that answers.
func names(e ast.Expr) (all []string) {
	ast.Inspect(e, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok {
			all = append(all, id.Name)
		}
		return true
	})
	return all
}

// adapters wrap endpoints and say nothing of what they do.
var adapters = []string{"s", "creates", "attempts", "favours", "limited", "everyMethod", "true", "false"}

func (s *source) named(route, method string) []string {
	if all, ok := s.calls[route][method]; ok {
		return all
	}
	return s.calls[route][""]
}

// about is what the innermost function with a comment says that it does or, without one,
// its name in words.
func (s *source) about(calls []string) string {
	calls = slices.DeleteFunc(slices.Clone(calls), func(name string) bool { return slices.Contains(adapters, name) })
	for _, name := range slices.Backward(calls) {
		if doc := s.docs[name]; doc != "" {
			return doc
		}
	}
	if len(calls) == 0 {
		return ""
	}
	var b strings.Builder
	for _, r := range calls[len(calls)-1] {
		if unicode.IsUpper(r) {
			b.WriteByte(' ')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

// firstSentence is what the comment says that the function does.
func firstSentence(fn *ast.FuncDecl) string {
	if fn.Doc == nil {
		return ""
	}
	doc := strings.Join(strings.Fields(fn.Doc.Text()), " ")
	doc = strings.TrimPrefix(strings.TrimPrefix(doc, fn.Name.Name), ":")
	doc = strings.TrimPrefix(strings.TrimSpace(doc), "is ")
	if i := strings.Index(doc, ". "); i >= 0 {
		doc = doc[:i]
	}
	if i := strings.Index(doc, ": "); i >= 0 && strings.Contains(doc[i:], "/") {
		doc = doc[:i] // the rest repeats method and path
	}
	return strings.TrimSuffix(doc, ".")
}

func (s *source) section(title string, table map[string][]string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "## %s\n\n| route | what it does |\n| --- | --- |\n", title)
	var absent []string
	for _, pattern := range slices.Sorted(maps.Keys(table)) {
		if s.absent[title+pattern] {
			absent = append(absent, "`"+pattern+"`")
			continue
		}
		slices.Sort(table[pattern])
		for _, method := range table[pattern] {
			fmt.Fprintf(&b, "| `%s %s` | %s |\n", method, pattern, strings.ReplaceAll(s.about(s.named(title+pattern, method)), "|", "\\|"))
		}
	}
	fmt.Fprintf(&b, "\nDocumented for hosted instances and not there, answered with 501: %s.\n\n", strings.Join(absent, ", "))
	return b.String()
}
