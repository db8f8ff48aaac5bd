package identity_test

import (
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/usherauth/usher/identity"
	"github.com/usherauth/usher/wire"
)

func TestSessionTokenClaims(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	v := app.visitor()
	v.signUp("ada@example.com")
	id := v.sessionID()
	app.clock.Add(3*time.Minute + 500*time.Millisecond)
	a := v.post("/v1/client/sessions/" + id + "/tokens")
	a.want(t, 200, "")
	tok := decode[wire.Token](t, a.body)
	got := claimsOf(t, tok.JWT)
	now := app.clock.Now().Unix()
	want := wire.Claims{
		Azp: origin, Exp: now + 60, Fva: []int{3, -1}, Iat: now, Nbf: now - 10, Iss: app.PublishableKey().Issuer(),
		Jti: got.Jti, Sid: id, Sts: "active", Sub: got.Sub, V: 2, FirstName: "Ada", LastName: "Lovelace",
	}
	if got.Jti == "" || !strings.HasPrefix(got.Sub, "user_") || !equalJSON(t, got, want) {
		t.Errorf("claims = %+v, want %+v", got, want)
	}
	uat, err := strconv.ParseInt(v.cookies["__client_uat"], 10, 64)
	if err != nil || uat == 0 || uat > got.Iat || v.cookies["__client_uat_"+app.PublishableKey().Suffix()] != v.cookies["__client_uat"] {
		t.Errorf("uat = %v, want both names, not above iat %d", v.cookies, got.Iat)
	}
}

// TestC12_LongNamesStayOutOfTheToken: a name takes at most 128 octets of the cookie, and
// nobody is kept out for having a longer one.
func TestC12_LongNamesStayOutOfTheToken(t *testing.T) {
	t.Parallel()
	v := newApp(t).visitor()
	v.signUp("ada@example.com")
	long, fits := strings.Repeat("é", 65), strings.Repeat("é", 64)
	v.post("/v1/me?_method=PATCH", "first_name", long, "last_name", fits).want(t, 200, "")
	a := v.post("/v1/client/sessions/" + v.sessionID() + "/tokens")
	a.want(t, 200, "")
	if got := claimsOf(t, decode[wire.Token](t, a.body).JWT); got.FirstName != "" || got.LastName != fits {
		t.Errorf("first name %q, last name %q", got.FirstName, got.LastName)
	}
}

func TestSessionTokenIsNotWrapped(t *testing.T) {
	t.Parallel()
	v := newApp(t).visitor()
	v.signUp("ada@example.com")
	a := v.post("/v1/client/sessions/"+v.sessionID()+"/tokens", "organization_id", "", "tab_state", "focused")
	a.want(t, 200, "")
	if !strings.HasPrefix(a.body, `{"object":"token","jwt":"`) {
		t.Errorf("body = %s, want a bare token", a.body)
	}
	v.post("/v1/client/sessions/"+v.sessionID()+"/tokens/hasura").want(t, 404, wire.CodeResourceNotFound)
}

func TestEndAndRemove(t *testing.T) {
	t.Parallel()
	for action, status := range map[string]string{"end": wire.SessionEnded, "remove": wire.SessionRemoved} {
		t.Run(action, func(t *testing.T) {
			t.Parallel()
			app := newApp(t)
			v := app.visitor()
			v.signUp("ada@example.com")
			id := v.sessionID()
			a := v.post("/v1/client/sessions/" + id + "/" + action)
			a.want(t, 200, "")
			got := decode[wire.Response[wire.Session]](t, a.body)
			if got.Response.Status != status || got.Response.LastActiveToken != nil || got.Client == nil || len(got.Client.Sessions) != 0 {
				t.Errorf("answer = %s, want the session %s and a client without sessions", a.body, status)
			}
			if v.cookies["__client_uat"] != "0" || v.cookies[clientName()] != "" {
				t.Errorf("cookies = %v, want signed out", v.cookies)
			}
			if s := decode[wire.Session](t, app.backend("GET", "/v1/sessions/"+id, "").body); s.Status != status {
				t.Errorf("stored status = %q, want %q", s.Status, status)
			}
		})
	}
}

func TestSignOutTwiceIsNoMistake(t *testing.T) {
	t.Parallel()
	v := newApp(t).visitor()
	v.signUp("ada@example.com")
	for _, target := range []string{"/v1/client/sessions?_method=DELETE", "/v1/client?_method=DELETE"} {
		a := v.post(target)
		a.want(t, 200, "")
		if !strings.Contains(a.body, `"client":null`) || v.cookies["__client_uat"] != "0" {
			t.Errorf("answer %s, cookies %v, want no client", a.body, v.cookies)
		}
	}
}

// The methods meant work as themselves too, not only through _method.
func TestRealMethods(t *testing.T) {
	t.Parallel()
	v := newApp(t).visitor()
	v.send("PUT", "/v1/client", "", nil).want(t, 200, "")
	v.signUp("ada@example.com")
	v.send("PATCH", "/v1/me", formType, strings.NewReader("first_name=Augusta")).want(t, 200, "")
	if got := v.client().Sessions[0].User.FirstName; got != "Augusta" {
		t.Errorf("first name = %q", got)
	}
	v.send("DELETE", "/v1/client/sessions", "", nil).want(t, 200, "")
	if v.client() != nil {
		t.Error("still signed in")
	}
}

func TestCreateClient(t *testing.T) {
	t.Parallel()
	v := newApp(t).visitor()
	if a := v.get("/v1/client"); strings.TrimSpace(a.body) != `{"response":null,"client":null}` {
		t.Errorf("new browser: %s", a.body)
	}
	v.post("/v1/client?_method=PUT").want(t, 200, "")
	id := v.client().ID
	v.post("/v1/client").want(t, 200, "")
	if got := v.client().ID; got != id || v.cookies["__client_uat"] != "0" {
		t.Errorf("client = %s, cookies %v, want the same client, signed out", got, v.cookies)
	}
}

// C05: what was in the browser before is worthless after signing in or up.
func TestC05_Fixation(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	app.visitor().signUp("ada@example.com")
	attacker := app.visitor()
	attacker.post("/v1/client").want(t, 200, "")
	a := attacker.post("/v1/client/sign_ins", "identifier", "ada@example.com")
	planted := decode[wire.Response[wire.SignIn]](t, a.body).Response.ID

	victim := attacker.copy() // the planted cookie
	victim.post("/v1/client/sign_ins/"+planted+"/attempt_first_factor", "password", password).want(t, 200, "")
	id := victim.sessionID()
	if victim.cookies[clientName()] == attacker.cookies[clientName()] {
		t.Fatal("the client secret was not replaced")
	}
	if c := attacker.client(); c != nil {
		t.Errorf("the planted cookie still opens %+v", c)
	}
	attacker.post("/v1/client/sessions/"+id+"/tokens").want(t, 401, wire.CodeSignedOut)

	victim.signOut()
	victim.post("/v1/client/sign_ins", "identifier", "ada@example.com", "password", password).want(t, 200, "")
	if victim.sessionID() == id {
		t.Error("the session id was used again")
	}
}

// C07: both ends are enforced from stored times, also by another process.
func TestC07_IdleAndAbsoluteExpiry(t *testing.T) {
	t.Parallel()
	app := newApp(t, func(c *identity.Config) { c.SessionLifetime = 10 * time.Hour; c.IdleLifetime = time.Hour })
	idle, busy := app.visitor(), app.visitor()
	idle.signUp("idle@example.com")
	busy.signUp("busy@example.com")
	idleID, busyID := idle.sessionID(), busy.sessionID()
	for range 19 {
		app.clock.Add(30 * time.Minute)
		busy.post("/v1/client/sessions/"+busyID+"/tokens").want(t, 200, "")
	}
	a := idle.post("/v1/client/sessions/" + idleID + "/tokens")
	a.want(t, 401, wire.CodeSignedOut)
	if idle.cookies["__client_uat"] != "0" {
		t.Errorf("cookies = %v, want them to say signed out", idle.cookies)
	}
	if s := decode[wire.Session](t, app.backend("GET", "/v1/sessions/"+idleID, "").body); s.Status != wire.SessionAbandoned {
		t.Errorf("idle session = %q, want abandoned", s.Status)
	}
	app.clock.Add(29*time.Minute + 30*time.Second)
	tok := decode[wire.Token](t, busy.post("/v1/client/sessions/"+busyID+"/tokens").body)
	if c := claimsOf(t, tok.JWT); c.Exp-c.Iat != 30 {
		t.Errorf("token lives %d s, want it to end with the session in 30", c.Exp-c.Iat)
	}
	app.clock.Add(30 * time.Second)
	again := newApp(t, func(c *identity.Config) { c.Store = app.store; c.Now = app.clock.Now })
	busy.app = again
	busy.post("/v1/client/sessions/"+busyID+"/tokens").want(t, 401, wire.CodeSignedOut)
	if s := decode[wire.Session](t, again.backend("GET", "/v1/sessions/"+busyID, "").body); s.Status != wire.SessionExpired {
		t.Errorf("busy session = %q, want expired", s.Status)
	}
}

// C08: a saved copy of the cookie is refused after sign-out.
func TestC08_ReplayAfterSignOut(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	v := app.visitor()
	v.signUp("ada@example.com")
	id, saved := v.sessionID(), v.copy()
	v.signOut()
	saved.copy().post("/v1/client/sessions/"+id+"/tokens").want(t, 401, wire.CodeSignedOut)
	saved.copy().get("/v1/me").want(t, 401, wire.CodeSignedOut)
	if saved.copy().client() != nil {
		t.Error("the replayed cookie opens a client")
	}
}

// C09: no refresh that starts after sign-out was acknowledged succeeds.
func TestC09_SignOutWhileRefreshing(t *testing.T) {
	t.Parallel()
	v := newApp(t).visitor()
	v.signUp("ada@example.com")
	id := v.sessionID()
	var wg sync.WaitGroup
	stop := make(chan struct{})
	for range 4 {
		w := v.copy()
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					if code := w.copy().post("/v1/client/sessions/" + id + "/tokens").StatusCode; code != 200 && code != 401 {
						t.Errorf("refresh during sign-out = %d", code)
					}
				}
			}
		})
	}
	late := v.copy()
	v.signOut()
	late.post("/v1/client/sessions/"+id+"/tokens").want(t, 401, wire.CodeSignedOut)
	close(stop)
	wg.Wait()
}

// C21: sessions of other browsers do not exist.
func TestC21_SessionOfAnotherClient(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	mine, other := app.visitor(), app.visitor()
	mine.signUp("mine@example.com")
	other.signUp("other@example.com")
	id := other.sessionID()
	for _, action := range []string{"touch", "tokens", "end", "remove", "tokens/x"} {
		mine.post("/v1/client/sessions/"+id+"/"+action).want(t, 404, wire.CodeResourceNotFound)
	}
	mine.post("/v1/me/sessions/"+id+"/revoke").want(t, 404, wire.CodeResourceNotFound)
	mine.get("/v1/me?_clerk_session_id="+id).want(t, 401, wire.CodeAuthenticationInvalid)
	other.post("/v1/client/sessions/"+id+"/tokens").want(t, 200, "")
}

func TestTokenUseIsNotAWriteEachTime(t *testing.T) {
	t.Parallel()
	var spy *spyStore
	app := newApp(t, func(c *identity.Config) { spy = &spyStore{Store: c.Store}; c.Store = spy })
	v := app.visitor()
	v.signUp("ada@example.com")
	id, before := v.sessionID(), spy.updates.Load()
	for range 10 {
		app.clock.Add(time.Minute)
		v.post("/v1/client/sessions/"+id+"/tokens").want(t, 200, "")
	}
	if n := spy.updates.Load() - before; n != 2 {
		t.Errorf("ten tokens in ten minutes made %d writes, want 2", n)
	}
}

// The clock may go back: uat never runs ahead of a token.
func TestUATNeverAboveIat(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	v := app.visitor()
	v.signUp("ada@example.com")
	id := v.sessionID()
	app.clock.Add(-time.Hour)
	a := v.post("/v1/client/sessions/" + id + "/touch")
	a.want(t, 200, "")
	jwt := decode[wire.Response[wire.Session]](t, a.body).Response.LastActiveToken.JWT
	if uat, _ := strconv.ParseInt(v.cookies["__client_uat"], 10, 64); uat > claimsOf(t, jwt).Iat {
		t.Errorf("uat %d is above iat %d", uat, claimsOf(t, jwt).Iat)
	}
}

// C12: a token that browsers would drop is an error, not a cookie.
func TestC12_TokenTooLargeForACookie(t *testing.T) {
	t.Parallel()
	if err := identity.CheckCookieSize(strings.Repeat("x", 4096-len("__session_12345678"))); err != nil {
		t.Errorf("a cookie of 4096 octets is refused: %v", err)
	}
	err := identity.CheckCookieSize(strings.Repeat("x", 4097-len("__session_12345678")))
	if err == nil || !strings.Contains(err.Error(), "4097") {
		t.Errorf("err = %v, want one that names the size", err)
	}
}

// A session that ends between the look at it and the write about it stays ended.
func TestSessionEndsWhileATokenIsAskedFor(t *testing.T) {
	t.Parallel()
	var hook *hookStore
	app := newApp(t, func(c *identity.Config) { hook = &hookStore{Store: c.Store}; c.Store = hook })
	v := app.visitor()
	v.signUp("ada@example.com")
	id := v.sessionID()
	for _, send := range []func() answer{
		func() answer { return v.copy().post("/v1/client/sessions/" + id + "/tokens") },
		func() answer { return v.copy().get(handshakeTo(origin + "/")) },
	} {
		app.clock.Add(time.Hour) // so that the use is written down
		setStatus := func(status string) func(identity.Tx) error {
			return func(tx identity.Tx) error {
				s, err := tx.Session(id)
				if err != nil {
					return err
				}
				s.Status = status
				return tx.PutSession(s)
			}
		}
		hook.beforeUpdate(1, setStatus(wire.SessionRevoked))
		a := send()
		if a.StatusCode == 200 || a.cookie("__session") != nil && a.cookie("__session").MaxAge >= 0 {
			t.Errorf("a token was given out: %d %v", a.StatusCode, a.Cookies())
		}
		if s := decode[wire.Session](t, app.backend("GET", "/v1/sessions/"+id, "").body); s.Status != wire.SessionRevoked {
			t.Errorf("status = %q, want it still revoked", s.Status)
		}
		if err := hook.Update(t.Context(), setStatus(wire.SessionActive)); err != nil {
			t.Fatal(err)
		}
	}
}

// C12: whatever people and operators write into what tokens carry, tokens are made: names that
// take too much room are left out, and an actor that does is refused.
func TestC12_TheLargestTokenFits(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	doc := identity.Access{Roles: []identity.AccessRole{{Key: "org:everything", Name: "Everything"}}}
	for i := 0; ; i++ { // as many permissions as rules can have
		key := "org:feature" + decimal(i) + ":manage"
		doc.Permissions = append(doc.Permissions, identity.AccessItem{Key: key, Name: "Manage"})
		doc.Roles[0].Permissions = append(doc.Roles[0].Permissions, key)
		if app.SetAccess(t.Context(), doc) != nil {
			break
		}
	}
	ada := app.member("ada")
	org := decode[wire.Response[wire.Organization]](t, ada.post("/v1/organizations", "name", "X", "slug", strings.Repeat("s", 128)).body).Response
	bob := app.member("bob")
	app.backend("POST", "/v1/organizations/"+org.ID+"/memberships", `{"user_id":"`+bob.userID()+`","role":"org:everything"}`).want(t, 200, "")
	actor := func(more string) answer {
		return app.backend("POST", "/v1/actor_tokens", `{"user_id":"`+bob.userID()+`","actor":{"sub":"user_support","more":"`+more+`"}}`)
	}
	actor(strings.Repeat("<", 40)).want(t, 422, wire.CodeParamFormatInvalid)
	actor(strings.Repeat("x", 300)).want(t, 422, wire.CodeParamFormatInvalid)
	for _, name := range []string{"<", "&", `"`, `\`, "\u00e9", "x", "\u2027"} {
		bob.post("/v1/me?_method=PATCH", "first_name", strings.Repeat(name, 128/len(name)), "last_name", strings.Repeat(name, 128/len(name))).want(t, 200, "")
		a := actor(strings.Repeat("<", 36))
		a.want(t, 200, "")
		v := app.visitor()
		v.ticket(decode[wire.Ticket](t, a.body).Token).want(t, 200, "")
		for _, who := range []*visitor{v, bob} {
			session := "/v1/client/sessions/" + who.sessionID()
			who.post(session+"/touch", "active_organization_id", org.ID).want(t, 200, "")
			got := who.post(session + "/tokens")
			got.want(t, 200, "")
			if claims := claimsOf(t, decode[wire.Token](t, got.body).JWT); claims.Org == nil || claims.Org.ID != org.ID {
				t.Errorf("claims = %+v", claims)
			}
		}
		v.get("/v1/client").want(t, 200, "")
	}
}
