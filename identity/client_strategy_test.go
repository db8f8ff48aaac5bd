package identity_test

import (
	"testing"
	"time"

	"github.com/usherauth/usher/wire"
)

// A client remembers how somebody last came in, for "last used" beside that way. What it is
// called is what the published client knows: there is no name for tickets and resets.
func TestClientRemembersTheLastStrategy(t *testing.T) {
	t.Parallel()
	app, box := newMailApp(t)
	v := app.visitor()
	last := func(want string) {
		t.Helper()
		if got := string(v.client().LastAuthenticationStrategy); got != want {
			t.Errorf("last_authentication_strategy = %q, want %q", got, want)
		}
	}
	out := func() { // as when time has ended the session, which leaves the client
		t.Helper()
		app.clock.Add(31 * 24 * time.Hour)
		if c := v.client(); c == nil || len(c.Sessions) != 0 {
			t.Fatalf("client = %+v, want one without sessions", c)
		}
	}
	a := v.post("/v1/client/sign_ups", "email_address", "ada@example.com", "password", password)
	a.want(t, 200, "")
	if c := decode[wire.Response[wire.SignUp]](t, a.body).Client; c.LastAuthenticationStrategy != "password" {
		t.Errorf("after the sign-up: %q", c.LastAuthenticationStrategy)
	}
	v.verifyAddress(box)
	out()
	last("password")
	path, begun := v.begin("ada@example.com", "strategy", emailCode)
	if begun.Status != wire.StatusNeedsFirstFactor {
		t.Fatalf("sign-in = %+v", begun)
	}
	last("password") // it has not come to anything yet
	v.attempt(path, emailCode, box.code("ada@example.com")).want(t, 200, "")
	last(emailCode)
	out()
	v.signIn("ada@example.com")
	last("password")
	out()
	path, _ = v.begin("ada@example.com", "strategy", resetCode)
	v.attempt(path, resetCode, box.resetCode("ada@example.com"), "password", nextWords).want(t, 200, "")
	last(emailCode)
	box.next("password_changed", "ada@example.com")
	client := decode[wire.BackendClient](t, app.backend("GET", "/v1/clients/"+v.client().ID, "").body)
	if client.LastAuthenticationStrategy != emailCode {
		t.Errorf("the Backend API says %q", client.LastAuthenticationStrategy)
	}
	out()
	token := decode[wire.Ticket](t, app.backend("POST", "/v1/sign_in_tokens", `{"user_id":"`+client.Sessions[0].UserID+`"}`).body).Token
	v.post("/v1/client/sign_ins", "strategy", wire.StrategyTicket, "ticket", token).want(t, 200, "")
	last(emailCode)
}
