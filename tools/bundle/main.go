// Command bundle builds the browser code of package static: it bundles and
// minifies the entry points of static/src into static/dist, under names that
// carry a hash of the content, each also compressed with brotli and gzip. The same
// sources give the same bytes.
//
// Run it with go generate ./static, or with go -C tools run ./bundle. With
// -check it writes nothing and fails if static/dist is not what it would write.
package main

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/andybalholm/brotli"
	"github.com/evanw/esbuild/pkg/api"
)

// types is the declaration file of the public module; it is written by hand and
// shipped as it is.
const types = "public.d.ts"

func main() {
	dir := flag.String("dir", "../static", "folder of package static")
	check := flag.Bool("check", false, "only compare dist with what the sources give")
	flag.Parse()
	if err := run(*dir, *check); err != nil {
		fmt.Fprintln(os.Stderr, "bundle:", err)
		os.Exit(1)
	}
}

func run(dir string, check bool) error {
	files, err := build(filepath.Join(dir, "src"))
	if err != nil {
		return err
	}
	dist := filepath.Join(dir, "dist")
	if check {
		return compare(dist, files)
	}
	return write(dist, files)
}

// build returns the content of dist by file name.
func build(src string) (map[string][]byte, error) {
	files := make(map[string][]byte)
	for _, entry := range []string{"authctx.ts", "demo.ts", "app.css"} {
		if err := bundle(files, src, entry); err != nil {
			return nil, err
		}
	}
	declarations, err := os.ReadFile(filepath.Join(src, types)) //nolint:gosec // a folder given by who runs this
	if err != nil {
		return nil, err
	}
	files["authctx.d.ts"] = declarations
	return files, nil
}

// bundle adds one entry point and its source map. The module authctx stays an
// import of the pages' import map, so that all scripts of a page share one.
// Source maps name the sources without containing them, and are not embedded in
// the binary: they are for reading stack traces with the sources at hand.
func bundle(files map[string][]byte, src, entry string) error {
	dir, err := filepath.Abs(src)
	if err != nil {
		return err
	}
	result := api.Build(api.BuildOptions{
		AbsWorkingDir:     dir,
		EntryPoints:       []string{entry},
		Outdir:            dir,
		Bundle:            true,
		External:          []string{"authctx"},
		Format:            api.FormatESModule,
		Target:            api.ES2022,
		Engines:           browsers,
		Charset:           api.CharsetUTF8,
		MinifyWhitespace:  true,
		MinifyIdentifiers: true,
		MinifySyntax:      true,
		LegalComments:     api.LegalCommentsNone,
		Sourcemap:         api.SourceMapExternal,
		SourcesContent:    api.SourcesContentExclude,
		TsconfigRaw:       "{}", // paths there are for the type check alone
	})
	if len(result.Errors) > 0 {
		return errors.New(strings.Join(api.FormatMessages(result.Errors, api.FormatMessagesOptions{}), ""))
	}
	name, err := hashedName(result.OutputFiles)
	if err != nil {
		return err
	}
	for _, file := range result.OutputFiles {
		if strings.HasSuffix(file.Path, ".map") {
			files[name+".map"] = file.Contents
			continue
		}
		files[name] = file.Contents
		if files[name+".br"], err = brotlied(file.Contents); err != nil {
			return err
		}
		if files[name+".gz"], err = gzipped(file.Contents); err != nil {
			return err
		}
	}
	return nil
}

func brotlied(content []byte) ([]byte, error) {
	var b bytes.Buffer
	w := brotli.NewWriterOptions(&b, brotli.WriterOptions{Quality: brotli.BestCompression, LGWin: 16})
	_, err := w.Write(content)
	err = errors.Join(err, w.Close())
	return b.Bytes(), err
}

func gzipped(content []byte) ([]byte, error) {
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	_, err = w.Write(content)
	err = errors.Join(err, w.Close())
	return b.Bytes(), err
}

// browsers are the oldest that know light-dark() and nesting in CSS, so that
// esbuild leaves them as written; the scripts need less.
var browsers = []api.Engine{
	{Name: api.EngineChrome, Version: "123"},
	{Name: api.EngineFirefox, Version: "120"},
	{Name: api.EngineSafari, Version: "17.5"},
}

// hashedName is the name of the bundle among its output: authctx-0123456789ab.js.
func hashedName(files []api.OutputFile) (string, error) {
	for _, file := range files {
		ext := filepath.Ext(file.Path)
		if ext == ".map" {
			continue
		}
		sum := sha256.Sum256(file.Contents)
		base := strings.TrimSuffix(filepath.Base(file.Path), ext)
		return base + "-" + hex.EncodeToString(sum[:6]) + ext, nil
	}
	return "", errors.New("no output")
}

// write makes dist hold files and nothing else.
func write(dist string, files map[string][]byte) error {
	present, err := names(dist)
	if err != nil {
		return err
	}
	for _, name := range present {
		if _, keep := files[name]; keep {
			continue
		}
		if err := os.Remove(filepath.Join(dist, name)); err != nil {
			return err
		}
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dist, name), content, 0o644); err != nil { //nolint:gosec // public files
			return err
		}
	}
	return nil
}

// compare reports each file of dist that is missing, stale or too many.
func compare(dist string, files map[string][]byte) error {
	present, err := names(dist)
	if err != nil {
		return err
	}
	var errs []error
	for _, name := range present {
		if _, wanted := files[name]; !wanted {
			errs = append(errs, fmt.Errorf("%s: not built from these sources", filepath.Join(dist, name)))
		}
	}
	for name, want := range files {
		got, err := os.ReadFile(filepath.Join(dist, name)) //nolint:gosec // a folder given by who runs this
		if err != nil || !bytes.Equal(got, want) {
			errs = append(errs, fmt.Errorf("%s: missing or not up to date", filepath.Join(dist, name)))
		}
	}
	slices.SortFunc(errs, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	return errors.Join(errs...)
}

func names(dist string) ([]string, error) {
	if err := os.MkdirAll(dist, 0o755); err != nil { //nolint:gosec // public files
		return nil, err
	}
	entries, err := os.ReadDir(dist)
	if err != nil {
		return nil, err
	}
	list := make([]string, 0, len(entries))
	for _, entry := range entries {
		if entry.Type() == fs.ModeDir {
			return nil, fmt.Errorf("%s: unexpected folder %s", dist, entry.Name())
		}
		list = append(list, entry.Name())
	}
	return list, nil
}
