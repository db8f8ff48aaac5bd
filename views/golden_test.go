package views_test

import (
	"cmp"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/a-h/templ"
	gocmp "github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"

	"github.com/usherauth/usher/views"
	"github.com/usherauth/usher/wire"
)

var update = flag.Bool("update", false, "rewrite testdata/golden")

func TestGolden(t *testing.T) {
	t.Parallel()
	activity := &wire.SessionActivity{BrowserName: "Firefox", BrowserVersion: "141", DeviceType: "Linux", IPAddress: "192.0.2.7"}
	for name, c := range map[string]templ.Component{
		"sign_in":   views.SignIn(views.SignInForm{RedirectURL: "/dashboard"}),
		"sign_up":   views.SignUp(views.SignUpForm{}),
		"sign_out":  views.SignOut(),
		"user_menu": views.UserMenu(ada().Public()),
		"sign_in_errors": views.SignIn(views.SignInForm{
			Identifier: "ada@example.test", Error: "Email address or password is wrong.",
		}),
		"sign_up_errors": views.SignUp(views.SignUpForm{
			EmailAddress: "ada@", FirstName: "Ada", Errors: map[string]string{"email_address": "is not an address", "password": "is too common"},
		}),
		"enter_code": views.EnterCode(views.AttemptForm{
			SignUp: true, AttemptID: "sua_1", EmailAddress: "ada@example.test", Notice: "We sent another code.",
			Errors: map[string]string{"code": "is wrong"},
		}),
		"ask_for_code":  views.AskForCode(views.SignInForm{RedirectURL: "/dashboard"}),
		"new_password":  views.NewPassword(views.AttemptForm{AttemptID: "sia_1", EmailAddress: "ada@example.test"}),
		"organizations": views.UserOrganizations(acme()),
		"user_profile": views.UserProfile(views.Profile{
			User: ada(), CurrentSessionID: "sess_1", Notice: "Your name was saved.",
			Sessions: []wire.Session{{ID: "sess_1", LatestActivity: activity, LastActiveAt: clock.UnixMilli()}, {ID: "sess_2", LastActiveAt: clock.UnixMilli()}},
			Activity: []wire.AuditEvent{event("session.created", "192.0.2.7", 0)},
		}),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := render(t, signedIn(t), c)
			file := filepath.Join("testdata", "golden", name+".html")
			if *update {
				if err := os.WriteFile(file, []byte(got+"\n"), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if diff := gocmp.Diff(outline(t, string(want)), outline(t, got)); diff != "" {
				t.Errorf("differs from %s (-want +got):\n%s", file, diff)
			}
		})
	}
}

// outline is what a browser makes of a page, one line for each element and text:
// attributes in order of name, white space as it is shown.
func outline(t *testing.T, page string) []string {
	t.Helper()
	var lines []string
	var walk func(n *html.Node, depth string)
	walk = func(n *html.Node, depth string) {
		switch n.Type {
		case html.TextNode:
			if shown := strings.Join(strings.Fields(n.Data), " "); shown != "" {
				lines = append(lines, depth+shown)
			}
		case html.ElementNode:
			line := depth + "<" + n.Data
			attrs := slices.Clone(n.Attr)
			slices.SortFunc(attrs, func(a, b html.Attribute) int { return cmp.Compare(a.Key, b.Key) })
			for _, a := range attrs {
				line += " " + a.Key + "=" + a.Val
			}
			lines = append(lines, line)
		default: // comments and the like show nothing
		}
		for c := range n.ChildNodes() {
			walk(c, depth+"  ")
		}
	}
	walk(parse(t, page), "")
	return lines
}
