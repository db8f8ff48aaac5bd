package static

import (
	"bytes"
	"compress/gzip"
	"embed"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"regexp"
	"strings"
	"sync"
	"time"
)

// Prefix is the path below which [Handler] serves and to which [URL] points.
const Prefix = "/static/"

// Source maps stay out of the binary: they are for people who have the sources.
//
//go:embed dist/*.js dist/*.css
var dist embed.FS

// hashed matches a built name: base, hash, extension.
var hashed = regexp.MustCompile(`^(.+)-([0-9a-f]{12})(\.[a-z]+)$`)

var contentTypes = map[string]string{
	".js":  "text/javascript; charset=utf-8",
	".css": "text/css; charset=utf-8",
}

// asset is one built file, ready to be sent.
type asset struct {
	name        string
	hash        string
	contentType string
	plain       []byte
	gzipped     []byte
}

type catalogue struct {
	byName map[string]*asset // built names, as in a request
	urls   map[string]string // source names, as in a call of URL
}

// files reads the embedded files once, when they are first asked for.
var files = sync.OnceValue(func() catalogue {
	c := catalogue{byName: make(map[string]*asset), urls: make(map[string]string)}
	entries, err := fs.ReadDir(dist, "dist")
	if err != nil {
		panic("static: read embedded files: " + err.Error())
	}
	for _, entry := range entries {
		part := hashed.FindStringSubmatch(entry.Name())
		if part == nil {
			panic("static: name without a hash: " + entry.Name())
		}
		c.byName[entry.Name()] = load(entry.Name(), part[2])
		c.urls[part[1]+part[3]] = Prefix + entry.Name()
	}
	return c
})

func load(name, hash string) *asset {
	content, err := dist.ReadFile("dist/" + name)
	if err != nil {
		panic("static: read embedded file: " + err.Error())
	}
	contentType, known := contentTypes[path.Ext(name)]
	if !known {
		panic("static: no content type for " + name)
	}
	return &asset{name: name, hash: hash, contentType: contentType, plain: content, gzipped: compress(content)}
}

func compress(content []byte) []byte {
	var buf bytes.Buffer
	zip, _ := gzip.NewWriterLevel(&buf, gzip.BestCompression) // fails on a bad level only
	_, _ = zip.Write(content)                                 // a bytes.Buffer takes everything
	_ = zip.Close()
	return buf.Bytes()
}

// URL is the path of a built file by the name of its source: "authctx.js",
// "demo.js" or "app.css" give "/static/authctx-0123456789ab.js" and so on. The path
// changes when the content does. URL panics on any other name; keep the result in a
// package variable to learn of a wrong one at start. It is safe for concurrent use.
func URL(name string) string {
	url, ok := files().urls[name]
	if !ok {
		panic(fmt.Sprintf("static: URL: no file %q", name))
	}
	return url
}

// Handler serves the built files at [Prefix], which it expects to find in the
// request's path: mount it with r.Handle("/static/*", …) on chi, "/static/" on
// [http.ServeMux], without stripping the prefix.
//
// Names carry a hash, so that answers may be kept for ever (RFC 8246). Everything
// else is 404, folders and names without a hash included; methods other than GET and
// HEAD are 405. A gzip variant goes to those who accept it (RFC 9110 §12.5.3).
// It looks at no cookie and is safe for concurrent use.
func Handler() http.Handler {
	files()
	return http.HandlerFunc(serve)
}

func serve(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("X-Content-Type-Options", "nosniff")
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		h.Set("Allow", "GET, HEAD")
		http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
		return
	}
	name, below := strings.CutPrefix(r.URL.Path, Prefix)
	file, known := files().byName[name]
	if !below || !known {
		// While a new version is rolled out, another machine may know the name.
		h.Set("Cache-Control", "no-store")
		http.Error(w, "not found", http.StatusNotFound)
		return
	}
	file.send(w, r)
}

func (a *asset) send(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("Content-Type", a.contentType)
	h.Set("Vary", "Accept-Encoding")
	body, etag := a.plain, `"`+a.hash+`"`
	if acceptsGzip(r.Header.Values("Accept-Encoding")) {
		body, etag = a.gzipped, `"`+a.hash+`-gzip"`
		h.Set("Content-Encoding", "gzip")
	}
	h.Set("ETag", etag)
	http.ServeContent(w, r, a.name, time.Time{}, bytes.NewReader(body))
}

// acceptsGzip reads Accept-Encoding as RFC 9110 §12.5.3 has it, except that "*" is
// not taken as a wish for gzip.
func acceptsGzip(fields []string) bool {
	for _, field := range fields {
		for coding := range strings.SplitSeq(field, ",") {
			name, weight, _ := strings.Cut(coding, ";")
			if strings.EqualFold(strings.TrimSpace(name), "gzip") {
				return !refusal.MatchString(weight)
			}
		}
	}
	return false
}

// refusal matches the weight that means "not acceptable".
var refusal = regexp.MustCompile(`^\s*[qQ]\s*=\s*0(\.0{0,3})?\s*$`)
