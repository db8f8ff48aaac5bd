package clerkjs

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/usherauth/usher/e2e/internal/drive"
)

// follows is how long another tab may show what is no longer true.
const follows = 10 * time.Second

func TestSession(t *testing.T) {
	t.Parallel()
	w := newWalk(t)
	p := w.person()
	var id string
	w.step("somebody signs up", func(t *testing.T) {
		p.load()
		p.signUp(ada)
		id = ask[string](p, `return Clerk.session.id`)
	})
	w.step("getToken uses what it has, and asks when it is told to", func(t *testing.T) { tokens(t, p, id) })
	w.step("a template that does not exist is refused", func(t *testing.T) {
		p.refused(`await Clerk.session.getToken({ template: "none" })`, 404, "resource_not_found", "")
		p.wantUser(ada)
	})
	w.step("touch", func(t *testing.T) {
		before := ask[int64](p, `return Clerk.session.lastActiveAt.getTime()`)
		p.run(`await Clerk.session.touch()`)
		if after := ask[int64](p, `return Clerk.session.lastActiveAt.getTime()`); after <= before {
			t.Errorf("last active at %d after a touch, was %d", after, before)
		}
	})
	w.step("setActive without a session signs nobody out, and with it nobody signs in again", func(t *testing.T) {
		p.run(`await Clerk.setActive({ session: null })`)
		if signedIn := ask[bool](p, `return !!Clerk.session`); signedIn {
			t.Error("a session is active")
		}
		p.run(`await Clerk.setActive({ session: ` + js(id) + ` })`)
		p.wantUser(ada)
	})
	w.step("a page that lost its cookies for scripts gets them back", func(t *testing.T) {
		p.DropSession()
		p.load()
		p.wantUser(ada)
		if p.Cookies()["__session"] == nil {
			t.Error("there is no session cookie")
		}
	})

	w.step("a machine that has slept renews its token by itself", func(t *testing.T) { wakeUp(t, p, id) })

	var q *page
	w.step("a second tab knows who is signed in, and shares tokens", func(t *testing.T) {
		q = p.beside()
		q.load()
		q.wantUser(ada)
		shareToken(t, p, q)
	})
	w.step("what one tab signs out, the other drops", func(t *testing.T) {
		mark := w.mark()
		p.run(`await Clerk.signOut(() => {})`)
		p.wantSignedOut()
		drive.Eventually(t, follows, "the other tab is signed out", func() bool { return ask[bool](q, `return !Clerk.session`) })
		q.wantSignedOut()
		wantCalls(t, w.since(mark), "DELETE /client/sessions", "GET /client")
	})
	w.step("sign-out leads to the page that the environment names", func(t *testing.T) {
		p.load()
		p.signIn(ada)
		p.Arrive(leave(`Clerk.signOut()`))
		if got := p.Path(); got != "/" {
			t.Errorf("sign-out led to %s, want /", got)
		}
	})
	w.step("a session that was revoked elsewhere ends here at the next token", func(t *testing.T) {
		p.load()
		p.signIn(ada)
		revoked(t, p)
	})
	w.step("a browser whose cookie says nothing any more is signed out", func(t *testing.T) {
		p.signIn(ada)
		p.run(`await fetch("` + frontendAPI + `/v1/client/sessions", { method: "DELETE" })`) // as if by another page
		p.endsAtTheNextToken(t)
	})
}

func tokens(t *testing.T, p *page, id string) {
	mark := p.walk.mark()
	first := readClaims(t, p.token(t, ""))
	if again := readClaims(t, p.token(t, "")); again.JTI != first.JTI || first.Session != id {
		t.Errorf("two calls give %+v and %+v, want one token of %s", first, again, id)
	}
	wantCalls(t, p.walk.since(mark))
	time.Sleep(1100 * time.Millisecond) // dates in tokens are whole seconds
	renewed := readClaims(t, p.token(t, "{ skipCache: true }"))
	if renewed.JTI == first.JTI || renewed.IssuedAt <= first.IssuedAt || renewed.Session != id {
		t.Errorf("skipCache gives %+v, had %+v", renewed, first)
	}
	wantCalls(t, p.walk.since(mark), "POST /client/sessions/"+id+"/tokens")
	if cached := readClaims(t, p.token(t, "")); cached.JTI != renewed.JTI {
		t.Errorf("the next call gives %+v, want the renewed %+v", cached, renewed)
	}
	drive.Eventually(t, follows, "both session cookies carry the renewed token", func() bool {
		var names []string
		for name, c := range p.Cookies() {
			if strings.HasPrefix(name, "__session") && readClaims(t, c.Value).JTI == renewed.JTI {
				names = append(names, name)
			}
		}
		return len(names) == 2
	})
}

// wakeUp lets the page's clock leap over the end of the token. Nobody asks for a new one.
func wakeUp(t *testing.T, p *page, id string) {
	before := readClaims(t, p.Cookies()["__session"].Value)
	mark := p.walk.mark()
	p.run(`const now = Date.now; Date.now = () => now() + 59_000`)
	drive.Eventually(t, follows, "the cookie has a new token", func() bool {
		return readClaims(t, p.Cookies()["__session"].Value).JTI != before.JTI
	})
	if calls := p.walk.since(mark); calls[0].name() != "POST /client/sessions/"+id+"/tokens" {
		t.Errorf("the client asked %v", calls)
	}
	p.load() // with the clock put right
	p.wantUser(ada)
}

// shareToken renews in one tab; the other uses the same token without asking.
func shareToken(t *testing.T, p, q *page) {
	t.Helper()
	renewed := p.token(t, "{ skipCache: true }")
	drive.Eventually(t, follows, "the other tab has heard of the token", func() bool {
		mark := p.walk.mark()
		got := q.token(t, "")
		return got == renewed && len(p.walk.since(mark)) == 0
	})
}

// revoked revokes the session through the Backend API, as an app's server would.
func revoked(t *testing.T, p *page) {
	id := ask[string](p, `return Clerk.session.id`)
	p.walk.backend(http.MethodPost, "/v1/sessions/"+id+"/revoke", "")
	mark := p.walk.mark()
	p.endsAtTheNextToken(t)
	names := p.walk.since(mark)
	if !slices.ContainsFunc(names, func(c call) bool { return c.name() == "GET /client" }) {
		t.Errorf("the client asked %v, want GET /client among it", names)
	}
}
