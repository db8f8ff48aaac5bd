package e2e

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/page"

	"github.com/usherauth/usher/e2e/internal/drive"
)

// follows is how long another tab may show what is no longer true.
const follows = 15 * time.Second

func (b *tab) wantState(what, when, contains string) {
	b.T.Helper()
	selector := fmt.Sprintf(`[data-%s-when=%q]:not([hidden])`, what, when)
	drive.Eventually(b.T, follows, fmt.Sprintf("%s shows %q with %q", b.Path(), when, contains), func() bool {
		return strings.Contains(b.Text(selector), contains)
	})
}

func TestTabsFollowEachOther(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	first := s.newPerson(t)
	first.signUp(ada)
	first.Open("/client/auth")
	second := first.anotherTab()
	third := first.anotherTab()
	second.Open("/client/auth")
	third.Open("/client/user")
	id := first.sessionClaims().Subject
	second.wantState("auth", "signed-in", id)

	first.signOut()
	second.wantState("auth", "signed-out", "Nobody")
	third.wantState("user", "signed-out", "Sign in")
	if token := second.token(""); token != "" {
		t.Error("getToken still has a token in a tab whose person signed out in another")
	}

	first.Open("/sign-in")
	first.signIn(ada)
	second.wantState("auth", "signed-in", id)
	third.wantState("user", "signed-in", "Hello, Ada!")
	if token := second.token(""); token == "" {
		t.Error("getToken has no token after sign-in in another tab")
	}

	// Sign-out by script, with somebody else signing in after it.
	drive.Command(second.Tab, page.BringToFront, struct{}{})
	second.Arrive(clickAction("signOut"))
	third.wantState("user", "signed-out", "Sign in")
	first.Open("/sign-up")
	first.signUp(grace)
	third.wantState("user", "signed-in", "Hello, Grace!")
}

func TestTwoPeopleAtOnceNeverSeeEachOther(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	people := map[person]*tab{ada: s.newPerson(t), grace: s.newPerson(t)}
	for p, b := range people {
		b.signUp(p)
	}
	var wg sync.WaitGroup
	for p, b := range people {
		other := ada
		if p == ada {
			other = grace
		}
		wg.Go(func() {
			for n := range rounds(20, 5) {
				path := []string{"/welcome", "/example", "/client/user", "/user"}[n%4]
				b.reloadAs(path, p, other)
			}
		})
	}
	wg.Wait()
}

// reloadAs loads a page and fails unless it is p's. It may run beside the test.
func (b *tab) reloadAs(path string, p, other person) {
	if n := b.Visit(path); n != 200 {
		b.T.Errorf("%s answers %d to %s", path, n, p.First)
		return
	}
	html, err := b.HTML()
	if err != nil {
		b.T.Error(err)
		return
	}
	if !strings.Contains(html, p.First) {
		b.T.Errorf("%s does not know %s", path, p.First)
	}
	if strings.Contains(html, other.First) || strings.Contains(html, other.Email) {
		b.T.Errorf("%s shows %s to %s", path, other.First, p.First)
	}
}

func TestGetTokenRenews(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	b := s.newPerson(t)
	b.signUp(ada)
	b.Open("/client/auth")
	first, err := readClaims(b.token(""))
	if err != nil {
		t.Fatal(err)
	}
	if again, _ := readClaims(b.token("")); again.JTI != first.JTI {
		t.Error("a token that has time left was not used again")
	}
	time.Sleep(1100 * time.Millisecond)
	renewed, err := readClaims(b.token(`{ skipCache: true }`))
	if err != nil || renewed.JTI == first.JTI || renewed.IssuedAt <= first.IssuedAt || renewed.Session != first.Session {
		t.Errorf("renewed to %+v (%v), was %+v", renewed, err, first)
	}
	if got := b.sessionClaims(); got.JTI != renewed.JTI {
		t.Error("the session cookie does not carry the renewed token")
	}
	b.Do(clickAction("getToken"))
	b.WantText("[data-auth-output]", renewed.Session)
}

// In a browser that refuses cookies to scripts, the store still has its token.
func TestGetTokenWithoutTheCookieAsksForOne(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	b := s.newPerson(t)
	b.signUp(ada)
	before := b.sessionClaims()
	b.Open("/client/auth")
	b.DropSession()
	time.Sleep(time.Second) // those who ask in one second get one token
	got, err := readClaims(b.token(""))
	if err != nil || got.Session != before.Session || got.JTI == before.JTI {
		t.Errorf("got %+v (%v), want a new token of session %s", got, err, before.Session)
	}
}
