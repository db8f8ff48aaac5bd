package views_test

import (
	"strings"
	"testing"

	"github.com/a-h/templ"
	"golang.org/x/net/html"

	"github.com/usherauth/usher/views"
	"github.com/usherauth/usher/wire"
)

// Text from people never reaches the sentence around it, whatever characters it has: it stands
// in <bdi>, and nothing in it ends that, which a lone U+2069 does in browsers.
func TestC7_NamesStandApart(t *testing.T) {
	t.Parallel()
	const evil = "evil\u2069\u202e"
	u := ada()
	u.FirstName, u.LastName = evil, evil
	for i := range u.EmailAddresses {
		u.EmailAddresses[i].EmailAddress = evil
	}
	o := acme()
	turn := func(org *wire.Organization) {
		if org != nil {
			org.Name = evil
		}
	}
	for i := range o.Memberships {
		turn(o.Memberships[i].Organization)
	}
	turn(o.Active.Organization)
	for i := range o.Members {
		if p := o.Members[i].PublicUserData; p != nil {
			p.FirstName, p.LastName, p.Identifier = evil, "", evil+"@example.test"
		}
	}
	for i := range o.Sent {
		o.Sent[i].EmailAddress = evil
	}
	for i := range o.Received {
		if p := o.Received[i].PublicOrganizationData; p != nil {
			p.Name = evil
		}
	}
	link := views.TicketForm{Ticket: "t", EmailAddress: evil, Organization: evil, Inviter: evil, ContinueURL: "/"}
	of := func(change func(*views.TicketForm)) templ.Component {
		f := link
		change(&f)
		return views.Ticket(f)
	}
	for name, c := range map[string]templ.Component{
		"menu":            views.UserMenu(u.Public()),
		"profile":         views.UserProfile(views.Profile{User: u}),
		"organizations":   views.UserOrganizations(o),
		"code":            views.EnterCode(views.AttemptForm{EmailAddress: evil}),
		"invited":         views.SignUp(views.SignUpForm{Ticket: "t", EmailAddress: evil, Organization: evil, Inviter: evil}),
		"link, sign in":   of(func(*views.TicketForm) {}),
		"link, claim":     of(func(f *views.TicketForm) { f.Unverified = true }),
		"link, mine":      of(func(f *views.TicketForm) { f.Person, f.Mine = evil, true }),
		"link, another's": of(func(f *views.TicketForm) { f.Person = evil }),
		"link, app":       of(func(f *views.TicketForm) { f.Person, f.Mine, f.Organization = evil, true, "" }),
		"link, dead":      of(func(f *views.TicketForm) { f.Ticket, f.Person = "", evil }),
	} {
		seen := 0
		for n := range parse(t, render(t, signedIn(t), c)).Descendants() {
			for _, a := range n.Attr {
				if a.Key == "aria-label" && strings.Contains(a.Val, "evil") && !strings.Contains(a.Val, "\u2068evil\u202e\u2069") {
					t.Errorf("%s: %s=%+q", name, a.Key, a.Val)
				}
			}
			if n.Type != html.TextNode || !strings.Contains(n.Data, "evil") {
				continue
			}
			seen++
			apart := n.Parent
			if apart.Data == "strong" {
				apart = apart.Parent
			}
			if apart.Data != "bdi" || strings.Contains(n.Data, "\u2069") {
				t.Errorf("%s: %+q in <%s>", name, n.Data, n.Parent.Data)
			}
		}
		if seen == 0 {
			t.Errorf("%s: no name is shown", name)
		}
	}
}
