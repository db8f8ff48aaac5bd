package authctx_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/usherauth/usher/authctx"
	"github.com/usherauth/usher/authtest"
	"github.com/usherauth/usher/wire"
)

// secretPage is what no denial may contain.
const secretPage = "the protected page"

// kinds are requests of every kind as their senders make them.
var kinds = map[string]map[string]string{
	"document":  {"Sec-Fetch-Dest": "document", "Accept": "text/html,application/xhtml+xml,*/*;q=0.8"},
	"iframe":    {"Sec-Fetch-Dest": "iframe", "Accept": "text/html"},
	"old":       {"Accept": "text/html"},
	"api":       {"Accept": "application/json", "Sec-Fetch-Dest": "empty"},
	"htmx":      {"HX-Request": "true", "Accept": "*/*", "HX-Current-URL": authtest.Origin + "/list?page=2"},
	"boosted":   {"HX-Request": "true", "HX-Boosted": "true", "Accept": "*/*", "HX-Current-URL": authtest.Origin + "/list"},
	"datastar":  {"Datastar-Request": "true", "Accept": "text/event-stream, text/html, application/json"},
	"events":    {"Accept": "text/event-stream", "Sec-Fetch-Dest": "empty"},
	"turbo":     {"Turbo-Frame": "list", "Accept": "text/html, application/xhtml+xml", "X-Turbo-Request-Id": "1", "Sec-Fetch-Dest": "empty", "Sec-Fetch-Mode": "cors"},
	"stream":    {"Accept": "text/vnd.turbo-stream.html, text/html, application/xhtml+xml", "X-Turbo-Request-Id": "1", "Sec-Fetch-Dest": "empty", "Sec-Fetch-Mode": "cors"},
	"alpine":    {"X-Alpine-Request": "true", "X-Alpine-Target": "list side", "Accept": "*/*", "Sec-Fetch-Dest": "empty", "Sec-Fetch-Mode": "cors"},
	"unpoly":    {"X-Up-Version": "3.14.3", "X-Up-Target": "#list", "Accept": "*/*", "Sec-Fetch-Dest": "empty", "Sec-Fetch-Mode": "cors"},
	"websocket": {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA=="},
}

// deniedAs sends a request of one kind to a page behind guard.
func deniedAs(t *testing.T, cfg authctx.Config, guard func(http.Handler) http.Handler, req *http.Request, headers map[string]string) *httptest.ResponseRecorder {
	t.Helper()
	a, err := authctx.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range headers {
		req.Header.Set(name, value)
	}
	rec := httptest.NewRecorder()
	a.Handler(guard(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Page", "1")
		_, _ = w.Write([]byte(secretPage))
	}))).ServeHTTP(rec, req)
	return rec
}

// checkDenied holds for every denial, whatever it looks like.
func checkDenied(t *testing.T, rec *httptest.ResponseRecorder) {
	t.Helper()
	if strings.Contains(rec.Body.String(), secretPage) || rec.Header().Get("X-Page") != "" {
		t.Errorf("the denial has something of the page: %v %s", rec.Header(), rec.Body)
	}
	if rec.Header().Get("Cache-Control") != "private, no-store" || rec.Header().Get("Vary") != "Cookie, Authorization" {
		t.Errorf("H01: headers %v", rec.Header())
	}
}

func TestH01_EveryKindInEveryState(t *testing.T) {
	t.Parallel()
	out := []authtest.Option{authtest.SignedOut()}
	refresh := "data: elements <meta http-equiv=\"refresh\" content=\"0;url=/sign-in\">\n\n"
	for _, tt := range []struct {
		name, kind string
		who        []authtest.Option
		reqs       []authctx.Requirement
		status     int
		header     string // name and value
		body       string // "=" is the whole of it
	}{
		{"signed out", "document", out, nil, 303, "Location /sign-in?redirect_url=%2Fp%3Fa%3D1", "See Other"},
		{"signed out", "iframe", out, nil, 303, "Location /sign-in?redirect_url=%2Fp%3Fa%3D1", "See Other"},
		{"signed out", "old", out, nil, 303, "Location /sign-in?redirect_url=%2Fp%3Fa%3D1", "See Other"},
		{"signed out", "api", out, nil, 401, "Www-Authenticate Bearer", `"code":"authentication_invalid"`},
		{"signed out", "htmx", out, nil, 401, "Hx-Redirect /sign-in?redirect_url=http%3A%2F%2Fexample.com%2Flist%3Fpage%3D2", "="},
		{"signed out", "boosted", out, nil, 401, "Hx-Redirect /sign-in?redirect_url=%2Fp%3Fa%3D1", "="},
		{"signed out", "datastar", out, nil, 200, "Content-Type text/event-stream", "=event: datastar-patch-elements\ndata: selector head\ndata: mode append\n" + refresh},
		{"signed out", "events", out, nil, 200, "Content-Type text/event-stream", "=event: auth\nretry: 60000\ndata: {\"status\":401,\"signInUrl\":\"/sign-in\"}\n\n"},
		{"signed out", "websocket", out, nil, 401, "Www-Authenticate Bearer", `"code":"authentication_invalid"`}, // a recorder cannot be taken over
		{"M10 pending", "document", []authtest.Option{authtest.Claim("sts", "pending")}, nil, 303, "Location /sign-in?redirect_url=%2Fp%3Fa%3D1", ""},
		{"M10 pending", "api", []authtest.Option{authtest.Claim("sts", "pending")}, nil, 401, "Www-Authenticate Bearer", ""},
		{"no role", "document", nil, []authctx.Requirement{authctx.Role("admin")}, 403, "Location ", "not allowed"},
		{"no role", "api", nil, []authctx.Requirement{authctx.Role("admin")}, 403, "Www-Authenticate ", `"code":"authorization_invalid"`},
		{"no role", "htmx", nil, []authctx.Requirement{authctx.Role("admin")}, 403, "Hx-Redirect ", "not allowed"},
		{"no role", "datastar", nil, []authctx.Requirement{authctx.Role("admin")}, 403, "Location ", "not allowed"},
		{"no role", "events", nil, []authctx.Requirement{authctx.Role("admin")}, 200, "Content-Type text/event-stream", "=event: auth\nretry: 60000\ndata: {\"status\":403}\n\n"},
		{"no role", "websocket", nil, []authctx.Requirement{authctx.Role("admin")}, 403, "Upgrade ", `"code":"authorization_invalid"`},
		{"a nil requirement", "api", nil, []authctx.Requirement{nil}, 403, "Upgrade ", `"code":"authorization_invalid"`},
	} {
		t.Run(tt.name+", "+tt.kind, func(t *testing.T) {
			t.Parallel()
			rec := deniedAs(t, authtest.Config(t), authctx.Require(tt.reqs...), authtest.NewRequest(t, "GET", "/p?a=1", tt.who...), kinds[tt.kind])
			checkDenied(t, rec)
			name, value, _ := strings.Cut(tt.header, " ")
			if got := rec.Header().Get(name); rec.Code != tt.status || got != value {
				t.Errorf("got %d, %s %q, want %d, %q", rec.Code, name, got, tt.status, value)
			}
			whole, exact := strings.CutPrefix(tt.body, "=")
			if got := rec.Body.String(); exact && got != whole || !exact && !strings.Contains(got, tt.body) {
				t.Errorf("body %q, want %q", got, tt.body)
			}
		})
	}
}

// TestM07_EveryKindIsToldThatNobodyCanTell: 503 is not a reason to sign in.
func TestM07_EveryKindIsToldThatNobodyCanTell(t *testing.T) {
	t.Parallel()
	for kind, headers := range kinds {
		for name, guard := range map[string]func(http.Handler) http.Handler{
			"plain": authctx.Require(), "hidden": authctx.Require(authctx.Hide()),
		} {
			t.Run(kind+", "+name, func(t *testing.T) {
				t.Parallel()
				cfg := authtest.Config(t)
				cfg.JWTKey, cfg.SecretKey = "", "sk_test_x"
				cfg.Transport = &upstream{answer: func(int64) (int, string, error) { return 401, `{}`, nil }}
				rec := deniedAs(t, cfg, guard, authtest.NewRequest(t, "GET", "/p"), headers)
				checkDenied(t, rec)
				told := rec.Code == 503 || kind == "events" && strings.Contains(rec.Body.String(), `{"status":503}`)
				if !told || rec.Header().Get("Retry-After") == "" {
					t.Errorf("got %d, headers %v, body %s", rec.Code, rec.Header(), rec.Body)
				}
				if all := rec.Body.String() + rec.Header().Get("Location") + rec.Header().Get("Hx-Redirect"); strings.Contains(all, "/sign-in") {
					t.Errorf("leads to sign-in: %s", all)
				}
			})
		}
	}
}

// TestHiddenLooksLikeNothing: the answer is the router's own 404, for every kind.
func TestHiddenLooksLikeNothing(t *testing.T) {
	t.Parallel()
	missing := httptest.NewRecorder()
	http.NewServeMux().ServeHTTP(missing, httptest.NewRequest("GET", "/p", nil))
	for kind, headers := range kinds {
		for who, opts := range map[string][]authtest.Option{"signed out": {authtest.SignedOut()}, "signed in": nil} {
			t.Run(kind+", "+who, func(t *testing.T) {
				t.Parallel()
				guard := authctx.Require(authctx.Role("admin"), authctx.Hide())
				rec := deniedAs(t, authtest.Config(t), guard, authtest.NewRequest(t, "GET", "/p", opts...), headers)
				checkDenied(t, rec)
				if rec.Code != 404 || rec.Body.String() != missing.Body.String() || rec.Header().Get("Content-Type") != missing.Header().Get("Content-Type") {
					t.Errorf("got %d %v %q", rec.Code, rec.Header(), rec.Body)
				}
				for _, name := range []string{"Location", "Hx-Redirect", "Www-Authenticate", "Clerk-Trace-Id"} {
					if rec.Header().Get(name) != "" {
						t.Errorf("%s is set", name)
					}
				}
			})
		}
	}
	t.Run("nobody who may see it is turned away", func(t *testing.T) {
		t.Parallel()
		req := authtest.NewRequest(t, "GET", "/p", authtest.Org("org_1", "org:admin"))
		if rec := deniedAs(t, authtest.Config(t), authctx.Require(authctx.Role("admin"), authctx.Hide()), req, nil); rec.Code != 200 || rec.Body.String() != secretPage {
			t.Errorf("got %d %q", rec.Code, rec.Body)
		}
	})
}

// TestM06_HideOpensNothing: outside a guard's own list it is a requirement nobody meets.
func TestM06_HideOpensNothing(t *testing.T) {
	t.Parallel()
	a := identity(t)
	if a.Has(authctx.Hide()) || a.Has(authctx.Any(authctx.Role("admin"), authctx.Hide())) {
		t.Error("Hide was met")
	}
	if !a.Has(authctx.Any(authctx.Hide(), authctx.Reverification(authctx.Lax))) {
		t.Error("Any with another requirement that is met failed")
	}
}

func TestM11_DenialAsksForProof(t *testing.T) {
	t.Parallel()
	const body = `{"clerk_error":{"type":"forbidden","reason":"reverification-error","metadata":{"reverification":"strict"}}}` + "\n"
	strict, role := authctx.Reverification(authctx.Strict), authctx.Role("admin")
	admin := authtest.Org("org_1", "org:admin")
	old := authtest.Claim("fva", []int{10, -1})
	for _, tt := range []struct {
		name   string
		guard  func(http.Handler) http.Handler
		kind   string
		who    []authtest.Option
		status int
		body   string // "=" is the whole of it
	}{
		{"fresh", authctx.RequireReverification(authctx.Strict), "api", []authtest.Option{authtest.Claim("fva", []int{9, -1})}, 200, secretPage},
		{"at the limit", authctx.RequireReverification(authctx.Strict), "api", []authtest.Option{old}, 403, "=" + body},
		{"never", authctx.RequireReverification(authctx.Strict), "api", []authtest.Option{authtest.Claim("fva", []int{-1, -1})}, 403, "=" + body},
		{"missing", authctx.RequireReverification(authctx.Strict), "api", []authtest.Option{authtest.Claim("fva", nil)}, 403, "=" + body},
		{"in another guard", authctx.Require(strict), "api", []authtest.Option{old}, 403, "=" + body},
		{"on an API", authctx.RequireAPI(strict), "document", []authtest.Option{old}, 403, "=" + body},
		{"of two the first", authctx.Require(strict, authctx.Reverification(authctx.StrictMFA)), "api", []authtest.Option{old}, 403, "=" + body},
		{"a role is missing too", authctx.Require(strict, role), "api", []authtest.Option{old}, 403, `"code":"authorization_invalid"`},
		{"only the role is missing", authctx.Require(role, strict), "api", []authtest.Option{authtest.Claim("fva", []int{0, -1})}, 403, `"code":"authorization_invalid"`},
		{"the role is there", authctx.Require(role, strict), "api", []authtest.Option{old, admin}, 403, "=" + body},
		{"an unknown preset", authctx.RequireReverification("lenient"), "api", nil, 403, `"code":"authorization_invalid"`},
		{"signed out", authctx.RequireReverification(authctx.Strict), "api", []authtest.Option{authtest.SignedOut()}, 401, `"code":"authentication_invalid"`},
		{"a document", authctx.RequireReverification(authctx.Strict), "document", []authtest.Option{old}, 403, "Confirm that it is you"},
		{"htmx", authctx.RequireReverification(authctx.Strict), "htmx", []authtest.Option{old}, 403, "Confirm that it is you"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			rec := deniedAs(t, authtest.Config(t), tt.guard, authtest.NewRequest(t, "GET", "/p", tt.who...), kinds[tt.kind])
			whole, exact := strings.CutPrefix(tt.body, "=")
			if got := rec.Body.String(); rec.Code != tt.status || exact && got != whole || !exact && !strings.Contains(got, tt.body) {
				t.Errorf("got %d %q, want %d %q", rec.Code, got, tt.status, tt.body)
			}
			if rec.Code != 200 {
				checkDenied(t, rec)
			}
		})
	}
}

// TestR01_R08_WayBack: where people are sent, and where they come back to.
func TestR01_R08_WayBack(t *testing.T) {
	t.Parallel()
	current := func(url string) map[string]string {
		return map[string]string{"HX-Request": "true", "HX-Current-URL": url}
	}
	for name, tt := range map[string]struct {
		method, target, signIn string
		headers                map[string]string
		status                 int
		want                   string // Location or HX-Redirect
	}{
		"a page":                         {"GET", "/p", "", kinds["document"], 303, "/sign-in?redirect_url=%2Fp"},
		"HEAD of a page":                 {"HEAD", "/p", "", kinds["document"], 303, "/sign-in?redirect_url=%2Fp"},
		"R10 a form":                     {"POST", "/p", "", kinds["document"], 303, "/sign-in"},
		"R01 a path that looks away":     {"GET", "//evil.example/x", "", kinds["document"], 303, "/sign-in"},
		"R01 a current page elsewhere":   {"GET", "/part", "", current("https://evil.example/"), 401, "/sign-in"},
		"R02 a current page of script":   {"GET", "/part", "", current("javascript:alert(1)"), 401, "/sign-in"},
		"R03 a current page of two":      {"GET", "/part", "", current("/a\r\nX: y"), 401, "/sign-in"},
		"a part after a form":            {"POST", "/part", "", current(authtest.Origin + "/list"), 401, "/sign-in?redirect_url=" + url.QueryEscape(authtest.Origin+"/list")},
		"R08 the sign-in page":           {"GET", "/sign-in", "", kinds["document"], 401, ""},
		"R08 the sign-in page, slash":    {"GET", "/sign-in/", "", kinds["document"], 401, ""},
		"R08 the sign-in page, htmx":     {"GET", "/sign-in", "", kinds["boosted"], 401, ""},
		"R08 the sign-in page, absolute": {"GET", "/in", authtest.Origin + "/in", kinds["document"], 401, ""},
		"R08 the sign-up page":           {"GET", "/sign-up", "", kinds["document"], 303, "/sign-in"},
		"R08 the handshake":              {"GET", "/__clerk/v1/client/handshake", "", kinds["document"], 303, "/sign-in"},
		"a sign-in page elsewhere":       {"GET", "/sign-in", "https://accounts.example.com/sign-in", kinds["document"], 303, "https://accounts.example.com/sign-in?redirect_url=" + url.QueryEscape(authtest.Origin+"/sign-in")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := authtest.Config(t)
			cfg.SignInURL = tt.signIn
			rec := deniedAs(t, cfg, authctx.Require(), authtest.NewRequest(t, tt.method, tt.target, authtest.SignedOut()), tt.headers)
			checkDenied(t, rec)
			if got := rec.Header().Get("Location") + rec.Header().Get("Hx-Redirect"); rec.Code != tt.status || got != tt.want {
				t.Errorf("got %d to %q, want %d to %q", rec.Code, got, tt.status, tt.want)
			}
		})
	}
}

// TestR08_MachineRoutesLeadNobodyToSignIn: the sign-in page would send who is signed in
// straight back, for ever.
func TestR08_MachineRoutesLeadNobodyToSignIn(t *testing.T) {
	t.Parallel()
	for kind, headers := range kinds {
		for who, opts := range map[string][]authtest.Option{"signed in": nil, "signed out": {authtest.SignedOut()}} {
			guard := authctx.Require(authctx.Accept(wire.TokenAPIKey))
			rec := deniedAs(t, authtest.Config(t), guard, authtest.NewRequest(t, "GET", "/p", opts...), headers)
			checkDenied(t, rec)
			if kind == "events" {
				if rec.Code != 200 || !strings.Contains(rec.Body.String(), `{"status":401}`) {
					t.Errorf("%s, %s: %d %s", kind, who, rec.Code, rec.Body)
				}
				continue
			}
			if rec.Code != 401 || rec.Header().Get("WWW-Authenticate") != "Bearer" || rec.Header().Get("Hx-Redirect") != "" {
				t.Errorf("%s, %s: %d %v", kind, who, rec.Code, rec.Header())
			}
		}
	}
}

func TestDatastarAddressIsData(t *testing.T) {
	t.Parallel()
	cfg := authtest.Config(t)
	cfg.SignInURL = `/in?a=1&b="><script>`
	rec := deniedAs(t, cfg, authctx.Require(), authtest.NewRequest(t, "POST", "/p", authtest.SignedOut()), kinds["datastar"])
	if got := rec.Body.String(); !strings.Contains(got, `url=/in?a=1&amp;b=&#34;&gt;&lt;script&gt;">`) || strings.Count(got, "\n") != 5 {
		t.Errorf("body %q", got)
	}
}

func TestFixedKinds(t *testing.T) {
	t.Parallel()
	for kind, headers := range kinds {
		rec := deniedAs(t, authtest.Config(t), authctx.RequirePage(), authtest.NewRequest(t, "GET", "/p", authtest.SignedOut()), headers)
		want := map[string]int{"document": 303, "iframe": 303, "old": 303, "datastar": 200, "events": 200}[kind]
		if want == 0 {
			want = 401
		}
		if rec.Code != want {
			t.Errorf("RequirePage, %s: %d, want %d", kind, rec.Code, want)
		}
		rec = deniedAs(t, authtest.Config(t), authctx.RequireAPI(), authtest.NewRequest(t, "GET", "/p", authtest.SignedOut()), headers)
		if rec.Code != 401 || rec.Header().Get("Content-Type") != "application/json" {
			t.Errorf("RequireAPI, %s: %d %v", kind, rec.Code, rec.Header())
		}
	}
}

// TestDenyReplacesSomeAnswers: what it leaves alone is answered as without it.
func TestDenyReplacesSomeAnswers(t *testing.T) {
	t.Parallel()
	cfg := authtest.Config(t)
	var got authctx.Denied
	cfg.Deny = func(w http.ResponseWriter, _ *http.Request, d authctx.Denied) {
		got = d
		w.Header().Set("X-App", "1")
		if d.Kind == authctx.KindDocument && d.Status != http.StatusUnauthorized {
			w.WriteHeader(d.Status)
			_, _ = w.Write([]byte("the app's own words"))
		}
	}
	role := authctx.Require(authctx.Role("admin"))
	rec := deniedAs(t, cfg, role, authtest.NewRequest(t, "GET", "/p"), kinds["document"])
	checkDenied(t, rec)
	if rec.Code != 403 || rec.Body.String() != "the app's own words" {
		t.Errorf("document: %d %q", rec.Code, rec.Body)
	}
	if got.Auth.UserID() != "user_test" || got.Status != 403 || got.Reason != "" || got.SignInURL != "" {
		t.Errorf("told %+v", got)
	}
	rec = deniedAs(t, cfg, role, authtest.NewRequest(t, "GET", "/p"), kinds["api"])
	checkDenied(t, rec)
	if rec.Code != 403 || !strings.Contains(rec.Body.String(), "authorization_invalid") || rec.Header().Get("X-App") != "1" {
		t.Errorf("api: %d %v %q", rec.Code, rec.Header(), rec.Body)
	}
	rec = deniedAs(t, cfg, role, authtest.NewRequest(t, "GET", "/p", authtest.SignedOut()), kinds["document"])
	checkDenied(t, rec)
	if rec.Code != 303 || got.SignInURL == "" || got.Auth == nil || got.Reason == "" {
		t.Errorf("signed out: %d, told %+v", rec.Code, got)
	}
}

// FuzzKind: whatever a request says about itself, its sender gets nothing of the page,
// and no success that is not an event saying so.
func FuzzKind(f *testing.F) {
	for _, h := range kinds {
		f.Add("GET", h["Accept"], h["Sec-Fetch-Dest"], h["Upgrade"], h["HX-Request"], h["HX-Current-URL"], h["Datastar-Request"])
	}
	f.Add("POST", "text/event-stream", "", "", "", "", "true")
	f.Add("GET", "text/html;q=0", "document, iframe", "h2c, websocket", "TRUE", "//evil.example", "1")
	f.Fuzz(func(t *testing.T, method, accept, dest, upgrade, hx, current, datastar string) {
		req := authtest.NewRequest(t, "GET", "/p", authtest.SignedOut())
		req.Method = method
		rec := deniedAs(t, authtest.Config(t), authctx.Require(), req, map[string]string{
			"Accept": accept, "Sec-Fetch-Dest": dest, "Upgrade": upgrade, "Connection": "upgrade",
			"HX-Request": hx, "HX-Current-URL": current, "Datastar-Request": datastar,
		})
		checkDenied(t, rec)
		switch {
		case rec.Code == 200 && rec.Header().Get("Content-Type") == "text/event-stream" && strings.HasPrefix(rec.Body.String(), "event: "):
		case rec.Code != 303 && rec.Code != 401:
			t.Errorf("status %d", rec.Code)
		}
		if to := rec.Header().Get("Location") + rec.Header().Get("Hx-Redirect"); to != "" && to != "/sign-in" && !strings.HasPrefix(to, "/sign-in?redirect_url=") {
			t.Errorf("leads to %q", to)
		}
	})
}
