package bench

import (
	"context"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/clerk/clerk-sdk-go/v2"
	clerkhttp "github.com/clerk/clerk-sdk-go/v2/http"
	"github.com/clerk/clerk-sdk-go/v2/jwks"
	"github.com/clerk/clerk-sdk-go/v2/user"
	"github.com/go-chi/chi/v5"

	"github.com/usherauth/usher/authctx"
	"github.com/usherauth/usher/internal/pair"
	"github.com/usherauth/usher/userclient"
)

var (
	runFor  = flag.Duration("for", 0, "length of each run; 0 skips the comparison")
	soakFor = flag.Duration("soak", 2*time.Second, "length of the soak")
	people  = flag.Int("people", 8, "how many people the soak has")
)

const (
	pairs   = 12
	clients = 32 // kept connections, each waiting for its answer
	// fewClients leave the processors time to spare: with many, how long an answer takes says
	// only how many others wait.
	fewClients = 8
)

// plain is the page without any authentication.
func plain(lines []string) http.Handler {
	r := chi.NewRouter()
	r.Get("/welcome", func(w http.ResponseWriter, r *http.Request) { serve(r.Context(), w, "Ada", lines) })
	return r
}

// greet finds the name of who is signed in.
type greet func(context.Context, *userclient.Client) (string, error)

// usher is the page behind Usher's middleware.
func usher(t testing.TB, in *instance, delay time.Duration, name greet, lines []string) (http.Handler, *atomic.Int64) {
	t.Helper()
	carrier := &late{delay: delay}
	auth, err := authctx.New(authctx.Config{
		PublishableKey: in.PublishableKey().String(), SecretKey: in.SecretKey().Reveal(), APIURL: in.backend, ProxyURL: "/__clerk",
		PublicOrigin: origin, AuthorizedParties: []string{origin}, Transport: carrier,
	})
	if err != nil {
		t.Fatal(err)
	}
	users, err := userclient.New(userclient.Config{SecretKey: in.SecretKey().Reveal(), APIURL: in.backend, Transport: carrier})
	if err != nil {
		t.Fatal(err)
	}
	r := chi.NewRouter()
	r.Use(auth.Handler)
	r.With(authctx.RequirePage()).Get("/welcome", func(w http.ResponseWriter, r *http.Request) {
		first, err := name(r.Context(), users)
		if err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
			return
		}
		serve(r.Context(), w, first, lines)
	})
	return r, &carrier.calls
}

func fromToken(ctx context.Context, c *userclient.Client) (string, error) {
	p, err := c.Users.Brief(ctx)
	return string(p.FirstName), err
}

func fromBackend(ctx context.Context, c *userclient.Client) (string, error) {
	u, err := c.Users.Current(ctx)
	if err != nil {
		return "", err
	}
	return string(u.FirstName), nil
}

// late is the network to a Backend API that is some way off, counting what crosses it.
type late struct {
	delay time.Duration
	calls atomic.Int64
}

func (l *late) RoundTrip(r *http.Request) (*http.Response, error) {
	l.calls.Add(1)
	time.Sleep(l.delay)
	return http.DefaultTransport.RoundTrip(r)
}

// official is the page on the published Go SDK, as its documentation has it.
func official(in *instance, lines []string) http.Handler {
	backend := in.backend + "/v1"
	cfg := &clerk.ClientConfig{BackendConfig: clerk.BackendConfig{Key: clerk.String(in.SecretKey().Reveal()), URL: &backend}}
	users := user.NewClient(cfg)
	r := chi.NewRouter()
	r.Use(clerkhttp.RequireHeaderAuthorization(clerkhttp.JWKSClient(jwks.NewClient(cfg))))
	r.Get("/welcome", func(w http.ResponseWriter, r *http.Request) {
		claims, _ := clerk.SessionClaimsFromContext(r.Context())
		u, err := users.Get(r.Context(), claims.Subject)
		if err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
			return
		}
		serve(r.Context(), w, *u.FirstName, lines)
	})
	return r
}

func listen(t testing.TB, h http.Handler) string {
	t.Helper()
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	return srv.Listener.Addr().String()
}

func (in *instance) ask(authorization bool) []byte {
	if authorization {
		return fmt.Appendf(nil, "GET /welcome HTTP/1.1\r\nHost: localhost:8080\r\nAuthorization: Bearer %s\r\n\r\n", in.token)
	}
	return fmt.Appendf(nil, "GET /welcome HTTP/1.1\r\nHost: localhost:8080\r\nCookie: %s\r\n\r\n", in.cookie)
}

// TestPeers prints what the signed-in page costs beside each peer's: the seed's page,
// which only greets, and one with five kilobytes around the greeting, where rendering and
// the network, the same for all, hide more of the difference.
func TestPeers(t *testing.T) {
	if *runFor == 0 {
		t.Skip("a measurement, not a check: run make bench")
	}
	in := newInstance(t)
	for _, page := range []struct {
		name  string
		lines []string
	}{{"the seed's page", nil}, {"a page of 5 kB", full}} {
		us, _ := usher(t, in, 0, fromToken, page.lines)
		whole, _ := usher(t, in, 0, fromBackend, page.lines)
		peer, nobody := listen(t, official(in, page.lines)), listen(t, plain(page.lines))
		compare(t, in, page.name+": Usher, name from the token, against no authentication", listen(t, us), false, nobody)
		// More than this no authentication at all could do: the server itself and the clients take the rest.
		compare(t, in, page.name+": no authentication, against clerk-sdk-go with user.Get", nobody, true, peer)
		compare(t, in, page.name+": Usher, name from the token, against clerk-sdk-go with user.Get", listen(t, us), true, peer)
		compare(t, in, page.name+": Usher, users.Current, against clerk-sdk-go with user.Get", listen(t, whole), true, peer)
		apart(t, in, page.name+": Usher, name from the token, against clerk-sdk-go with user.Get", listen(t, us), peer)
		alone(t, in, page.lines)
	}
	far, _ := usher(t, in, 20*time.Millisecond, fromToken, nil)
	warm := run(t, listen(t, far), in.ask(false), fewClients)
	fmt.Printf("Usher, Backend API 20 ms away, warm, %d clients: median %v, p99 %v\n", fewClients, warm.P50, warm.P99)
}

func run(t *testing.T, addr string, ask []byte, clients int) pair.Result {
	t.Helper()
	r, err := pair.Load(pair.Target{Addr: addr, Request: ask}, clients, *runFor)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func versus(t *testing.T, one, two pair.Target) (a, b pair.Result) {
	t.Helper()
	a, b, err := pair.Versus(one, two, clients, *runFor)
	if err != nil {
		t.Fatal(err)
	}
	return a, b
}

// compare prints a's rate as a multiple of b's, and b's processor time for a request as a
// multiple of a's: everything this process did for it, the client's part included. With
// the header both get the token there, because the published SDK reads no cookies.
func compare(t *testing.T, in *instance, what, a string, header bool, b string) {
	t.Helper()
	var ratios, rates, cpu []float64
	for range pairs {
		one, two := versus(t, pair.Target{Addr: a, Request: in.ask(header)}, pair.Target{Addr: b, Request: in.ask(header)})
		ratios, rates = append(ratios, one.Rate/two.Rate*100), append(rates, one.Rate)
		cpu = append(cpu, float64(two.CPU)/float64(max(one.CPU, 1))*100)
	}
	fmt.Printf("%s, %d pairs of %v\n  requests/s %s %%, %s of them; its processor time per request %s %% of the former's\n",
		what, pairs, *runFor, pair.Quartiles(ratios), pair.Quartiles(rates), pair.Quartiles(cpu))
}

// TestThousandFirstViews: a thousand people open the page of one user at once. The key set
// is fetched once, and the user at most once for each request.
func TestThousandFirstViews(t *testing.T) {
	t.Parallel()
	in := newInstance(t)
	h, calls := usher(t, in, 5*time.Millisecond, fromBackend, nil)
	var wg sync.WaitGroup
	for range 1000 {
		wg.Go(func() {
			req := httptest.NewRequest("GET", origin+"/welcome", nil)
			req.Header.Set("Cookie", in.cookie)
			rec := httptest.NewRecorder()
			h.ServeHTTP(rec, req)
			if rec.Code != http.StatusOK || !strings.Contains(rec.Body.String(), "Welcome, Ada!") {
				t.Errorf("status %d", rec.Code)
			}
		})
	}
	wg.Wait()
	if n := calls.Load(); n > 1001 {
		t.Errorf("%d calls for 1000 views and one key set", n)
	}
}
