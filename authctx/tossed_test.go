package authctx_test

import (
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/usherauth/usher/authctx"
	"github.com/usherauth/usher/authtest"
)

// TestA2_TwoValuesAreNone: a neighbor's value beside the genuine one is not believed, in
// any order and in any number of fields. Browsers are sent to the handshake.
func TestA2_TwoValuesAreNone(t *testing.T) {
	t.Parallel()
	attacker, victim := authtest.Token(t, authtest.User("user_attacker")), authtest.Token(t, authtest.User("user_victim"))
	own, uat := "__session_"+suffix+"=", "__client_uat_"+suffix+"="
	genuine := own + victim + "; " + uat + "1700000000"
	const noSession, noUAT = "client-uat-but-no-session-token", "session-token-but-no-client-uat"
	for name, tt := range map[string]struct {
		lines []string
		want  string // reason, "" for the victim
	}{
		"session first":                {[]string{own + attacker + "; " + genuine}, noSession},
		"session last":                 {[]string{genuine + "; " + own + attacker}, noSession},
		"session, two fields":          {[]string{own + attacker, genuine}, noSession},
		"session of garbage":           {[]string{own + "x; " + genuine}, noSession},
		"session of nothing":           {[]string{own + "; " + genuine}, noSession},
		"uat of signed out":            {[]string{uat + "0; " + genuine}, noUAT},
		"uat of later":                 {[]string{uat + "9999999999; " + genuine}, noUAT},
		"both":                         {[]string{own + attacker + "; " + uat + "1; " + genuine}, noSession},
		"three":                        {[]string{own + attacker + "; " + genuine + "; " + own + victim}, noSession},
		"plain ones, where they count": {[]string{"__session=" + attacker + "; __session=" + victim + "; __client_uat=1700000000"}, noSession},
		"plain ones beside own ones":   {[]string{"__session=" + attacker + "; __session=" + victim + "; __client_uat=0; __client_uat=5; " + genuine}, ""},
		"the same twice":               {[]string{genuine + "; " + genuine}, ""},
		"the same, encoded":            {[]string{genuine + "; " + own + strings.Replace(victim, ".", "%2E", 1)}, ""},
		"the kept form's key":          {[]string{"__usher_form_" + suffix + "=a; __usher_form_" + suffix + "=b; " + genuine}, ""},
		"handshake payloads":           {[]string{"__clerk_handshake=a; __clerk_handshake=b; " + genuine}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, err := authctx.New(authtest.Config(t))
			if err != nil {
				t.Fatal(err)
			}
			for range 4 { // also when the line is remembered
				page := httptest.NewRequest("GET", "/dashboard", nil)
				page.Header.Set("Sec-Fetch-Dest", "document")
				page.Header["Cookie"] = tt.lines
				api := page.Clone(t.Context())
				api.Header.Set("Sec-Fetch-Dest", "empty")
				if tt.want == "" {
					if got := askWith(a, page).outcome(); got != "signed-in user_victim" {
						t.Fatal(got)
					}
					continue
				}
				got := askWith(a, page)
				if got.outcome() != "handshake "+tt.want {
					t.Errorf("a page: %s, want a handshake for %s", got.outcome(), tt.want)
				}
				if lines := strings.Join(got.Header["Set-Cookie"], "\n"); !strings.Contains(lines, "Path=/dashboard; Max-Age=0") {
					t.Errorf("not deleted:\n%s", lines)
				}
				if got := askWith(a, api); got.outcome() != "signed-out "+tt.want || len(got.Header["Set-Cookie"]) == 0 {
					t.Errorf("an API: %s, cookies %v", got.outcome(), got.Header["Set-Cookie"])
				}
			}
		})
	}
}

// TestA2_TheHigherCountEndsTheLoop: a neighbor's lower count does not keep a loop going.
func TestA2_TheHigherCountEndsTheLoop(t *testing.T) {
	t.Parallel()
	for _, count := range []string{"__clerk_redirect_count=0; __clerk_redirect_count=3", "__clerk_redirect_count=3; __clerk_redirect_count=0"} {
		req := httptest.NewRequest("GET", "/", nil)
		req.Header.Set("Sec-Fetch-Dest", "document")
		cookies("__client_uat_"+suffix+"=1700000000", count)(req)
		if got := ask(t, authtest.Config(t), req).outcome(); got != "signed-out client-uat-but-no-session-token" {
			t.Errorf("%s: %s", count, got)
		}
	}
}

// TestA2_AJarIsCleanAfterOneResponse: what a sibling subdomain set with Domain= and any
// Path is gone after one response, of a page or of an API.
func TestA2_AJarIsCleanAfterOneResponse(t *testing.T) {
	t.Parallel()
	a, err := authctx.New(authtest.Config(t))
	if err != nil {
		t.Fatal(err)
	}
	victim, attacker := authtest.Token(t), authtest.Token(t, authtest.User("user_attacker"))
	app := &url.URL{Scheme: "https", Host: "app.example.com", Path: "/dashboard/settings"}
	for _, dest := range []string{"document", "empty"} {
		for _, toss := range []http.Cookie{
			{Domain: "example.com", Path: "/"}, {Domain: "example.com", Path: "/dashboard"}, {Domain: "example.com", Path: "/dashboard/"},
			{Domain: "app.example.com", Path: "/dashboard/settings"}, {Path: "/dashboard"},
		} {
			jar, err := cookiejar.New(nil)
			if err != nil {
				t.Fatal(err)
			}
			genuine := []*http.Cookie{
				{Name: "__session_" + suffix, Value: victim, Path: "/"},
				{Name: "__client_uat_" + suffix, Value: "1700000000", Path: "/"}, {Name: "other", Value: "kept", Path: "/dashboard"},
			}
			jar.SetCookies(app, genuine)
			session, uat := toss, toss
			session.Name, session.Value, uat.Name, uat.Value = "__session_"+suffix, attacker, "__client_uat_"+suffix, "0"
			sibling := *app
			if toss.Domain == "example.com" {
				sibling.Host = "evil.example.com"
			}
			jar.SetCookies(&sibling, []*http.Cookie{&session, &uat})
			visit := func() answer {
				req := httptest.NewRequest("GET", app.String(), nil)
				req.Header.Set("Sec-Fetch-Dest", dest)
				for _, c := range jar.Cookies(app) {
					req.AddCookie(c)
				}
				got := askWith(a, req)
				jar.SetCookies(app, got.Cookies())
				if got.StatusCode == http.StatusTemporaryRedirect {
					jar.SetCookies(app, genuine) // as the handshake does
				}
				return got
			}
			if got := visit().outcome(); strings.HasPrefix(got, "signed-in") {
				t.Errorf("%s, %v: %s", dest, toss, got)
			}
			if got := visit().outcome(); got != "signed-in user_test" {
				t.Errorf("%s, %v, then: %s", dest, toss, got)
			}
			if left := len(jar.Cookies(app)); left < 3 {
				t.Errorf("%s, %v: %d cookies are left", dest, toss, left)
			}
		}
	}
}

// TestA2_LongPathsHeal: where one response has no room for every path, those that follow delete
// the rest, whatever was tossed.
func TestA2_LongPathsHeal(t *testing.T) {
	t.Parallel()
	a, err := authctx.New(authtest.Config(t))
	if err != nil {
		t.Fatal(err)
	}
	victim, attacker := authtest.Token(t), authtest.Token(t, authtest.User("user_attacker"))
	app := &url.URL{Scheme: "https", Host: "app.example.com", Path: "/orgs/acme-corporation/projects/42/issues/117/comments"}
	sibling := &url.URL{Scheme: "https", Host: "evil.example.com", Path: app.Path}
	for path, most := range map[string]int{"/": 1, "/orgs": 30, "/orgs/acme-corporation/projects/42/": 30} {
		jar, err := cookiejar.New(nil)
		if err != nil {
			t.Fatal(err)
		}
		genuine := []*http.Cookie{{Name: "__session_" + suffix, Value: victim, Path: "/"}, {Name: "__client_uat_" + suffix, Value: "1700000000", Path: "/"}}
		jar.SetCookies(app, genuine)
		jar.SetCookies(sibling, []*http.Cookie{
			{Name: "__session_" + suffix, Value: attacker, Path: path, Domain: "example.com"}, {Name: "__client_uat_" + suffix, Value: "0", Path: path, Domain: "example.com"},
		})
		visits := 0
		for ; visits <= most; visits++ {
			req := httptest.NewRequest("GET", app.String(), nil)
			req.Header.Set("Sec-Fetch-Dest", "document")
			for _, c := range jar.Cookies(app) {
				req.AddCookie(c)
			}
			got := askWith(a, req)
			if strings.Contains(got.outcome(), "attacker") {
				t.Errorf("%s: %s", path, got.outcome())
			}
			if got.outcome() == "signed-in user_test" {
				break
			}
			jar.SetCookies(app, got.Cookies())
			if got.StatusCode == http.StatusTemporaryRedirect {
				jar.SetCookies(app, genuine)
			}
		}
		if visits > most {
			t.Errorf("%s: not healed after %d visits", path, visits)
		}
	}
}

// TestA2_DeletionsAreBounded: a response stays below what proxies accept.
func TestA2_DeletionsAreBounded(t *testing.T) {
	t.Parallel()
	var pairs []string
	for _, name := range []string{"__session", "__client_uat", "__refresh", "__clerk_db_jwt"} {
		pairs = append(pairs, name+"_"+suffix+"=1", name+"_"+suffix+"=2")
	}
	req := httptest.NewRequest("GET", "http://a.b.c.d.e.example.com"+strings.Repeat("/segment", 200), nil)
	cookies(pairs...)(req)
	size := 0
	for _, line := range ask(t, authtest.Config(t), req).Header["Set-Cookie"] {
		size += len(line)
	}
	if size == 0 || size > 3000 {
		t.Errorf("%d octets of Set-Cookie", size)
	}
}
