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

func TestHandlerNegotiatesGzip(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		accept []string
		gzip   bool
	}{
		{"nothing said", nil, false},
		{"gzip", []string{"gzip"}, true},
		{"gzip among others", []string{"br;q=1.0, GZIP;q=0.5"}, true},
		{"gzip in a second field", []string{"br", "gzip"}, true},
		{"gzip refused", []string{"gzip;q=0, br"}, false},
		{"gzip refused with decimals", []string{"gzip; q=0.000"}, false},
		{"smallest weight", []string{"gzip;q=0.001"}, true},
		{"name that only contains it", []string{"x-gzip2"}, false},
		{"identity", []string{"identity"}, false},
	}
	url := static.URL("authctx.js")
	want := body(t, request(t, "GET", url))
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var header []string
			for _, value := range test.accept {
				header = append(header, "Accept-Encoding", value)
			}
			res := request(t, "GET", url, header...)
			got := body(t, res)
			if encoded := res.Header.Get("Content-Encoding") == "gzip"; encoded != test.gzip {
				t.Fatalf("gzip %v, want %v", encoded, test.gzip)
			}
			if test.gzip {
				got = unzip(t, got)
			}
			if !bytes.Equal(got, want) {
				t.Error("content differs from the plain variant")
			}
		})
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

// The runtime is on every page: it may cost 5 kB on the wire and no more.
func TestBundleStaysWithinItsBudget(t *testing.T) {
	t.Parallel()
	const budget = 5120
	zipped := body(t, request(t, "GET", static.URL("authctx.js"), "Accept-Encoding", "gzip"))
	if len(zipped) > budget {
		t.Errorf("authctx.js has %d bytes with gzip -9, want at most %d", len(zipped), budget)
	}
	t.Logf("authctx.js: %d of %d bytes", len(zipped), budget)
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
