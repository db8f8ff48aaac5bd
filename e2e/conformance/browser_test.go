package conformance

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"slices"
	"testing"
	"time"

	"github.com/usherauth/usher/authctx"
	"github.com/usherauth/usher/e2e/internal/drive"
	"github.com/usherauth/usher/internal/peer"
)

// seen is what one side says of a page's first state; an id that is not there is "".
type seen struct {
	UserID, SessionID, OrgID, OrgRole, OrgSlug string
	Has                                        []bool
}

// page is a page's props with what is asked of them in the browser, and what the server said.
type page struct {
	Props  string
	Checks []check
	server seen
	token  string
}

// TestBrowserDecidesAlike shows pages for all sorts of tokens to the browser runtime: its
// stores must begin with what the server said, has() included.
func TestBrowserDecidesAlike(t *testing.T) {
	node, err := peer.Node()
	drive.Present(t, err)
	ring, err := newKeyring()
	if err != nil {
		t.Fatal(err)
	}
	pages := shownPages(t, ring)
	raw, err := json.Marshal(pages)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), node, "browser.mjs") //nolint:gosec // the program found in the path
	cmd.Stdin = bytes.NewReader(raw)
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("browser.mjs: %v", err)
	}
	var browser []seen
	if err := json.Unmarshal(out, &browser); err != nil || len(browser) != len(pages) {
		t.Fatalf("%d answers for %d pages: %v", len(browser), len(pages), err)
	}
	signedIn, granted := 0, 0
	for i, p := range pages {
		if canonical(browser[i]) != canonical(p.server) {
			t.Errorf("seed %d, %s\nasked   %s\nserver  %+v\nbrowser %+v", *seed, readable(p.token), canonical(p.Checks), p.server, browser[i])
		}
		if p.server.UserID != "" {
			signedIn++
		}
		if slices.Contains(p.server.Has, true) {
			granted++
		}
	}
	t.Logf("%d pages, %d signed in, %d with something granted", len(pages), signedIn, granted)
	if signedIn < len(pages)/3 || granted < len(pages)/10 {
		t.Error("hardly anybody is signed in, or has anything")
	}
}

// shownPages are what the server makes of tokens of one instance.
func shownPages(t *testing.T, ring *keyring) []page {
	t.Helper()
	g := newGenerator(ring, *seed, min(800, *cases))
	a, err := authctx.New(authctx.Config{
		PublishableKey: instances[0].String(), JWTKey: ring.pem, Now: func() time.Time { return time.Unix(second, 0) },
	})
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(*seed, 0)) //nolint:gosec // repeatable on purpose
	var pages []page
	host := instances[0].Host()
	for _, s := range slices.Concat(g.pools[host], g.pools[host], g.broken[host]) {
		q := &question{}
		addChecks(r, q)
		addChecks(r, q)
		p := page{Checks: q.checks, token: s.raw}
		req := httptest.NewRequest(http.MethodGet, "/", nil)
		req.Header["Authorization"] = []string{"Bearer " + s.raw}
		a.Handler(http.HandlerFunc(func(_ http.ResponseWriter, req *http.Request) {
			auth := authctx.FromContext(req.Context())
			p.server = seen{auth.UserID(), auth.SessionID(), auth.OrgID(), auth.OrgRole(), auth.OrgSlug(), q.has(auth)}
			var b bytes.Buffer
			if _, err := authctx.BuildAuthProps(req.Context()).WriteTo(&b); err != nil {
				t.Error(err)
			}
			p.Props = b.String()
		})).ServeHTTP(httptest.NewRecorder(), req)
		if p.Props != "" { // a header is never answered with a redirect, but a token may not fit one
			pages = append(pages, p)
		}
	}
	return pages
}
