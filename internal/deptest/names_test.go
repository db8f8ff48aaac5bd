package deptest

import (
	"go/ast"
	"go/doc"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestExportedNamesStayInBudget(t *testing.T) {
	t.Parallel()
	for _, p := range ownPackages(t) {
		r, _ := ruleOf(p.rel())
		if r.names == 0 {
			continue
		}
		t.Run(p.rel(), func(t *testing.T) {
			t.Parallel()
			names := exported(parse(t, p))
			if len(names) > r.names {
				t.Errorf("%s exports %d names, its budget is %d:\n%s", p.rel(), len(names), r.names, strings.Join(names, " "))
			}
			t.Logf("%d of %d", len(names), r.names)
		})
	}
}

func TestEveryPackageSaysWhatItIs(t *testing.T) {
	t.Parallel()
	for _, p := range ownPackages(t) {
		opening := "Package " + p.Name + " "
		if p.Name == "main" {
			opening = "" // "Command web …", "Minimal …"
		}
		comment := packageComment(parse(t, p))
		sentence := new(doc.Package).Synopsis(comment)
		if comment == "" || !strings.HasPrefix(sentence, opening) || !strings.HasSuffix(sentence, ".") {
			t.Errorf("%s: the package comment is %q, want a sentence that begins with %q", p.rel(), sentence, opening)
		}
	}
}

// packageComment joins the package comments of the files that people write; templ puts
// its version where a package comment goes.
func packageComment(files []*ast.File) string {
	var text strings.Builder
	for _, f := range files {
		if !ast.IsGenerated(f) {
			text.WriteString(f.Doc.Text())
		}
	}
	return text.String()
}

func TestEveryExportedNameHasAComment(t *testing.T) {
	t.Parallel()
	for _, p := range ownPackages(t) {
		if p.Name == "main" || strings.HasPrefix(p.rel(), "cmd/") {
			continue
		}
		for _, f := range parse(t, p) {
			if ast.IsGenerated(f) {
				continue // comments are in the source
			}
			for _, decl := range f.Decls {
				if name := uncommented(decl); name != "" {
					t.Errorf("%s.%s has no comment", p.rel(), name)
				}
			}
		}
	}
}

// parse reads the package's files without its tests.
func parse(t *testing.T, p goPackage) []*ast.File {
	t.Helper()
	var files []*ast.File
	for _, name := range p.GoFiles {
		f, err := parser.ParseFile(token.NewFileSet(), filepath.Join(p.Dir, name), nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			t.Error(err)
			continue
		}
		files = append(files, f)
	}
	return files
}

// exported lists the exported names of a package: constants, variables, types,
// functions, and methods of exported types except the known ones.
func exported(files []*ast.File) []string {
	var names []string
	for _, f := range files {
		for _, decl := range f.Decls {
			names = append(names, namesOf(decl)...)
		}
	}
	slices.Sort(names)
	return names
}

func namesOf(decl ast.Decl) (names []string) {
	add := func(id *ast.Ident) {
		if id.IsExported() {
			names = append(names, id.Name)
		}
	}
	switch d := decl.(type) {
	case *ast.FuncDecl:
		switch recv := receiver(d); {
		case recv == "":
			add(d.Name)
		case ast.IsExported(recv) && d.Name.IsExported() && !slices.Contains(known, d.Name.Name):
			names = append(names, recv+"."+d.Name.Name)
		}
	case *ast.GenDecl:
		for _, spec := range d.Specs {
			switch s := spec.(type) {
			case *ast.TypeSpec:
				add(s.Name)
			case *ast.ValueSpec:
				for _, id := range s.Names {
					add(id)
				}
			}
		}
	}
	return names
}

// receiver is the name of a method's type, "" for a function.
func receiver(d *ast.FuncDecl) string {
	if d.Recv == nil || len(d.Recv.List) == 0 {
		return ""
	}
	expr := d.Recv.List[0].Type
	for {
		switch e := expr.(type) {
		case *ast.StarExpr:
			expr = e.X
		case *ast.IndexExpr:
			expr = e.X
		case *ast.IndexListExpr:
			expr = e.X
		case *ast.Ident:
			return e.Name
		default:
			return ""
		}
	}
}

// uncommented returns an exported name of decl that no comment explains. One comment
// serves a group of constants or variables; each type and function needs its own,
// except the known methods.
func uncommented(decl ast.Decl) string {
	names := namesOf(decl)
	if len(names) == 0 { // nothing exported, or a known method
		return ""
	}
	switch d := decl.(type) {
	case *ast.FuncDecl:
		if d.Doc == nil {
			return names[0]
		}
	case *ast.GenDecl:
		if d.Doc != nil {
			return ""
		}
		for _, spec := range d.Specs {
			switch s := spec.(type) {
			case *ast.TypeSpec:
				if s.Name.IsExported() && s.Doc == nil && s.Comment == nil {
					return s.Name.Name
				}
			case *ast.ValueSpec:
				if s.Names[0].IsExported() && s.Doc == nil && s.Comment == nil {
					return s.Names[0].Name
				}
			}
		}
	}
	return ""
}
