package e2e

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/usherauth/usher/internal/peer"
)

// neighbour is an app on a published SDK beside a server: another port of the same host,
// connected by the lines that the keys command prints.
type neighbour struct {
	*server
	app     string // its origin
	welcome string // its page that greets people
}

type starter func(ctx context.Context, dir string, s peer.Settings) (*peer.Process, error)

// newNeighbour returns a server that was not started yet and knows where the app will be.
// Both are at host.
func newNeighbour(t testing.TB, host string) *neighbour {
	t.Helper()
	n := &neighbour{server: newServer(t)}
	n.addr = strings.Replace(n.addr, "127.0.0.1", host, 1)
	n.origin = "http://" + n.addr
	n.app = "http://" + strings.Replace(freeAddr(t), "127.0.0.1", host, 1)
	n.env = append(n.env, "ALLOWED_ORIGINS="+n.app)
	return n
}

// open starts the app, with the public key in its settings if it is to verify alone.
func (n *neighbour) open(start starter, alone bool) {
	n.t.Helper()
	keys := n.keys()
	s := peer.Settings{
		Addr: strings.TrimPrefix(n.app, "http://"), Origin: n.origin, APIURL: keys["CLERK_API_URL"],
		PublishableKey: keys["CLERK_PUBLISHABLE_KEY"], SecretKey: keys["CLERK_SECRET_KEY"],
	}
	if alone {
		s.JWTKey = keys["CLERK_JWT_KEY"]
	}
	p, err := start(context.Background(), "peers", s)
	present(n.t, err)
	n.t.Cleanup(func() {
		p.Stop()
		if n.t.Failed() {
			n.t.Logf("log of %s:\n%s", n.app, tail(p.Log(), 16<<10))
		}
	})
}

// present skips the test, or fails it in continuous integration, when what it needs is
// not installed.
func present(t testing.TB, err error) {
	t.Helper()
	if errors.Is(err, peer.ErrMissing) {
		missing(t, err.Error())
	}
	if err != nil {
		t.Fatal(err)
	}
}

// at is the same visitor, with the same cookies, at another origin.
func (v *visitor) at(origin string) *visitor {
	there := *v
	there.origin = origin
	return &there
}

// arrive opens a page as browsers do, follows where it leads, and returns the last answer
// and every address on the way.
func (v *visitor) arrive(path string) (a *answer, way []string) {
	v.t.Helper()
	u, err := url.Parse(v.origin + path)
	if err != nil {
		v.t.Fatal(err)
	}
	for range 10 {
		way = append(way, u.String())
		a = v.at(u.Scheme+"://"+u.Host).get(u.RequestURI(), "Accept", "text/html", "Sec-Fetch-Dest", "document")
		if a.Status < 300 || a.Status > 399 {
			return a, way
		}
		if u, err = u.Parse(a.Header.Get("Location")); err != nil {
			v.t.Fatal(err)
		}
	}
	v.t.Fatalf("led around without end: %q", way)
	return nil, nil
}

// handshakes counts the addresses that are the instance's handshake.
func handshakes(way []string) (n int) {
	for _, address := range way {
		if strings.Contains(address, "/__clerk/v1/client/handshake?") {
			n++
		}
	}
	return n
}

var (
	bodies   = regexp.MustCompile(`(?s)<body.*?>(.*)</body>`)
	unspoken = regexp.MustCompile(`(?s)<script.*?</script>|<!--.*?-->|<[^>]*>`)
)

// says is what a person reads in an answer.
func (a *answer) says() string {
	text := a.Body
	if body := bodies.FindStringSubmatch(text); body != nil {
		text = body[1]
	}
	return strings.Join(strings.Fields(unspoken.ReplaceAllString(text, "")), " ")
}

// wantSays fails unless a page says want.
func (a *answer) wantSays(t testing.TB, want string) {
	t.Helper()
	if a.Status != http.StatusOK || !strings.Contains(a.says(), want) {
		t.Errorf("%d %q, want %q", a.Status, tail(a.says(), 1<<10), want)
	}
}

// goTo opens a page of the app in a browser.
func (n *neighbour) goTo(b *tab, path string) {
	b.t.Helper()
	b.tolerate("/favicon.ico")
	b.arrive(chromedp.Navigate(n.app + path))
}
