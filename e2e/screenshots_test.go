package e2e

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/usherauth/usher/e2e/internal/drive"
)

var screenshots = flag.String("screenshots", os.Getenv("SCREENSHOTS"), "`folder` to write pictures of every page into")

// look is a way of looking at a page.
type look struct {
	name, scheme  string
	width, height int64
	phone         bool
}

var looks = []look{
	{"light", "light", 1280, 900, false},
	{"dark", "dark", 1280, 900, false},
	{"phone", "light", 390, 844, true},
	{"phone-dark", "dark", 390, 844, true},
}

// TestScreenshots takes the pictures that people judge the pages by, and fails for pages
// that are wider than a phone.
func TestScreenshots(t *testing.T) {
	needsFolder(t)
	s := startServer(t)
	b := s.newPerson(t)
	b.Tolerate("Failed to load resource: the server responded with a status of")
	b.shootAll("out")
	b.Open("/sign-in")
	b.fill("identifier", "nobody@example.com")
	b.fill("password", "not the password")
	b.submit()
	b.shoot(looks[0], "out-sign-in-mistake-light")
	b.signUp(ada)
	b.shootAll("in")
	b.Open("/welcome")
	b.Do(openMenu)
	for _, l := range looks {
		b.shoot(l, "in-menu-"+l.name)
	}
	b.makeOrganization()
	other := s.visitor()
	other.signUp(grace)
	s.addMember(other)
	for _, path := range []string{"/organizations", "/organization", "/admin"} {
		b.Open(path)
		for _, l := range looks {
			b.shoot(l, "organization"+strings.ReplaceAll(path, "/", "-")+"-"+l.name)
		}
	}
}

func needsFolder(t *testing.T) {
	t.Helper()
	if *screenshots == "" {
		t.Skip("takes pictures only when -screenshots or SCREENSHOTS names a folder")
	}
	if err := os.MkdirAll(*screenshots, 0o755); err != nil {
		t.Fatal(err)
	}
}

// TestScreenshotsOfPeopleWhoAreSignedInAlready takes those of forms that cannot simply go on.
func TestScreenshotsOfPeopleWhoAreSignedInAlready(t *testing.T) {
	needsFolder(t)
	s := startServer(t)
	s.newPerson(t).signUp(grace)
	b := s.newPerson(t)
	b.Tolerate("Failed to load resource: the server responded with a status of")
	b.Open("/sign-in?redirect_url=%2Fexample")
	form := b.anotherTab()
	form.Tolerate("Failed to load resource: the server responded with a status of")
	form.Open("/sign-in?redirect_url=%2Fexample")
	b.signUp(ada)
	form.fill("identifier", grace.Email)
	form.fill("password", grace.Password)
	form.submit()
	for _, l := range looks {
		form.shoot(l, "already-signed-in-"+l.name)
	}
	blocked := s.newPerson(t)
	blocked.Tolerate("Failed to load resource: the server responded with a status of")
	blocked.Open("/sign-in")
	blocked.DropCookies("")
	blocked.fill("identifier", grace.Email)
	blocked.fill("password", grace.Password)
	blocked.submit()
	for _, l := range looks {
		blocked.shoot(l, "no-cookies-"+l.name)
	}
}

// TestScreenshotsOfCodes takes those of the steps that ask for a code by mail.
func TestScreenshotsOfCodes(t *testing.T) {
	needsFolder(t)
	s := newServer(t)
	s.Flags, s.Env = []string{"-verify-email"}, []string{"USHER_DEV=1"}
	s.Start()
	b := s.newPerson(t)
	b.Tolerate("the server responded with a status of 422")
	steps := func(name string) {
		for _, l := range looks {
			b.shoot(l, "code-"+name+"-"+l.name)
		}
	}
	b.signUp(ada)
	steps("sign-up")
	b.fill("code", "000000")
	b.submit()
	steps("wrong")
	b.Open("/sign-in")
	steps("sign-in")
	b.Open("/sign-in?step=email")
	steps("ask")
	b.Open("/dev/mailbox")
	steps("mailbox")
}

// TestScreenshotsOfLinks takes those of the pages that links in mails open.
func TestScreenshotsOfLinks(t *testing.T) {
	needsFolder(t)
	s := startServer(t)
	owner := s.newPerson(t)
	owner.signUp(ada)
	owner.makeOrganization()
	secret, org := s.Keys()["CLERK_SECRET_KEY"], s.onlyOrganization()
	link := func(address string) string {
		return s.link("/v1/organizations/"+org+"/invitations", secret, map[string]string{
			"email_address": address, "role": "org:member", "inviter_user_id": owner.sessionClaims().Subject,
		})
	}
	b := s.newPerson(t)
	b.Tolerate("Failed to load resource: the server responded with a status of")
	shoot := func(name, path string) {
		b.Open(path)
		for _, l := range looks {
			b.shoot(l, "link-"+name+"-"+l.name)
		}
	}
	b.signUp(grace)
	mine, other := link(grace.Email), link("other@example.com")
	shoot("mine", mine)
	shoot("other", other)
	b.DropCookies("__")
	shoot("unverified", mine)
	shoot("new", other)
	shoot("dead", "/sign-in?__clerk_ticket=x")
	shoot("handshake", "/__clerk/v1/client/handshake")
}

func (b *tab) shootAll(state string) {
	b.T.Helper()
	for _, path := range pagesOfPeople {
		if strings.HasPrefix(path, "/client") && state == "out" && strings.Contains(path, "?") {
			continue
		}
		b.Open(path)
		name := strings.NewReplacer("/", "-", "?", "-", "=", "-").Replace(strings.Trim(path, "/"))
		if name == "" {
			name = "home"
		}
		for _, l := range looks {
			b.shoot(l, fmt.Sprintf("%s-%s-%s", state, name, l.name))
		}
	}
}

// shoot writes a picture of the whole page as it is.
func (b *tab) shoot(l look, name string) {
	b.T.Helper()
	b.scheme(l.scheme)
	var options []chromedp.EmulateViewportOption
	if l.phone {
		options = append(options, chromedp.EmulateScale(2), chromedp.EmulateMobile)
	}
	b.Do(chromedp.EmulateViewport(l.width, l.height, options...))
	if wide := drive.Evaluate[int64](b.Tab, `document.documentElement.scrollWidth`); wide > l.width {
		b.T.Errorf("%s is %d px wide on a screen of %d", name, wide, l.width)
	}
	ctx, cancel := b.Limited()
	defer cancel()
	picture, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
	if err == nil {
		err = os.WriteFile(filepath.Join(*screenshots, name+".png"), picture, 0o600)
	}
	if err != nil {
		b.T.Fatal(err)
	}
}
