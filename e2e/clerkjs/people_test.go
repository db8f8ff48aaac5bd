package clerkjs

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"
)

// person is somebody with an account, or about to have one.
type person struct{ First, Last, Email, Password string }

var (
	ada   = person{"Ada", "Lovelace", "ada@example.com", "engines weave algebraic patterns"}
	grace = person{"Grace", "Hopper", "grace@example.com", "nanoseconds are a foot of wire"}
)

// js is a value as a script spells it.
func js(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	return string(text)
}

// signUp makes an account in one step and makes its session the active one.
func (p *page) signUp(who person) {
	p.T.Helper()
	p.run(`
		const { First, Last, Email, Password } = ` + js(who) + `
		const up = await Clerk.client.signUp.create({ emailAddress: Email, password: Password, firstName: First, lastName: Last })
		await Clerk.setActive({ session: up.createdSessionId })`)
}

// signIn signs in in one step and makes the session the active one.
func (p *page) signIn(who person) {
	p.T.Helper()
	p.run(`
		const { Email, Password } = ` + js(who) + `
		const attempt = await Clerk.client.signIn.create({ identifier: Email, password: Password })
		await Clerk.setActive({ session: attempt.createdSessionId })`)
}

// signedOut fails the step unless the client knows nobody.
func (p *page) wantSignedOut() {
	p.T.Helper()
	type state struct {
		User, Session bool
		SignedIn      bool
		Sessions      int
	}
	got := ask[state](p, `return { User: !!Clerk.user, Session: !!Clerk.session, SignedIn: Clerk.isSignedIn, Sessions: Clerk.client.sessions.length }`)
	if got != (state{}) {
		p.T.Errorf("the client is signed in: %+v", got)
	}
	for name := range p.Cookies() {
		if strings.HasPrefix(name, "__session") {
			p.T.Errorf("the browser still has the cookie %s", name)
		}
	}
}

// wantUser fails the step unless the client is signed in as somebody.
func (p *page) wantUser(who person) {
	p.T.Helper()
	type state struct{ First, Last, Email string }
	got := ask[*state](p, `return Clerk.user && { First: Clerk.user.firstName, Last: Clerk.user.lastName, Email: Clerk.user.primaryEmailAddress.emailAddress }`)
	if got == nil || *got != (state{who.First, who.Last, who.Email}) {
		p.T.Errorf("the client is signed in as %+v, want %s", got, who.Email)
	}
}

// claims are what a session token says.
type claims struct {
	Subject   string `json:"sub"`
	Session   string `json:"sid"`
	IssuedAt  int64  `json:"iat"`
	ExpiresAt int64  `json:"exp"`
	JTI       string `json:"jti"`
	Azp       string `json:"azp"`
	Version   int    `json:"v"`
}

func readClaims(t *testing.T, token string) claims {
	t.Helper()
	return decodeClaims[claims](t, token)
}

// decodeClaims reads a token's claims, without looking at its signature.
func decodeClaims[T any](t *testing.T, token string) (c T) {
	t.Helper()
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		t.Fatalf("%q is no token", token)
	}
	text, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err == nil {
		err = json.Unmarshal(text, &c)
	}
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// token calls getToken; "" is null.
func (p *page) token(t *testing.T, options string) string {
	t.Helper()
	return ask[string](p, `return (await Clerk.session.getToken(`+options+`)) ?? ""`)
}
