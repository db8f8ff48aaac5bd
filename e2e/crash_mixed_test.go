package e2e

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"sync"
	"testing"
	"time"
)

// life is one person's, until the server is killed: what was acknowledged, and what was
// asked for last and may be there or not.
type life struct {
	person
	signedUp     bool
	maybe        string          // the password whose change was not acknowledged
	organization map[string]bool // names of theirs that were acknowledged
	half         string          // the name that was not
}

// L06: kill -9 during sign-ups, sign-ins, new passwords and organizations. Everything
// acknowledged is there, whatever was not is there as a whole or not at all.
func TestL06_KillsDuringAMixedLoad(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	var lives []*life
	for round := range rounds(50, 10) {
		s.Start()
		lives = append(lives, s.liveUntilKilled(round)...)
	}
	s.Start()
	secret := s.Keys()["CLERK_SECRET_KEY"]
	stored := s.storedOrganizations(secret)
	people, changed, organizations := 0, 0, 0
	for _, l := range lives {
		if !l.signedUp {
			continue
		}
		people++
		if s.signsIn(l.person) {
			changed++
		} else if p := l.person; l.maybe == "" {
			t.Errorf("%s cannot sign in with the password that was acknowledged", l.Email)
		} else if p.Password = l.maybe; !s.signsIn(p) {
			t.Errorf("%s can sign in with neither the password that was acknowledged nor the one that was not", l.Email)
		}
		for name := range l.organization {
			if organizations++; stored[name] != 1 {
				t.Errorf("organization %s was acknowledged; %d of its name are there, with one member", name, stored[name])
			}
		}
	}
	t.Logf("%d people and %d organizations were acknowledged", people, organizations)
	if people == 0 || organizations == 0 || changed == 0 {
		t.Error("the kills left nothing to check")
	}
	s.Terminate()
	s.Wait()
	s.wantSoundDatabase()
}

func (s *server) liveUntilKilled(round int) (lives []*life) {
	var wg sync.WaitGroup
	for n := range signersUp {
		l := &life{organization: map[string]bool{}}
		l.person = person{"Life", fmt.Sprint(round), fmt.Sprintf("life%d-%d@example.com", round, n), "a password for this one"}
		lives = append(lives, l)
		wg.Go(func() { s.live(l) })
	}
	time.Sleep(250*time.Millisecond + rand.N(800*time.Millisecond))
	s.Kill()
	wg.Wait()
	return lives
}

// live goes on until an answer does not come.
func (s *server) live(l *life) {
	v := s.visitor()
	defer v.client.CloseIdleConnections()
	if !s.acknowledged(v, "/sign-up", l.signUpForm(), http.StatusSeeOther) {
		return
	}
	l.signedUp = true
	for i := 0; ; i++ {
		l.half = fmt.Sprintf("%s no. %d", l.Email, i)
		if !s.acknowledged(v, "/__clerk/v1/organizations", url.Values{"name": {l.half}}, http.StatusOK) {
			return
		}
		l.organization[l.half] = true
		l.maybe = fmt.Sprintf("another password, number %d", i)
		change := url.Values{"action": {"password"}, "current_password": {l.Password}, "new_password": {l.maybe}}
		if !s.acknowledged(v, "/user", change, http.StatusSeeOther) {
			return
		}
		l.Password, l.maybe = l.maybe, ""
		v.client.CloseIdleConnections()
		v = s.visitor()
		if !s.acknowledged(v, "/sign-in", l.signInForm(), http.StatusSeeOther) {
			return
		}
	}
}

// acknowledged sends a form. An answer that is not the wanted one fails the test; none at
// all is what a kill leaves.
func (s *server) acknowledged(v *visitor, path string, form url.Values, status int) bool {
	a, err := v.try(http.MethodPost, path, form)
	if err == nil && a.Status != status {
		s.T.Errorf("POST %s: %v, want %d", path, a, status)
	}
	return err == nil && a.Status == status
}

func (s *server) signsIn(p person) bool {
	v := s.visitor()
	defer v.client.CloseIdleConnections()
	a, err := v.try(http.MethodPost, "/sign-in", p.signInForm())
	return err == nil && a.Status == http.StatusSeeOther
}

// storedOrganizations counts the organizations of each name that have one member.
func (s *server) storedOrganizations(secret string) map[string]int {
	s.T.Helper()
	found := make(map[string]int)
	for offset := 0; ; offset += 100 {
		a := s.backendCall(http.MethodGet, fmt.Sprintf("/v1/organizations?include_members_count=true&limit=100&offset=%d", offset), secret, "")
		var page struct {
			Data []struct {
				Name    string `json:"name"`
				Members int    `json:"members_count"`
			} `json:"data"`
		}
		if err := json.Unmarshal([]byte(a.Body), &page); err != nil || a.Status != http.StatusOK {
			s.T.Fatalf("list organizations: %v (%v)", a, err)
		}
		for _, o := range page.Data {
			if o.Members != 1 {
				s.T.Errorf("half-made organization %+v", o)
			}
			found[o.Name]++
		}
		if len(page.Data) < 100 {
			return found
		}
	}
}
