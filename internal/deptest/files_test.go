package deptest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestNothingIsUnfinished(t *testing.T) {
	t.Parallel()
	marks := make([]*regexp.Regexp, len(unfinished))
	for i, expr := range unfinished {
		marks[i] = regexp.MustCompile(expr)
	}
	sources(t, func(name string, content []byte) {
		for i, line := range strings.Split(string(content), "\n") {
			for _, mark := range marks {
				if found := mark.FindString(line); found != "" {
					t.Errorf("%s:%d contains %q", name, i+1, found)
				}
			}
		}
	})
}

// TestLibraryCodeAsksForWhatItNeeds: clock, settings and log come from the caller, so
// that tests and programs decide.
func TestLibraryCodeAsksForWhatItNeeds(t *testing.T) {
	t.Parallel()
	programs := []string{"cmd", "examples", "authtest", "e2e", "bench", "tools", "internal/pair"}
	banned := map[string]string{
		"time.Now":     "call the Now of a Config",
		"os.Getenv":    "only cmd/web reads the environment",
		"os.LookupEnv": "only cmd/web reads the environment",
		"os.Exit":      "only cmd/web ends the program",
		"log.Print":    "log through a *slog.Logger of a Config",
		"log.Printf":   "log through a *slog.Logger of a Config",
		"log.Println":  "log through a *slog.Logger of a Config",
		"log.Fatal":    "only cmd/web ends the program",
		"log.Fatalf":   "only cmd/web ends the program",
		"slog.Default": "log through a *slog.Logger of a Config",
		"fmt.Print":    "a library writes nothing by itself",
		"fmt.Printf":   "a library writes nothing by itself",
		"fmt.Println":  "a library writes nothing by itself",
	}
	sources(t, func(name string, content []byte) {
		top, _, _ := strings.Cut(name, "/")
		if slices.Contains(programs, top) || slices.Contains(programs, path.Dir(name)) || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return
		}
		for _, call := range calls(t, name, content) {
			if why, ok := banned[call]; ok {
				t.Errorf("%s calls %s: %s", name, call, why)
			}
		}
	})
}

// calls lists the calls of the form a.B in a file.
func calls(t *testing.T, name string, content []byte) []string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), name, content, parser.SkipObjectResolution)
	if err != nil {
		t.Error(err)
		return nil
	}
	var list []string
	ast.Inspect(file, func(n ast.Node) bool {
		if call, ok := n.(*ast.CallExpr); ok {
			if sel, ok := call.Fun.(*ast.SelectorExpr); ok {
				if x, ok := sel.X.(*ast.Ident); ok {
					list = append(list, x.Name+"."+sel.Sel.Name)
				}
			}
		}
		return true
	})
	return list
}
