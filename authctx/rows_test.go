package authctx_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/usherauth/usher/authctx"
	"github.com/usherauth/usher/authtest"
	"github.com/usherauth/usher/wire"
)

// TestK05_KeysThatMayNotVerify: a key meant for something else, one of two under a kid,
// and one without a kid are not used; the good key beside them is.
func TestK05_KeysThatMayNotVerify(t *testing.T) {
	t.Parallel()
	var file sessionVectors
	load(t, "session-tokens.json", &file)
	var main wire.JWKS
	if err := json.Unmarshal(file.KeySets["main"], &main); err != nil {
		t.Fatal(err)
	}
	good := main.Keys[0]
	change := func(edit func(*wire.JWK)) wire.JWK {
		k := good
		edit(&k)
		return k
	}
	for name, tt := range map[string]struct {
		keys []any
		want bool
	}{
		"the good key":                {[]any{good}, true},
		"key_ops with verify":         {[]any{change(func(k *wire.JWK) { k.KeyOps = []string{"verify"} })}, true},
		"key_ops without verify":      {[]any{change(func(k *wire.JWK) { k.KeyOps = []string{"encrypt"} })}, false},
		"use for encryption":          {[]any{change(func(k *wire.JWK) { k.Use = "enc" })}, false},
		"two keys under one kid":      {[]any{good, good}, false},
		"no kid":                      {[]any{change(func(k *wire.JWK) { k.Kid = "" })}, false},
		"an unknown type beside it":   {[]any{map[string]any{"kty": "AKP", "kid": "pq", "pub": "AA"}, good}, true},
		"a shapeless entry beside it": {[]any{map[string]any{"kty": 7, "n": []int{1}}, good}, true},
		"a kid with wrong type":       {[]any{map[string]any{"kty": "RSA", "kid": 5}, good}, true},
	} {
		set, err := json.Marshal(map[string]any{"keys": tt.keys})
		if err != nil {
			t.Fatal(err)
		}
		url, _ := keyServer(t, set)
		_, err = file.Defaults.authenticator(t, url, 1800000000).Verify(t.Context(), file.Cases[0].Token)
		if (err == nil) != tt.want {
			t.Errorf("%s: error %v, want accepted %v", name, err, tt.want)
		}
	}
}

// TestC17_ThousandsOfCookies: a heap of cookies changes nothing and allocates nothing.
func TestC17_ThousandsOfCookies(t *testing.T) {
	a, err := authctx.New(authtest.Config(t))
	if err != nil {
		t.Fatal(err)
	}
	req := authtest.NewRequest(t, "GET", "/", authtest.User("user_1"))
	req.Header.Add("Cookie", strings.Repeat("__session_x=1; ", 100_000))
	if got := askWith(a, req).auth.UserID(); got != "user_1" {
		t.Errorf("user %q", got)
	}
	w, h := nobody{http.Header{}}, a.Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	if n := testing.AllocsPerRun(5, func() { h.ServeHTTP(w, req) }); n > 2 {
		t.Errorf("%v allocations, want at most 2 as for any request", n)
	}
}

// TestC18_OddClientUAT: whatever __client_uat holds, the answer is signed out or a
// handshake, and three of those at most.
func TestC18_OddClientUAT(t *testing.T) {
	t.Parallel()
	a, err := authctx.New(authtest.Config(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, uat := range []string{"0", "-1", "-9223372036854775809", "99999999999999999999", "99999999999999999999 x", "1.5", "1e9", "x", "", "0x10", " 1", "NaN", "１"} {
		count, redirects := "", 0
		for range 5 {
			req := httptest.NewRequest("GET", "/", nil)
			req.Header.Set("Sec-Fetch-Dest", "document")
			cookies("__client_uat="+uat, "__client_uat_"+suffix+"="+uat, count)(req)
			got := askWith(a, req)
			if got.auth.SignedIn() || got.StatusCode >= 400 {
				t.Errorf("uat %q: %d %s", uat, got.StatusCode, got.outcome())
			}
			if got.StatusCode == http.StatusTemporaryRedirect {
				redirects++
				count, _, _ = strings.Cut(got.Header.Get("Set-Cookie"), ";")
			}
		}
		if redirects > 3 {
			t.Errorf("uat %q: %d redirects", uat, redirects)
		}
	}
}

// TestC20_LookAlikeAccountHosts: only this instance's own hosts count as known on the way
// in; one that begins like them is another site.
func TestC20_LookAlikeAccountHosts(t *testing.T) {
	t.Parallel()
	cfg := authtest.Config(t)
	cfg.ProxyURL = ""
	for referer, want := range map[string]string{
		"":                                     "signed-in user_test",
		"http://example.com/other":             "signed-in user_test",
		"http://EXAMPLE.com:80/other":          "signed-in user_test",
		"https://clerk.authtest.example.com/x": "signed-in user_test",
		"https://accounts.authtest.example.com/x":      "signed-in user_test",
		"http://accounts.authtest.example.com/x":       "handshake primary-domain-cross-origin-sync",
		"https://accounts.attacker.example/x":          "handshake primary-domain-cross-origin-sync",
		"https://accounts.authtest.example.com.evil/x": "handshake primary-domain-cross-origin-sync",
		"https://other.com/x":                          "handshake primary-domain-cross-origin-sync",
	} {
		req := authtest.NewRequest(t, "GET", "/")
		req.Header.Set("Sec-Fetch-Dest", "document")
		req.Header.Set("Referer", referer)
		if got := ask(t, cfg, req).outcome(); got != want {
			t.Errorf("Referer %q: %s, want %s", referer, got, want)
		}
	}
}

// TestC20_AccountPortals: each instance has one, told from its Frontend API's host
// (protocol reference 1.1), and knows no other one's.
func TestC20_AccountPortals(t *testing.T) {
	t.Parallel()
	const known, other = "signed-in user_1", "handshake primary-domain-cross-origin-sync"
	for _, tt := range []struct {
		dev               bool
		host, portal, out string
	}{
		{false, "clerk.example.com", "accounts.example.com", known},
		{false, "clerk.example.com", "accounts.example.org", other},
		{true, "foo-bar-13.clerk.accounts.dev", "foo-bar-13.accounts.dev", known},
		{true, "foo-bar-13.clerk.accounts.dev", "foo-bar-14.accounts.dev", other},
		{true, "foo-bar-13.clerk.accountsstage.dev", "foo-bar-13.accountsstage.dev", known},
		{true, "foo-bar-13.clerk.accountsstage.dev", "foo-bar-13.accounts.dev", other},
		{true, "clerk.foo.bar-13.lcl.dev", "accounts.foo.bar-13.lcl.dev", known},
		{true, "clerk.foo.bar-13.lcl.dev", "accounts.foo.bar-14.lcl.dev", other},
	} {
		v := newVisit(environment{wire.NewPublishableKey(!tt.dev, tt.host), tt.host, tt.dev})
		v.set("Referer", "https://"+tt.portal+"/sign-in").session(v.token(t, firstKey(), nil))
		if got, _, _ := v.answer(t); got != tt.out {
			t.Errorf("%s, from %s: %s, want %s", tt.host, tt.portal, got, tt.out)
		}
	}
}

// TestTwoAuthorizationLinesAreNoToken: what is in front of this library may have looked at
// the other one.
func TestTwoAuthorizationLinesAreNoToken(t *testing.T) {
	t.Parallel()
	good := "Bearer " + authtest.Token(t)
	for _, lines := range [][]string{{good, good}, {good, ""}, {"", good}, {good, "Basic dTpw"}} {
		req := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
		req.Header["Authorization"] = lines
		if got := ask(t, authtest.Config(t), req).outcome(); !strings.HasPrefix(got, "signed-out ") {
			t.Errorf("%d lines: %s", len(lines), got)
		}
	}
}

// TestM12_LongPaths: patterns are linear in time, and not tried on paths that no server
// lets through: one that would match is left alone.
func TestM12_LongPaths(t *testing.T) {
	t.Parallel()
	cfg := authtest.Config(t)
	cfg.OrganizationPatterns = []string{"/orgs/:id/(.*)", "/a/:slug/b/:id/(.*)"}
	cfg.PersonalAccountPatterns = []string{"/me", "/me/(.*)"}
	a, err := authctx.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		"/orgs/other/" + strings.Repeat("a/", 1<<10): "handshake active-organization-mismatch",
		"/orgs/other/" + strings.Repeat("a/", 1<<19): "signed-in user_test",
	} {
		req := authtest.NewRequest(t, "GET", "/")
		req.Header.Set("Sec-Fetch-Dest", "document")
		req.URL.Path, req.RequestURI = path, path
		if got := askWith(a, req).outcome(); got != want {
			t.Errorf("a path of %d octets: %s, want %s", len(path), got, want)
		}
	}
}

func TestOrganizationPatterns(t *testing.T) {
	t.Parallel()
	cfg := authtest.Config(t)
	cfg.OrganizationPatterns, cfg.PersonalAccountPatterns = []string{"/orgs/:slug", "/orgs/:slug/(.*)", "/by-id/:id"}, []string{"/me"}
	member := authtest.Org("org_1", "org:member")
	for target, want := range map[string]string{
		"/orgs/test/x":   "signed-in user_test",
		"/ORGS/test/":    "signed-in user_test",
		"/orgs/%74est":   "handshake active-organization-mismatch",
		"/orgs/other":    "handshake active-organization-mismatch",
		"/by-id/org_1":   "signed-in user_test",
		"/by-id/org_2":   "handshake active-organization-mismatch",
		"/me":            "handshake active-organization-mismatch",
		"/somewhere":     "signed-in user_test",
		"/orgs/a/b/more": "handshake active-organization-mismatch",
	} {
		req := authtest.NewRequest(t, "GET", target, member)
		req.Header.Set("Sec-Fetch-Dest", "document")
		if got := ask(t, cfg, req); got.outcome() != want {
			t.Errorf("%s: %s, want %s", target, got.outcome(), want)
		}
		req.Header.Set("Sec-Fetch-Dest", "empty")
		if got := ask(t, cfg, req); !got.auth.SignedIn() {
			t.Errorf("%s as a fetch: %s, want signed in all the same", target, got.outcome())
		}
	}
	cfg.OrganizationPatterns = []string{"orgs/:slug", "/orgs/x", "/orgs/:slug{2}"}
	if _, err := authctx.New(cfg); err == nil || strings.Count(err.Error(), "OrganizationPatterns") != 3 {
		t.Errorf("bad patterns: %v", err)
	}
}

// TestM13_ImpersonationIsMarked: who acts for whom is plain to see.
func TestM13_ImpersonationIsMarked(t *testing.T) {
	t.Parallel()
	a := identity(t, authtest.User("user_1"), authtest.Claim("act", map[string]any{"sub": "user_admin", "sid": "sess_9"}))
	if a.UserID() != "user_1" || a.Actor() == nil || a.Actor().Sub != "user_admin" || a.Actor().Sid != "sess_9" {
		t.Errorf("user %q, actor %+v", a.UserID(), a.Actor())
	}
	if identity(t).Actor() != nil {
		t.Error("an actor out of nowhere")
	}
	got := ask(t, authtest.Config(t), authtest.NewRequest(t, "GET", "/", authtest.Claim("act", "user_admin")))
	if got.auth.SignedIn() {
		t.Error("an act claim that is no object was ignored: an impersonator would go unmarked")
	}
}

// TestR04_DecodedOnce: an address encoded twice is carried as it came.
func TestR04_DecodedOnce(t *testing.T) {
	t.Parallel()
	a, err := authctx.New(authtest.Config(t))
	if err != nil {
		t.Fatal(err)
	}
	rec := httptest.NewRecorder()
	a.Handler(authctx.RequirePage()(http.NotFoundHandler())).ServeHTTP(rec, authtest.NewRequest(t, "GET", "/a%252f%2Fevil?x=%2525", authtest.SignedOut()))
	if got := rec.Header().Get("Location"); got != "/sign-in?redirect_url=%2Fa%25252f%252Fevil%3Fx%3D%252525" {
		t.Errorf("Location %q", got)
	}
}
