package clerkjs

import (
	"context"
	"fmt"
	"html/template"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/usherauth/usher/e2e/internal/drive"
	"github.com/usherauth/usher/internal/peer"
)

const (
	frontendAPI = "/__clerk"
	packages    = frontendAPI + "/npm/"
	blank       = "/blank"      // a page with the client and nothing else
	components  = "/components" // with its components, too
)

// front is a reverse proxy before the program. It serves the published packages and a
// page that loads them, and passes everything else on.
type front struct {
	record
	t       testing.TB
	origin  string
	program *drive.Server
	keys    map[string]string

	oneAddress atomic.Bool // all requests come from one address, and share its rate limits
	addresses  atomic.Uint32
}

// start runs the program behind a front of its own, with more flags. Mail is caught, not
// sent.
func start(t *testing.T, flags ...string) *front {
	t.Helper()
	drive.Present(t, peer.Install(t.Context(), "."))
	addr := drive.FreeAddr(t)
	_, port, _ := net.SplitHostPort(addr)
	f := &front{t: t, origin: "http://localhost:" + port, program: drive.NewServer(t)}
	f.program.Env = []string{"USHER_DEV=1"}
	f.program.Flags = append(flags, "-origin", f.origin, "-trusted-proxies", "127.0.0.1")
	f.program.Start()
	f.keys = f.program.Keys()
	server := &http.Server{Addr: addr, Handler: f.handler()}
	l, err := net.Listen("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	var serving sync.WaitGroup
	serving.Go(func() { _ = server.Serve(l) }) // ends with Close
	t.Cleanup(func() {
		_ = server.Close()
		serving.Wait()
	})
	return f
}

func (f *front) handler() http.Handler {
	program, err := url.Parse(f.program.Origin)
	if err != nil {
		f.t.Fatal(err)
	}
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(program)
			r.Out.Host = r.In.Host
			r.Out.Header.Set("X-Forwarded-For", f.address())
		},
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) },
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+packages+"@clerk/{package}/dist/{file}", bundle)
	mux.HandleFunc("GET "+blank, f.blank)
	mux.HandleFunc("GET "+components, f.blank)
	mux.Handle("/", proxy)
	return f.record.of(mux)
}

// bundle serves a file of a published package. The version in the address is not looked
// at: pages name the major one, and bundles their own for the parts they load later.
func bundle(w http.ResponseWriter, r *http.Request) {
	name, _, _ := strings.Cut(r.PathValue("package"), "@")
	w.Header().Set("Cache-Control", "max-age=3600") // it is read at every page
	http.ServeFileFS(w, r, os.DirFS(filepath.Join("node_modules", "@clerk", name, "dist")), r.PathValue("file"))
}

// address is where the next request is said to come from: somewhere else each time, so
// that the limits for one network do not add up over a walk.
func (f *front) address() string {
	if f.oneAddress.Load() {
		return "198.18.255.255"
	}
	n := f.addresses.Add(1)
	return fmt.Sprintf("198.18.%d.%d", byte(n>>8)&127, byte(n))
}

var blankPage = template.Must(template.New("").Parse(`<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Blank</title><link rel="icon" href="data:,">
<main id="main"></main>
<script src="{{.Scripts}}@clerk/clerk-js@6/dist/clerk.browser.js" data-clerk-publishable-key="{{.Key}}" data-clerk-proxy-url="{{.API}}"></script>
{{if .Components}}<script src="{{.Scripts}}@clerk/ui@1/dist/ui.browser.js"></script>
{{end}}`))

// blank serves the page under the strictest policy that the client runs with: nothing
// comes from, and nothing goes to, another origin.
func (f *front) blank(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; connect-src 'self'; worker-src blob:; img-src 'self' data:; "+
		"style-src 'self' 'unsafe-inline'; form-action 'self'; base-uri 'none'")
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	err := blankPage.Execute(w, map[string]any{
		"Scripts": packages, "API": frontendAPI, "Key": f.keys["CLERK_PUBLISHABLE_KEY"], "Components": r.URL.Path == components,
	})
	if err != nil {
		f.t.Error(err)
	}
}

// backend asks the Backend API as an app's server would, and wants success. A body of ""
// sends none.
func (f *front) backend(method, path, body string) string {
	f.t.Helper()
	status, answer := f.backendCall(method, path, body)
	if status != http.StatusOK {
		f.t.Fatalf("%s %s answers %d %s", method, path, status, answer)
	}
	return answer
}

func (f *front) backendCall(method, path, body string) (status int, answer string) {
	f.t.Helper()
	req, err := http.NewRequestWithContext(context.Background(), method, f.program.Backend+path, strings.NewReader(body))
	if err != nil {
		f.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+f.keys["CLERK_SECRET_KEY"])
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		f.t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		f.t.Fatal(err)
	}
	return res.StatusCode, string(text)
}

// scripted reports whether a path is one of the published packages'.
func scripted(path string) bool { return strings.HasPrefix(path, packages) }
