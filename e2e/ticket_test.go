package e2e

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"

	"github.com/usherauth/usher/e2e/internal/drive"
)

// Links with tickets, as people follow them: a page opens, and its button lets them in.
func TestPeopleFollowLinksWithTickets(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	b := s.newPerson(t)
	b.signUp(ada)
	secret, me := s.Keys()["CLERK_SECRET_KEY"], b.sessionClaims().Subject
	for name, scripts := range map[string]bool{"with scripts": true, "without": false} {
		somebody := func() *tab {
			b := s.newPerson(t)
			if !scripts {
				drive.Command(b.Tab, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
			}
			return b
		}
		b := somebody()
		b.Open(s.link("/v1/sign_in_tokens", secret, map[string]string{"user_id": me}))
		if status := b.submit(); status != http.StatusOK {
			t.Fatalf("%s: the button led to status %d%s", name, status, b.Whereabouts())
		}
		b.wantGreeting(ada)

		b = somebody()
		b.Open(s.link("/v1/invitations", secret, map[string]string{"email_address": strings.ReplaceAll(name, " ", ".") + "@example.com"}))
		b.fill("first_name", "Grace")
		b.fill("password", ada.Password)
		if status := b.submit(); status != http.StatusOK {
			t.Fatalf("%s: the invitation led to status %d%s", name, status, b.Whereabouts())
		}
		b.wantGreeting(person{First: "Grace"})
	}
}

// TestC2_LinksSurviveASignOut: somebody else is signed in, signs out by the button, and the
// invitation is still there.
func TestC2_LinksSurviveASignOut(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	owner := s.newPerson(t)
	owner.signUp(ada)
	owner.makeOrganization()
	path := "/v1/organizations/" + s.onlyOrganization() + "/invitations"
	for name, scripts := range map[string]bool{"with.scripts": true, "without": false} {
		b := s.newPerson(t)
		b.signUp(person{"Grace", "Hopper", name + ".grace@example.com", grace.Password})
		if !scripts {
			drive.Command(b.Tab, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
		}
		email := name + "@example.com"
		b.Open(s.link(path, s.Keys()["CLERK_SECRET_KEY"], map[string]string{"email_address": email, "role": "org:member"}))
		b.WantText("main", "You are signed in as Grace Hopper, and this invitation is for "+email)
		b.press("switch")
		b.WantText("main", email+" is invited to join Analytical Engines.")
		b.fill("password", ada.Password)
		if status := b.submit(); status != http.StatusOK {
			t.Fatalf("%s: the invitation led to status %d%s", name, status, b.Whereabouts())
		}
		b.Open("/organizations")
		b.WantText("main", "Analytical Engines")
	}
}

// link has the Backend API make a link, and returns where on this server it leads.
func (s *server) link(path, secret string, params map[string]string) string {
	s.T.Helper()
	body, err := json.Marshal(params)
	if err != nil {
		s.T.Fatal(err)
	}
	a := s.backendCall(http.MethodPost, path, secret, string(body))
	var made struct{ URL string }
	if err := json.Unmarshal([]byte(a.Body), &made); err != nil || !strings.HasPrefix(made.URL, s.Origin) {
		s.T.Fatalf("%s: %d %s", path, a.Status, a.Body)
	}
	return strings.TrimPrefix(made.URL, s.Origin)
}
