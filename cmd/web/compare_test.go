package main

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"

	"github.com/usherauth/usher/authctx"
	"github.com/usherauth/usher/identity"
	"github.com/usherauth/usher/internal/pair"
)

// compareFor turns the comparison on: make bench sets it.
var compareFor = flag.Duration("compare", 0, "length of each run of the signed-in page against the plain one; 0 is off")

const (
	comparePairs   = 12
	compareClients = 8
	compareOrigin  = "http://localhost:8080"
)

// counted is the in-memory way to the embedded service, counting Backend API calls.
type counted struct {
	http.RoundTripper
	calls atomic.Int64
}

func (c *counted) RoundTrip(r *http.Request) (*http.Response, error) {
	if strings.HasPrefix(r.URL.Host, "api.") {
		c.calls.Add(1)
	}
	return c.RoundTripper.RoundTrip(r)
}

// contest is the same page twice: behind authentication, and with everything about its
// reader fixed beforehand and nothing checked.
type contest struct {
	signedIn, plain http.Handler
	least           http.Handler    // plain, behind what no authentication can do without
	reader          context.Context // what plain and least know of their reader, for ever
	cookie          string
	backend         *counted
}

func newContest(t *testing.T) *contest {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	e, err := openEmbedded(t.Context(), t.TempDir(), identity.Config{PublicOrigin: compareOrigin, TokenLifetime: time.Hour, Logger: log})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.close() })
	in := e.instance(compareOrigin)
	c := &contest{backend: &counted{RoundTripper: in.carrier}}
	in.carrier = c.backend
	a, err := newApp(in, log, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	c.signedIn = a.handler(compareOrigin, time.Now)
	c.cookie = signUpAda(t, c.signedIn)
	c.reader = fixedContext(t, a, c.request())
	c.plain, c.least = a.plainHandler(t), a.plainHandler(t, least)
	return c
}

func signUpAda(t *testing.T, h http.Handler) (cookie string) {
	t.Helper()
	form := url.Values{"email_address": {"ada@example.com"}, "password": {"correct horse battery"}, "first_name": {"Ada"}}
	req := httptest.NewRequest("POST", compareOrigin+"/sign-up", strings.NewReader(form.Encode()))
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Origin", compareOrigin)
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, req)
	if rec.Code != http.StatusSeeOther {
		t.Fatalf("sign-up: %d %s", rec.Code, rec.Body)
	}
	var pairs []string
	for _, c := range rec.Result().Cookies() {
		if !strings.HasPrefix(c.Name, "__client_") || strings.HasPrefix(c.Name, "__client_uat") {
			pairs = append(pairs, c.Name+"="+c.Value)
		}
	}
	return strings.Join(pairs, "; ")
}

func (c *contest) request() *http.Request {
	req := httptest.NewRequest("GET", compareOrigin+"/welcome", nil)
	req.Header.Set("Cookie", c.cookie)
	return req
}

// fixedContext is what a signed-in request looks like from the inside, for ever.
func fixedContext(t *testing.T, a *app, req *http.Request) (ctx context.Context) {
	t.Helper()
	a.auth.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		ctx = r.Context() // of a request that nobody cancels
	})).ServeHTTP(httptest.NewRecorder(), req)
	if !authctx.FromContext(ctx).SignedIn() {
		t.Fatal("not signed in")
	}
	return ctx
}

// plainHandler is the page without authentication, behind everything else and among the
// same routes. Its reader comes with the connection, as from net/http.Server.BaseContext.
func (a *app) plainHandler(t *testing.T, behind ...func(http.Handler) http.Handler) http.Handler {
	t.Helper()
	r := chi.NewRouter()
	r.Use(middleware.GetHead)
	r.Use(behind...)
	err := chi.Walk(a.routes(), func(method, route string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
		if route == "/welcome" {
			r.With(a.policy.document).Method(method, route, http.HandlerFunc(a.pages.Welcome))
		} else {
			r.Method(method, route, http.NotFoundHandler())
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	watch := newObserver(a.log, time.Now, a.failed)
	return watch.wrap(a.policy.headers(requestGuard(a.probesOr(hostGuard(compareOrigin, r, a.log, time.Now)))))
}

// sink is a response that goes nowhere. As with net/http, each answer begins with an empty
// map of header fields, so a field that makes the map grow shows.
type sink struct {
	header http.Header
	code   int
}

func (s *sink) Header() http.Header         { return s.header }
func (s *sink) Write(b []byte) (int, error) { return len(b), nil }
func (s *sink) WriteHeader(code int)        { s.code = code }

func (s *sink) run(t testing.TB, h http.Handler, req *http.Request) {
	s.header = make(http.Header)
	h.ServeHTTP(s, req)
	if s.code != http.StatusOK {
		t.Fatalf("status %d", s.code)
	}
}

var nonce = regexp.MustCompile(`nonce="[^"]*"`)

// TestWelcomeCosts holds what a signed-in view of /welcome adds to the same page without
// authentication, in counts: allocations, Backend API calls, bytes. A page asks some fifty
// pools, so the allocations are counted without the race detector: make test runs it both ways.
func TestWelcomeCosts(t *testing.T) {
	c := newContest(t)
	page := func(h http.Handler, req *http.Request) string {
		rec := httptest.NewRecorder()
		h.ServeHTTP(rec, req)
		return nonce.ReplaceAllString(rec.Body.String(), "")
	}
	req, plain := c.request(), c.request().WithContext(c.reader)
	if a, b := page(c.signedIn, req), page(c.plain, plain); a != b || !strings.Contains(a, "Welcome, <bdi>Ada</bdi>!") {
		t.Fatalf("the two pages differ:\n%s\n%s", a, b)
	}
	s := &sink{}
	with := pair.LeastAllocs(func() { s.run(t, c.signedIn, req) })
	without := pair.LeastAllocs(func() { s.run(t, c.plain, plain) })
	c.backend.calls.Store(0)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range 1000 {
		s.run(t, c.signedIn, req)
	}
	runtime.ReadMemStats(&after)
	t.Logf("allocations: %.0f signed in, %.0f plain, %.0f added; %d Backend API calls per 1000 views", with, without, with-without, c.backend.calls.Load())
	if with-without > 2 && !pair.Race {
		t.Errorf("%.0f allocations added, want at most 2", with-without)
	}
	if n := (after.TotalAlloc - before.TotalAlloc) / 1000; n > 17<<10 { // 7 KB, and twice as much under the race detector, which has pools forget
		t.Errorf("%d bytes allocated for each view: pages are made in memory that is used again", n)
	}
	if n := c.backend.calls.Load(); n != 0 {
		t.Errorf("%d Backend API calls for 1000 views, want none: the token carries the name", n)
	}
}

// TestCompareWelcome prints requests per second, latency and CPU time of the two pages,
// in pairs, because one run on a shared machine says little.
func TestCompareWelcome(t *testing.T) {
	if *compareFor == 0 {
		t.Skip("a measurement, not a check: run make bench")
	}
	limitMemory(os.Getenv, 128<<20) // as the program does
	c := newContest(t)
	a, b := serveOn(t, t.Context(), c.signedIn), serveOn(t, c.reader, c.plain)
	ask := fmt.Appendf(nil, "GET /welcome HTTP/1.1\r\nHost: localhost:8080\r\nCookie: %s\r\n\r\n", c.cookie)
	var ratios, rates, p99s []float64
	var all, floor costs
	for range comparePairs {
		one, two, err := pair.Versus(pair.Target{Addr: a, Request: ask}, pair.Target{Addr: b, Request: ask}, compareClients, *compareFor)
		if err != nil {
			t.Fatal(err)
		}
		ratios, rates = append(ratios, one.Rate/two.Rate*100), append(rates, one.Rate)
		p99s = append(p99s, float64(one.P99.Microseconds()))
		turns := c.turns(t)
		all.add(turns, signedInPage)
		floor.add(turns, leastPage)
	}
	fmt.Printf("signed-in /welcome against the same page without authentication, %d pairs of %v, %d clients\n", comparePairs, *compareFor, compareClients)
	fmt.Printf("  share of its requests/s   %s %%\n", pair.Quartiles(ratios))
	fmt.Printf("  requests/s                %s\n", pair.Quartiles(rates))
	fmt.Printf("  p99                       %s µs\n", pair.Quartiles(p99s))
	fmt.Printf("  CPU added, undisturbed    %s µs, by a value in the context and a private answer alone %s\n", pair.Quartiles(all.undisturbed), pair.Quartiles(floor.undisturbed))
	fmt.Printf("  CPU added, in the mean    %s µs, by those alone %s, the collector's included\n", pair.Quartiles(all.mean), pair.Quartiles(floor.mean))
}

func serveOn(t *testing.T, base context.Context, h http.Handler) string {
	t.Helper()
	srv := httptest.NewUnstartedServer(h)
	srv.Config.BaseContext = func(net.Listener) context.Context { return base }
	srv.Start()
	t.Cleanup(srv.Close)
	return srv.Listener.Addr().String()
}
