package bench

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/a-h/templ"

	"github.com/usherauth/usher/authctx"
	"github.com/usherauth/usher/authtest"
	"github.com/usherauth/usher/internal/pair"
)

// orders fill the small page to about two kilobytes, at some forty allocations.
var orders = func() (out []string) {
	for i := range 12 {
		out = append(out, fmt.Sprintf("Order %d, to be sent on the %d of the month, paid", 1000+i, i))
	}
	return out
}()

func render(w http.ResponseWriter, r *http.Request, page templ.Component) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_ = page.Render(r.Context(), w)
}

// smallPage is one page twice: by the README's idiom, and with everything about its reader
// fixed beforehand. They write the same bytes.
type smallPage struct {
	usher, plain http.Handler
	request      *http.Request
}

var headOf = regexp.MustCompile(`</title>(.*)</head>`)

func newSmallPage(t testing.TB, opts ...authtest.Option) smallPage {
	t.Helper()
	auth, err := authctx.New(authtest.Config(t))
	if err != nil {
		t.Fatal(err)
	}
	s := smallPage{request: authtest.NewRequest(t, "GET", "/orders", opts...)}
	s.usher = auth.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { render(w, r, idiom(orders)) }))
	rec := httptest.NewRecorder()
	s.usher.ServeHTTP(rec, s.request)
	head, user := headOf.FindStringSubmatch(rec.Body.String()), ""
	if head == nil {
		t.Fatalf("no head in %s", rec.Body)
	}
	if strings.Contains(rec.Body.String(), "user_test</p>") {
		user = "user_test"
	}
	ready := templ.Raw(head[1])
	s.plain = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { render(w, r, fixed(orders, ready, user)) })
	again := httptest.NewRecorder()
	s.plain.ServeHTTP(again, s.request)
	if !bytes.Equal(rec.Body.Bytes(), again.Body.Bytes()) {
		t.Fatalf("the pages differ:\n%s\n%s", rec.Body, again.Body)
	}
	return s
}

// sink is a response that goes nowhere. Its header is empty for each answer, as from a server.
type sink struct{ header http.Header }

func (s *sink) Header() http.Header         { return s.header }
func (s *sink) Write(b []byte) (int, error) { return len(b), nil }
func (s *sink) WriteHeader(int)             {}
func (s *sink) Flush()                      {}

func (s *sink) serve(h http.Handler, r *http.Request) {
	s.header = make(http.Header)
	h.ServeHTTP(s, r)
}

var readers = []struct {
	name string
	opts []authtest.Option
}{
	{"signed in", nil},
	{"signed out", []authtest.Option{authtest.SignedOut()}},
}

// TestE2_E3_TheIdiomAddsLittle counts what the README's idiom adds to a small page.
func TestE2_E3_TheIdiomAddsLittle(t *testing.T) {
	for _, tt := range readers {
		s, out := newSmallPage(t, tt.opts...), &sink{}
		with := pair.LeastAllocs(func() { out.serve(s.usher, s.request) })
		without := pair.LeastAllocs(func() { out.serve(s.plain, s.request) })
		t.Logf("%s: %.0f allocations, %.0f without authentication", tt.name, with, without)
		if with-without > 2 {
			t.Errorf("%s: %.0f allocations added, want at most 2", tt.name, with-without)
		}
	}
}

// TestCompareSmall prints what the idiom costs on a small page.
func TestCompareSmall(t *testing.T) {
	if *runFor == 0 {
		t.Skip("a measurement, not a check: run make bench")
	}
	for _, tt := range readers {
		s := newSmallPage(t, tt.opts...)
		a, b := listen(t, s.usher), listen(t, s.plain)
		ask := fmt.Appendf(nil, "GET /orders HTTP/1.1\r\nHost: %s\r\nCookie: %s\r\n\r\n", s.request.Host, s.request.Header.Get("Cookie"))
		var shares, added []float64
		for range pairs {
			one, two, err := pair.Versus(pair.Target{Addr: a, Request: ask}, pair.Target{Addr: b, Request: ask}, fewClients, *runFor)
			if err != nil {
				t.Fatal(err)
			}
			shares, added = append(shares, 100*one.Rate/two.Rate), append(added, s.added())
		}
		fmt.Printf("small page, %s, against the same bytes without authentication, %d pairs of %v\n", tt.name, pairs, *runFor)
		fmt.Printf("  share of its requests/s  %s %%\n", pair.Quartiles(shares))
		fmt.Printf("  CPU added                %s us\n", pair.Quartiles(added))
	}
}

// added is how many microseconds of processor time more a page of the idiom takes, called
// directly, in many short turns.
func (s smallPage) added() float64 {
	const turns, views = 400, 100
	out, handlers := &sink{}, [2]http.Handler{s.usher, s.plain}
	var differences []float64
	for range turns {
		var took [2]time.Duration
		first := rand.IntN(2) //nolint:gosec // not a secret
		for _, which := range [2]int{first, 1 - first} {
			start := pair.CPUTime()
			for range views {
				out.serve(handlers[which], s.request)
			}
			took[which] = pair.CPUTime() - start
		}
		differences = append(differences, float64((took[0]-took[1]).Nanoseconds())/1000/views)
	}
	slices.Sort(differences)
	return differences[turns/2]
}

// TestCompareSessions prints how the small page's rate depends on how many sessions are active.
func TestCompareSessions(t *testing.T) {
	if *runFor == 0 {
		t.Skip("a measurement, not a check: run make bench")
	}
	const most = 100_000
	now := time.Now()
	cookies := manySessions(t, most, now)
	fmt.Printf("small page, sessions that ask in turn, %d rounds of %v each\n", pairs, *runFor)
	counts := []int{1000, 10_000, 40_000, most}
	served, rates := make([]*crowded, len(counts)), make([][]float64, len(counts))
	for i, n := range counts {
		served[i] = newCrowded(t, cookies[:n], now)
	}
	for range pairs {
		for i, c := range served {
			rates[i] = append(rates[i], c.rate(*runFor))
		}
	}
	for i, c := range served {
		shares := make([]float64, pairs)
		for j := range shares {
			shares[j] = 100 * rates[i][j] / rates[0][j]
		}
		fmt.Printf("  %6d sessions: %s requests/s, %s %% of those with %d; %.0f %% of the tokens remembered, %.0f MiB of heap for them\n",
			counts[i], pair.Quartiles(rates[i]), pair.Quartiles(shares), counts[0], 100*c.hits(), c.heap)
	}
}

// manySessions are the Cookie lines of different people.
func manySessions(t testing.TB, n int, now time.Time) []string {
	t.Helper()
	out := make([]string, n)
	var next atomic.Int64
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for i := next.Add(1) - 1; i < int64(n); i = next.Add(1) - 1 {
				id := fmt.Sprintf("%027d", i)
				out[i] = authtest.NewRequest(t, "GET", "/", authtest.At(now), authtest.User("user_"+id), authtest.Session("sess_"+id),
					authtest.Claim("first_name", "Ada"), authtest.Claim("fva", []int{3, -1}), authtest.Claim("azp", authtest.Origin)).Header.Get("Cookie")
			}
		})
	}
	wg.Wait()
	return out
}

// crowded serves the small page to many sessions in turn.
type crowded struct {
	cookies []string
	handler http.Handler
	records hitCounter
	next    atomic.Int64
	heap    float64 // MiB that serving everybody twice added
}

// hitCounter is a log that counts, while it is on, the tokens that were verified before.
type hitCounter struct {
	slog.Handler
	on          atomic.Bool
	hits, asked int
}

func (h *hitCounter) Enabled(context.Context, slog.Level) bool { return h.on.Load() }

func (h *hitCounter) Handle(_ context.Context, r slog.Record) error {
	r.Attrs(func(a slog.Attr) bool {
		if a.Key == "cache_hit" {
			h.asked++
			if a.Value.Bool() {
				h.hits++
			}
		}
		return true
	})
	return nil
}

// hits is the share of the sessions whose tokens are remembered when each asks once.
func (c *crowded) hits() float64 {
	c.records.on.Store(true)
	c.ask(len(c.cookies))
	return float64(c.records.hits) / float64(c.records.asked)
}

func newCrowded(t testing.TB, cookies []string, now time.Time) *crowded {
	t.Helper()
	c := &crowded{cookies: cookies}
	cfg := authtest.Config(t)
	cfg.Now = func() time.Time { _ = time.Now(); return now } // a clock costs, and these tokens last a minute
	cfg.Logger = slog.New(&c.records)
	auth, err := authctx.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	c.handler = auth.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { render(w, r, idiom(orders)) }))
	before := heapMiB()
	c.ask(2 * len(cookies))
	c.heap = heapMiB() - before
	return c
}

func heapMiB() float64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc) / (1 << 20)
}

// ask has the next n sessions ask.
func (c *crowded) ask(n int) {
	out, req := &sink{}, request()
	for range n {
		c.one(out, req)
	}
}

func request() *http.Request {
	req := httptest.NewRequest("GET", "/orders", http.NoBody)
	req = req.WithContext(context.WithValue(req.Context(), http.LocalAddrContextKey, net.Addr(nil)))
	return req
}

func (c *crowded) one(out *sink, req *http.Request) {
	i := (c.next.Add(1) - 1) % int64(len(c.cookies))
	req.Header["Cookie"] = []string{c.cookies[i]}
	out.serve(c.handler, req)
}

func (c *crowded) rate(length time.Duration) float64 {
	var asked atomic.Int64
	var wg sync.WaitGroup
	start := time.Now()
	end := start.Add(length)
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			out, req := &sink{}, request()
			for time.Now().Before(end) {
				for range 50 {
					c.one(out, req)
				}
				asked.Add(50)
			}
		})
	}
	wg.Wait()
	return float64(asked.Load()) / time.Since(start).Seconds()
}
