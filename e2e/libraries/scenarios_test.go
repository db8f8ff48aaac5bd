package libraries

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/usherauth/usher/e2e/internal/drive"
)

// patience is how long a page may take on a busy machine.
const patience = 20 * time.Second

// scenario is something that people do. It begins with a fresh tab and leaves no session
// that another one needs.
type scenario struct {
	name string
	only func(*library) bool // nil is all
	do   func(*testing.T, *person)
}

var scenarios = []scenario{
	{"sign-up leads to the page that was asked for", nil, signUp},
	{"a wrong password is shown, the right one leads on", nil, signIn},
	{"a part opens for somebody who is signed in", nil, loadPart},
	{"a part asks a stranger to sign in, and leads back to the page", nil, loadPartSignedOut("part")},
	{"a part for everything asks a stranger to sign in", nil, loadPartSignedOut("any-part")},
	{"an API says 401 and leaves the page alone", parts, loadAPISignedOut},
	{"a form after the token expired arrives", nil, lateForm},
	{"sign-out takes what was shown with it", nil, signOutAndBack},
	{"back after the session ended shows nobody", nil, backWithoutSession},
	{"a service worker in between changes nothing", nil, behindServiceWorker},
}

// parts are the libraries that load parts at all.
func parts(l *library) bool { return l.name != "none" }

func TestLibraries(t *testing.T) {
	t.Parallel()
	for _, l := range libraries {
		t.Run(l.name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, &l)
			for _, sc := range scenarios {
				if sc.only == nil || sc.only(&l) {
					t.Run(sc.name, func(t *testing.T) { sc.do(t, s.newPerson(t)) })
				}
			}
		})
	}
}

// look evaluates an expression, also while pages come and go; "" is what none of them says.
func (p *person) look(expression string) string {
	ctx, cancel := context.WithTimeout(p.Ctx, patience)
	defer cancel()
	text, err := chromedp.Run(ctx, chromedp.Evaluate[string](`String(`+expression+` ?? "")`))
	if err != nil {
		return ""
	}
	return text
}

func (p *person) body() string { return p.look(`document.body?.innerText`) }

func (p *person) path() string { return p.look(`location.pathname + location.search`) }

// until waits for something that a person can see.
func (p *person) until(what string, check func() bool) {
	p.T.Helper()
	for deadline := time.Now().Add(patience); !check(); time.Sleep(40 * time.Millisecond) {
		if time.Now().After(deadline) {
			p.T.Fatalf("still not: %s%s", what, p.Whereabouts())
		}
	}
}

// quiet waits until the page has had nothing to do for a while, to see what does not come.
func (p *person) quiet() {
	p.T.Helper()
	last, since := "", time.Now()
	p.until("the page is at rest", func() bool {
		if now := p.look(`location.href + document.readyState + document.documentElement.outerHTML.length`); now != last {
			last, since = now, time.Now()
		}
		return time.Since(since) > 400*time.Millisecond
	})
}

// fill sets a field as typing would.
func (p *person) fill(name, value string) {
	p.T.Helper()
	field := fmt.Sprintf(`document.querySelector('main input[name=%q]')`, name)
	p.until("the field "+name, func() bool { return p.look(field+`?.name`) == name })
	drive.Evaluate[bool](p.Tab, fmt.Sprintf(`(() => { const f = %s; f.focus(); f.value = %q; f.dispatchEvent(new Event("input", { bubbles: true })); return true })()`, field, value))
}

// click presses the first element of a selector.
func (p *person) click(selector string) {
	p.T.Helper()
	p.until("there is "+selector, func() bool { return p.look(fmt.Sprintf(`document.querySelector(%q)?.tagName`, selector)) != "" })
	drive.Evaluate[bool](p.Tab, fmt.Sprintf(`(() => { const e = document.querySelector(%q); setTimeout(() => e.click()); return true })()`, selector))
}

// open shows a page and waits until its scripts have run.
func (p *person) open(path string) {
	p.T.Helper()
	p.Visit(path)
	p.until("the page is complete", func() bool { return p.look(`document.readyState`) == "complete" })
}

// at waits for a page by its address and what it says.
func (p *person) at(path, says string) {
	p.T.Helper()
	p.until(fmt.Sprintf("%s says %q", path, says), func() bool { return p.path() == path && strings.Contains(p.body(), says) })
}

// atSignIn waits until the person sees the sign-in form, clicking a link to it where the
// library shows one in the place of the part.
func (p *person) atSignIn() {
	p.T.Helper()
	p.until("the sign-in form, or a link to it", func() bool {
		if p.look(`[...document.querySelectorAll("#part a[href], main > a[href]")].find((a) => a.pathname === "/sign-in")?.click()`); p.look(`document.querySelector("#main input[name=identifier]")?.type`) == "" {
			return false
		}
		return strings.HasPrefix(p.path(), "/sign-in")
	})
}

func (p *person) enterPassword(word string) {
	p.T.Helper()
	p.fill("identifier", email)
	p.fill("password", word)
	p.click(`main form.usher-form button[type=submit]`)
}

func signUp(t *testing.T, p *person) {
	p.open(private)
	p.atSignIn()
	p.click(`main a[href^="/sign-up"]`)
	p.fill("first_name", "Grace")
	p.fill("last_name", "Hopper")
	p.fill("email_address", "grace."+p.s.name+"@example.com")
	p.fill("password", "short")
	// Browsers hold a short password back themselves; a person with an old one gets here.
	drive.Evaluate[bool](p.Tab, `document.querySelector("main form.usher-form").noValidate = true`)
	p.click(`main form.usher-form button[type=submit]`)
	p.until("what is wrong with the password", func() bool { return p.look(`document.querySelector("#main [role=alert]")?.innerText`) != "" })
	p.fill("password", password)
	p.click(`main form.usher-form button[type=submit]`)
	p.at(private, "Private of user_")
	_ = t
}

func signIn(t *testing.T, p *person) {
	p.open(private)
	p.atSignIn()
	p.enterPassword("not the password")
	p.until("what is wrong", func() bool { return p.look(`document.querySelector("#main [role=alert]")?.innerText`) != "" })
	if got := p.look(`document.querySelector("#main input[name=identifier]")?.value`); got != email {
		t.Errorf("the form has forgotten the address: %q", got)
	}
	p.enterPassword(password)
	p.at(private, "Private of user_")
}

func loadPart(t *testing.T, p *person) {
	p.enter(t)
	for _, id := range []string{"part", "api-part", "any-part"} {
		p.open(private)
		p.click("." + id + " .load")
		p.until("the part", func() bool {
			return strings.Contains(p.look(`document.querySelector("#part")?.innerText`), "Part of user_")
		})
	}
}

// loadPartSignedOut loads a part after the session ended elsewhere.
func loadPartSignedOut(id string) func(*testing.T, *person) {
	return func(t *testing.T, p *person) {
		p.enter(t)
		p.open(private)
		p.leave()
		p.click("." + id + " .load")
		if p.s.status {
			p.until("a status", func() bool { return p.look(`document.getElementById("part").dataset.status`) != "" })
			if status, kind := p.look(`document.getElementById("part").dataset.status`), p.look(`document.getElementById("part").dataset.type`); status != "401" || kind != "application/json" {
				t.Errorf("fetch gets %s with %s, want 401 with JSON", status, kind)
			}
			return
		}
		p.atSignIn()
		p.enterPassword(password)
		back := private
		if !parts(p.s.library) {
			back = "/" + strings.ReplaceAll(id, "-", "/")
		}
		p.at(back, "of user_")
	}
}

func loadAPISignedOut(t *testing.T, p *person) {
	p.enter(t)
	p.open(private)
	p.leave()
	p.click(".api-part .load")
	p.quiet()
	if p.look(`document.querySelector("#main input[name=identifier]")?.type`) != "" && p.look(`document.querySelector(".who")?.innerText`) != "" {
		t.Errorf("the sign-in form is in a part of the page%s", p.Whereabouts())
	}
}

// lateForm sends a form whose session token expired meanwhile.
func lateForm(t *testing.T, p *person) {
	p.enter(t)
	p.sendLate("typed for a long time")
}

func (p *person) sendLate(text string) {
	p.T.Helper()
	p.DropSession()
	p.open(private) // the handshake gives a refresh token
	p.at(private, "Private of user_")
	p.fill("note", text)
	p.s.late()
	p.click(".note button")
	p.until("what was typed has arrived", func() bool {
		return strings.Contains(p.look(`document.querySelector("#saved")?.innerText`), "Saved: "+text)
	})
}

func signOutAndBack(t *testing.T, p *person) {
	p.enter(t)
	p.open(private)
	p.click("a.other")
	p.at("/other", "Other of user_")
	p.click(".usher-sign-out button")
	p.until("the home page shows nobody", func() bool { return p.path() == "/" && !strings.Contains(p.body(), "user_") })
	p.backToNobody(t, 2)
}

// backToNobody goes back and looks whether the pages of the past come again.
func (p *person) backToNobody(t *testing.T, times int) {
	t.Helper()
	for range times {
		p.look(`history.back()`)
		p.quiet()
		if strings.Contains(p.body(), "user_") {
			t.Errorf("what was for somebody who is signed in is back%s", p.Whereabouts())
		}
	}
}

func backWithoutSession(t *testing.T, p *person) {
	p.enter(t)
	p.open(private)
	p.click("a.other")
	p.at("/other", "Other of user_")
	p.leave()
	p.look(`history.back()`)
	p.until("the sign-in form", func() bool { return p.look(`document.querySelector("#main input[name=identifier]")?.type`) != "" })
	p.enterPassword(password)
	p.at(private, "Private of user_")
}

func behindServiceWorker(t *testing.T, p *person) {
	p.open("/")
	if !drive.Evaluate[bool](p.Tab, `navigator.serviceWorker.register("/worker.js").then(() => navigator.serviceWorker.ready).then(() => true)`) {
		t.Fatal("no service worker")
	}
	p.until("the service worker controls pages", func() bool {
		p.open("/")
		return p.look(`navigator.serviceWorker.controller?.state`) == "activated"
	})
	p.enter(t)
	p.DropSession()
	p.open(private)
	p.at(private, "Private of user_")
	p.sendLate("typed behind a worker")
	p.leave()
	p.open(private)
	p.atSignIn()
	p.enterPassword(password)
	p.at(private, "Private of user_")
}
