package static

import (
	"bytes"
	"embed"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Prefix is the path below which [Handler] serves and to which [URL] points.
const Prefix = "/static/"

// Source maps stay out of the binary: they are for people who have the sources.
//
//go:embed dist/*.js dist/*.css dist/*.br dist/*.gz
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
	coded       map[string][]byte // by content coding
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
		if ext := path.Ext(entry.Name()); ext == ".br" || ext == ".gz" {
			continue // of a file that is read below
		}
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
	coded := make(map[string][]byte)
	for _, c := range codings {
		if variant, err := dist.ReadFile("dist/" + name + c.extension); err == nil {
			coded[c.name] = variant
		}
	}
	return &asset{name: name, hash: hash, contentType: contentType, plain: content, coded: coded}
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
// HEAD are 405. A variant in brotli or gzip goes to those who accept it (RFC 9110
// §12.5.3), under the same address and with an ETag of its own.
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
	if coding := preferred(r.Header.Values("Accept-Encoding")); len(a.coded[coding]) > 0 {
		body, etag = a.coded[coding], `"`+a.hash+"-"+coding+`"`
		h.Set("Content-Encoding", coding)
	}
	h.Set("ETag", etag)
	// ServeContent sets the length of parts, and of the whole only without a coding. It leaves
	// a length that is there also where it answers 412, without a body.
	if r.Header.Get("If-Match") == "" && r.Header.Get("If-Unmodified-Since") == "" {
		h.Set("Content-Length", strconv.Itoa(len(body)))
	}
	http.ServeContent(w, r, a.name, time.Time{}, bytes.NewReader(body))
}

// codings are those that files are kept in, with the extensions of their names. The first
// is the smallest, and is chosen of those that a client likes equally.
var codings = []struct{ name, extension string }{{"br", ".br"}, {"gzip", ".gz"}}

// preferred reads Accept-Encoding as RFC 9110 §12.5.3 has it, and is the coding with the
// greatest weight, "" for none. "*" is not taken as a wish for a coding, and a weight that
// cannot be read refuses its coding.
func preferred(fields []string) string {
	weights := map[string]float64{}
	for _, field := range fields {
		for coding := range strings.SplitSeq(field, ",") {
			name, params, _ := strings.Cut(coding, ";")
			weights[strings.ToLower(strings.TrimSpace(name))] = weight(params)
		}
	}
	best, most := "", 0.0
	for _, c := range codings {
		if weights[c.name] > most {
			best, most = c.name, weights[c.name]
		}
	}
	if weights["identity"] > most {
		return ""
	}
	return best
}

// weight is the parameter q, 1 without one, 0 when it is not a weight.
func weight(params string) float64 {
	for param := range strings.SplitSeq(params, ";") {
		name, value, _ := strings.Cut(param, "=")
		if !strings.EqualFold(strings.TrimSpace(name), "q") {
			continue
		}
		q, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
		if err != nil || !(q >= 0 && q <= 1) {
			return 0
		}
		return q
	}
	return 1
}
