package static_test

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/usherauth/usher/static"
)

var sources = []string{"authctx.js", "demo.js", "app.css"}

func request(t *testing.T, method, target string, header ...string) *http.Response {
	t.Helper()
	r := httptest.NewRequest(method, "/", http.NoBody)
	r.URL.Path = target
	for i := 0; i < len(header); i += 2 {
		r.Header.Add(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	static.Handler().ServeHTTP(w, r)
	return w.Result()
}

func body(t *testing.T, res *http.Response) []byte {
	t.Helper()
	defer res.Body.Close()
	content, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func TestH07_HashedNamesAreImmutable(t *testing.T) {
	t.Parallel()
	types := map[string]string{".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8"}
	for _, name := range sources {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url := static.URL(name)
			res := request(t, "GET", url)
			content := body(t, res)
			if res.StatusCode != http.StatusOK || len(content) == 0 {
				t.Fatalf("GET %s = %d with %d bytes", url, res.StatusCode, len(content))
			}
			sum := sha256.Sum256(content)
			ext := filepath.Ext(name)
			want := static.Prefix + strings.TrimSuffix(name, ext) + "-" + hex.EncodeToString(sum[:6]) + ext
			if url != want {
				t.Errorf("URL(%q) = %q, want %q: the hash of what is served", name, url, want)
			}
			for field, want := range map[string]string{
				"Cache-Control":          "public, max-age=31536000, immutable",
				"Content-Type":           types[ext],
				"Vary":                   "Accept-Encoding",
				"X-Content-Type-Options": "nosniff",
				"Content-Encoding":       "",
				"Set-Cookie":             "",
			} {
				if got := res.Header.Get(field); got != want {
					t.Errorf("%s: %q, want %q", field, got, want)
				}
			}
		})
	}
}

func TestHandlerAnswersWithoutABody(t *testing.T) {
	t.Parallel()
	url := static.URL("authctx.js")
	plain := request(t, "GET", url)
	zipped := request(t, "GET", url, "Accept-Encoding", "gzip")
	if plain.Header.Get("ETag") == "" || plain.Header.Get("ETag") == zipped.Header.Get("ETag") {
		t.Errorf("ETags %q and %q, want two different ones", plain.Header.Get("ETag"), zipped.Header.Get("ETag"))
	}
	tests := []struct {
		name, method string
		header       []string
		status       int
	}{
		{"HEAD", "HEAD", nil, http.StatusOK},
		{"known plain variant", "GET", []string{"If-None-Match", plain.Header.Get("ETag")}, http.StatusNotModified},
		{"known gzip variant", "GET", []string{"If-None-Match", zipped.Header.Get("ETag"), "Accept-Encoding", "gzip"}, http.StatusNotModified},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			res := request(t, test.method, url, test.header...)
			if got := body(t, res); res.StatusCode != test.status || len(got) != 0 {
				t.Errorf("%s = %d with %d bytes, want %d with none", test.method, res.StatusCode, len(got), test.status)
			}
			if got := res.Header.Get("Cache-Control"); !strings.Contains(got, "immutable") {
				t.Errorf("Cache-Control: %q, want immutable", got)
			}
		})
	}
	if res := request(t, "GET", url, "If-None-Match", `"other"`); res.StatusCode != http.StatusOK {
		t.Errorf("GET with another ETag = %d, want 200", res.StatusCode)
	}
}

func TestE5_HandlerNegotiatesBrotliAndGzip(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		accept []string
		want   string
	}{
		{"nothing said", nil, ""},
		{"gzip", []string{"gzip"}, "gzip"},
		{"brotli", []string{"br"}, "br"},
		{"a browser", []string{"gzip, deflate, br, zstd"}, "br"},
		{"in any order", []string{"br, gzip"}, "br"},
		{"gzip is liked more", []string{"br;q=0.5, GZIP;q=1.0"}, "gzip"},
		{"brotli is liked more", []string{"br;q=1.0, GZIP;q=0.5"}, "br"},
		{"in two fields", []string{"deflate", "gzip"}, "gzip"},
		{"gzip refused", []string{"gzip;q=0"}, ""},
		{"gzip refused with decimals", []string{"gzip; q=0.000"}, ""},
		{"gzip refused, brotli not", []string{"gzip;q=0, br"}, "br"},
		{"brotli refused, gzip not", []string{"br;q=0, gzip;q=0.1"}, "gzip"},
		{"both refused", []string{"br;q=0, gzip;q=0"}, ""},
		{"smallest weight", []string{"gzip;q=0.001"}, "gzip"},
		{"blanks and capitals", []string{" BR ; Q = 0.9 ,\tgzip ; q=0.8"}, "br"},
		{"another parameter", []string{"br;x=1;q=0, gzip;x=1"}, "gzip"},
		{"no weight", []string{"br;q=high, gzip;q=NaN"}, ""},
		{"a weight above 1", []string{"br;q=2, gzip;q=1"}, "gzip"},
		{"a negative weight", []string{"br;q=-1"}, ""},
		{"anything", []string{"*"}, ""},
		{"names that only contain it", []string{"x-gzip2, brotli, xbr"}, ""},
		{"identity", []string{"identity"}, ""},
		{"identity is liked more", []string{"identity, br;q=0.5"}, ""},
		{"identity is liked less", []string{"identity;q=0.5, br"}, "br"},
		{"identity refused", []string{"identity;q=0, gzip"}, "gzip"},
		{"commas only", []string{",,;"}, ""},
	}
	for _, source := range sources {
		url := static.URL(source)
		want := body(t, request(t, "GET", url))
		for _, test := range tests {
			t.Run(source+", "+test.name, func(t *testing.T) {
				t.Parallel()
				var header []string
				for _, value := range test.accept {
					header = append(header, "Accept-Encoding", value)
				}
				res := request(t, "GET", url, header...)
				head := request(t, "HEAD", url, header...)
				got := body(t, res)
				if coding := res.Header.Get("Content-Encoding"); coding != test.want {
					t.Fatalf("Content-Encoding %q, want %q", coding, test.want)
				}
				if length := res.Header.Get("Content-Length"); length != strconv.Itoa(len(got)) || head.Header.Get("Content-Length") != length {
					t.Errorf("Content-Length %q, of HEAD %q, body %d", length, head.Header.Get("Content-Length"), len(got))
				}
				for _, field := range []string{"ETag", "Vary", "Content-Encoding", "Content-Type", "Cache-Control"} {
					if head.Header.Get(field) != res.Header.Get(field) || field != "Content-Encoding" && res.Header.Get(field) == "" {
						t.Errorf("%s: %q, of HEAD %q", field, res.Header.Get(field), head.Header.Get(field))
					}
				}
				if test.want == "gzip" {
					if got = unzip(t, got); !bytes.Equal(got, want) {
						t.Error("content differs from the plain variant")
					}
				}
				if test.want == "" && !bytes.Equal(got, want) {
					t.Error("content differs")
				}
				if test.want == "br" && len(got) >= len(want)/2 {
					t.Errorf("%d octets of %d", len(got), len(want))
				}
			})
		}
	}
}

// A part is one of the variant that was asked for, which its ETag names.
func TestE5_PartsOfACompressedFile(t *testing.T) {
	t.Parallel()
	url := static.URL("authctx.js")
	etags := map[string]bool{}
	for _, coding := range []string{"", "br", "gzip"} {
		whole := request(t, "GET", url, "Accept-Encoding", coding)
		content, etag := body(t, whole), whole.Header.Get("ETag")
		etags[etag] = true
		part := request(t, "GET", url, "Accept-Encoding", coding, "Range", "bytes=10-19", "If-Range", etag)
		if got := body(t, part); part.StatusCode != http.StatusPartialContent || !bytes.Equal(got, content[10:20]) ||
			part.Header.Get("Content-Encoding") != coding || part.Header.Get("Content-Length") != "10" || part.Header.Get("ETag") != etag {
			t.Errorf("%q: %d %v", coding, part.StatusCode, part.Header)
		}
		other := request(t, "GET", url, "Accept-Encoding", coding, "Range", "bytes=10-19", "If-Range", `"other"`)
		if got := body(t, other); other.StatusCode != http.StatusOK || !bytes.Equal(got, content) || other.Header.Get("Content-Length") != strconv.Itoa(len(content)) {
			t.Errorf("%q with another ETag: %d %v", coding, other.StatusCode, other.Header)
		}
		beyond := request(t, "GET", url, "Accept-Encoding", coding, "Range", "bytes=100000-")
		if got := body(t, beyond); beyond.StatusCode != http.StatusRequestedRangeNotSatisfiable || beyond.Header.Get("Content-Encoding") != "" || len(got) > 100 {
			t.Errorf("%q beyond the end: %d %v", coding, beyond.StatusCode, beyond.Header)
		}
		known := request(t, "GET", url, "Accept-Encoding", coding, "If-None-Match", etag)
		if got := body(t, known); known.StatusCode != http.StatusNotModified || len(got) > 0 || known.Header.Get("Content-Length") != "" || known.Header.Get("Vary") == "" {
			t.Errorf("%q, known: %d %v", coding, known.StatusCode, known.Header)
		}
	}
	if len(etags) != 3 {
		t.Errorf("ETags %v", etags)
	}
}

func unzip(t *testing.T, content []byte) []byte {
	t.Helper()
	reader, err := gzip.NewReader(bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	plain, err := io.ReadAll(reader)
	if err != nil {
		t.Fatal(err)
	}
	return plain
}

func TestS07_NothingElseIsServed(t *testing.T) {
	t.Parallel()
	authctx := static.URL("authctx.js")
	for _, target := range []string{
		"/", "/static", "/static/", "/static/.", "/static/dist", "/static/dist/",
		"/static/authctx.js", "/static/authctx-000000000000.js", "/static/authctx.d.ts",
		authctx + ".map", authctx + "/", authctx + "\x00", "/static/" + authctx, "/other" + authctx,
		strings.TrimPrefix(authctx, "/"), strings.Replace(authctx, "/static/", "/static//", 1),
		strings.Replace(authctx, "/static/", "/static/./", 1), strings.ToUpper(authctx),
		"/static/../static.go", "/static/../../go.mod", "/static/..%2f..%2fgo.mod", "/static/..\\static.go",
		"/static/%2e%2e/static.go", "/static//etc/passwd", "/static/.git/config", "/static/.env",
		"/static/src/authctx.ts", "/static/session.ts", "/static/package.json",
	} {
		res := request(t, "GET", target)
		if content := string(body(t, res)); res.StatusCode != http.StatusNotFound || content != "not found\n" {
			t.Errorf("GET %q = %d %q, want 404", target, res.StatusCode, content)
		}
		if got := res.Header.Get("Cache-Control"); got != "no-store" {
			t.Errorf("GET %q: Cache-Control: %q, want no-store", target, got)
		}
	}
}

func TestS05_OnlyReadingMethods(t *testing.T) {
	t.Parallel()
	for _, method := range []string{"POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "get", "PROPFIND"} {
		res := request(t, method, static.URL("authctx.js"))
		if res.StatusCode != http.StatusMethodNotAllowed || res.Header.Get("Allow") != "GET, HEAD" {
			t.Errorf("%s = %d, Allow: %q", method, res.StatusCode, res.Header.Get("Allow"))
		}
	}
}

func TestURLPanicsOnUnknownNames(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"", "authctx", "authctx.ts", "/static/authctx.js", strings.TrimPrefix(static.URL("authctx.js"), static.Prefix)} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("URL(%q) did not panic", name)
				}
			}()
			static.URL(name)
		}()
	}
}

// The runtime is on every page. The budgets hold what goes over the wire. Of authctx.js
// in brotli, 620 octets decide what has is asked, 240 read the user of the Frontend API,
// 160 repeat requests and keep tabs from asking twice, 160 move the way back of other
// clients into the query, and 70 keep time when the device's clock is wrong; the other
// 3,000 are the props, cookies, stores and the session's own rules. So 3,000 octets
// would take all of the former away.
func TestE5_FilesStayWithinTheirBudgets(t *testing.T) {
	t.Parallel()
	for name, budgets := range map[string]map[string]int{
		"authctx.js": {"br": 4270, "gzip": 4720}, "demo.js": {"br": 720, "gzip": 850}, "app.css": {"br": 2700, "gzip": 3100},
	} {
		for coding, budget := range budgets {
			got := len(body(t, request(t, "GET", static.URL(name), "Accept-Encoding", coding)))
			if got > budget {
				t.Errorf("%s has %d octets in %s, want at most %d", name, got, coding, budget)
			}
			t.Logf("%s, %s: %d of %d octets", name, coding, got, budget)
		}
	}
}

// X05, X06: what a strict policy would stop must not be in the code to begin with.
func TestX06_SourcesNeedNoPolicyExceptions(t *testing.T) {
	t.Parallel()
	forbidden := regexp.MustCompile(`innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|\bFunction\(|createElement|` +
		`\bWorker\b|importScripts|createPolicy|srcdoc|javascript:|setTimeout\(\s*["'` + "`" + `]|\bimport\(|localStorage`)
	files, err := filepath.Glob("src/*.ts")
	if err != nil || len(files) < 5 {
		t.Fatalf("found %d sources: %v", len(files), err)
	}
	built, err := filepath.Glob("dist/*.js")
	if err != nil || len(built) != 2 {
		t.Fatalf("found %d bundles: %v", len(built), err)
	}
	for _, name := range append(files, built...) {
		content, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if found := forbidden.FindString(string(content)); found != "" {
			t.Errorf("%s contains %q", name, found)
		}
	}
}

func TestS07_SourceMapsCarryNoSources(t *testing.T) {
	t.Parallel()
	maps, err := filepath.Glob("dist/*.map")
	if err != nil || len(maps) == 0 {
		t.Fatalf("found %d source maps: %v", len(maps), err)
	}
	for _, name := range maps {
		content, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(content, []byte("sourcesContent")) {
			t.Errorf("%s contains the sources", name)
		}
	}
	for _, name := range sources {
		if bytes.Contains(body(t, request(t, "GET", static.URL(name))), []byte("sourceMappingURL")) {
			t.Errorf("%s points to a source map that is not served", name)
		}
	}
}

func TestE5_ARefusedPreconditionHasNoLength(t *testing.T) {
	t.Parallel()
	for _, coding := range []string{"br", ""} {
		res := request(t, "GET", static.URL("authctx.js"), "If-Match", `"x"`, "Accept-Encoding", coding)
		if n := res.Header.Get("Content-Length"); res.StatusCode != http.StatusPreconditionFailed || n != "" || len(body(t, res)) != 0 {
			t.Errorf("%q: %d, length %q", coding, res.StatusCode, n)
		}
	}
}
