package authctx_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/usherauth/usher/authctx"
	"github.com/usherauth/usher/wire"
)

// configured sets every option from a header of the request, as an app does that serves
// several instances. It is shared by all tests of this file.
var configured = authctx.ForRequest(
	authctx.Config{Transport: tenants(), PublicOrigin: "http://localhost:3000", Now: func() time.Time { return machineNow }},
	func(r *http.Request, cfg *authctx.Config) error {
		for name, to := range map[string]*string{
			"X-Publishable-Key": &cfg.PublishableKey, "X-Secret-Key": &cfg.SecretKey, "X-Proxy-Url": &cfg.ProxyURL,
			"X-Domain": &cfg.Domain, "X-Sign-In-Url": &cfg.SignInURL, "X-Public-Origin": &cfg.PublicOrigin,
		} {
			if v := r.Header.Get(name); v != "" {
				*to = v
			}
		}
		cfg.IsSatellite = r.Header.Get("X-Is-Satellite") == "true"
		cfg.SatelliteAutoSync = r.Header.Get("X-Auto-Sync") == "true"
		cfg.OrganizationPatterns = r.Header.Values("X-Organization-Pattern")
		cfg.PersonalAccountPatterns = r.Header.Values("X-Personal-Pattern")
		return nil
	})

// environment is one of the two kinds of instances.
type environment struct {
	key  wire.PublishableKey
	host string
	dev  bool
}

var environments = map[string]environment{
	"production":  {wire.NewPublishableKey(true, "clerk.example.com"), "clerk.example.com", false},
	"development": {wire.NewPublishableKey(false, "foo-bar-13.clerk.accounts.dev"), "foo-bar-13.clerk.accounts.dev", true},
}

// visit is a request for a document and what is in it.
type visit struct {
	environment
	target  string
	header  http.Header
	cookies []string
}

// token is a session's, signed with key.
func (e environment) token(t testing.TB, key instanceKey, changes object) string {
	t.Helper()
	base := with(personClaims(machineNow), object{"iss": "https://" + e.host, "azp": "http://localhost:3000"})
	return key.sign(t, object{"alg": "RS256", "typ": "JWT", "kid": "ins_same"}, with(base, changes))
}

// payload is a handshake's, signed with key, for a session token.
func (e environment) payload(t testing.TB, key instanceKey, session string) string {
	t.Helper()
	lines := []string{"__session=" + session + "; Path=/", "__client_uat=" + strconv.FormatInt(machineNow.Unix(), 10) + "; Path=/"}
	return key.sign(t, object{"alg": "RS256", "typ": "JWT", "kid": "ins_same"}, object{"handshake": lines})
}

func (v *visit) set(name, value string) *visit {
	v.header.Add(name, value)
	return v
}

func (v *visit) cookie(name, value string) *visit {
	v.cookies = append(v.cookies, name+"="+value)
	return v
}

// uat sets the cookie that says when the browser's sessions changed last.
func (v *visit) uat(at int64) *visit { return v.cookie("__client_uat", strconv.FormatInt(at, 10)) }

// session adds a token and a uat as old as the clock.
func (v *visit) session(tok string) *visit {
	return v.uat(machineNow.Unix()-30).cookie("__session", tok)
}

// newVisit comes from a browser that development instances know already.
func newVisit(e environment) *visit {
	v := &visit{environment: e, target: "/path?a=1", header: http.Header{
		"X-Publishable-Key": {e.key.String()}, "X-Secret-Key": {"sk_live_first"}, "Sec-Fetch-Dest": {"document"},
	}}
	if e.dev {
		v.cookie("__clerk_db_jwt", "dvb_1")
	}
	return v
}

// answer sends the visit through the app: "signed-in user_1", "signed-out <reason>" or
// "handshake <reason>", and the redirect's address.
func (v *visit) answer(t *testing.T) (outcome string, location *url.URL, header http.Header) {
	t.Helper()
	req := httptest.NewRequestWithContext(t.Context(), http.MethodGet, v.target, nil)
	req.Header = v.header.Clone()
	req.Header.Set("Cookie", strings.Join(v.cookies, "; "))
	rec := httptest.NewRecorder()
	configured.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		a := authctx.FromContext(r.Context())
		if outcome = "signed-in " + a.UserID(); !a.SignedIn() {
			outcome = "signed-out " + string(a.Reason())
		}
	})).ServeHTTP(rec, req)
	if outcome == "" {
		outcome = strings.TrimSpace(rec.Header().Get(wire.HeaderAuthStatus) + " " + rec.Header().Get(wire.HeaderAuthReason))
		if rec.Code != http.StatusTemporaryRedirect {
			t.Errorf("status %d", rec.Code)
		}
	}
	location, err := url.Parse(rec.Header().Get("Location"))
	if err != nil {
		t.Fatal(err)
	}
	return outcome, location, rec.Header()
}

// TestPerRequestSessions holds the rows about tokens and cookies, for both kinds of
// instances. Where a handshake is wanted it has to lead to the instance's own host, say
// why, and lead back.
func TestPerRequestSessions(t *testing.T) {
	t.Parallel()
	now := machineNow.Unix()
	const expired = "handshake session-token-expired-refresh-non-eligible-no-refresh-cookie"
	for name, tt := range map[string]struct {
		edit func(*testing.T, *visit)
		want string
	}{
		"nominal":                    {func(t *testing.T, v *visit) { v.session(v.token(t, firstKey(), nil)) }, "signed-in user_1"},
		"expired":                    {func(t *testing.T, v *visit) { v.session(v.token(t, firstKey(), object{"exp": now - 60})) }, expired},
		"expired within the skew":    {func(t *testing.T, v *visit) { v.session(v.token(t, firstKey(), object{"exp": now - 4})) }, "signed-in user_1"},
		"early":                      {func(t *testing.T, v *visit) { v.session(v.token(t, firstKey(), object{"nbf": now + 60})) }, "handshake session-token-nbf"},
		"from the future":            {func(t *testing.T, v *visit) { v.session(v.token(t, firstKey(), object{"iat": now + 60})) }, "handshake session-token-iat-in-the-future"},
		"no token, but a uat":        {func(_ *testing.T, v *visit) { v.uat(now) }, "handshake client-uat-but-no-session-token"},
		"no token, uat 0":            {func(_ *testing.T, v *visit) { v.uat(0) }, "signed-out session-token-and-uat-missing"},
		"nothing":                    {func(*testing.T, *visit) {}, "signed-out session-token-and-uat-missing"},
		"a token, no uat":            {func(t *testing.T, v *visit) { v.cookie("__session", v.token(t, firstKey(), nil)) }, "handshake session-token-but-no-client-uat"},
		"a uat newer than the token": {func(t *testing.T, v *visit) { v.uat(now+1).cookie("__session", v.token(t, firstKey(), nil)) }, "handshake session-token-iat-before-client-uat"},
		"another instance's key":     {func(t *testing.T, v *visit) { v.session(v.token(t, secondKey(), nil)) }, "signed-out token-invalid-signature"},
		"mismatched keys of the app": {func(t *testing.T, v *visit) {
			v.header.Set("X-Secret-Key", "sk_live_second")
			v.session(v.token(t, firstKey(), nil))
		}, "signed-out token-invalid-signature"},
		"a secret key nobody knows": {func(t *testing.T, v *visit) {
			v.header.Set("X-Secret-Key", "sk_live_wrong")
			v.session(v.token(t, firstKey(), nil))
		}, "signed-out secret-key-invalid"},
		"loop: second time": {func(_ *testing.T, v *visit) { v.uat(now).cookie("__clerk_redirect_count", "2") }, "handshake client-uat-but-no-session-token"},
		"loop: third time":  {func(_ *testing.T, v *visit) { v.uat(now).cookie("__clerk_redirect_count", "3") }, "signed-out client-uat-but-no-session-token"},
		"loop: a good token": {func(t *testing.T, v *visit) {
			v.session(v.token(t, firstKey(), nil)).cookie("__clerk_redirect_count", "3")
		}, "signed-in user_1"},
		"not a document": {func(t *testing.T, v *visit) {
			v.header.Set("Sec-Fetch-Dest", "empty")
			v.session(v.token(t, firstKey(), object{"exp": now - 60}))
		}, "signed-out session-token-expired-refresh-non-eligible-no-refresh-cookie"},
	} {
		for kind, env := range environments {
			t.Run(kind+", "+name, func(t *testing.T) {
				t.Parallel()
				v := newVisit(env)
				tt.edit(t, v)
				got, location, header := v.answer(t)
				if got != tt.want {
					t.Fatalf("%q, want %q", got, tt.want)
				}
				reason, sent := strings.CutPrefix(got, "handshake ")
				if !sent {
					if location.String() != "" || strings.Contains(header.Get("Set-Cookie"), "redirect_count") {
						t.Errorf("not a handshake, but %v", header)
					}
					return
				}
				q := location.Query()
				if location.Host != env.host || location.Path != "/v1/client/handshake" || q.Get("redirect_url") != "http://localhost:3000/path?a=1" ||
					q.Get("__clerk_hs_reason") != reason || (q.Get("__clerk_db_jwt") == "dvb_1") != env.dev {
					t.Errorf("sent to %s", location)
				}
				count := "__clerk_redirect_count=1"
				if strings.HasPrefix(name, "loop") {
					count = "__clerk_redirect_count=3"
				}
				if !strings.HasPrefix(header.Get("Set-Cookie"), count+";") {
					t.Errorf("counted as %q", header.Get("Set-Cookie"))
				}
			})
		}
	}
}

// TestPerRequestAddresses: where a browser is sent by the app's options, with a uat and no
// token, and what it is told to come back to.
func TestPerRequestAddresses(t *testing.T) {
	t.Parallel()
	const out = "signed-out session-token-and-uat-missing"
	type headers = map[string]string
	satellite := headers{"X-Is-Satellite": "true", "X-Domain": "example2.com", "X-Public-Origin": "https://app.example2.com", "X-Sign-In-Url": "https://example.com/sign-in"}
	also := func(base headers, pairs ...string) headers {
		h := headers{}
		for name, value := range base {
			h[name] = value
		}
		for i := 0; i < len(pairs); i += 2 {
			h[pairs[i]] = pairs[i+1]
		}
		return h
	}
	for name, tt := range map[string]struct {
		kind, target string
		headers      headers
		uat          int64
		want, base   string // base is the address without its query; want "" is a handshake
		back         string
	}{
		"own host":                        {kind: "production", uat: 1, base: "https://clerk.example.com/v1/client/handshake", back: "http://localhost:3000/path?a=1"},
		"another origin":                  {kind: "production", headers: headers{"X-Public-Origin": "https://example.com"}, uat: 1, base: "https://clerk.example.com/v1/client/handshake", back: "https://example.com/path?a=1"},
		"an origin with a port":           {kind: "production", headers: headers{"X-Public-Origin": "https://example.com:8443"}, uat: 1, base: "https://clerk.example.com/v1/client/handshake", back: "https://example.com:8443/path?a=1"},
		"a proxy":                         {kind: "production", headers: headers{"X-Proxy-Url": "https://proxy.example.com/clerk"}, uat: 1, base: "https://proxy.example.com/clerk/v1/client/handshake", back: "http://localhost:3000/path?a=1"},
		"a proxy with a port":             {kind: "production", headers: headers{"X-Proxy-Url": "https://proxy.example.com:8443"}, uat: 1, base: "https://proxy.example.com:8443/v1/client/handshake", back: "http://localhost:3000/path?a=1"},
		"a proxy with a final slash":      {kind: "production", headers: headers{"X-Proxy-Url": "https://proxy.example.com/clerk/"}, uat: 1, base: "https://proxy.example.com/clerk/v1/client/handshake", back: "http://localhost:3000/path?a=1"},
		"a proxy on a path":               {kind: "production", headers: headers{"X-Proxy-Url": "/clerk"}, uat: 1, base: "http://localhost:3000/clerk/v1/client/handshake", back: "http://localhost:3000/path?a=1"},
		"a proxy on a path and a port":    {kind: "production", headers: headers{"X-Proxy-Url": "/clerk", "X-Public-Origin": "https://example.com:3213"}, uat: 1, base: "https://example.com:3213/clerk/v1/client/handshake", back: "https://example.com:3213/path?a=1"},
		"a proxy of the whole origin":     {kind: "development", headers: headers{"X-Proxy-Url": "/"}, uat: 1, base: "http://localhost:3000/v1/client/handshake", back: "http://localhost:3000/path?a=1"},
		"a proxy in development":          {kind: "development", headers: headers{"X-Proxy-Url": "https://proxy.example.com:8443/clerk"}, uat: 1, base: "https://proxy.example.com:8443/clerk/v1/client/handshake", back: "http://localhost:3000/path?a=1"},
		"forwarding headers change none":  {kind: "production", headers: headers{"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https", "Forwarded": "host=evil.example"}, uat: 1, base: "https://clerk.example.com/v1/client/handshake", back: "http://localhost:3000/path?a=1"},
		"a satellite, nothing yet":        {kind: "production", headers: satellite, want: out},
		"a satellite that asks":           {kind: "production", headers: also(satellite, "X-Auto-Sync", "true"), base: "https://clerk.example2.com/v1/client/handshake", back: "https://app.example2.com/path?a=1"},
		"a satellite on the way back":     {kind: "production", target: "/path?__clerk_synced=false", headers: satellite, base: "https://clerk.example2.com/v1/client/handshake", back: "https://app.example2.com/path?__clerk_synced=false"},
		"a satellite that has asked":      {kind: "production", target: "/path?__clerk_synced=true", headers: also(satellite, "X-Auto-Sync", "true"), want: out},
		"a satellite behind a proxy":      {kind: "production", headers: also(satellite, "X-Auto-Sync", "true", "X-Proxy-Url", "https://app.example2.com/clerk"), base: "https://app.example2.com/clerk/v1/client/handshake", back: "https://app.example2.com/path?a=1"},
		"a development satellite":         {kind: "development", headers: also(satellite, "X-Auto-Sync", "true"), base: "https://example.com/sign-in", back: "https://app.example2.com/path?a=1"},
		"a development satellite, synced": {kind: "development", target: "/path?__clerk_synced=true", headers: also(satellite, "X-Auto-Sync", "true"), want: out},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := newVisit(environments[tt.kind])
			for name, value := range tt.headers {
				v.header.Set(name, value)
			}
			if tt.target != "" {
				v.target = tt.target
			}
			if tt.uat > 0 {
				v.uat(tt.uat)
			}
			got, location, _ := v.answer(t)
			if tt.want != "" {
				if got != tt.want {
					t.Errorf("%q, want %q", got, tt.want)
				}
				return
			}
			back := first(location.Query().Get("redirect_url"), location.Query().Get("__clerk_redirect_url"))
			if base, _, _ := strings.Cut(location.String(), "?"); !strings.HasPrefix(got, "handshake ") || base != tt.base || back != tt.back {
				t.Errorf("%s: sent to %s, back to %s", got, base, back)
			}
		})
	}
}

func first(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// TestPerRequestHandshakeResults: what browsers come back with, in the query of
// development instances and in a cookie of production instances.
func TestPerRequestHandshakeResults(t *testing.T) {
	t.Parallel()
	const nothing = "signed-out session-token-and-uat-missing"
	fresh, old := object(nil), object{"iat": machineNow.Unix() - 600, "nbf": machineNow.Unix() - 610, "exp": machineNow.Unix() - 540}
	early := object{"iat": machineNow.Unix() + 600, "nbf": machineNow.Unix() + 590, "exp": machineNow.Unix() + 660}
	for name, tt := range map[string]struct {
		session               object
		payloadKey, tokenKey  func() instanceKey
		production, developer string
	}{
		"good":                       {fresh, firstKey, firstKey, "signed-in user_1", "signed-in user_1"},
		"a clock that is late":       {early, firstKey, firstKey, nothing, "signed-in user_1"},
		"a clock that is early":      {old, firstKey, firstKey, nothing, "signed-in user_1"},
		"payload of another key":     {fresh, secondKey, firstKey, nothing, "handshake token-invalid"},
		"session of another key":     {fresh, firstKey, secondKey, nothing, nothing},
		"both of another instance's": {fresh, secondKey, secondKey, nothing, "handshake token-invalid"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for kind, want := range map[string]string{"production": tt.production, "development": tt.developer} {
				v := newVisit(environments[kind])
				payload := v.payload(t, tt.payloadKey(), v.token(t, tt.tokenKey(), tt.session))
				if v.dev {
					v.target += "&__clerk_handshake=" + payload
				} else {
					v.cookie("__clerk_handshake", payload)
				}
				state, err := v.state(t)
				if err != nil {
					t.Fatal(err)
				}
				got := state.Status + " " + string(state.Reason) + state.Auth.UserID()
				if got != want {
					t.Errorf("%s: %q, want %q", kind, got, want)
				}
				cleaned := state.Header.Get("Location")
				if v.dev && want != nothing && cleaned != "/path?a=1" || !v.dev && cleaned != "" {
					t.Errorf("%s: sent to %q", kind, cleaned)
				}
				if set := strings.Join(state.Header.Values("Set-Cookie"), "\n"); strings.HasPrefix(want, "signed-in") != strings.Contains(set, "__session=") {
					t.Errorf("%s: sets %q", kind, set)
				}
			}
		})
	}
}

// state is the decision without an answer.
func (v *visit) state(t *testing.T) (authctx.State, error) {
	t.Helper()
	req := httptest.NewRequestWithContext(t.Context(), http.MethodGet, v.target, nil)
	req.Header = v.header.Clone()
	req.Header.Set("Cookie", strings.Join(v.cookies, "; "))
	return configured.Authenticate(req)
}

// TestPerRequestOrganizations: the address decides which organisation is active.
func TestPerRequestOrganizations(t *testing.T) {
	t.Parallel()
	inOrg := object{"o": object{"id": "org_a", "slg": "a", "rol": "admin"}}
	const other, same = "handshake active-organization-mismatch", "signed-in user_1"
	for name, tt := range map[string]struct {
		target string
		claims object
		edit   func(*visit)
		want   string
		asked  string // organization_id of a handshake
	}{
		"the active one, by slug":        {"/orgs/a", inOrg, nil, same, ""},
		"the active one, deeper":         {"/orgs/a/settings", inOrg, nil, same, ""},
		"the active one, by id":          {"/by-id/org_a", inOrg, nil, same, ""},
		"another, by slug":               {"/orgs/b", inOrg, nil, other, "b"},
		"another, by id":                 {"/by-id/org_b/x", inOrg, nil, other, "org_b"},
		"none is active":                 {"/orgs/b", nil, nil, other, "b"},
		"personal, none is active":       {"/me", nil, nil, same, ""},
		"personal, but one is active":    {"/me/settings", inOrg, nil, other, ""},
		"an address about none":          {"/about", inOrg, nil, same, ""},
		"another, but a fetch":           {"/orgs/b", inOrg, func(v *visit) { v.header.Set("Sec-Fetch-Dest", "empty") }, same, ""},
		"another, for the third time":    {"/orgs/b", inOrg, func(v *visit) { v.cookie("__clerk_redirect_count", "3") }, same, ""},
		"other patterns in this request": {"/orgs/b", inOrg, func(v *visit) { v.header.Set("X-Organization-Pattern", "/teams/:id") }, same, ""},
	} {
		for kind, env := range environments {
			t.Run(kind+", "+name, func(t *testing.T) {
				t.Parallel()
				v := newVisit(env)
				v.target = tt.target
				for _, p := range []string{"/orgs/:slug", "/orgs/:slug/(.*)", "/by-id/:id", "/by-id/:id/(.*)"} {
					v.set("X-Organization-Pattern", p)
				}
				v.set("X-Personal-Pattern", "/me").set("X-Personal-Pattern", "/me/(.*)")
				v.session(v.token(t, firstKey(), tt.claims))
				if tt.edit != nil {
					tt.edit(v)
				}
				got, location, _ := v.answer(t)
				if got != tt.want {
					t.Fatalf("%q, want %q", got, tt.want)
				}
				q := location.Query()
				if got == other && (!q.Has("organization_id") || q.Get("organization_id") != tt.asked) {
					t.Errorf("sent to %s", location)
				}
			})
		}
	}
}
