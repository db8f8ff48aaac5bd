package identity_test

import (
	"testing"

	"github.com/usherauth/usher/identity"
	"github.com/usherauth/usher/identity/memstore"
	"github.com/usherauth/usher/wire"
)

// B16: two instances on two ports of one host share a browser's cookies and leave each other's
// alone, whatever is done at either.
func TestB16_TwoInstancesOfOneHostKeepTheirClients(t *testing.T) {
	t.Parallel()
	first := newApp(t)
	v := first.visitor()
	v.signUp("ada@example.com")
	id := v.sessionID()
	store := memstore.New()
	svc, err := identity.New(t.Context(), identity.Config{
		Store: store, PublicOrigin: "http://localhost:9090", AllowedOrigins: []string{origin}, PurgeInterval: -1, Now: first.clock.Now,
		Limits: identity.Limits{Creations: -1, Attempts: -1},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = svc.Close() })
	second := &app{Service: svc, t: t, clock: first.clock, store: store, logs: first.logs}
	w := *v // the same browser: the map of cookies is one
	w.app = second
	w.get("/v1/client").want(t, 200, "")
	w.post("/v1/client/sessions/"+id+"/tokens").want(t, 401, wire.CodeSignedOut)
	w.post("/v1/client/sign_ups", "email_address", "ada@example.com", "password", password).want(t, 200, "")
	w.signOut()
	w.post("/v1/me").want(t, 405, wire.CodeMethodNotAllowed)
	w.get("/v1/me").want(t, 401, wire.CodeSignedOut)
	if got := v.sessionID(); got != id {
		t.Errorf("the first instance has session %q, want %q", got, id)
	}
	v.post("/v1/client/sessions/"+id+"/tokens").want(t, 200, "")
	v.signOut()
	if v.cookies[first.ClientCookie()] != "" {
		t.Error("its own cookie is left after the sign-out")
	}
}

// A cookie of an earlier version, without a suffix, still opens and is moved; one that does not
// open is another instance's, and stays.
func TestB16_PlainClientCookiesAreMoved(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	v := app.visitor()
	v.signUp("ada@example.com")
	id := v.sessionID()
	value := v.cookies[clientName()]
	old := v.copy()
	delete(old.cookies, clientName())
	old.cookies["__client"] = value
	signsOut := old.copy()
	if got := old.sessionID(); got != id || old.cookies["__client"] != "" || old.cookies[clientName()] != value {
		t.Errorf("session %q, cookies %v", got, old.cookies)
	}
	signsOut.signOut()
	if len(signsOut.cookies["__client"]+signsOut.cookies[clientName()]) != 0 {
		t.Errorf("after the sign-out: %v", signsOut.cookies)
	}
	foreign := app.visitor()
	foreign.cookies["__client"] = "another-instances"
	foreign.get("/v1/me").want(t, 401, wire.CodeSignedOut)
	foreign.signUp("bob@example.com")
	foreign.signOut()
	foreign.get("/v1/me").want(t, 401, wire.CodeSignedOut)
	if foreign.cookies["__client"] != "another-instances" {
		t.Errorf("another instance's cookie was taken: %v", foreign.cookies)
	}
}

// B17: throw-away instances of one origin use one set of cookie names, so that a browser does
// not pile them up; those of other origins, and public ones, have names of their own.
func TestB17_ThrowAwayInstancesShareTheirCookieNames(t *testing.T) {
	t.Parallel()
	name := func(public string) string {
		svc, err := identity.New(t.Context(), identity.Config{Store: memstore.New(), PublicOrigin: public, PurgeInterval: -1})
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = svc.Close() }()
		return svc.ClientCookie()
	}
	if a, b := name("http://localhost:9091"), name("http://localhost:9091"); a != b {
		t.Errorf("two instances of one origin: %s and %s", a, b)
	}
	if a, b := name("http://localhost:9091"), name("http://localhost:9092"); a == b {
		t.Errorf("two ports share %s", a)
	}
	if a, b := name("https://app.example.com"), name("https://app.example.com"); a == b {
		t.Errorf("two public instances share %s", a)
	}
}

// B17: a browser with the cookies of an earlier instance is signed out at the next one, and can
// sign up.
func TestB17_CookiesOfAnEarlierInstanceAreReplaced(t *testing.T) {
	t.Parallel()
	var v *visitor
	for range 3 {
		clk := newClock()
		store := memstore.New()
		svc, err := identity.New(t.Context(), identity.Config{
			Store: store, PublicOrigin: origin, PurgeInterval: -1, Now: clk.Now, Limits: identity.Limits{Creations: -1, Attempts: -1},
		})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = svc.Close() })
		next := &app{Service: svc, t: t, clock: clk, store: store, logs: &syncBuffer{}}
		if v == nil {
			v = next.visitor()
		}
		v.app = next
		v.get("/v1/client").want(t, 200, "")
		v.get("/v1/me").want(t, 401, wire.CodeSignedOut)
		v.signUp("ada@example.com")
		v.get("/v1/me").want(t, 200, "")
	}
	if len(v.cookies) > 4 { // client, refresh, and client_uat twice
		t.Errorf("cookies = %d: %v", len(v.cookies), v.cookies)
	}
}
