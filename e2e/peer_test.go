package e2e

import (
	"context"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/usherauth/usher/e2e/internal/drive"
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
	n.Addr = strings.Replace(n.Addr, "127.0.0.1", host, 1)
	n.Origin = "http://" + n.Addr
	n.app = "http://" + strings.Replace(drive.FreeAddr(t), "127.0.0.1", host, 1)
	n.Env = append(n.Env, "ALLOWED_ORIGINS="+n.app)
	return n
}

// moveTo puts the app on another host, which has cookies of its own.
func (n *neighbour) moveTo(host string) {
	_, port, _ := strings.Cut(strings.TrimPrefix(n.app, "http://"), ":")
	n.app = "http://" + host + ":" + port
	n.Env = append(n.Env, "ALLOWED_ORIGINS="+n.app)
}

// open starts the app, with the public key in its settings if it is to verify alone.
func (n *neighbour) open(start starter, alone bool) {
	n.T.Helper()
	keys := n.Keys()
	s := peer.Settings{
		Addr: strings.TrimPrefix(n.app, "http://"), Origin: n.Origin, APIURL: keys["CLERK_API_URL"],
		PublishableKey: keys["CLERK_PUBLISHABLE_KEY"], SecretKey: keys["CLERK_SECRET_KEY"],
	}
	if alone {
		s.JWTKey = keys["CLERK_JWT_KEY"]
	}
	p, err := start(context.Background(), "peers", s)
	drive.Present(n.T, err)
	n.T.Cleanup(func() {
		p.Stop()
		if n.T.Failed() {
			n.T.Logf("log of %s:\n%s", n.app, drive.Tail(p.Log(), 16<<10))
		}
	})
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
		t.Errorf("%d %q, want %q", a.Status, drive.Tail(a.says(), 1<<10), want)
	}
}

// goTo opens a page of the app in a browser.
func (n *neighbour) goTo(b *tab, path string) {
	b.T.Helper()
	b.Tolerate("/favicon.ico")
	b.Arrive(chromedp.Navigate(n.app + path))
}
