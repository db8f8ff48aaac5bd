package e2e

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"github.com/usherauth/usher/e2e/internal/drive"
)

// press submits the organizations page's form for an action.
func (b *tab) press(action string) {
	b.T.Helper()
	button := chromedp.CSS(fmt.Sprintf(`main form:has(input[name="action"][value=%q]) button`, action))
	if status := b.Arrive(chromedp.Click(button)); status != http.StatusOK {
		b.T.Fatalf("%s led to status %d%s", action, status, b.Whereabouts())
	}
}

// makeOrganization makes an organization with somebody invited to it.
func (b *tab) makeOrganization() {
	b.T.Helper()
	b.Open("/organizations")
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
				drive.Command(b.Tab, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
			}
			b.Tolerate("Failed to load resource: the server responded with a status of 403")
			b.signUp(ada)
			if status := b.Open("/admin"); status != http.StatusForbidden {
				t.Errorf("/admin answers %d to somebody without an organization", status)
			}
			b.makeOrganization()
			b.WantText("main", "charles@example.com")
			b.WantText("main", "1 member")
			if status := b.Open("/admin"); status != http.StatusOK {
				t.Errorf("/admin answers %d to the organization's maker", status)
			}
			b.Open("/organization")
			b.WantText("main", "org:admin")
			b.Open("/organizations")
			b.press("switch")
			b.Open("/organization")
			b.WantText("main", "no active organization")
			if status := b.Open("/admin"); status != http.StatusForbidden {
				t.Errorf("/admin answers %d after switching to the personal account", status)
			}
		})
	}
}

func TestOrganizationPagesAreAccessible(t *testing.T) {
	t.Parallel()
	engine := axe(t)
	b := startServer(t).newPerson(t)
	drive.Command(b.Tab, page.SetBypassCSP, page.SetBypassCSPParams{Enabled: true}) // the engine is not one of the page's scripts
	b.signUp(ada)
	b.makeOrganization()
	for _, scheme := range []string{"light", "dark"} {
		b.scheme(scheme)
		for _, path := range []string{"/organizations", "/organization", "/admin"} {
			b.Open(path)
			b.inspect(engine, fmt.Sprintf("%s in an organization, %s", path, scheme))
		}
	}
}
