package views_test

import (
	"encoding/json"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/a-h/templ"
	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"

	"github.com/usherauth/usher/authctx"
	"github.com/usherauth/usher/views"
	"github.com/usherauth/usher/wire"
)

// hostile are the strings of testdata/strings.json.
func hostile(t *testing.T) []string {
	t.Helper()
	raw, err := os.ReadFile("testdata/strings.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Cases []struct{ Value string } }
	if err := json.Unmarshal(raw, &file); err != nil {
		t.Fatal(err)
	}
	list := make([]string, len(file.Cases))
	for i, c := range file.Cases {
		list[i] = c.Value
	}
	if len(list) < 36 {
		t.Fatalf("only %d strings", len(list))
	}
	return list
}

// everything renders each component with s wherever a person's data can stand.
func everything(t *testing.T, s string) string {
	t.Helper()
	ctx := visit(t, map[string]any{"first": s, s: s, "nested": map[string]any{s: []string{s}}})
	metadata, err := json.Marshal(map[string]string{"k": s, s: "value"})
	if err != nil {
		t.Fatal(err)
	}
	user := &wire.User{
		ID: "user_1", FirstName: wire.NullString(s), LastName: wire.NullString(s), Username: wire.NullString(s),
		HasImage: true, ImageURL: "https://img.example.test/?" + url.QueryEscape(s), PublicMetadata: metadata, PrimaryEmailAddressID: "idn_1",
		EmailAddresses: []wire.EmailAddress{{ID: "idn_1", EmailAddress: s}},
	}
	errs := map[string]string{
		"identifier": s, "password": s, "email_address": s, "first_name": s, "last_name": s,
		"current_password": s, "new_password": s, "stray " + s: s,
	}
	activity := &wire.SessionActivity{BrowserName: s, BrowserVersion: s, DeviceType: s, IPAddress: s, City: s, Country: s}
	return render(t, templ.WithNonce(ctx, "nonce"),
		views.AuthProps(authctx.BuildAuthProps(ctx, authctx.WithUser(user))), views.Scripts(),
		views.UserMenu(user.Public()), views.SignOut(),
		views.SignIn(views.SignInForm{Identifier: s, RedirectURL: s, Error: s, Errors: errs}),
		views.SignUp(views.SignUpForm{EmailAddress: s, FirstName: s, LastName: s, RedirectURL: s, Error: s, Errors: errs}),
		views.UserProfile(views.Profile{
			User: user, Notice: s, Error: s, Errors: errs, CurrentSessionID: "sess_1",
			Sessions: []wire.Session{{ID: "sess_1", LatestActivity: activity}, {ID: s, LatestActivity: activity}},
		}))
}

// skeleton is a page without its data: the names of elements and attributes in order.
func skeleton(root *html.Node) []string {
	var list []string
	for _, n := range elements(root, "") {
		line := n.Data
		for _, a := range n.Attr {
			line += " " + a.Key
		}
		list = append(list, line)
	}
	return list
}

func propsText(t *testing.T, root *html.Node) string {
	t.Helper()
	for _, n := range elements(root, "script") {
		if _, ok := attr(n, "data-auth-props"); ok {
			return text(n)
		}
	}
	t.Fatal("no props element")
	return ""
}

// No string adds an element or an attribute anywhere, and the props hold it unchanged.
func TestX01_X02_StringsStayData(t *testing.T) {
	t.Parallel()
	plain := skeleton(parse(t, everything(t, "Ada")))
	for _, s := range hostile(t) {
		root := parse(t, everything(t, s))
		if diff := cmp.Diff(plain, skeleton(root)); diff != "" {
			t.Errorf("%q changed the page:\n%s", s, diff)
		}
		if got := len(elements(root, "script")); got != 3 {
			t.Errorf("%q: %d script elements, want 3", s, got)
		}
		props := propsText(t, root)
		if i := strings.IndexAny(props, "<>&\u2028\u2029"); i >= 0 {
			t.Errorf("%q: props contain %q", s, props[i:min(i+8, len(props))])
		}
		checkProps(t, s, props)
	}
}

func checkProps(t *testing.T, s, props string) {
	t.Helper()
	var got struct {
		State struct {
			Claims map[string]json.RawMessage `json:"sessionClaims"`
			User   struct {
				FirstName      string            `json:"firstName"`
				PublicMetadata map[string]string `json:"publicMetadata"`
			} `json:"user"`
		} `json:"__clerk_ssr_state"`
	}
	if err := json.Unmarshal([]byte(props), &got); err != nil {
		t.Errorf("%q: props are not JSON: %v", s, err)
		return
	}
	var first, own string
	var nested map[string][]string
	for name, to := range map[string]any{"first": &first, s: &own, "nested": &nested} {
		if err := json.Unmarshal(got.State.Claims[name], to); err != nil {
			t.Errorf("%q: claim %q: %v", s, name, err)
		}
	}
	user := got.State.User
	for where, value := range map[string]string{
		"first name": user.FirstName, "metadata value": user.PublicMetadata["k"], "claim": first, "claim named by it": own,
	} {
		if value != s {
			t.Errorf("%s = %q, want %q", where, value, s)
		}
	}
	if user.PublicMetadata[s] != "value" || len(nested[s]) != 1 || nested[s][0] != s {
		t.Errorf("%q as a key: metadata %q, claim %q", s, user.PublicMetadata, nested)
	}
}

// What people typed comes back as they typed it.
func TestX02_ValuesAreKept(t *testing.T) {
	t.Parallel()
	for _, s := range hostile(t) {
		root := parse(t, everything(t, s))
		want := strings.ReplaceAll(s, "\x00", "\ufffd") // HTML has no NUL
		for _, id := range []string{"sign-in-identifier", "sign-up-email_address", "sign-up-first_name", "profile-last_name"} {
			if got, _ := attr(byID(root, id), "value"); got != want {
				t.Errorf("%s = %q, want %q", id, got, want)
			}
		}
	}
}

// templ escapes by context; these are its ways around that. None is used, so there is
// nothing to review.
func TestX02_NoWayAroundEscaping(t *testing.T) {
	t.Parallel()
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), "_templ.go") || strings.HasSuffix(e.Name(), "_test.go") || e.IsDir() {
			continue
		}
		raw, err := os.ReadFile(e.Name())
		if err != nil {
			t.Fatal(err)
		}
		seen++
		for _, way := range []string{"templ.Raw", "templ.SafeURL", "templ.SafeCSS", "templ.JSExpression", "templ.JSUnsafe", "SafeScript"} {
			if strings.Contains(string(raw), way) {
				t.Errorf("%s uses %s", e.Name(), way)
			}
		}
	}
	if seen < 10 {
		t.Fatalf("only %d files looked at", seen)
	}
}

// Components work under a policy without unsafe-inline.
func TestX05_NothingInline(t *testing.T) {
	t.Parallel()
	root := parse(t, everything(t, "Ada"))
	for _, n := range elements(root, "") {
		for _, a := range n.Attr {
			if a.Key == "style" || strings.HasPrefix(a.Key, "on") {
				t.Errorf("<%s %s=%q>", n.Data, a.Key, a.Val)
			}
		}
	}
	if styles := elements(root, "style"); len(styles) != 0 {
		t.Errorf("%d style elements", len(styles))
	}
	for _, n := range elements(root, "script") {
		kind, _ := attr(n, "type")
		nonce, _ := attr(n, "nonce")
		switch kind {
		case "application/json":
		case "importmap", "module":
			if nonce != "nonce" {
				t.Errorf("script of type %s has nonce %q", kind, nonce)
			}
		default:
			t.Errorf("script of type %q", kind)
		}
		if kind == "module" && text(n) != "" {
			t.Errorf("inline script %q", text(n))
		}
	}
}

func TestV01_PrivateDataStaysOnTheServer(t *testing.T) {
	t.Parallel()
	ctx := signedIn(t)
	user := ada()
	user.PrivateMetadata = json.RawMessage(`{"note":"private-canary"}`)
	user.UnsafeMetadata = json.RawMessage(`{"note":"unsafe-canary"}`)
	user.ExternalID = "external-canary"
	page := render(t, ctx, views.AuthProps(authctx.BuildAuthProps(ctx, authctx.WithUser(user))), views.Scripts(),
		views.UserMenu(user.Public()), views.UserProfile(views.Profile{User: user}))
	for _, secret := range []string{"canary", authctx.FromContext(ctx).Token(), "private_metadata", "privateMetadata"} {
		if strings.Contains(page, secret) {
			t.Errorf("the page contains %.40q", secret)
		}
	}
	if !strings.Contains(page, "Lovelace") {
		t.Error("the page does not contain what it should")
	}
}
