package e2e

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/usherauth/usher/e2e/internal/drive"
	"github.com/usherauth/usher/identity"
)

// What people do at an app beside the server, the same whatever it is built with.

const signInFirst = "Sign in to view this page"

// strangers get the app's own answers, and the protected page leads to the instance's
// sign-in and names the way back.
func (n *neighbour) strangers(t *testing.T) {
	v := n.visitor().at(n.app)
	a, way := v.arrive(n.welcome)
	a.wantSays(t, signInFirst)
	if len(way) != 1 {
		t.Errorf("a stranger was led around: %q", way)
	}
	n.wantNobody(t, v.get("/api/auth"))
	forged := n.visitor().at(n.app).get("/api/auth", "Authorization", "Bearer "+strings.Repeat("x.", 2)+"x")
	n.wantNobody(t, forged)
	_, way = v.arrive("/dashboard")
	if want := n.Origin + "/sign-in?redirect_url=" + url.QueryEscape(n.app+"/dashboard"); len(way) != 2 || way[1] != want {
		t.Errorf("led %q, want to %s", way, want)
	}
}

func (n *neighbour) wantNobody(t *testing.T, a *answer) {
	t.Helper()
	var body struct{ Error string }
	if err := json.Unmarshal([]byte(a.Body), &body); err != nil || a.Status != http.StatusUnauthorized || body.Error == "" {
		t.Errorf("%v (%v), want 401 and {error}", a, err)
	}
}

// wantPerson fails unless an answer of /api/auth is about the owner of a token.
func (n *neighbour) wantPerson(t *testing.T, a *answer, p person, token string) {
	t.Helper()
	me, err := readClaims(token)
	if err != nil {
		t.Fatal(err)
	}
	var body struct {
		UserID    string `json:"userId"`
		SessionID string `json:"sessionId"`
		User      struct {
			FirstName string `json:"firstName"`
		}
	}
	err = json.Unmarshal([]byte(a.Body), &body)
	if err != nil || a.Status != http.StatusOK || body.UserID != me.Subject || body.SessionID != me.Session || body.User.FirstName != p.First {
		t.Errorf("%v (%v), want %s", a, err, me.Subject)
	}
}

// credentials are the browser's cookies, or a Bearer token alone.
func (n *neighbour) credentials(t *testing.T) {
	v := n.visitor()
	v.signUp(grace)
	there := v.at(n.app)
	a, way := there.arrive(n.welcome)
	a.wantSays(t, "Welcome, Grace!")
	if handshakes(way) != 0 {
		t.Errorf("a fresh session was renewed: %q", way)
	}
	token := v.cookie("__session")
	n.wantPerson(t, there.get("/api/auth"), grace, token)
	n.wantPerson(t, n.visitor().at(n.app).get("/api/auth", "Authorization", "Bearer "+token), grace, token)
	if a, err := v.try(http.MethodPost, "/sign-out", url.Values{}); err != nil || a.Status != http.StatusSeeOther {
		t.Fatalf("sign out: %v %v", a, err)
	}
	a, _ = there.arrive(n.welcome)
	a.wantSays(t, signInFirst)
	n.wantNobody(t, there.get("/api/auth"))
}

// walk is a person with a browser: sent to sign in, back at the page, signed out.
func (n *neighbour) walk(t *testing.T) {
	b := n.newPerson(t)
	b.signUp(ada)
	n.goTo(b, n.welcome)
	b.WantText("body", "Welcome, Ada!")

	// The token is gone, as when the browser has cleared it away; the app sends the
	// browser to the instance, which knows it.
	b.DropSession()
	n.goTo(b, "/dashboard")
	b.WantText("h1", "Dashboard")

	b.Open("/")
	b.signOut()
	n.goTo(b, n.welcome)
	b.WantText("body", signInFirst)

	n.goTo(b, "/dashboard")
	if got := drive.Evaluate[string](b.Tab, `location.origin`); got != n.Origin {
		t.Errorf("the protected page led to %s, want %s", got, n.Origin)
	}
	b.signIn(ada)
	if got, want := drive.Evaluate[string](b.Tab, `location.href`), n.app+"/dashboard"; got != want {
		t.Errorf("sign-in led to %s, want %s", got, want)
	}
	b.WantText("h1", "Dashboard")
}

// comeBack is a visit with a token that has expired: the app leads the browser through the
// handshake, once, and knows who it is.
func (n *neighbour) comeBack(t *testing.T, v *visitor, p person) {
	t.Helper()
	was, err := readClaims(v.cookie("__session"))
	if err != nil || was.ExpiresAt > time.Now().Add(-time.Minute).Unix() {
		t.Fatalf("the token has not expired: %+v (%v)", was, err)
	}
	there := v.at(n.app)
	n.wantNobody(t, there.get("/api/auth")) // a script is not led anywhere
	a, way := there.arrive(n.welcome)
	a.wantSays(t, "Welcome, "+p.First+"!")
	if handshakes(way) != 1 || way[len(way)-1] != n.app+n.welcome {
		t.Errorf("led %q, want one handshake and back", way)
	}
	now, err := readClaims(v.cookie("__session"))
	if err != nil || now.Session != was.Session || now.IssuedAt <= was.ExpiresAt {
		t.Errorf("came back with %+v (%v), was %+v", now, err, was)
	}
	a, way = there.arrive(n.welcome)
	a.wantSays(t, "Welcome, "+p.First+"!")
	if len(way) != 1 {
		t.Errorf("led around again: %q", way)
	}
}

// rotate changes the signing key while the app runs on: tokens of both keys are good.
func (n *neighbour) rotate(t *testing.T, v *visitor, p person) {
	t.Helper()
	there := v.at(n.app)
	before := signedBy(t, v.cookie("__session"))
	n.Terminate()
	if code := n.Wait(); code != 0 {
		t.Fatalf("exit status %d, want 0", code)
	}
	n.past(time.Minute, func(svc *identity.Service) { // so the new key signs by now
		if err := svc.RotateSigningKey(context.Background()); err != nil {
			t.Fatal(err)
		}
	})
	n.Start()
	a, way := there.arrive(n.welcome)
	a.wantSays(t, "Welcome, "+p.First+"!")
	if len(way) != 1 {
		t.Errorf("a token of the old key was renewed: %q", way)
	}
	v.forgetSession(t)
	a, _ = there.arrive(n.welcome)
	a.wantSays(t, "Welcome, "+p.First+"!")
	token := v.cookie("__session")
	if after := signedBy(t, token); after == before {
		t.Error("the new key does not sign")
	}
	n.wantPerson(t, there.get("/api/auth"), p, token)
}

// signedBy is the key id in a token's header.
func signedBy(t *testing.T, token string) string {
	t.Helper()
	head, _, _ := strings.Cut(token, ".")
	text, err := base64.RawURLEncoding.DecodeString(head)
	var header struct{ Kid string }
	if err == nil {
		err = json.Unmarshal(text, &header)
	}
	if err != nil || header.Kid == "" {
		t.Fatalf("the token's header is %q (%v)", text, err)
	}
	return header.Kid
}
