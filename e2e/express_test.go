package e2e

import (
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
