package views_test

import (
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/usherauth/usher/views"
	"github.com/usherauth/usher/wire"
)

func TestUserMenuNamesThePerson(t *testing.T) {
	t.Parallel()
	mail := []wire.EmailAddress{{ID: "idn_1", EmailAddress: "zoe@example.test"}}
	tests := []struct {
		name  string
		user  *wire.User
		want  string
		panel string
	}{
		{"full name, initials and address", ada(), "AL Ada Lovelace", "ada@example.test"},
		{"first name only", &wire.User{ID: "user_1", FirstName: "élodie"}, "É élodie", ""},
		{"user name", &wire.User{ID: "user_1", Username: "zz9"}, "Z zz9", ""},
		{"e-mail address only", &wire.User{ID: "user_1", PrimaryEmailAddressID: "idn_1", EmailAddresses: mail}, "Z zoe@example.test", ""},
		{"a name that nobody sees is none", &wire.User{ID: "user_1", FirstName: "\u202e", LastName: "\u3164"}, "A Account", ""},
		{"nothing known", &wire.User{ID: "user_1"}, "A Account", ""},
		{"not loaded: what the token says", nil, "? Account", "user_1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			root := parse(t, render(t, signedIn(t), views.UserMenu(tt.user.Public())))
			var got []string
			for _, n := range elements(elements(root, "summary")[0], "span") {
				got = append(got, text(n))
			}
			if strings.Join(got, " ") != tt.want {
				t.Errorf("menu is headed %q, want %q", got, tt.want)
			}
			if !strings.Contains(text(root), tt.panel) {
				t.Errorf("menu reads %q, without %q", text(root), tt.panel)
			}
		})
	}
}

func TestUserMenuIsForTheSignedInPerson(t *testing.T) {
	t.Parallel()
	if got := render(t, signedOut(t), views.UserMenu(ada().Public())); got != "" {
		t.Errorf("signed out: %q", got)
	}
	other := ada()
	other.ID = "user_2"
	if got := render(t, signedIn(t), views.UserMenu(other.Public())); strings.Contains(got, "Ada") || !strings.Contains(got, "user_1") {
		t.Errorf("somebody else's data was rendered: %q", got)
	}
}

func TestUserMenuWorksWithoutScript(t *testing.T) {
	t.Parallel()
	root := parse(t, render(t, signedIn(t), views.UserMenu(ada().Public())))
	details := elements(root, "details")
	if len(details) != 1 || details[0].FirstChild.Data != "summary" {
		t.Fatal("the menu is not a details element that begins with its summary")
	}
	if href, _ := attr(elements(root, "a")[0], "href"); href != "/user" {
		t.Errorf("profile link leads to %q", href)
	}
	if action, _ := attr(elements(root, "form")[0], "action"); action != "/sign-out" {
		t.Errorf("sign-out posts to %q", action)
	}
}

func TestX03_PicturesAreHTTPOnly(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"https://img.example.test/a?b=c&d": "https://img.example.test/a?b=c&d",
		"http://img.example.test/a":        "http://img.example.test/a",
		"HTTPS://img.example.test/a":       "https://img.example.test/a",
		"javascript:alert(1)":              "",
		" javascript:alert(1)":             "",
		"JaVaScRiPt:alert(1)":              "",
		"data:image/svg+xml,<svg/>":        "",
		"vbscript:x":                       "",
		"blob:https://img.example.test/a":  "",
		"ftp://img.example.test/a":         "",
		"file:///etc/passwd":               "",
		"//img.example.test/a":             "",
		"/sign-out":                        "",
		"https:///a":                       "",
		"https:opaque":                     "",
		"https://a b/":                     "",
		"":                                 "",
	} {
		user := ada()
		user.HasImage, user.ImageURL = true, address
		root := parse(t, render(t, signedIn(t), views.UserMenu(user.Public())))
		var got string
		for _, img := range elements(root, "img") {
			got, _ = attr(img, "src")
		}
		if got != want {
			t.Errorf("picture at %q is loaded from %q, want %q", address, got, want)
		}
		if want == "" && !strings.Contains(text(root), "AL") {
			t.Errorf("picture at %q: no initials in its place", address)
		}
	}
	user := ada()
	user.ImageURL = "https://img.example.test/generated"
	if list := elements(parse(t, render(t, signedIn(t), views.UserMenu(user.Public()))), "img"); len(list) != 0 {
		t.Error("a generated picture is loaded although HasImage is false")
	}
}

func TestUserProfileSessions(t *testing.T) {
	t.Parallel()
	activity := &wire.SessionActivity{BrowserName: "Firefox", DeviceType: "Linux", IPAddress: "192.0.2.7", City: "Bern"}
	root := parse(t, render(t, signedIn(t), views.UserProfile(views.Profile{
		User: ada(), CurrentSessionID: "sess_1",
		Sessions: []wire.Session{
			{ID: "sess_1", LatestActivity: activity, LastActiveAt: clock.UnixMilli()},
			{ID: "sess_2", LastActiveAt: clock.UnixMilli()},
		},
	})))
	var revocable []string
	for _, input := range elements(root, "input") {
		if name, _ := attr(input, "name"); name == "session_id" {
			id, _ := attr(input, "value")
			revocable = append(revocable, id)
		}
	}
	if got := strings.Join(revocable, " "); got != "sess_2" {
		t.Errorf("sessions %q can be revoked, want sess_2", got)
	}
	shown := text(list(root, "usher-sessions"))
	for _, want := range []string{"Firefox on Linux", "Bern, 192.0.2.7", "This browser", "Unknown device", "1 May 2026, 12:00 UTC"} {
		if !strings.Contains(shown, want) {
			t.Errorf("sessions do not say %q", want)
		}
	}
}

func list(root *html.Node, class string) *html.Node {
	for _, n := range elements(root, "ul") {
		if got, _ := attr(n, "class"); got == class {
			return n
		}
	}
	return root
}
