package pages_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/usherauth/usher/authctx"
)

// states are who may look at a page and how the Backend API is.
func states(t *testing.T) map[string]func(path string) *httptest.ResponseRecorder {
	up, down := newSite(t, answer(200, ada)), newSite(t, answer(500, `{}`))
	jwt, boss := mint(t, nil), mint(t, orgAdmin)
	return map[string]func(string) *httptest.ResponseRecorder{
		"signed out":      func(path string) *httptest.ResponseRecorder { return up.get(path, "") },
		"signed in":       func(path string) *httptest.ResponseRecorder { return up.get(path, jwt) },
		"admin":           func(path string) *httptest.ResponseRecorder { return up.get(path, boss) },
		"API unreachable": func(path string) *httptest.ResponseRecorder { return down.get(path, jwt) },
	}
}

func TestEveryPageIsWhole(t *testing.T) {
	t.Parallel()
	for state, get := range states(t) {
		for _, path := range append(every, "/nowhere") {
			rec := get(path)
			if rec.Code == http.StatusSeeOther {
				continue
			}
			name := path + ", " + state
			if got := rec.Header().Get("Content-Type"); got != "text/html; charset=utf-8" {
				t.Errorf("%s: content type %q", name, got)
			}
			if got := rec.Header().Get("Cache-Control"); got != "private, no-store" {
				t.Errorf("%s: Cache-Control %q", name, got)
			}
			root := parse(t, rec)
			for _, one := range []string{"h1", "title", "main", "header", "nav", "footer"} {
				if got := len(find(root, tag(one))); got != 1 {
					t.Errorf("%s: %d %s elements, want 1", name, got, one)
				}
			}
			if title := find(root, tag("title")); strings.HasPrefix(text(title[0]), " ") {
				t.Errorf("%s: title %q", name, text(title[0]))
			}
			checkDocument(t, name, root)
		}
	}
}

// checkDocument looks for what assistive technology needs and what a strict policy
// forbids.
func checkDocument(t *testing.T, name string, root *html.Node) {
	t.Helper()
	if lang, _ := attr(find(root, tag("html"))[0], "lang"); lang != "en" {
		t.Errorf("%s: lang %q", name, lang)
	}
	if skip, _ := attr(find(root, tag("a"))[0], "href"); skip != "#main" || len(find(root, has("id", "main"))) != 1 {
		t.Errorf("%s: the first link leads to %q", name, skip)
	}
	ids := map[string]bool{}
	for _, n := range find(root, func(*html.Node) bool { return true }) {
		for _, a := range n.Attr {
			if a.Key == "style" || strings.HasPrefix(a.Key, "on") {
				t.Errorf("%s: <%s %s>", name, n.Data, a.Key)
			}
			if a.Key == "id" && ids[a.Val] {
				t.Errorf("%s: id %q twice", name, a.Val)
			} else if a.Key == "id" {
				ids[a.Val] = true
			}
		}
	}
}

func TestNavigationMarksTheCurrentPage(t *testing.T) {
	t.Parallel()
	s := newSite(t, answer(200, ada))
	jwt := mint(t, orgAdmin)
	for _, path := range every {
		own, _, _ := strings.Cut(path, "?")
		root := parse(t, s.get(path, jwt))
		links := find(root, func(n *html.Node) bool { _, ok := attr(n, "aria-current"); return ok })
		if len(links) != 1 {
			t.Errorf("%s: %d current links", path, len(links))
			continue
		}
		if href, _ := attr(links[0], "href"); href != own {
			t.Errorf("%s: current link leads to %q", path, href)
		}
		for _, other := range every {
			other, _, _ = strings.Cut(other, "?")
			if len(find(root, has("href", other))) == 0 {
				t.Errorf("%s: no link to %s", path, other)
			}
		}
	}
}

// However many parts of a page ask for the user, the Backend API is asked once, and never
// when nobody is signed in.
func TestOneBackendCallPerPage(t *testing.T) {
	t.Parallel()
	for _, path := range append(every, "/api/user", "/api/auth") {
		s := newSite(t, answer(200, ada))
		if s.get(path, ""); s.calls.Load() != 0 {
			t.Errorf("%s: %d calls for nobody", path, s.calls.Load())
		}
		if s.get(path, mint(t, orgAdmin)); s.calls.Load() != 1 {
			t.Errorf("%s: %d calls, want 1", path, s.calls.Load())
		}
	}
}

func TestErrorPagesAskNobody(t *testing.T) {
	t.Parallel()
	s := newSite(t, answer(200, ada))
	s.get("/nowhere", mint(t, nil))
	s.get("/admin", mint(t, nil))
	if body := s.get("/nowhere", mint(t, map[string]any{"first_name": "Grace"})).Body.String(); !strings.Contains(body, "Grace") {
		t.Error("the name in the token is not shown")
	}
	if got := s.calls.Load(); got != 0 {
		t.Errorf("%d calls, want 0", got)
	}
}

func TestHeaderShowsWhoIsSignedIn(t *testing.T) {
	t.Parallel()
	s := newSite(t, answer(200, ada))
	in, out := s.get("/", mint(t, nil)).Body.String(), s.get("/", "").Body.String()
	for _, want := range []string{"Ada Lovelace", `action="/sign-out"`} {
		if !strings.Contains(in, want) || strings.Contains(out, want) {
			t.Errorf("%q is for signed-in people only", want)
		}
	}
	for _, want := range []string{`href="/sign-in"`, `href="/sign-up"`} {
		if strings.Contains(in, want) || !strings.Contains(out, want) {
			t.Errorf("%q is for others only", want)
		}
	}
}

func TestV01_NoPrivateDataAnywhere(t *testing.T) {
	t.Parallel()
	s := newSite(t, answer(200, ada))
	jwt := mint(t, orgAdmin)
	for _, path := range append(every, "/api/user", "/api/auth") {
		body := s.get(path, jwt).Body.String()
		for _, secret := range []string{"canary", "private_metadata", secretKey, jwt} {
			if strings.Contains(body, secret) {
				t.Errorf("%s contains %.30q", path, secret)
			}
		}
	}
}

func TestX01_StringsStayDataOnEveryPage(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("../../../views/testdata/strings.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Cases []struct{ Value string } }
	if err := json.Unmarshal(raw, &file); err != nil || len(file.Cases) < 36 {
		t.Fatal(err, len(file.Cases))
	}
	for _, c := range file.Cases {
		name, err := json.Marshal(c.Value)
		if err != nil {
			t.Fatal(err)
		}
		s := newSite(t, answer(200, strings.NewReplacer(`"Ada"`, string(name), `"pro"`, string(name)).Replace(ada)))
		jwt := mint(t, map[string]any{"custom": c.Value, "x" + c.Value: c.Value})
		for path, scripts := range map[string]int{"/welcome": 3, "/dashboard": 3, "/example": 4, "/client/user": 4} {
			rec := s.get(path, jwt)
			if got := len(find(parse(t, rec), tag("script"))); got != scripts {
				t.Errorf("%s with %q: %d script elements, want %d", path, c.Value, got, scripts)
			}
			user, _ := props(t, rec)["__clerk_ssr_state"].(map[string]any)["user"].(map[string]any)
			if want := path == "/example" || path == "/client/user"; want != (user != nil) {
				t.Errorf("%s: user %v in props", path, user)
			} else if want && user["firstName"] != c.Value {
				t.Errorf("%s: first name %q in props, want %q", path, user["firstName"], c.Value)
			}
			if extra := find(parse(t, rec), func(n *html.Node) bool { return n.Data == "base" || n.Data == "svg" || n.Data == "style" }); len(extra) > 0 {
				t.Errorf("%s with %q has a new element %s", path, c.Value, extra[0].Data)
			}
		}
	}
}

func TestErrorPages(t *testing.T) {
	t.Parallel()
	s := newSite(t, answer(200, ada))
	down := newSiteWith(t, answer(200, ada), authctx.Config{SecretKey: secretKey, Transport: noKeys{}})
	jwt := mint(t, nil)
	post := httptest.NewRequest(http.MethodPost, origin+"/welcome", nil)
	tests := []struct {
		name   string
		rec    *httptest.ResponseRecorder
		status int
		want   string
	}{
		{"unknown address", s.get("/nowhere", jwt), 404, "no page at this address"},
		{"unknown address, signed out", s.get("/nowhere", ""), 404, "no page at this address"},
		{"wrong method", s.serve(post), 405, "does not support this method"},
		{"not an admin", s.get("/admin", jwt), 403, "for admins (org:admin)"},
		{"keys unreachable", down.get("/dashboard", jwt), 503, "verify your sign-in"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if tt.rec.Code != tt.status {
				t.Errorf("status %d, want %d", tt.rec.Code, tt.status)
			}
			if got := shown(t, tt.rec); !strings.Contains(got, tt.want) || !strings.Contains(got, "Request ") {
				t.Errorf("page reads %q, want %q and a request id", got, tt.want)
			}
		})
	}
	if down.get("/dashboard", jwt).Header().Get("Retry-After") == "" {
		t.Error("503 without Retry-After")
	}
	if got := s.serve(httptest.NewRequest(http.MethodPost, origin+"/welcome", nil)).Header().Get("Allow"); got != "GET, HEAD" {
		t.Errorf("405 allows %q", got)
	}
}

func TestGuardedPagesLeadToSignIn(t *testing.T) {
	t.Parallel()
	s := newSite(t, answer(200, ada))
	for _, path := range []string{"/dashboard", "/admin"} {
		rec := s.get(path, "")
		want := "/sign-in?redirect_url=" + strings.ReplaceAll(path, "/", "%2F")
		if got := rec.Header().Get("Location"); rec.Code != http.StatusSeeOther || got != want {
			t.Errorf("%s: %d to %q, want 303 to %q", path, rec.Code, got, want)
		}
	}
}
