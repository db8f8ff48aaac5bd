package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/usherauth/usher/internal/pair"
	"github.com/usherauth/usher/internal/peer"
)

// contestant is a server and the request that it is measured with.
type contestant struct {
	addr, host string
	path       string
	cookie     string
}

func (c contestant) ask() []byte {
	return fmt.Appendf(nil, "GET %s HTTP/1.1\r\nHost: %s\r\nCookie: %s\r\n\r\n", c.path, c.host, c.cookie)
}

type starter func(ctx context.Context, dir string, s peer.Settings) (*peer.Process, error)

// TestNodePeers prints the signed-in page's rate as a multiple of that of the same page on
// the published JavaScript SDKs, with the same Backend API, built for production. Node.js
// runs a program on one core, and this is one process of each, as their commands start it.
func TestNodePeers(t *testing.T) {
	if *runFor == 0 {
		t.Skip("a measurement, not a check: run make bench")
	}
	in := newInstance(t)
	token, _ := usher(t, in, 0, fromToken, full)
	whole, _ := usher(t, in, 0, fromBackend, full)
	brief, current := in.contestant(listen(t, token)), in.contestant(listen(t, whole))
	for _, app := range []struct {
		name, user string
		start      starter
	}{
		{"@clerk/express in one process", "users.getUser", peer.Express},
		{"@clerk/nextjs in one process", "currentUser", peer.Next},
	} {
		addr, ok := in.startApp(t, app.start)
		if !ok {
			continue
		}
		fromUser, fromClaim := in.node(addr, "/benchmark"), in.node(addr, "/benchmark?name=token")
		measure(t, "Usher, name from the token, against "+app.name+", "+app.user, brief, fromUser)
		measure(t, "Usher, users.Current, against "+app.name+", "+app.user, current, fromUser)
		measure(t, "Usher, name from the token, against "+app.name+", name from the token", brief, fromClaim)
	}
}

func (in *instance) contestant(addr string) contestant {
	return contestant{addr, "localhost:8080", "/welcome", in.cookie}
}

func (in *instance) node(addr, path string) contestant {
	return contestant{addr, addr, path, in.cookie}
}

// startApp starts an app on this instance and returns its address; ok is false, and the
// reason printed, where it cannot run.
func (in *instance) startApp(t *testing.T, start starter) (addr string, ok bool) {
	t.Helper()
	addr = freeAddr(t)
	p, err := start(t.Context(), "../e2e/peers", peer.Settings{
		Addr: addr, Origin: origin, APIURL: in.backend,
		PublishableKey: in.PublishableKey().String(), SecretKey: in.SecretKey().Reveal(),
	})
	if errors.Is(err, peer.ErrMissing) {
		fmt.Println("skipped:", err)
		return "", false
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Stop)
	return addr, true
}

// freeAddr is a loopback address that nobody listens on.
func freeAddr(t *testing.T) string {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return strings.Replace(l.Addr().String(), "127.0.0.1", "localhost", 1) // as Next.js calls it
}

// measure prints one's rate as a multiple of two's, after both have warmed up.
func measure(t *testing.T, what string, one, two contestant) {
	t.Helper()
	sizes := [2]int{one.check(t), two.check(t)}
	run(t, one.addr, one.ask(), clients)
	run(t, two.addr, two.ask(), clients)
	var ratios, ones, twos []float64
	for range pairs {
		a, b := versus(t, pair.Target{Addr: one.addr, Request: one.ask()}, pair.Target{Addr: two.addr, Request: two.ask()})
		ratios, ones, twos = append(ratios, a.Rate/b.Rate), append(ones, a.Rate), append(twos, b.Rate)
	}
	fmt.Printf("%s, %d pairs of %v, pages of %d and %d bytes\n  %s times its requests/s; %s against %s requests/s\n",
		what, pairs, *runFor, sizes[0], sizes[1], pair.Quartiles(ratios), pair.Quartiles(ones), pair.Quartiles(twos))
}

var unspoken = regexp.MustCompile(`<!--.*?-->`)

// check fails the test unless the page is the one that everybody serves, and returns its
// size.
func (c contestant) check(t *testing.T) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+c.addr+c.path, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Host = c.host
	req.Header.Set("Cookie", c.cookie)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	text := unspoken.ReplaceAllString(string(body), "")
	lost := slices.IndexFunc(full, func(line string) bool { return !strings.Contains(text, line) })
	if res.StatusCode != http.StatusOK || !strings.Contains(text, "<h1>Welcome, Ada!</h1>") || lost >= 0 {
		t.Fatalf("%s%s: %d, line %d is missing: %s", c.addr, c.path, res.StatusCode, lost, body)
	}
	return len(body)
}
