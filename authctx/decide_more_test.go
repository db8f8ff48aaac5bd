package authctx_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/usherauth/usher/authctx"
	"github.com/usherauth/usher/authtest"
	"github.com/usherauth/usher/wire"
)

// says is a Backend API with one answer to everything; status 0 cannot be reached.
func says(status int, body any) carrier {
	return func(r *http.Request) (*http.Response, error) {
		if status == 0 {
			return nil, errors.New("unreachable")
		}
		raw, err := json.Marshal(body)
		return &http.Response{
			StatusCode: status, Header: http.Header{"Content-Type": {"application/json"}},
			Body: io.NopCloser(strings.NewReader(string(raw))), Request: r,
		}, err
	}
}

func refused(code string) wire.Errors { return wire.Errors{Errors: []wire.Error{{Code: code}}} }

// row is one line of the decision table (protocol reference 4.9): a request to
// http://example.com/p?a=1, and how it is decided.
type row struct {
	target  string // "" is /p?a=1
	config  func(*authctx.Config)
	edit    []func(*http.Request)
	want    string
	cookies []string // names that the answer sets
	at      string   // what its Location begins with
}

func (tt row) check(t *testing.T, now time.Time) {
	t.Helper()
	cfg := authtest.Config(t)
	cfg.Now = func() time.Time { return now }
	cfg.ProxyURL, cfg.SecretKey = "", "sk_live_"+strings.Repeat("x", 40)
	cfg.Transport = says(0, nil)
	if tt.config != nil {
		tt.config(&cfg)
	}
	if tt.target == "" {
		tt.target = "/p?a=1"
	}
	req := httptest.NewRequest("GET", "http://example.com"+tt.target, nil)
	for _, edit := range tt.edit {
		edit(req)
	}
	got := ask(t, cfg, req)
	if got.outcome() != tt.want {
		t.Errorf("got %q, want %q", got.outcome(), tt.want)
	}
	if names := setCookieNames(got.Header); !slices.Equal(names, tt.cookies) {
		t.Errorf("sets cookies %v, want %v", names, tt.cookies)
	}
	at := got.Header.Get("Location")
	if !strings.HasPrefix(at, tt.at) || (at == "") != (tt.at == "") {
		t.Errorf("Location %q, want it to begin with %q", at, tt.at)
	}
}

var counted = []string{wire.CookieRedirectCount}

// TestDecisionTableRefresh holds rows 15 to 17: an expired session with a refresh token.
func TestDecisionTableRefresh(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_800_000_000, 0)
	document, fetch := header("Sec-Fetch-Dest", "document"), header("Sec-Fetch-Dest", "empty")
	expired := session(authtest.Token(t, authtest.At(now.Add(-time.Hour))), 1)
	refresh := cookies("__refresh_" + suffix + "=rt")
	fresh := map[string][]string{"cookies": {
		"__session=" + authtest.Token(t, authtest.At(now)) + "; Path=/", "__client_uat_" + suffix + "=1; Path=/", "theme=dark",
	}}
	backend := func(status int, body any) func(*authctx.Config) {
		return func(c *authctx.Config) { c.Transport = says(status, body) }
	}
	const reason = "session-token-expired-refresh-"
	for name, tt := range map[string]row{
		"15 unreachable, document": {config: backend(0, nil), edit: []func(*http.Request){document, expired, refresh},
			want: "handshake " + reason + "fetch-error", cookies: counted, at: "https://clerk."},
		"16 refused, fetch": {config: backend(401, refused("refresh_token_not_found")), edit: []func(*http.Request){fetch, expired, refresh},
			want: "signed-out " + reason + "refresh_token_not_found"},
		"16 refused, document": {config: backend(401, refused("refresh_token_not_found")), edit: []func(*http.Request){document, expired, refresh},
			want: "handshake " + reason + "refresh_token_not_found", cookies: counted, at: "https://clerk."},
		"17 renewed, fetch": {config: backend(200, fresh), edit: []func(*http.Request){fetch, expired, refresh},
			want: "signed-in user_test", cookies: []string{"__client_uat_" + suffix, "__session"}},
		"17 not for a POST": {config: backend(200, fresh), edit: []func(*http.Request){method("POST"), expired, refresh},
			want: "signed-out " + reason + "non-eligible-non-get"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tt.check(t, now)
		})
	}
}

// TestDecisionTableReturning holds rows 33 to 38: from elsewhere, from a handshake, with a
// task left to do.
func TestDecisionTableReturning(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_800_000_000, 0)
	document := header("Sec-Fetch-Dest", "document")
	tok := authtest.Token(t, authtest.At(now))
	valid := session(tok, 1)
	key, err := wire.ParsePublishableKey(authtest.PublishableKey)
	if err != nil {
		t.Fatal(err)
	}
	lines := map[string][]string{"directives": {"__session=" + tok + "; Path=/"}}
	bad := payloadAt(t, now, "__session="+tok)
	bad = bad[:len(bad)-8] + "AAAAAAAA"
	for name, tt := range map[string]row{
		"33 from another site": {edit: []func(*http.Request){document, valid, header("Referer", "https://other.com/x")},
			want: "handshake primary-domain-cross-origin-sync", cookies: counted, at: "https://clerk."},
		"33 once only": {edit: []func(*http.Request){document, valid, header("Referer", "https://other.com/x"), cookies("__clerk_redirect_count=1")},
			want: "signed-in user_test"},
		"34 from the Frontend API": {edit: []func(*http.Request){document, valid, header("Referer", "https://"+key.Host()+"/x")},
			want: "signed-in user_test"},
		"35 handshake cookie": {edit: []func(*http.Request){document, cookies("__clerk_handshake=" + payloadAt(t, now, "__session="+tok+"; Path=/"))},
			want: "signed-in user_test", cookies: []string{"__session"}},
		"36 forged handshake cookie": {edit: []func(*http.Request){document, cookies("__clerk_handshake=" + bad)},
			want: "signed-out session-token-and-uat-missing"},
		"37 nonce": {config: func(c *authctx.Config) { c.Transport = says(200, lines) }, edit: []func(*http.Request){document, cookies("__clerk_handshake_nonce=n")},
			want: "signed-in user_test", cookies: []string{"__session"}},
		"37 K03 unknown nonce, stricter": {config: func(c *authctx.Config) { c.Transport = says(404, refused("resource_not_found")) },
			edit: []func(*http.Request){document, cookies("__clerk_handshake_nonce=n")}, want: "signed-out session-token-and-uat-missing"},
		"38 pending": {edit: []func(*http.Request){document, session(authtest.Token(t, authtest.At(now), authtest.Claim("sts", "pending")), 1)},
			want: "signed-out pending"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tt.check(t, now)
		})
	}
}

// TestDecisionTableDevelopmentHandshake holds rows 43 and 44.
func TestDecisionTableDevelopmentHandshake(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_800_000_000, 0)
	development := func(c *authctx.Config) {
		c.PublishableKey = wire.NewPublishableKey(false, "clerk.authtest.example.com").String()
		c.SecretKey = "sk_test_" + strings.Repeat("x", 40)
	}
	document := []func(*http.Request){header("Sec-Fetch-Dest", "document")}
	good := payloadAt(t, now, "__session="+authtest.Token(t, authtest.At(now))+"; Path=/")
	late := payloadAt(t, now, "__session="+authtest.Token(t, authtest.At(now.Add(-time.Hour)))+"; Path=/")
	for name, tt := range map[string]row{
		"43 valid": {target: "/p?a=1&__clerk_handshake=" + good, config: development, edit: document,
			want: "handshake ", cookies: []string{"__session"}, at: "/p?a=1"},
		"43 this machine's clock is off": {target: "/p?__clerk_handshake=" + late, config: development, edit: document,
			want: "handshake ", cookies: []string{"__session"}, at: "/p"},
		"44 forged, stricter": {target: "/p?a=1&__clerk_handshake=" + good[:len(good)-8] + "AAAAAAAA", config: development, edit: document,
			want: "handshake token-invalid", cookies: counted, at: "/p?a=1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tt.check(t, now)
		})
	}
}

// TestDecisionTableSatellites holds rows 45 and 46.
func TestDecisionTableSatellites(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_800_000_000, 0)
	satellite := func(auto bool) func(*authctx.Config) {
		return func(c *authctx.Config) { c.IsSatellite, c.Domain, c.SatelliteAutoSync = true, "sat.example.net", auto }
	}
	document := []func(*http.Request){header("Sec-Fetch-Dest", "document")}
	const missing, syncing = "signed-out session-token-and-uat-missing", "handshake satellite-needs-syncing"
	const there = "https://clerk.sat.example.net/v1/client/handshake"
	for name, tt := range map[string]row{
		"45 first visit":                   {config: satellite(false), edit: document, want: missing},
		"45 first visit, synchronised":     {config: satellite(true), edit: document, want: syncing, cookies: counted, at: there},
		"45 not for a fetch":               {config: satellite(true), edit: []func(*http.Request){header("Sec-Fetch-Dest", "empty")}, want: missing},
		"46 back from signing in":          {target: "/p?__clerk_synced=false", config: satellite(false), edit: document, want: syncing, cookies: counted, at: there},
		"46 synchronised, nobody there":    {target: "/p?__clerk_synced=true", config: satellite(true), edit: document, want: missing},
		"46 synchronised, then not looped": {target: "/p?__clerk_synced=false", config: satellite(true), edit: append(document, cookies("__clerk_redirect_count=3")), want: "signed-out satellite-needs-syncing"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tt.check(t, now)
		})
	}
}

// TestDecisionTableOrganizations holds row 47.
func TestDecisionTableOrganizations(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_800_000_000, 0)
	patterns := func(c *authctx.Config) { c.OrganizationPatterns = []string{"/orgs/:id", "/orgs/:id/(.*)"} }
	valid := session(authtest.Token(t, authtest.At(now), authtest.Org("org_1", "org:admin")), 1)
	document := header("Sec-Fetch-Dest", "document")
	for name, tt := range map[string]row{
		"47 another, document":       {target: "/orgs/org_2/x", edit: []func(*http.Request){document, valid}, want: "handshake active-organization-mismatch", cookies: counted, at: "https://clerk."},
		"47 another, fetch":          {target: "/orgs/org_2/x", edit: []func(*http.Request){header("Sec-Fetch-Dest", "empty"), valid}, want: "signed-in user_test"},
		"47 another, third redirect": {target: "/orgs/org_2", edit: []func(*http.Request){document, valid, cookies("__clerk_redirect_count=3")}, want: "signed-in user_test"},
		"47 the active one":          {target: "/orgs/org_1", edit: []func(*http.Request){document, valid}, want: "signed-in user_test"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tt.config = patterns
			tt.check(t, now)
		})
	}
}

// TestForeignPlainSessionBesideAHeader: which spelling of the cookies is read does not depend
// on what decides, and the Frontend API is told (protocol reference 2.3, rule 2).
func TestForeignPlainSessionBesideAHeader(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_800_000_000, 0)
	expired := authtest.Token(t, authtest.At(now.Add(-time.Hour)))
	early := authtest.Token(t, authtest.At(now.Add(time.Hour)))
	foreign := authtest.Token(t, authtest.At(now), authtest.Claim("iss", "https://clerk.other.example"))
	for name, tt := range map[string]struct {
		bearer, cookies string
		want            string // what the address of the refresh or of the handshake holds
	}{
		"a refresh":                 {expired, "__session=" + foreign + "; __refresh_" + suffix + "=rt", "/refresh?suffixed_cookies=true"},
		"a refresh, nothing else":   {expired, "__refresh_" + suffix + "=rt", "/refresh"},
		"a handshake":               {early, "__session=" + foreign, "&suffixed_cookies=true&"},
		"a handshake, nothing else": {early, "theme=dark", "&suffixed_cookies=false&"},
	} {
		var refresh string
		cfg := authtest.Config(t)
		cfg.Now, cfg.ProxyURL, cfg.SecretKey = func() time.Time { return now }, "", "sk_live_"+strings.Repeat("x", 40)
		cfg.Transport = carrier(func(r *http.Request) (*http.Response, error) {
			refresh = r.URL.RequestURI()
			return says(401, refused("x"))(r)
		})
		req := httptest.NewRequest("GET", "/", nil)
		req.Header = http.Header{"Sec-Fetch-Dest": {"document"}, "Authorization": {"Bearer " + tt.bearer}, "Cookie": {tt.cookies}}
		got := ask(t, cfg, req)
		where := got.Header.Get("Location")
		if refresh != "" {
			where = refresh
		}
		if !strings.HasSuffix(where, tt.want) && !(strings.HasPrefix(tt.want, "&") && strings.Contains(where, tt.want)) {
			t.Errorf("%s: %s, want %s", name, where, tt.want)
		}
	}
}

// TestC18_OverflowThenGarbage: a number too large for anything is later than any token, and
// with more after it it is no number.
func TestC18_OverflowThenGarbage(t *testing.T) {
	t.Parallel()
	for uat, want := range map[string]string{
		"99999999999999999999":    "signed-out session-token-iat-before-client-uat",
		"+99999999999999999999":   "signed-out session-token-iat-before-client-uat",
		"99999999999999999999 x":  "signed-out session-token-but-no-client-uat",
		"99999999999999999999.5":  "signed-out session-token-but-no-client-uat",
		"99999999999999999999e1":  "signed-out session-token-but-no-client-uat",
		"9999999999999999999999x": "signed-out session-token-but-no-client-uat",
	} {
		req := httptest.NewRequest("POST", "/", nil)
		cookies("__session="+authtest.Token(t), "__client_uat="+uat)(req)
		if got := ask(t, authtest.Config(t), req).outcome(); got != want {
			t.Errorf("%q: %s, want %s", uat, got, want)
		}
	}
}
