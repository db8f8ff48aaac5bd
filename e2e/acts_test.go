package e2e

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/usherauth/usher/e2e/internal/drive"
)

// What people do, by what they can see: fields by name, the button of a form.

func (b *tab) pause() { time.Sleep(50 * time.Millisecond) }

// fill types into a field.
func (b *tab) fill(name, value string) {
	b.T.Helper()
	field := chromedp.CSS(fmt.Sprintf(`main input[name=%q]`, name))
	b.Do(chromedp.WaitVisible(field), chromedp.SendKeys(field, value))
}

func (b *tab) signUp(p person) {
	b.T.Helper()
	b.Open("/sign-up")
	b.fillSignUp(p)
}

// fillSignUp fills in the sign-up form that the tab shows.
func (b *tab) fillSignUp(p person) {
	b.T.Helper()
	b.fill("first_name", p.First)
	b.fill("last_name", p.Last)
	b.fill("email_address", p.Email)
	b.fill("password", p.Password)
	if status := b.submit(); status != 200 {
		b.T.Fatalf("sign-up led to status %d%s", status, b.Whereabouts())
	}
}

// signIn fills in the sign-in form that the tab shows.
func (b *tab) signIn(p person) {
	b.T.Helper()
	b.fill("identifier", p.Email)
	b.fill("password", p.Password)
	if status := b.submit(); status != 200 {
		b.T.Fatalf("sign-in led to status %d%s", status, b.Whereabouts())
	}
}

// submit presses the button of the form in the page.
func (b *tab) submit() int64 {
	b.T.Helper()
	return b.Arrive(chromedp.Click(chromedp.CSS(`main form button[type="submit"]`)))
}

var (
	signOutButton = chromedp.CSS(`.usher-menu form button`)
	openMenu      = chromedp.Steps(chromedp.Click(chromedp.CSS(`.usher-menu summary`)), chromedp.WaitVisible(signOutButton))
)

// signOut opens the menu and presses its button.
func (b *tab) signOut() {
	b.T.Helper()
	b.Do(openMenu)
	b.Arrive(chromedp.Click(signOutButton))
}

// wantGreeting fails unless /welcome, freshly loaded, greets p.
func (b *tab) wantGreeting(p person) {
	b.T.Helper()
	b.Open("/welcome")
	if got, want := b.Text("h1"), "Welcome, "+p.First+"!"; got != want {
		b.T.Fatalf("/welcome says %q, want %q%s", got, want, b.Whereabouts())
	}
}

// claims are what a session token says.
type claims struct {
	Subject   string `json:"sub"`
	Session   string `json:"sid"`
	IssuedAt  int64  `json:"iat"`
	ExpiresAt int64  `json:"exp"`
	JTI       string `json:"jti"`
	Party     string `json:"azp"`
}

func readClaims(token string) (c claims, err error) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return c, fmt.Errorf("a token has 3 parts, this one %d", len(parts))
	}
	text, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return c, err
	}
	return c, json.Unmarshal(text, &c)
}

// sessionClaims are those of the session cookie.
func (b *tab) sessionClaims() claims {
	b.T.Helper()
	cookie := b.Cookies()["__session"]
	if cookie == nil {
		b.T.Fatalf("there is no session cookie%s", b.Whereabouts())
	}
	c, err := readClaims(cookie.Value)
	if err != nil {
		b.T.Fatal(err)
	}
	return c
}

// token calls getToken of the page's useAuth, "" for null.
func (b *tab) token(options string) string {
	b.T.Helper()
	return drive.Evaluate[string](b.Tab, fmt.Sprintf(`import("authctx").then(({ useAuth }) => useAuth().getToken(%s)).then((token) => token ?? "")`, options))
}

// clickAction clicks the page's button for an action of useAuth.
func clickAction(name string) chromedp.Action[chromedp.Void] {
	return chromedp.Click(chromedp.CSS(fmt.Sprintf(`button[data-auth-action=%q]`, name)))
}
