package deptest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

const (
	module = "github.com/usherauth/usher"
	root   = "../.."
)

// goPackage is what go list tells of a package.
type goPackage struct {
	ImportPath, Dir, Name              string
	Standard                           bool
	GoFiles                            []string
	Imports, TestImports, XTestImports []string
	Deps                               []string
	Error                              *struct{ Err string }
}

// rel is the package's path inside the module, "." for the root.
func (p goPackage) rel() string {
	if p.ImportPath == module {
		return "."
	}
	return strings.TrimPrefix(p.ImportPath, module+"/")
}

func (p goPackage) own() bool { return within(p.ImportPath, module) }

// house is everything go list knows, by import path.
var house = sync.OnceValues(func() (map[string]goPackage, error) {
	out, err := goCommand("list", "-e", "-deps", "-json=ImportPath,Dir,Name,Standard,GoFiles,Imports,TestImports,XTestImports,Deps,Error", "./...")
	if err != nil {
		return nil, err
	}
	all := map[string]goPackage{}
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p goPackage
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return all, nil
		} else if err != nil {
			return nil, err
		}
		all[p.ImportPath] = p
	}
})

// goCommand runs the go tool at the root of the module.
func goCommand(args ...string) ([]byte, error) {
	cmd := exec.Command("go", args...)
	cmd.Dir = root
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go %s: %w\n%s", strings.Join(args, " "), err, stderr.Bytes())
	}
	return out, nil
}

// ownPackages returns the module's packages in order.
func ownPackages(t *testing.T) []goPackage {
	t.Helper()
	all, err := house()
	if err != nil {
		t.Fatal(err)
	}
	var own []goPackage
	for _, p := range all {
		if p.own() {
			own = append(own, p)
		}
	}
	slices.SortFunc(own, func(a, b goPackage) int { return strings.Compare(a.ImportPath, b.ImportPath) })
	if len(own) == 0 {
		t.Fatal("go list found no package of " + module)
	}
	return own
}

// within reports whether path is dir or below it.
func within(path, dir string) bool {
	return path == dir || strings.HasPrefix(path, dir+"/")
}

// sources calls visit for each file of the tree that people write, nested modules
// included. name is relative to the root, with slashes.
func sources(t *testing.T, visit func(name string, content []byte)) {
	t.Helper()
	skipped := []string{".git", "node_modules", ".next", "bin", "data", "testdata", "dist", "vendor"}
	written := []string{".go", ".templ", ".ts", ".css", ".sql", ".md", ".mod", ".yml"}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if slices.Contains(skipped, d.Name()) {
				return filepath.SkipDir
			}
			return nil
		}
		if !slices.Contains(written, filepath.Ext(path)) && d.Name() != "Makefile" {
			return nil
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(root, path)
		if err == nil && !generated(content) {
			visit(filepath.ToSlash(name), content)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// generated recognises the mark of https://go.dev/s/generatedcode.
func generated(content []byte) bool {
	for line := range bytes.Lines(content) {
		line = bytes.TrimRight(line, "\r\n")
		if bytes.HasPrefix(line, []byte("// Code generated ")) && bytes.HasSuffix(line, []byte(" DO NOT EDIT.")) {
			return true
		}
		if bytes.HasPrefix(line, []byte("package ")) {
			return false
		}
	}
	return false
}
