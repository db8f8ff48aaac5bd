package authctx_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/usherauth/usher/authctx"
	"github.com/usherauth/usher/authtest"
	"github.com/usherauth/usher/wire"
)

var suffix = wire.CookieSuffix(authtest.PublishableKey)

// answer is what one request through the middleware came to.
type answer struct {
	*http.Response
	auth *authctx.Auth // nil when the handler was not reached
}

func ask(t testing.TB, cfg authctx.Config, req *http.Request) answer {
	t.Helper()
	a, err := authctx.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return askWith(a, req)
}

func askWith(a *authctx.Authenticator, req *http.Request) (got answer) {
	rec := httptest.NewRecorder()
	a.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		got.auth = authctx.FromContext(r.Context())
	})).ServeHTTP(rec, req)
	got.Response = rec.Result()
	return got
}

// outcome puts an answer in the words of the decision table.
func (a answer) outcome() string {
	switch {
	case a.auth == nil:
		return "handshake " + a.Header.Get(wire.HeaderAuthReason)
	case a.auth.SignedIn():
		return "signed-in " + a.auth.UserID()
	}
	return strings.Join(strings.Fields("signed-out "+string(a.auth.Reason())+" "+a.auth.Status()), " ")
}

func cookies(pairs ...string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Add("Cookie", strings.Join(pairs, "; ")) }
}

func header(name, value string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set(name, value) }
}

func method(m string) func(*http.Request) { return func(r *http.Request) { r.Method = m } }

// session spells a token and a uat as the browser sends them.
func session(tok string, uat int64) func(*http.Request) {
	u := strconv.FormatInt(uat, 10)
	return cookies("__session="+tok, "__session_"+suffix+"="+tok, "__client_uat="+u, "__client_uat_"+suffix+"="+u)
}

// TestDecisionTable holds the rows of protocol reference 4.9 that this package decides;
// their numbers are in the names.
func TestDecisionTable(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_800_000_000, 0)
	at := func(d time.Duration) authtest.Option { return authtest.At(now.Add(d)) }
	valid := authtest.Token(t, at(0))
	expired := authtest.Token(t, at(-time.Hour))
	early := authtest.Token(t, authtest.At(now), authtest.Claim("nbf", now.Unix()+60))
	future := authtest.Token(t, authtest.At(now), authtest.Claim("iat", now.Unix()+60), authtest.Claim("nbf", nil))
	forged := valid[:len(valid)-8] + "AAAAAAAA"
	foreign := authtest.Token(t, authtest.At(now), authtest.Claim("iss", "https://clerk.other.example.com"))
	uat := now.Unix()
	document := header("Sec-Fetch-Dest", "document")
	type edits = []func(*http.Request)
	out := "signed-out session-token-and-uat-missing"
	for name, tt := range map[string]struct {
		edit edits
		want string
	}{
		"1 no cookies":                          {edits{document}, out},
		"1 no cookies, POST":                    {edits{document, method("POST")}, out},
		"2 uat 0":                               {edits{document, cookies("__client_uat=0")}, out},
		"3 session without uat":                 {edits{document, cookies("__session=" + valid)}, "handshake session-token-but-no-client-uat"},
		"3 session with uat 0":                  {edits{document, session(valid, 0)}, "handshake session-token-but-no-client-uat"},
		"4 uat without session":                 {edits{document, cookies("__client_uat=1700000000")}, "handshake client-uat-but-no-session-token"},
		"5 uat without session, fetch":          {edits{header("Sec-Fetch-Dest", "empty"), cookies("__client_uat=1700000000")}, "signed-out client-uat-but-no-session-token"},
		"6 no fetch metadata, HTML":             {edits{header("Accept", "text/html,*/*"), cookies("__client_uat=1700000000")}, "handshake client-uat-but-no-session-token"},
		"7 uat without session, POST":           {edits{document, method("POST"), cookies("__client_uat=1700000000")}, "signed-out client-uat-but-no-session-token"},
		"8 second redirect":                     {edits{document, cookies("__client_uat=1700000000", "__clerk_redirect_count=2")}, "handshake client-uat-but-no-session-token"},
		"9 third redirect":                      {edits{document, cookies("__client_uat=1700000000", "__clerk_redirect_count=3")}, "signed-out client-uat-but-no-session-token"},
		"10 C18 more redirects, stricter":       {edits{document, cookies("__client_uat=1700000000", "__clerk_redirect_count=4")}, "signed-out client-uat-but-no-session-token"},
		"11 valid, uat as old as iat":           {edits{document, session(valid, uat)}, "signed-in user_test"},
		"11 valid, uat older":                   {edits{document, session(valid, uat-5)}, "signed-in user_test"},
		"12 uat newer than iat":                 {edits{document, session(valid, uat+1)}, "handshake session-token-iat-before-client-uat"},
		"13 expired, document":                  {edits{document, session(expired, 1)}, "handshake session-token-expired-refresh-non-eligible-no-refresh-cookie"},
		"14 expired, POST":                      {edits{document, method("POST"), session(expired, 1)}, "signed-out session-token-expired-refresh-non-eligible-non-get"},
		"18 nbf in a minute":                    {edits{document, session(early, 1)}, "handshake session-token-nbf"},
		"19 iat in a minute":                    {edits{document, session(future, 1)}, "handshake session-token-iat-in-the-future"},
		"20 wrong signature":                    {edits{document, session(forged, 1)}, "signed-out token-invalid-signature"},
		"22 two parts":                          {edits{document, session("a.b", 1)}, "signed-out token-invalid"},
		"27 plain cookies of another instance":  {edits{document, cookies("__session="+foreign, "__client_uat=1")}, out},
		"a cookie that cannot be decoded":       {edits{document, cookies("__session_"+suffix+"=%", "__client_uat_"+suffix+"=1")}, "signed-out token-invalid"},
		"white space around a value":            {edits{document, cookies("__session_"+suffix+"= "+valid, "__client_uat_"+suffix+"= 1")}, "signed-in user_test"},
		"C03 an empty cookie before a full one": {edits{document, cookies("__session_"+suffix+"=", "__session_"+suffix+"="+valid, "__client_uat_"+suffix+"=1")}, "handshake client-uat-but-no-session-token"},
		"C03 two redirect counts":               {edits{document, cookies("__client_uat=1700000000", "__clerk_redirect_count=3", "__clerk_redirect_count=0")}, "signed-out client-uat-but-no-session-token"},
		"28 Bearer":                             {edits{header("Authorization", "Bearer "+valid)}, "signed-in user_test"},
		"28 bare token in the header":           {edits{header("Authorization", valid)}, "signed-in user_test"},
		"29 bearer in lower case":               {edits{header("Authorization", "bearer "+valid)}, out},
		"29 another scheme":                     {edits{header("Authorization", "Basic "+valid)}, out},
		"30 J30 bad header, good cookies":       {edits{header("Authorization", "Bearer x"), session(valid, uat)}, "signed-out token-invalid"},
		"31 expired header, document":           {edits{document, header("Authorization", "Bearer "+expired)}, "handshake session-token-expired-refresh-non-eligible-no-refresh-cookie"},
		"32 expired header, API client":         {edits{header("Authorization", "Bearer "+expired)}, "signed-out session-token-expired-refresh-non-eligible-no-refresh-cookie"},
		"J30 a scheme without a token":          {edits{header("Authorization", "Bearer"), session(valid, uat)}, "signed-out token-invalid"},
		"J30 an empty word after it":            {edits{header("Authorization", "Basic  "+valid), session(valid, uat)}, "signed-out token-invalid"},
		"HEAD is not eligible":                  {edits{document, method("HEAD"), cookies("__client_uat=5")}, "signed-out client-uat-but-no-session-token"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := authtest.Config(t)
			cfg.Now = func() time.Time { return now }
			req := httptest.NewRequest("GET", "http://example.com/p?a=1", nil)
			for _, edit := range tt.edit {
				edit(req)
			}
			got := ask(t, cfg, req)
			if got.outcome() != tt.want {
				t.Errorf("got %q, want %q", got.outcome(), tt.want)
			}
			if strings.HasPrefix(tt.want, "handshake") != (got.StatusCode == http.StatusTemporaryRedirect) {
				t.Errorf("status %d with outcome %q", got.StatusCode, got.outcome())
			}
		})
	}
}

func TestHandshakeURL(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_800_000_000, 0)
	tok := authtest.Token(t, authtest.At(now))
	cfg := authtest.Config(t)
	cfg.Now, cfg.ProxyURL = func() time.Time { return now }, ""
	req := httptest.NewRequest("GET", "http://evil.example/p?a=1&__clerk_db_jwt=x", nil)
	req.Header.Set("Accept", "text/html")
	req.Header.Set("X-Forwarded-Host", "evil.example")
	session(tok, now.Unix()+1)(req)
	got := ask(t, cfg, req)
	want := "https://clerk.authtest.example.com/v1/client/handshake?redirect_url=http%3A%2F%2Fexample.com%2Fp%3Fa%3D1" +
		"&__clerk_api_version=2026-05-12&suffixed_cookies=true&__clerk_hs_reason=session-token-iat-before-client-uat&format=nonce&__session=" + tok
	if loc := got.Header.Get("Location"); loc != want {
		t.Errorf("R07 Location\n got %s\nwant %s", loc, want)
	}
	if c := got.Header.Get("Set-Cookie"); c != "__clerk_redirect_count=1; Max-Age=2; HttpOnly; SameSite=Lax" {
		t.Errorf("Set-Cookie %q", c)
	}
	if cc := got.Header.Get("Cache-Control"); cc != "private, no-store" {
		t.Errorf("H01 Cache-Control %q", cc)
	}
}

// TestHandshakeURLBringsTheDevBrowserOfTheAddress, also where a header decides: it stands
// there before any cookie of it does.
func TestHandshakeURLBringsTheDevBrowserOfTheAddress(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_800_000_000, 0)
	cfg := authtest.Config(t)
	cfg.PublishableKey, cfg.SecretKey, cfg.ProxyURL = "pk_test_Y2xlcmsuYXV0aHRlc3QuZXhhbXBsZS5jb20k", "sk_test_x", ""
	cfg.Now = func() time.Time { return now }
	tok := authtest.Token(t, authtest.At(now.Add(-time.Hour)))
	for name, set := range map[string]func(*http.Request){
		"header": func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+tok) },
		"cookie": func(r *http.Request) { r.Header.Add("Cookie", "__session="+tok+"; __client_uat=1") },
	} {
		for query, want := range map[string]string{"?__clerk_db_jwt=dvb_q": "dvb_q", "?__clerk_db_jwt=": "dvb_c", "": "dvb_c"} {
			req := httptest.NewRequest("GET", "/p"+query, nil)
			req.Header.Set("Accept", "text/html")
			req.Header.Set("Cookie", "__clerk_db_jwt=dvb_c")
			set(req)
			loc, err := url.Parse(ask(t, cfg, req).Header.Get("Location"))
			if err != nil {
				t.Fatal(err)
			}
			if got := loc.Query().Get("__clerk_db_jwt"); got != want {
				t.Errorf("%s, %q: dev browser %q, want %q", name, query, got, want)
			}
		}
	}
}

// TestC03_Cookies runs the cookie vectors. The fields name only session cookies, so each
// request also carries a client that has not changed since 1970, unless the field itself
// speaks of one.
func TestC03_Cookies(t *testing.T) {
	t.Parallel()
	var file struct {
		Cases []struct{ Cookie, Expect, Note string }
	}
	load(t, "cookies.json", &file)
	t1, t2 := authtest.Token(t, authtest.User("T1")), authtest.Token(t, authtest.User("T2"))
	words := strings.NewReplacer("T1", t1, "T2", t2, "BAD", t1[:len(t1)-9]+"AAAAAAAAA", "SUF", suffix)
	a, err := authctx.New(authtest.Config(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range file.Cases {
		req := httptest.NewRequest("GET", "/", nil)
		req.Header["Cookie"] = []string{words.Replace(c.Cookie)}
		if !strings.Contains(c.Cookie, "__client_uat") {
			uat := "__client_uat=1"
			if strings.Contains(c.Cookie, "SUF") {
				uat += "; __client_uat_" + suffix + "=1"
			}
			req.Header.Add("Cookie", uat)
		}
		first, second := askWith(a, req).auth.UserID(), askWith(a, req).auth.UserID()
		if first != second {
			t.Errorf("%s: %q once and %q then", c.Note, first, second)
		}
		want := map[string]string{"T1": "T1", "none": "", "T1-or-none": "T1 or none", "one-consistently": first, "none-or-handshake": ""}[c.Expect]
		if first != want && !(want == "T1 or none" && (first == "" || first == "T1")) {
			t.Errorf("%s: Cookie %q gives %q, want %s", c.Note, c.Cookie, first, c.Expect)
		}
	}
}

func TestC04_TossedCookies(t *testing.T) {
	t.Parallel()
	mine := authtest.Token(t, authtest.User("victim"))
	newer := authtest.Token(t, authtest.User("attacker"), authtest.At(time.Now().Add(2*time.Second)))
	own := []string{"__session_" + suffix + "=" + mine, "__client_uat_" + suffix + "=1"}
	for name, tossed := range map[string][]string{
		"a newer session of another user": {"__session=" + newer, "__client_uat=2"},
		"garbage":                         {"__session=x", "__client_uat=2"},
		"a suffix of another instance":    {"__session_AAAAAAAA=" + newer, "__client_uat_AAAAAAAA=2"},
		"a second suffixed cookie":        {"__session_" + suffix + "x=" + newer},
	} {
		req := httptest.NewRequest("GET", "/", nil)
		cookies(append(tossed, own...)...)(req)
		if got := ask(t, authtest.Config(t), req).auth.UserID(); got != "victim" {
			t.Errorf("%s: user %q, want victim", name, got)
		}
	}
	req := httptest.NewRequest("GET", "/", nil)
	cookies("__session="+newer, "__client_uat=2", "__session_"+suffix+"=bad", "__client_uat_"+suffix+"=1")(req)
	if got := ask(t, authtest.Config(t), req).auth; got.SignedIn() {
		t.Errorf("a bad suffixed cookie fell back to the plain one: %q", got.UserID())
	}
}

// TestP01_P02_SpoofedHeaders: nothing a client claims about its own state has an effect.
func TestP01_P02_SpoofedHeaders(t *testing.T) {
	t.Parallel()
	var file struct {
		Cases []struct {
			Headers map[string]string
			Note    string
		}
	}
	load(t, "headers.json", &file)
	a, err := authctx.New(authtest.Config(t))
	if err != nil {
		t.Fatal(err)
	}
	page := a.Handler(authctx.RequirePage()(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = fmt.Fprint(w, "secret")
	})))
	for _, c := range file.Cases {
		req := httptest.NewRequest("GET", "/dashboard", nil)
		for name, value := range c.Headers {
			req.Header.Set(name, value)
			if name == "Host" {
				req.Host = value
			}
		}
		rec := httptest.NewRecorder()
		page.ServeHTTP(rec, req)
		if got := rec.Header().Get("Location"); rec.Code != http.StatusSeeOther || got != "/sign-in?redirect_url=%2Fdashboard" {
			t.Errorf("%s: %d %q", c.Note, rec.Code, got)
		}
		for name, value := range c.Headers {
			if strings.Contains(fmt.Sprint(rec.Header(), rec.Body), value) && len(value) > 4 {
				t.Errorf("%s: %s is reflected", c.Note, name)
			}
		}
	}
}

func TestP02_InternalHeadersAreRemoved(t *testing.T) {
	t.Parallel()
	a, err := authctx.New(authtest.Config(t))
	if err != nil {
		t.Fatal(err)
	}
	names := []string{
		"x-clerk-auth-status", "x-clerk-auth-token", "x-clerk-auth-signature", "x-clerk-auth-reason", "x-clerk-auth-message",
		"x-clerk-clerk-url", "x-clerk-request-data", "x-middleware-subrequest",
	}
	for _, others := range []int{0, 1, 20} { // few fields are looked through, many looked up
		for i := range len(names) + 2 {
			sent := names[2:3]
			if i <= len(names) {
				sent = names[:i]
			}
			req := httptest.NewRequest("GET", "/", nil)
			for i := range others {
				req.Header.Set(fmt.Sprintf("X-Other-%d", i), "kept")
			}
			for _, n := range sent {
				req.Header.Set(n, "signed-in")
			}
			a.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				if len(r.Header) != others {
					t.Errorf("%d other fields and %q: %v reached the handler", others, sent, r.Header)
				}
			})).ServeHTTP(httptest.NewRecorder(), req)
		}
	}
}

func TestPendingSessionReadsAsSignedOut(t *testing.T) {
	t.Parallel()
	got := ask(t, authtest.Config(t), authtest.NewRequest(t, "GET", "/", authtest.Claim("sts", "pending")))
	if got.outcome() != "signed-out pending" {
		t.Errorf("outcome %q", got.outcome())
	}
}

func TestDevelopmentInstance(t *testing.T) {
	t.Parallel()
	cfg := authtest.Config(t)
	cfg.PublishableKey = wire.NewPublishableKey(false, "clerk.authtest.example.com").String()
	sfx := wire.CookieSuffix(cfg.PublishableKey)
	for name, tt := range map[string]struct {
		target, cookie, dest, want string
	}{
		"39 no cookies, document": {"/", "", "document", "handshake dev-browser-missing"},
		"39 no cookies, fetch":    {"/", "", "empty", "signed-out dev-browser-missing"},
		"40 dev browser in query": {"/?__clerk_db_jwt=dvb_1", "", "document", "handshake dev-browser-sync"},
		"40 an empty one":         {"/?__clerk_db_jwt=", "__clerk_db_jwt=dvb_1", "document", "handshake dev-browser-sync"},
		"41 dev browser only":     {"/", "__clerk_db_jwt=dvb_1", "document", "signed-out session-token-and-uat-missing"},
		"41 suffixed dev browser": {"/", "__client_uat_" + sfx + "=0; __clerk_db_jwt_" + sfx + "=dvb_1", "document", "signed-out session-token-and-uat-missing"},
	} {
		req := httptest.NewRequest("GET", tt.target, nil)
		req.Header.Set("Sec-Fetch-Dest", tt.dest)
		if tt.cookie != "" {
			req.Header.Set("Cookie", tt.cookie)
		}
		got := ask(t, cfg, req)
		if got.outcome() != tt.want {
			t.Errorf("%s: %q, want %q", name, got.outcome(), tt.want)
		}
		if loc, _ := url.Parse(got.Header.Get("Location")); strings.Contains(tt.want, "sync") && loc.Query().Get("__clerk_db_jwt") != "dvb_1" {
			t.Errorf("%s: Location %s", name, loc)
		}
	}
}
