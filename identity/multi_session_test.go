package identity_test

import (
	"testing"

	"github.com/usherauth/usher/identity"
	"github.com/usherauth/usher/wire"
)

func multiSession(c *identity.Config) { c.MultiSession = true }

// signIn signs in with the password that signUp gave.
func (v *visitor) signIn(address string) answer {
	v.t.Helper()
	a := v.post("/v1/client/sign_ins", "identifier", address, "password", password)
	a.want(v.t, 200, "")
	return a
}

func TestSeveralAccountsInOneBrowser(t *testing.T) {
	t.Parallel()
	app := newApp(t, multiSession)
	if env := decode[wire.Environment](t, app.visitor().get("/v1/environment").body); env.AuthConfig.SingleSessionMode {
		t.Error("the environment says single_session_mode")
	}
	app.visitor().signUp("bob@example.com")
	v := app.visitor()
	v.signUp("ada@example.com")
	ada, clientID, cookie := v.sessionID(), v.client().ID, v.cookies[clientName()]

	v.signIn("bob@example.com")
	c := v.client()
	if c.ID != clientID || len(c.Sessions) != 2 || string(c.LastActiveSessionID) == ada {
		t.Fatalf("client = %s with %d sessions, last active %s", c.ID, len(c.Sessions), c.LastActiveSessionID)
	}
	bob := string(c.LastActiveSessionID)
	old := v.copy()
	old.cookies[clientName()] = cookie
	old.get("/v1/me").want(t, 401, wire.CodeSignedOut)
	v.post("/v1/client/sessions/"+ada+"/tokens").want(t, 200, "")
	v.post("/v1/client/sessions/"+bob+"/tokens").want(t, 200, "")

	// Switching is a touch; the refresh token follows.
	refresh := v.cookies[refreshName(app)]
	a := v.post("/v1/client/sessions/"+ada+"/touch", "active_organization_id", "", "intent", "select_session")
	a.want(t, 200, "")
	if got := decode[wire.Response[wire.Session]](t, a.body); string(got.Client.LastActiveSessionID) != ada || got.Response.ID != ada {
		t.Errorf("after the switch: last active %s, answer %s", got.Client.LastActiveSessionID, got.Response.ID)
	}
	if v.cookies[refreshName(app)] == refresh {
		t.Error("the refresh token is still the other session's")
	}
	me := func(session string) string {
		return decode[wire.Response[wire.User]](t, v.get("/v1/me?_clerk_session_id="+session).body).Response.EmailAddresses[0].EmailAddress
	}
	if me(ada) != "ada@example.com" || me(bob) != "bob@example.com" || me("") != "ada@example.com" {
		t.Errorf("me = %s, %s, %s", me(ada), me(bob), me(""))
	}

	// The same person again is told to switch; signing out of one leaves the other.
	again := v.post("/v1/client/sign_ins", "identifier", "BOB@example.com")
	again.want(t, 400, wire.CodeIdentifierSignedIn)
	if e := decode[wire.Errors](t, again.body).Errors[0]; e.Meta == nil || e.Meta.SessionID != bob {
		t.Errorf("meta = %+v, want session_id %s", e.Meta, bob)
	}
	v.post("/v1/client/sign_ins", "identifier", "bob@example.com", "password", "whatever it is").want(t, 400, wire.CodeIdentifierSignedIn)
	v.post("/v1/client/sessions/"+ada+"/remove").want(t, 200, "")
	c = v.client()
	if len(c.Sessions) != 1 || string(c.LastActiveSessionID) != bob || v.cookies["__client_uat"] == "0" {
		t.Errorf("after one sign-out: %d sessions, last active %s, uat %s", len(c.Sessions), c.LastActiveSessionID, v.cookies["__client_uat"])
	}
	// One of its own that ended is 401, upon which browser clients look who is left.
	v.post("/v1/client/sessions/"+ada+"/tokens").want(t, 401, wire.CodeAuthenticationInvalid)
	v.post("/v1/client/sessions/"+bob+"/tokens").want(t, 200, "")
	v.signIn("ada@example.com")
	v.signOut()
	if v.cookies["__client_uat"] != "0" || v.client() != nil {
		t.Error("signing out of all left somebody")
	}
}

// C05: a sign-in beside another replaces the client's secret; so does a sign-up.
func TestC05_SecondSessionReplacesTheClientSecret(t *testing.T) {
	t.Parallel()
	app := newApp(t, multiSession)
	v := app.visitor()
	v.signUp("ada@example.com")
	planted := v.copy()
	v.signUp("bob@example.com")
	planted.get("/v1/me").want(t, 401, wire.CodeSignedOut)
	if c := v.client(); len(c.Sessions) != 2 || c.SignUp != nil {
		t.Errorf("client has %d sessions, sign-up %+v", len(c.Sessions), c.SignUp)
	}
}

// C21: with several sessions in a browser too, another browser's do not exist.
func TestC21_SessionsOfOthersInMultiSession(t *testing.T) {
	t.Parallel()
	app := newApp(t, multiSession)
	v, other := app.visitor(), app.visitor()
	v.signUp("ada@example.com")
	other.signUp("bob@example.com")
	id := other.sessionID()
	for _, action := range []string{"touch", "tokens", "end", "remove"} {
		v.post("/v1/client/sessions/"+id+"/"+action).want(t, 404, wire.CodeResourceNotFound)
	}
	v.get("/v1/me?_clerk_session_id="+id).want(t, 401, wire.CodeAuthenticationInvalid)
	other.post("/v1/client/sessions/"+id+"/tokens").want(t, 200, "")
}

// Two browsers' sign-ins of one person, and two at once in one browser: each browser has
// one session of each person at most.
func TestParallelSignInsInOneBrowser(t *testing.T) {
	t.Parallel()
	app := newApp(t, multiSession)
	app.visitor().signUp("ada@example.com")
	v := app.visitor()
	v.signUp("bob@example.com")
	answers := make(chan int)
	for range 8 {
		w := v.copy()
		go func() {
			answers <- w.post("/v1/client/sign_ins", "identifier", "ada@example.com", "password", password).StatusCode
		}()
	}
	count := map[int]int{}
	for range 8 {
		count[<-answers]++
	}
	if count[200] == 0 || count[500] > 0 {
		t.Errorf("answers = %v", count)
	}
	all := app.backend("GET", "/v1/sessions?client_id="+v.client0(t), "")
	sessions := 0
	for _, s := range decode[[]wire.Session](t, all.body) {
		if s.Status == wire.SessionActive && s.ClientID == v.client0(t) {
			sessions++
		}
	}
	if sessions > 2 {
		t.Errorf("the browser has %d live sessions, want at most one of each", sessions)
	}
}

// client0 is the id in the visitor's cookie, whatever became of it.
func (v *visitor) client0(t *testing.T) string {
	t.Helper()
	id, _, ok := v.app.Unseal(v.cookies[clientName()])
	if !ok {
		t.Fatal("no client cookie")
	}
	return id
}

func refreshName(a *app) string { return wire.CookieRefresh + "_" + a.PublishableKey().Suffix() }
