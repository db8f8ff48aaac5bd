package e2e

import (
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"github.com/usherauth/usher/e2e/internal/drive"
)

// The one test that really waits: a token lives for 60 s and is accepted for 5 s more.
func TestSessionsOutliveTheirTokens(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("waits for a token to expire")
	}
	const life, wait = 60, 72 * time.Second
	s := startServer(t)
	away := s.newPerson(t) // leaves, and no script keeps the session fresh
	away.signUp(ada)
	away.Do(chromedp.Navigate("about:blank"))
	plain := s.newPerson(t) // has no scripts, and stays on a page
	drive.Command(plain.Tab, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
	plain.signUp(grace)
	stays := s.newPerson(t) // stays on a page that has scripts
	stays.signUp(mary)
	stays.Open("/client/auth")
	before := map[*tab]claims{away: away.sessionClaims(), plain: plain.sessionClaims(), stays: stays.sessionClaims()}

	time.Sleep(wait)
	for b, was := range before {
		expired := was.ExpiresAt < time.Now().Unix()-5
		if was.ExpiresAt-was.IssuedAt != life || !expired {
			t.Errorf("the token lived from %d to %d, want %d s and to have expired", was.IssuedAt, was.ExpiresAt, life)
		}
		if now := b.sessionClaims(); (now.JTI != was.JTI) != (b == stays) {
			t.Errorf("the cookie was renewed while nobody asked: %v, want %v", now.JTI != was.JTI, b == stays)
		}
	}
	stays.wantFreshToken(before[stays])

	// One has its refresh token, with which the server renews the session by itself; the
	// other has lost it, and goes through the handshake.
	plain.DropCookies("__refresh_")
	for b, who := range map[*tab]person{away: ada, plain: grace} {
		asked := strings.Count(s.Log.String(), "/v1/client/handshake")
		b.wantGreeting(who)
		if got := strings.Count(s.Log.String(), "/v1/client/handshake") - asked; (got == 1) != (b == plain) {
			t.Errorf("%d handshakes renewed the session of %s", got, who.First)
		}
	}
	for _, b := range []*tab{away, plain} {
		now, was := b.sessionClaims(), before[b]
		if now.Session != was.Session || now.IssuedAt <= was.ExpiresAt {
			t.Errorf("came back with %+v, was %+v", now, was)
		}
	}
}

// wantFreshToken fails unless the page has renewed its token by itself.
func (b *tab) wantFreshToken(was claims) {
	b.T.Helper()
	now, err := readClaims(b.token(""))
	if err != nil || now.Session != was.Session || now.ExpiresAt <= time.Now().Unix() {
		b.T.Errorf("getToken gave %+v (%v), was %+v", now, err, was)
	}
	b.wantState("auth", "signed-in", was.Subject)
}
