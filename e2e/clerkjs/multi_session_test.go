package clerkjs

import (
	"net/http"
	"slices"
	"testing"

	"github.com/usherauth/usher/e2e/internal/drive"
)

// TestSeveralPeople is one browser with the sessions of several people.
func TestSeveralPeople(t *testing.T) {
	t.Parallel()
	w := newWalk(t, "-multi-session")
	p := w.person()
	sessions := make(map[person]string)
	w.step("a second person signs up beside the first", func(t *testing.T) {
		p.load()
		for _, who := range []person{ada, grace} {
			p.signUp(who)
			sessions[who] = ask[string](p, `return Clerk.session.id`)
			p.wantUser(who)
		}
		p.wantPeople(t, ada, grace)
	})
	w.step("a person who is signed in already is led to the session", func(t *testing.T) {
		e := p.refusal(`await Clerk.client.signIn.create({ identifier: "`+ada.Email+`", password: "`+ada.Password+`" })`, 400)
		if e.Errors[0].Code != "identifier_already_signed_in" || e.Errors[0].Meta.SessionID != sessions[ada] {
			t.Errorf("refused with %v, want the session %s", e, sessions[ada])
		}
	})
	w.step("setActive switches, and the next page and its server know", func(t *testing.T) {
		for _, who := range []person{ada, grace, ada} {
			p.run(`await Clerk.setActive({ session: ` + js(sessions[who]) + ` })`)
			p.wantUser(who)
			if got := readClaims(t, p.token(t, "")).Session; got != sessions[who] {
				t.Errorf("the token is of %s, want %s", got, sessions[who])
			}
			p.load()
			p.wantUser(who)
			p.Open("/client/user")
			p.WantText("body", "Hello, "+who.First)
			p.load()
		}
	})
	w.step("what is changed is the active person's", func(t *testing.T) {
		p.run(`await Clerk.user.update({ lastName: "King" })`)
		p.run(`await Clerk.setActive({ session: ` + js(sessions[grace]) + ` })`)
		p.wantUser(grace)
		p.run(`await Clerk.setActive({ session: ` + js(sessions[ada]) + ` }); await Clerk.user.update({ lastName: "Lovelace" })`)
	})
	w.step("signing out of one leaves the other", func(t *testing.T) {
		mark := w.mark()
		p.run(`await Clerk.signOut(() => {}, { sessionId: ` + js(sessions[ada]) + ` })`)
		wantCalls(t, w.since(mark), "POST /client/sessions/"+sessions[ada]+"/remove")
		p.wantPeople(t, grace)
		p.load()
		p.wantUser(grace)
	})
	w.step("a session of several that was revoked elsewhere ends, and the others stay", func(t *testing.T) {
		p.signIn(ada)
		sessions[ada] = ask[string](p, `return Clerk.session.id`)
		w.backend(http.MethodPost, "/v1/sessions/"+sessions[ada]+"/revoke", "")
		mark := w.mark()
		p.evaluate(`await Clerk.session.getToken({ skipCache: true })`)
		p.expect(mark, http.StatusUnauthorized)
		drive.Eventually(t, follows, "the revoked session has gone", func() bool {
			return ask[bool](p, `return !Clerk.client.sessions.some((s) => s.id === `+js(sessions[ada])+`)`)
		})
		p.load()
		p.wantUser(grace)
	})
	w.step("signOut signs everybody out", func(t *testing.T) {
		p.signIn(ada)
		p.wantPeople(t, ada, grace)
		p.run(`await Clerk.signOut(() => {})`)
		p.wantSignedOut()
		p.load()
		p.wantSignedOut()
	})
}

// wantPeople fails unless the browser has a session of each of these, and of nobody else.
func (p *page) wantPeople(t *testing.T, want ...person) {
	t.Helper()
	got := ask[[]string](p, `return Clerk.client.signedInSessions.map((s) => s.user.firstName).sort()`)
	var names []string
	for _, who := range want {
		names = append(names, who.First)
	}
	if slices.Sort(names); !slices.Equal(got, names) {
		t.Errorf("signed in are %q, want %q", got, names)
	}
}
