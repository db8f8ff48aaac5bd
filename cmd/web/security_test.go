package main

import (
	"net/http"
	"net/url"
	"path"
	"strings"
	"testing"
)

func TestF01_F02_CrossSitePostsChangeNothing(t *testing.T) {
	t.Parallel()
	s := start(t)
	b := s.browser(t)
	b.signUp("ada@example.com", "Ada")
	attacks := map[string][]string{
		"cross-site":          {"Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example"},
		"same-site":           {"Sec-Fetch-Site", "same-site", "Origin", s.Origin()},
		"foreign origin only": {"Sec-Fetch-Site", "", "Origin", "https://evil.example"},
		"null origin":         {"Sec-Fetch-Site", "", "Origin", "null"},
		"null, cross-site":    {"Sec-Fetch-Site", "cross-site", "Origin", "null"},
		"malformed origin":    {"Sec-Fetch-Site", "", "Origin", "http://[::1"},
		"F05 https twin":      {"Sec-Fetch-Site", "", "Origin", strings.Replace(s.Origin(), "http://", "https://", 1)},
		"claims same-origin":  {"Sec-Fetch-Site", "same-origin", "Origin", "https://evil.example"},
	}
	posts := map[string]url.Values{
		"/sign-in":                    {"identifier": {"ada@example.com"}, "password": {password}},
		"/sign-up":                    {"email_address": {"eve@example.com"}, "password": {password}},
		"/sign-out":                   {},
		"/user":                       {"action": {"update"}, "first_name": {"Eve"}},
		"/__clerk/v1/client/sign_ins": {"identifier": {"ada@example.com"}, "password": {password}},
		"/__clerk/v1/client/sessions?_method=DELETE": {},
	}
	for name, headers := range attacks {
		for target, form := range posts {
			victim := b.twin()
			if strings.Contains(target, "sign-in") || strings.Contains(target, "sign_ins") || target == "/sign-up" {
				victim = s.browser(t) // login CSRF: nobody is signed in yet
			}
			a := victim.post(target, form, headers...)
			if a.StatusCode != http.StatusForbidden || len(a.Cookies()) > 0 {
				t.Errorf("%s to %s: %d with cookies %v, want 403 without", name, target, a.StatusCode, a.Cookies())
			}
		}
	}
	b.get("/welcome").want(t, 200, "Welcome, <bdi>Ada</bdi>!")
	if a := s.browser(t).signIn("eve@example.com", ""); a.StatusCode != 422 {
		t.Errorf("a cross-site sign-up made an account: %d", a.StatusCode)
	}
}

func TestF03_PostsThatSayNothingAboutTheirOriginPass(t *testing.T) {
	t.Parallel()
	b := start(t).browser(t)
	a := b.post("/sign-up", url.Values{"email_address": {"ada@example.com"}, "password": {password}}, "Sec-Fetch-Site", "", "Origin", "")
	a.want(t, 303)
}

// TestF03_PostsOfPagesThatTellNobodyWhereTheyAre: with Referrer-Policy no-referrer, browsers
// send the Origin null and say by another field that it is their page's own.
func TestF03_PostsOfPagesThatTellNobodyWhereTheyAre(t *testing.T) {
	t.Parallel()
	b := start(t).browser(t)
	a := b.post("/sign-up", url.Values{"email_address": {"ada@example.com"}, "password": {password}}, "Sec-Fetch-Site", "same-origin", "Origin", "null")
	a.want(t, 303)
}

func TestF07_ReadingNeverSignsOut(t *testing.T) {
	t.Parallel()
	b := start(t).browser(t)
	b.signUp("ada@example.com", "Ada")
	for _, method := range []string{"GET", "HEAD"} {
		a := b.do(method, "/sign-out", "", "Origin", "", "Content-Type", "", "Sec-Purpose", "prefetch")
		if a.StatusCode != 405 || a.Header.Get("Allow") != "POST" || len(a.Cookies()) > 0 {
			t.Errorf("%s /sign-out: %d, Allow %q, cookies %v", method, a.StatusCode, a.Header.Get("Allow"), a.Cookies())
		}
		if method == "GET" && !strings.Contains(a.body, `<form class="usher-sign-out" method="post"`) {
			t.Errorf("the page offers no button:\n%s", a.body)
		}
	}
	b.get("/welcome").want(t, 200, "Welcome, <bdi>Ada</bdi>!")
}

func TestF08_MethodOverridesAreIgnored(t *testing.T) {
	t.Parallel()
	b := start(t).browser(t)
	b.signUp("ada@example.com", "Ada")
	b.get("/sign-out?_method=POST", "X-Http-Method-Override", "POST").want(t, 405)
	b.get("/welcome").want(t, 200, "Welcome, <bdi>Ada</bdi>!")
}

func TestF09_S02_S04_BodiesThatAreNoForm(t *testing.T) {
	t.Parallel()
	s := start(t)
	for _, tt := range []struct {
		name, body, contentType string
		status                  int
	}{
		{"JSON", `{"identifier":"a"}`, "application/json", 415},
		{"text", "identifier=a", "text/plain", 415},
		{"no type", "identifier=a", "", 415},
		{"multipart", "--x--", "multipart/form-data; boundary=x", 415},
		{"broken escape", "identifier=%zz", "application/x-www-form-urlencoded", 400},
		{"semicolon", "identifier=a;password=b", "application/x-www-form-urlencoded", 400},
		{"not UTF-8", "identifier=%ff&password=x", "application/x-www-form-urlencoded", 400},
		{"a field twice", "identifier=a&identifier=b&password=x", "application/x-www-form-urlencoded", 400},
		{"20,000 fields", strings.Repeat("a=&", 20_000), "application/x-www-form-urlencoded", 400},
		{"65 kB", "identifier=" + strings.Repeat("a", 65<<10), "application/x-www-form-urlencoded", 413},
		{"1 MB password", "identifier=a%40example.com&password=" + strings.Repeat("a", 1<<20), "application/x-www-form-urlencoded", 413},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for _, path := range []string{"/sign-in", "/sign-up", "/sign-out"} {
				a := s.browser(t).do("POST", path, tt.body, "Content-Type", tt.contentType)
				if a.StatusCode != tt.status || len(a.Cookies()) > 0 {
					t.Errorf("%s: %d with cookies %v, want %d", path, a.StatusCode, a.Cookies(), tt.status)
				}
				if !strings.Contains(a.body, `role="alert"`) {
					t.Errorf("%s: the page says nothing:\n%s", path, a.text())
				}
			}
		})
	}
}

func TestS02_LongAddressesAndHeaders(t *testing.T) {
	t.Parallel()
	b := start(t).browser(t)
	b.get("/welcome?"+strings.Repeat("a", 8<<10)).want(t, 414)
	b.get("/welcome", "X-Long", strings.Repeat("a", 40<<10)).want(t, 431)
	b.get("/welcome?"+strings.Repeat("a", 7<<10)).want(t, 200)
}

func TestP05_UnknownHostsAreMisdirected(t *testing.T) {
	t.Parallel()
	s := start(t)
	b := s.browser(t)
	port := s.Origin()[strings.LastIndexByte(s.Origin(), ':'):]
	for host, want := range map[string]int{
		"evil.example": 421, "evil.example" + port: 421, "127.0.0.1": 421, "127.0.0.1:1": 421, "127.0.0.1.evil.example" + port: 421,
		"localhost" + port: 307, "[::1]" + port: 307, "LOCALHOST" + port: 307,
	} {
		a := b.get("/welcome?a=b", "Host", host, "X-Forwarded-Host", "127.0.0.1"+port)
		if a.StatusCode != want {
			t.Errorf("Host %s: %d, want %d", host, a.StatusCode, want)
		}
		if want == 307 && a.location() != s.Origin()+"/welcome?a=b" {
			t.Errorf("Host %s leads to %q", host, a.location())
		}
		if a := b.post("/sign-out", nil, "Host", host); a.StatusCode != 421 {
			t.Errorf("POST with Host %s: %d, want 421", host, a.StatusCode)
		}
	}
	b.get("/readyz", "Host", "10.0.0.7:8080").want(t, 200, "ok")
}

func TestP01_P02_P03_P06_ControlHeadersOpenNothing(t *testing.T) {
	t.Parallel()
	s := start(t)
	file := vectors[struct {
		Cases []struct{ Headers map[string]string }
	}](t, "spoof.json")
	if len(file.Cases) != 14 {
		t.Fatalf("%d cases, want 14", len(file.Cases))
	}
	for _, c := range file.Cases {
		var headers []string
		for name, value := range c.Headers {
			headers = append(headers, http.CanonicalHeaderKey(name), value)
		}
		a := s.browser(t).get("/dashboard", headers...)
		if host := c.Headers["Host"]; host != "" {
			a.want(t, 421)
			continue
		}
		if a.StatusCode != 303 || !strings.HasPrefix(a.location(), "/sign-in?") {
			t.Errorf("%v: %d to %q", c.Headers, a.StatusCode, a.location())
		}
		for name, value := range c.Headers {
			if len(value) > 3 && (strings.Contains(a.body, value) || strings.Contains(a.Header.Get(name), value)) {
				t.Errorf("%s is reflected", name)
			}
		}
	}
}

func TestP05_SecureCookiesFollowTheOriginOnly(t *testing.T) {
	t.Parallel()
	s := start(t, "-origin", "https://app.example.com")
	b := s.browser(t)
	a := b.post("/sign-up", url.Values{"email_address": {"ada@example.com"}, "password": {password}}, "X-Forwarded-Proto", "http", "X-Forwarded-Host", "evil.example")
	a.want(t, 303)
	for _, c := range a.Cookies() {
		if !c.Secure {
			t.Errorf("%s is not Secure", c.Name)
		}
	}
	if a.Header.Get("Strict-Transport-Security") == "" {
		t.Error("no HSTS on an https origin")
	}
}

func TestC01_AttributesOfEveryCookie(t *testing.T) {
	t.Parallel()
	s := start(t, "-origin", "https://app.example.com")
	b := s.browser(t)
	var all []*http.Cookie
	collect := func(a *answer) { all = append(all, a.Cookies()...) }
	collect(b.signUp("ada@example.com", "Ada"))
	collect(b.post("/user", url.Values{"action": {"update"}, "first_name": {"A"}}))
	handshake := b.twin()
	delete(handshake.cookies, "__session")
	for name := range handshake.cookies {
		if strings.HasPrefix(name, "__session") {
			delete(handshake.cookies, name)
		}
	}
	first := handshake.get("/welcome") // to the handshake
	u, err := url.Parse(first.location())
	if first.StatusCode != 307 || err != nil || u.Path != "/__clerk/v1/client/handshake" {
		t.Fatalf("no handshake: %d %s", first.StatusCode, first.location())
	}
	for _, c := range first.Cookies() {
		if !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.MaxAge != 2 {
			t.Errorf("%s on a handshake: %s", c.Name, c.Raw)
		}
	}
	second := handshake.get(u.RequestURI())
	second.want(t, 307)
	collect(second)
	collect(b.post("/sign-out", nil))
	seen := map[string]bool{}
	for _, c := range all {
		base, _, _ := strings.Cut(strings.TrimPrefix(c.Name, "__"), "_")
		if c.Name == b.clientName() {
			base = "client only"
		}
		seen[base] = true
		scripts := base != "client only" && base != "refresh"
		if c.Path != "/" || c.Domain != "" || !c.Secure || c.SameSite != http.SameSiteLaxMode || c.HttpOnly == scripts {
			t.Errorf("cookie %s", c.Raw)
		}
	}
	for _, name := range []string{"client only", "client", "session", "refresh"} {
		if !seen[name] {
			t.Errorf("no %s cookie was set: %v", name, seen)
		}
	}
}

func TestM01_PathSpellingsOpenNothing(t *testing.T) {
	t.Parallel()
	s := start(t)
	file := vectors[struct {
		Cases []struct{ Target, Expect string }
	}](t, "bypass.json")
	// The vectors protect /admin and /api/private; here the protected ones are these.
	rename := strings.NewReplacer("admin/users", "dashboard", "Admin/users", "Dashboard", "%61dmin/users", "%64ashboard",
		"%2561dmin/users", "%2564ashboard", "admin", "dashboard", "private/x", "user", "API", "API", "http://app.example.test", s.Origin())
	for _, c := range file.Cases {
		for _, target := range []string{c.Target, rename.Replace(c.Target)} {
			got := rawRequest(t, s, "GET "+target+" HTTP/1.1\r\nHost: "+strings.TrimPrefix(s.Origin(), "http://")+"\r\nConnection: close\r\n\r\n")
			if strings.Contains(got, "isAuthenticated\":true") || strings.Contains(got, "user_") {
				t.Errorf("%s: protected content:\n%s", target, got)
			}
			status, _, _ := strings.Cut(strings.TrimPrefix(got, "HTTP/1.1 "), " ")
			if c.Expect != "open" && status == "200" {
				t.Errorf("%s: 200", target)
			}
			if strings.Contains(target, "%zz") && status != "400" {
				t.Errorf("%s: %s, want 400", target, status)
			}
		}
	}
}

func TestC03_TamperedCookiesAreSignedOut(t *testing.T) {
	t.Parallel()
	s := start(t)
	ada, bob := s.browser(t), s.browser(t)
	ada.signUp("ada@example.com", "Ada")
	bob.signUp("bob@example.com", "Bob")
	suffix := ""
	for name := range ada.cookies {
		if rest, ok := strings.CutPrefix(name, "__session_"); ok {
			suffix = rest
		}
	}
	token := ada.cookies["__session"]
	for name, forged := range map[string]string{
		"truncated":         token[:len(token)-10],
		"another signature": token[:strings.LastIndexByte(token, '.')] + bob.cookies["__session"][strings.LastIndexByte(bob.cookies["__session"], '.'):],
		"alg none":          "eyJhbGciOiJub25lIn0." + strings.Split(token, ".")[1] + ".",
		"garbage":           "x",
		"huge":              strings.Repeat("a", 4000),
	} {
		b := s.browser(t)
		b.cookies = map[string]string{"__session": forged, "__session_" + suffix: forged}
		if api := b.script("/api/user"); api.StatusCode != 401 {
			t.Errorf("%s: API %d", name, api.StatusCode)
		}
		a := b.settle("/dashboard")
		if a.StatusCode != 303 || !strings.HasPrefix(a.location(), "/sign-in") {
			t.Errorf("%s: %d to %q", name, a.StatusCode, a.location())
		}
	}
	// A tossed plain cookie never replaces the instance's own.
	mixed := ada.twin()
	mixed.cookies["__session"] = bob.cookies["__session"]
	mixed.get("/welcome").want(t, 200, "Welcome, <bdi>Ada</bdi>!")
	// A forged client cookie has no client.
	for _, forged := range []string{"x", ada.cookies[ada.clientName()][:40], bob.cookies[bob.clientName()] + "x"} {
		b := s.browser(t)
		b.cookies[b.clientName()] = forged
		b.get("/__clerk/v1/client").want(t, 200, `"response":null`)
	}
}

func TestC05_PlantedClientIsDeadAfterSignIn(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.browser(t).signUp("ada@example.com", "Ada")
	attacker := s.browser(t)
	attacker.post("/__clerk/v1/client/sign_ins", url.Values{"identifier": {"ada@example.com"}}).want(t, 200)
	victim := attacker.twin()
	if a := victim.signIn("ada@example.com", ""); a.StatusCode != 303 {
		t.Fatalf("sign-in with a planted client: %d", a.StatusCode)
	}
	if victim.cookies[victim.clientName()] == attacker.cookies[attacker.clientName()] {
		t.Error("the client secret did not change at sign-in")
	}
	if body := attacker.get("/__clerk/v1/client").body; strings.Contains(body, "user_") {
		t.Errorf("the planted client sees the victim: %s", body)
	}
}

func TestM09_SignUpTakesNoRoles(t *testing.T) {
	t.Parallel()
	b := start(t).browser(t)
	a := b.post("/sign-up", url.Values{
		"email_address": {"ada@example.com"}, "password": {password}, "role": {"org:admin"},
		"public_metadata": {`{"admin":true}`}, "private_metadata": {`{"x":1}`}, "id": {"user_1"},
	})
	a.want(t, 303)
	if body := b.get("/api/user").body; strings.Contains(body, `"admin"`) || strings.Contains(body, `"user_1"`) {
		t.Errorf("sign-up took more than a form has: %s", body)
	}
	b.get("/admin").want(t, 403)
}

func TestH04_PathsBelowPagesAreNotPages(t *testing.T) {
	t.Parallel()
	b := start(t).browser(t)
	b.signUp("ada@example.com", "Ada")
	for _, p := range []string{"/welcome/x.css", "/welcome;a.js", "/welcome%0a.css", "/user/" + path.Base("x.png")} {
		if a := b.get(p); a.StatusCode != 404 || strings.Contains(a.body, "Welcome, <bdi>Ada") {
			t.Errorf("%s: %d", p, a.StatusCode)
		}
	}
}
