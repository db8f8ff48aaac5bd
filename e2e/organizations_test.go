package e2e

import (
	"fmt"
	"net/http"
	"regexp"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

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

// onlyOrganization is the id of the only organization there is.
func (s *server) onlyOrganization() string {
	s.T.Helper()
	list := s.backendCall(http.MethodGet, "/v1/organizations", s.Keys()["CLERK_SECRET_KEY"], "")
	return regexp.MustCompile(`org_[A-Z2-7]{26}`).FindString(list.Body)
}

// addMember puts somebody into the only organization there is, by the Backend API.
func (s *server) addMember(v *visitor) {
	s.T.Helper()
	secret := s.Keys()["CLERK_SECRET_KEY"]
	id := s.onlyOrganization()
	user := regexp.MustCompile(`user_[A-Z2-7]{26}`).FindString(v.get("/api/auth").Body)
	a := s.backendCall(http.MethodPost, "/v1/organizations/"+id+"/memberships", secret, `{"user_id":"`+user+`","role":"org:member"}`)
	if a.Status != http.StatusOK {
		s.T.Fatalf("add a member: %d %s", a.Status, a.Body)
	}
}

func TestMembersAreManagedByKeyboardWithoutScripts(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	b, other := s.newPerson(t), s.visitor()
	drive.Command(b.Tab, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
	drive.Command(b.Tab, page.BringToFront, struct{}{})
	b.signUp(ada)
	b.makeOrganization()
	other.signUp(grace)
	s.addMember(other)
	b.Open("/organizations")
	b.tabTo("the role", func(f focus) bool { return f.Tag == "select" })
	b.Do(chromedp.KeyEvent("Admin")) // chooses by its first letters
	b.tabToName("Change role")
	b.enter()
	b.WantText("main", "Saved. The new role is in effect within a minute.")
	b.WantText("#organization-members + ul", "Grace")
	b.WantText("#organization-members + ul li:has(.usher-manage) .usher-hint", "Admin")
	b.tabToName("Remove…")
	b.Do(chromedp.KeyEvent(kb.Enter))
	b.tabToName("Remove")
	b.enter()
	b.WantText("main", "That person is no longer a member.")
	b.WantText("main", "1 member")
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
	s := startServer(t)
	b := s.newPerson(t)
	drive.Command(b.Tab, page.SetBypassCSP, page.SetBypassCSPParams{Enabled: true}) // the engine is not one of the page's scripts
	b.signUp(ada)
	b.makeOrganization()
	other := s.visitor()
	other.signUp(grace)
	s.addMember(other)
	for _, scheme := range []string{"light", "dark"} {
		b.scheme(scheme)
		for _, path := range []string{"/organizations", "/organization", "/admin"} {
			b.Open(path)
			b.inspect(engine, fmt.Sprintf("%s in an organization, %s", path, scheme))
		}
	}
}
