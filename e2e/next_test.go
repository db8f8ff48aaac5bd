package e2e

import (
	"encoding/json"
	"flag"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/usherauth/usher/identity"
	"github.com/usherauth/usher/internal/peer"
)

var (
	katherine = person{"Katherine", "Johnson", "katherine@example.com", "orbits checked by hand twice"}
	dorothy   = person{"Dorothy", "Vaughan", "dorothy@example.com", "Fortran before anybody asked"}
)

var withNext = flag.Bool("next", false, "also build and drive the Next.js app, which takes a minute")

// The app of @clerk/nextjs's own documentation, built for production, on this instance.
func TestNextSharesTheInstance(t *testing.T) {
	if !*withNext {
		t.Skip("takes a minute: run make next")
	}
	n := newNeighbour(t, "localhost") // what Next.js calls every loopback address
	n.welcome = "/"
	var v *visitor
	n.past(time.Hour, func(svc *identity.Service) { v = n.signedUp(svc, mary) })
	n.Start()
	n.open(peer.Next, false)
	t.Run("strangers", n.strangers)
	t.Run("cookies and tokens", n.credentials)
	t.Run("the routes of both routers", n.bothRouters)
	t.Run("in a browser", n.walk)
	t.Run("hooks", n.hooks)
	n.comeBack(t, v, mary)
	n.rotate(t, v, mary)
}

// bothRouters asks the routes of the documentation that the steps of every app leave out.
func (n *neighbour) bothRouters(t *testing.T) {
	stranger := n.visitor().at(n.app)
	if a := stranger.get("/api/user"); a.Status != http.StatusUnauthorized {
		t.Errorf("/api/user: %v, want 401", a)
	}
	stranger.get("/example").wantSays(t, "Loading...") // what useUser says until the script knows

	v := n.visitor()
	v.signUp(katherine)
	there := v.at(n.app)
	var body struct {
		User struct{ ID, FirstName string }
	}
	a := there.get("/api/user")
	if err := json.Unmarshal([]byte(a.Body), &body); err != nil || a.Status != http.StatusOK || body.User.FirstName != katherine.First {
		t.Errorf("/api/user: %v (%v)", a, err)
	}
	example := there.get("/example")
	example.wantSays(t, "Hello Katherine!")
	if !strings.Contains(example.Body, `"__clerk_ssr_state"`) || !strings.Contains(example.Body, body.User.ID) {
		t.Errorf("/example hands no state to the browser: %v", example)
	}
	there.get("/client/auth").wantSays(t, "Hello, "+body.User.ID+"!") // from the first state, on the server
	there.get("/client/user").wantSays(t, "Loading...")
}

// hooks are the client components, with the published browser bundle against this
// instance's Frontend API from another origin.
func (n *neighbour) hooks(t *testing.T) {
	b := n.newPerson(t)
	n.goTo(b, "/client/user")
	b.WantText("main", signInFirst)
	b.signUp(dorothy)
	was := b.sessionClaims()
	n.goTo(b, "/client/auth")
	b.WantText("main", "Hello, "+was.Subject+"! Your current active session is "+was.Session+".")
	b.Do(chromedp.Click(chromedp.CSS("main button")))
	b.WantText("output", ".")
	token := b.Text("output")
	now, err := readClaims(token)
	if err != nil || now.Session != was.Session || now.Subject != was.Subject || now.JTI == was.JTI {
		t.Errorf("getToken gave %+v (%v), was %+v", now, err, was)
	}
	if got := b.sessionClaims(); got.JTI != now.JTI {
		t.Errorf("the cookie has %+v, want the renewed token", got)
	}
	b.wantGreeting(dorothy) // the program takes the token that the app's page asked for

	n.goTo(b, "/client/user")
	b.WantText("main", "Hello Dorothy!")
	b.Do(chromedp.Click(chromedp.CSS("main button")))
	b.WantText("main", signInFirst)
	b.Open("/welcome")
	b.WantText("body", signInFirst)
}
