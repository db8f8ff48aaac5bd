package handlers

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/usherauth/usher/wire"
)

// operatorsOnly are codes that the Backend API alone answers: no form of ours meets them.
var operatorsOnly = []string{
	wire.CodeAPIVersionInvalid, wire.CodeAuthHeaderInvalid, wire.CodeSecretKeyInvalid, wire.CodeCookieInvalid, wire.CodeCreatorNotFound,
	wire.CodeReservedClaim, wire.CodeSystemPermission, wire.CodeRolesQuota, wire.CodePermissionNotInRole, wire.CodePermissionInRole,
	wire.CodeRoleAssigned, wire.CodeRoleInvited, wire.CodeCreatorRole, wire.CodeDefaultRole, wire.CodeCreatorPermissions,
	"invitation_already_revoked", "sign_in_token_cannot_be_revoked_code", "actor_token_cannot_be_revoked_code",
}

// fieldsOf are the fields of our forms that a variable stands for, by file of the service.
var fieldsOf = map[string][]string{
	"profile.go": {"first_name", "last_name", "name"}, "password.go": {"password", "new_password"},
}

var formFields = []string{"identifier", "password", "email_address", "first_name", "last_name", "code", "current_password", "new_password", "name", "role"}

// refusalFound is one place where the embedded service refuses something.
type refusalFound struct{ where, code, message string }

// TestC8_EveryRefusalHasWords: whatever the embedded service refuses is said on a page, and
// two rules are not said in the same words.
func TestC8_EveryRefusalHasWords(t *testing.T) {
	t.Parallel()
	found, byField := readRefusals(t)
	if len(found) < 80 || len(byField) < 10 {
		t.Fatalf("only %d refusals and %d fields were found", len(found), len(byField))
	}
	for _, r := range found {
		if slices.Contains(operatorsOnly, r.code) {
			continue
		}
		if text, _ := textOf(wire.Error{Code: r.code, Message: r.message}, ""); texts[r.code] == "" || text == "" {
			t.Errorf("%s: %s has no text: %q", r.where, r.code, r.message)
		}
	}
	vague := texts[wire.CodeParamFormatInvalid]
	for key, list := range byField {
		code, param, _ := strings.Cut(key, " ")
		said := map[string]string{}
		for _, r := range list {
			text, _ := textOf(wire.Error{Code: code, Message: r.message}, param)
			if text == vague || text == textUnknown {
				t.Errorf("%s: %s does not say the rule %q", r.where, key, r.message)
			}
			if other, ok := said[text]; ok && other != r.message {
				t.Errorf("%s: %q and %q are both %q", r.where, r.message, other, text)
			}
			said[text] = r.message
			if strings.Contains(text, "{") {
				t.Errorf("%s: %q", r.where, text)
			}
		}
	}
}

// readRefusals reads the service's source: all refusals, and those about fields of our forms
// by code and field.
func readRefusals(t *testing.T) (all []refusalFound, byField map[string][]refusalFound) {
	t.Helper()
	values := constants(t, "../wire/*.go", "wire.")
	for name, v := range constants(t, "../identity/*.go", "") {
		values[name] = v
	}
	byField = map[string][]refusalFound{}
	for _, file := range sources(t, "../identity/*.go") {
		ast.Inspect(file.tree, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			name, isName := callee(call)
			if !ok || !isName || name != "refuse" && name != "invalid" || len(call.Args) != 3 {
				return true
			}
			r := refusalFound{file.at(call), constant(values, call.Args[1]), words(values, call.Args[2])}
			if r.code == "" { // made of the kind of a ticket, or handed through
				return true
			}
			all = append(all, r)
			if name == "refuse" || strings.HasPrefix(file.name, "backend_") || strings.HasPrefix(file.name, "import") {
				return true
			}
			fields := fieldsOf[file.name]
			if param := constant(values, call.Args[0]); param != "" {
				fields = []string{param}
			}
			for _, field := range fields {
				if slices.Contains(formFields, field) && !strings.HasPrefix(r.message, "7 ") {
					byField[r.code+" "+field] = append(byField[r.code+" "+field], r)
				}
			}
			return true
		})
	}
	return all, byField
}

type sourceFile struct {
	name string
	set  *token.FileSet
	tree *ast.File
}

func (f sourceFile) at(n ast.Node) string {
	return f.name + ":" + strconv.Itoa(f.set.Position(n.Pos()).Line)
}

func sources(t *testing.T, pattern string) (list []sourceFile) {
	t.Helper()
	names, err := filepath.Glob(pattern)
	if err != nil || len(names) == 0 {
		t.Fatalf("%s: %v", pattern, err)
	}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		set := token.NewFileSet()
		tree, err := parser.ParseFile(set, name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, sourceFile{filepath.Base(name), set, tree})
	}
	return list
}

// constants are the string constants of a package by name.
func constants(t *testing.T, pattern, prefix string) map[string]string {
	t.Helper()
	values := map[string]string{}
	for _, file := range sources(t, pattern) {
		ast.Inspect(file.tree, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok {
				return true
			}
			for i, name := range spec.Names {
				if i < len(spec.Values) {
					if v := constant(values, spec.Values[i]); v != "" {
						values[prefix+name.Name] = v
					}
				}
			}
			return true
		})
	}
	return values
}

func callee(call *ast.CallExpr) (string, bool) {
	if call == nil {
		return "", false
	}
	id, ok := call.Fun.(*ast.Ident)
	if !ok {
		return "", false
	}
	return id.Name, true
}

// constant is the value of a literal or a named constant, "" for anything else.
func constant(values map[string]string, e ast.Expr) string {
	switch e := e.(type) {
	case *ast.BasicLit:
		s, _ := strconv.Unquote(e.Value)
		return s
	case *ast.Ident:
		return values[e.Name]
	case *ast.SelectorExpr:
		if pkg, ok := e.X.(*ast.Ident); ok {
			return values[pkg.Name+"."+e.Sel.Name]
		}
	}
	return ""
}

// words are a message, with a number for what is known only when it runs.
func words(values map[string]string, e ast.Expr) string {
	switch e := e.(type) {
	case *ast.BinaryExpr:
		return words(values, e.X) + words(values, e.Y)
	case *ast.CallExpr:
		if sel, ok := e.Fun.(*ast.SelectorExpr); ok && sel.Sel.Name == "Sprintf" {
			return strings.ReplaceAll(words(values, e.Args[0]), "%d", "7")
		}
	}
	if s := constant(values, e); s != "" {
		return s
	}
	return "7"
}

// An API that names a number is believed about it; one that does not has ours.
func TestC8_NumbersAreTheInstances(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		entry wire.Error
		want  string
	}{
		{wire.Error{Code: wire.CodePasswordTooShort, Message: "The password must have at least 12 characters."}, "at least 12 characters"},
		{wire.Error{Code: wire.CodePasswordTooShort, Message: "Passwords must be longer."}, "at least 8 characters"},
		{wire.Error{Code: wire.CodePasswordTooLong}, "at most 256 characters"},
		{wire.Error{Code: wire.CodeMembershipQuota, Message: "Nobody can be in more than 250 organizations."}, "at most 250 organizations"},
		{wire.Error{Code: "code_of_a_later_version", Message: "<b>9</b>"}, textUnknown},
	} {
		if got, _ := textOf(tt.entry, "password"); !strings.Contains(got, tt.want) {
			t.Errorf("%+v: %q, want %q in it", tt.entry, got, tt.want)
		}
	}
}
