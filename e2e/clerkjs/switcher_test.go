package clerkjs

import (
	"fmt"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/usherauth/usher/e2e/internal/drive"
)

// TestOrganizationComponents: OrganizationSwitcher, and what it opens.
func TestOrganizationComponents(t *testing.T) {
	t.Parallel()
	w := newWalk(t)
	p := w.person()
	w.step("somebody signs up", func(t *testing.T) {
		p.load()
		p.signUp(ada)
	})
	w.step("OrganizationSwitcher makes an organization, which is then active", func(t *testing.T) {
		p.mount("OrganizationSwitcher", `{}`)
		p.wantSaid("organizationSwitcherTrigger", "Personal account")
		p.press("organizationSwitcherTrigger")
		p.press("organizationSwitcherPopoverActionButton__createOrganization")
		p.fill("name", "Analytical Engines")
		p.press("formButtonPrimary")
		p.wantSaid("organizationSwitcherTrigger", "Analytical Engines")
		p.wantActive(t, "analytical-engines")
	})
	w.step("and invites to it, with the role of members unless another is chosen", func(t *testing.T) {
		p.Do(chromedp.WaitVisible(chromedp.CSS(".cl-tagInputContainer input")), chromedp.SendKeys(chromedp.CSS(".cl-tagInputContainer input"), grace.Email+"\t"))
		p.wantSaid("selectButton__role", "Member")
		p.press("formButtonPrimary")
		p.wantSaid("card", "Invitations successfully sent")
		p.press("modalCloseButton")
	})
	w.step("it leads back to one's own account, and again to the organization", func(t *testing.T) {
		p.press("organizationSwitcherTrigger")
		p.press("organizationSwitcherPreviewButton__personal")
		p.wantSaid("organizationSwitcherTrigger", "Personal account")
		p.wantActive(t, "")
		p.press("organizationSwitcherTrigger")
		p.press("organizationSwitcherPreviewButton")
		p.wantSaid("organizationSwitcherTrigger", "Analytical Engines")
		p.wantActive(t, "analytical-engines")
	})
	w.step("OrganizationProfile lists members and invitations, and changes the name", func(t *testing.T) { organizationProfile(t, p) })
}

// wantActive waits until the session token names an organization, "" for none.
func (p *page) wantActive(t *testing.T, slug string) {
	t.Helper()
	drive.Eventually(t, follows, fmt.Sprintf("the token names the organization %q", slug), func() bool {
		o := p.orgToken(t).O
		return o == nil && slug == "" || o != nil && o.Slug == slug
	})
}

func organizationProfile(t *testing.T, p *page) {
	p.press("organizationSwitcherTrigger")
	p.press("organizationSwitcherPopoverActionButton__manageOrganization")
	p.press("navbarButton__members")
	p.wantSaid("tableBody", ada.Email)
	p.wantSaid("tableBody", "You")
	p.pressSaying("Invitations")
	p.wantSaid("tableBody", grace.Email)
	p.press("navbarButton__general")
	p.press("profileSectionPrimaryButton__organizationProfile")
	p.fill("name", " and Sons")
	p.press("formButtonPrimary")
	p.wantSaid("organizationSwitcherTrigger", "Analytical Engines and Sons")
}
