package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/usherauth/usher/e2e/internal/drive"
)

// focusedElement describes the element that has the focus, and whether a person can see that it
// has: it is on the screen, and looks different from when it has not.
const focusedElement = `(() => {
	const e = document.activeElement
	if (!e || e === document.body) return JSON.stringify({ none: true })
	const look = () => {
		const s = getComputedStyle(e)
		return [s.outlineStyle === "none" || s.outlineWidth === "0px" ? "" : s.outline, s.boxShadow, s.borderColor, s.backgroundColor].join("|")
	}
	const box = e.getBoundingClientRect()
	const shown = box.width > 0 && box.height > 0 && box.bottom > 0 && box.right > 0 && box.top < innerHeight && box.left < innerWidth
	const focused = look()
	const name = (e.labels?.[0]?.innerText ?? e.innerText ?? "").trim() || e.getAttribute("aria-label") || ""
	e.blur()
	const blurred = look()
	e.focus({ preventScroll: true, focusVisible: true })
	return JSON.stringify({ name, tag: e.tagName.toLowerCase(), field: e.name ?? "", shown, visible: focused !== blurred })
})()`

type focus struct {
	None           bool
	Name, Tag      string
	Field          string
	Shown, Visible bool
}

func (b *tab) focus() focus {
	b.T.Helper()
	return drive.Decoded[focus](b.Tab, drive.Evaluate[string](b.Tab, focusedElement))
}

// tabTo presses Tab until the wanted element has the focus, which must be visible on
// every stop of the way.
func (b *tab) tabTo(what string, wanted func(focus) bool) {
	b.T.Helper()
	var way []string
	for range 60 {
		b.Do(chromedp.KeyEvent(kb.Tab))
		f := b.focus()
		if f.None {
			continue // the browser's own controls come after the page's
		}
		way = append(way, fmt.Sprintf("%s %q", f.Tag, drive.Tail(f.Name, 40)))
		if !f.Shown || !f.Visible {
			b.T.Errorf("%s: the focus cannot be seen on %+v", b.Path(), f)
		}
		if wanted(f) {
			return
		}
	}
	b.T.Fatalf("%s: Tab never reached %s:\n%s", b.Path(), what, strings.Join(way, "\n"))
}

func (b *tab) tabToName(name string) {
	b.T.Helper()
	b.tabTo(name, func(f focus) bool { return f.Name == name && f.Tag != "input" })
}

func (b *tab) enter() { b.T.Helper(); b.Arrive(chromedp.KeyEvent(kb.Enter)) }

// typeInto reaches a field by Tab and types.
func (b *tab) typeInto(field, value string) {
	b.T.Helper()
	b.tabTo(field, func(f focus) bool { return f.Field == field })
	b.Do(chromedp.KeyEvent(value))
}

func TestTheKeyboardIsEnough(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	b := s.newPerson(t)
	b.Tolerate("Failed to load resource: the server responded with a status of 422")
	drive.Command(b.Tab, page.BringToFront, struct{}{})
	b.Open("/")
	b.tabToName("Skip to content")
	b.tabToName("Sign up")
	b.enter()
	b.typeInto("first_name", ada.First)
	b.typeInto("last_name", ada.Last)
	b.typeInto("email_address", "not an address@example.com")
	b.typeInto("password", "12345678")
	b.tabToName("Sign up")
	b.Do(chromedp.KeyEvent(kb.Enter)) // the browser or the server refuses the address
	b.Open("/sign-up")
	b.typeInto("email_address", ada.Email)
	b.typeInto("password", "password1") // refused by the server: it is a common one
	b.enter()
	if !strings.Contains(b.Text("#sign-up-errors"), "password") {
		t.Errorf("the mistake is not said:%s", b.Whereabouts())
	}
	drive.Eventually(t, 5*time.Second, "the focus is on the summary of mistakes", func() bool {
		return drive.Evaluate[string](b.Tab, `document.activeElement.id`) == "sign-up-errors"
	})
	b.typeInto("first_name", ada.First)
	b.tabTo("email_address", func(f focus) bool { return f.Field == "email_address" })
	if got := drive.Evaluate[string](b.Tab, `document.activeElement.value`); got != ada.Email {
		t.Errorf("the form has kept %q, want the typed address", got)
	}
	b.typeInto("password", ada.Password)
	b.tabToName("Sign up")
	b.enter()
	if got, want := b.Text("h1"), "Welcome, Ada!"; got != want {
		t.Fatalf("greeted with %q, want %q", got, want)
	}
	b.tabTo("the menu", func(f focus) bool { return f.Tag == "summary" })
	b.Do(chromedp.KeyEvent(kb.Enter))
	b.tabToName("Sign out")
	b.enter()
	b.Open("/welcome")
	if got := b.Text("h1"); got != "Sign in to view this page" {
		t.Errorf("after sign-out /welcome says %q", got)
	}
}
