package e2e

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/usherauth/usher/identity"
	"github.com/usherauth/usher/internal/peer"
)

// An app on the published Express SDK, with nothing of ours but the lines that the keys
// command prints, signs people in by this instance.
func TestExpressSharesTheInstance(t *testing.T) {
	t.Parallel()
	n := newNeighbour(t, "127.0.0.1")
	n.welcome = "/welcome"
	n.Start()
	n.open(peer.Express, true)
	t.Run("strangers", n.strangers)
	t.Run("cookies and tokens", n.credentials)
	t.Run("in a browser", n.walk)
}

// An app on another host cannot share cookies: its handshake brings a nonce, which the
// published SDK exchanges, and the session is set there under its own name.
func TestExpressOnAnotherHostExchangesANonce(t *testing.T) {
	t.Parallel()
	n := newNeighbour(t, "127.0.0.1")
	n.welcome = "/welcome"
	n.moveTo("127.0.0.2")
	n.Start()
	n.open(peer.Express, true)
	v := n.visitor()
	v.signUp(ada)
	there := v.at(n.app)
	there.get(n.welcome).wantSays(t, signInFirst)
	a, way := v.arrive("/__clerk/v1/client/handshake?suffixed_cookies=true&format=nonce&redirect_url=" + url.QueryEscape(n.app+n.welcome))
	a.wantSays(t, "Welcome, Ada!")
	if addresses := strings.Join(way, "\n"); !strings.Contains(addresses, "__clerk_handshake_nonce=") || strings.Contains(addresses, "__clerk_handshake=") {
		t.Errorf("led by\n%s\nwant a nonce and nothing else", addresses)
	}
	claims, err := readClaims(there.cookie("__session"))
	if err != nil || claims.Party != n.app {
		t.Errorf("the token there is %+v (%v), want one for %s", claims, err, n.app)
	}
	n.wantPerson(t, there.get("/api/auth"), ada, there.cookie("__session"))
	replayed, _ := n.visitor().at(n.app).arrive(strings.TrimPrefix(way[1], n.app))
	replayed.wantSays(t, signInFirst)
}

// Somebody who signed up an hour ago comes back to the app, and the signing key changes
// while they are there.
func TestExpressPeopleComeBack(t *testing.T) {
	t.Parallel()
	n := newNeighbour(t, "127.0.0.1")
	n.welcome = "/welcome"
	var v *visitor
	n.past(time.Hour, func(svc *identity.Service) { v = n.signedUp(svc, ada) })
	n.Start()
	n.open(peer.Express, false)
	n.comeBack(t, v, ada)
	n.rotate(t, v, ada)
}
