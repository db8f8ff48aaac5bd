package pages_test

import (
	"net/http/httptest"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// visible lists which of the states marked with attribute are not hidden.
func visible(root *html.Node, attribute string) string {
	var list []string
	for _, n := range find(root, func(n *html.Node) bool { _, ok := attr(n, attribute); return ok }) {
		if _, hidden := attr(n, "hidden"); !hidden {
			when, _ := attr(n, attribute)
			list = append(list, when)
		}
	}
	return strings.Join(list, " ")
}

// fields are the texts that the script will compare with the store, by field.
func fields(t *testing.T, root *html.Node, attribute string) map[string]string {
	t.Helper()
	got := map[string]string{}
	for _, n := range find(root, func(n *html.Node) bool { _, ok := attr(n, attribute); return ok }) {
		name, _ := attr(n, attribute)
		if before, twice := got[name]; twice && before != text(n) {
			t.Errorf("%s is %q here and %q there", name, before, text(n))
		}
		got[name] = text(n)
	}
	return got
}

// The server renders the state the store starts with: nothing changes when the script
// arrives. A field that is null is "null" where the script writes null.
func TestClientAuthStartsWithTheStoresState(t *testing.T) {
	t.Parallel()
	up, down := newSite(t, answer(200, ada)), newSite(t, answer(500, `{}`))
	in, boss := mint(t, nil), mint(t, orgAdmin)
	tests := []struct {
		name string
		rec  *httptest.ResponseRecorder
		when string
		want string // isLoaded isSignedIn userId sessionId orgId
	}{
		{"signed in", up.get("/client/auth", in), "signed-in", "true true user_1 sess_1 null"},
		{"signed in with an organization", up.get("/client/auth", boss), "signed-in", "true true user_1 sess_1 org_1"},
		{"signed in, API unreachable", down.get("/client/auth", in), "signed-in", "true true user_1 sess_1 null"},
		{"signed out", up.get("/client/auth", ""), "signed-out", "true false null null null"},
		{"no props, signed in", up.get("/client/auth?props=off", in), "loading", "false undefined undefined undefined undefined"},
		{"no props, signed out", up.get("/client/auth?props=off", ""), "loading", "false undefined undefined undefined undefined"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			root := parse(t, tt.rec)
			if got := visible(root, "data-auth-when"); got != tt.when {
				t.Errorf("shown is %q, want %q", got, tt.when)
			}
			f := fields(t, root, "data-auth-text")
			got := strings.Join([]string{f["isLoaded"], f["isSignedIn"], f["userId"], f["sessionId"], f["orgId"]}, " ")
			if got != tt.want {
				t.Errorf("fields read %q, want %q", got, tt.want)
			}
			if given := props(t, tt.rec) != nil; given == (tt.when == "loading") {
				t.Errorf("props given: %v", given)
			}
			for _, action := range []string{"getToken", "signOut"} {
				if len(find(root, has("data-auth-action", action))) != 1 {
					t.Errorf("no button for %s", action)
				}
			}
		})
	}
}

func TestClientUserStartsWithTheStoresState(t *testing.T) {
	t.Parallel()
	up, down := newSite(t, answer(200, ada)), newSite(t, answer(500, `{}`))
	nameless := newSite(t, answer(200, strings.Replace(ada, `"Ada"`, `null`, 1)))
	in := mint(t, nil)
	tests := []struct {
		name     string
		rec      *httptest.ResponseRecorder
		when     string
		greeting string
	}{
		{"signed in", up.get("/client/user", in), "signed-in", "Hello, Ada!"},
		{"without a first name", nameless.get("/client/user", in), "signed-in", "Hello, ada@example.test!"},
		{"signed out", up.get("/client/user", ""), "signed-out", "Hello, !"},
		{"API unreachable: the store has to ask", down.get("/client/user", in), "loading", "Hello, !"},
		{"no props", up.get("/client/user?props=off", in), "loading", "Hello, !"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			root := parse(t, tt.rec)
			if got := visible(root, "data-user-when"); got != tt.when {
				t.Errorf("shown is %q, want %q", got, tt.when)
			}
			greeting := find(root, has("class", "greeting"))[0]
			if got := strings.TrimSpace(text(greeting)); got != tt.greeting {
				t.Errorf("greeting reads %q, want %q", got, tt.greeting)
			}
			if _, hidden := attr(greeting, "hidden"); hidden != (tt.when != "signed-in") {
				t.Errorf("greeting hidden: %v", hidden)
			}
		})
	}
}

// Without props the page tells people without script what the server knows.
func TestPagesWithoutScriptSayWhatTheServerKnows(t *testing.T) {
	t.Parallel()
	s := newSite(t, answer(200, ada))
	for _, path := range []string{"/client/auth?props=off", "/client/user?props=off"} {
		for jwt, want := range map[string]string{mint(t, nil): "user_1", "": "nobody is signed in"} {
			note := find(parse(t, s.get(path, jwt)), tag("noscript"))
			if len(note) != 1 || !strings.Contains(text(note[0]), want) {
				t.Errorf("%s: no note with %q", path, want)
			}
		}
	}
}

func TestExampleSaysTheSameTwice(t *testing.T) {
	t.Parallel()
	s := newSite(t, answer(200, ada))
	rec := s.get("/example", mint(t, nil))
	got := shown(t, rec)
	for _, want := range []string{"The server says: Hello, Ada.", "The script says: Hello, Ada.", "user_1", "sess_1"} {
		if !strings.Contains(got, want) {
			t.Errorf("page reads %q, without %q", got, want)
		}
	}
	state := props(t, rec)["__clerk_ssr_state"].(map[string]any)
	for name, value := range fields(t, parse(t, rec), "data-user-text") {
		if state["user"].(map[string]any)[name] != value {
			t.Errorf("the script will change %s from %q to %q", name, value, state["user"].(map[string]any)[name])
		}
	}
	for name, value := range fields(t, parse(t, rec), "data-auth-text") {
		if state[name] != value {
			t.Errorf("the script will change %s from %q to %q", name, value, state[name])
		}
	}
	if out := shown(t, s.get("/example", "")); !strings.Contains(out, "Nobody is signed in") {
		t.Errorf("signed out, the page reads %q", out)
	}
}

func TestTokenPages(t *testing.T) {
	t.Parallel()
	s := newSite(t, answer(200, ada))
	in, boss := mint(t, nil), mint(t, orgAdmin)
	tests := []struct {
		name string
		rec  *httptest.ResponseRecorder
		want []string
	}{
		{"dashboard", s.get("/dashboard", in), []string{"user_1", "sess_1", "first 3 minutes ago, second never", "azp" + origin, "expires 12:01:00 UTC", "[3,-1]"}},
		{"dashboard with an organization", s.get("/dashboard", boss), []string{"org_1"}},
		{"dashboard without ages", s.get("/dashboard", mint(t, map[string]any{"fva": nil})), []string{"not said"}},
		{"organization", s.get("/organization", boss), []string{"org_1", "acme", "org:admin", "org:invoices:create", "go to the admin page"}},
		{"no organization", s.get("/organization", in), []string{"no active organization", "Create one, or switch to one"}},
		{"organization, signed out", s.get("/organization", ""), []string{"Sign in to see"}},
		{"admin", s.get("/admin", boss), []string{"You are an admin of org_1"}},
		{"home, signed out", s.get("/", ""), []string{"Create an account"}},
		{"home, signed in", s.get("/", in), []string{"See your welcome page"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := shown(t, tt.rec)
			for _, want := range tt.want {
				if !strings.Contains(got, want) {
					t.Errorf("page reads %q, without %q", got, want)
				}
			}
		})
	}
}
