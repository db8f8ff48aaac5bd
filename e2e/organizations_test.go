package e2e

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// press submits the organizations page's form for an action.
func (b *tab) press(action string) {
	b.t.Helper()
	button := chromedp.CSS(fmt.Sprintf(`main form:has(input[name="action"][value=%q]) button`, action))
	if status := b.arrive(chromedp.Click(button)); status != http.StatusOK {
		b.t.Fatalf("%s led to status %d%s", action, status, b.whereabouts())
	}
}

// makeOrganization makes an organization with somebody invited to it.
func (b *tab) makeOrganization() {
	b.t.Helper()
	b.open("/organizations")
	b.fill("name", "Analytical Engines")
	b.press("create")
	b.fill("email_address", "charles@example.com")
	b.press("invite")
}

func TestAnOrganizationIsMadeAndLeftForThePersonalAccount(t *testing.T) {
	t.Parallel()
	for name, scripts := range map[string]bool{"with scripts": true, "without scripts": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := startServer(t).newPerson(t)
			if !scripts {
				command(b, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
			}
			b.tolerate("Failed to load resource: the server responded with a status of 403")
			b.signUp(ada)
			if status := b.open("/admin"); status != http.StatusForbidden {
				t.Errorf("/admin answers %d to somebody without an organization", status)
			}
			b.makeOrganization()
			b.wantText("main", "charles@example.com")
			b.wantText("main", "1 member")
			if status := b.open("/admin"); status != http.StatusOK {
				t.Errorf("/admin answers %d to the organization's maker", status)
			}
			b.open("/organization")
			b.wantText("main", "org:admin")
			b.open("/organizations")
			b.press("switch")
			b.open("/organization")
			b.wantText("main", "no active organization")
			if status := b.open("/admin"); status != http.StatusForbidden {
				t.Errorf("/admin answers %d after switching to the personal account", status)
			}
		})
	}
}

func TestOrganizationPagesAreAccessible(t *testing.T) {
	t.Parallel()
	engine := axe(t)
	b := startServer(t).newPerson(t)
	command(b, page.SetBypassCSP, page.SetBypassCSPParams{Enabled: true}) // the engine is not one of the page's scripts
	b.signUp(ada)
	b.makeOrganization()
	for _, scheme := range []string{"light", "dark"} {
		b.scheme(scheme)
		for _, path := range []string{"/organizations", "/organization", "/admin"} {
			b.open(path)
			b.inspect(engine, fmt.Sprintf("%s in an organization, %s", path, scheme))
		}
	}
}
