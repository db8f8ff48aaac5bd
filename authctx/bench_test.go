package authctx_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/usherauth/usher/authctx"
	"github.com/usherauth/usher/authtest"
	"github.com/usherauth/usher/wire"
)

// nobody is a response writer that keeps nothing, so that only the middleware is measured.
// Its header is emptied for each answer.
type nobody struct{ header http.Header }

func (n nobody) Header() http.Header         { return n.header }
func (n nobody) Write(b []byte) (int, error) { return len(b), nil }
func (n nobody) WriteHeader(int)             {}

func prepared(t testing.TB, req *http.Request) func() {
	t.Helper()
	a, err := authctx.New(authtest.Config(t))
	if err != nil {
		t.Fatal(err)
	}
	w := nobody{http.Header{}}
	var seen bool
	h := a.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		seen = authctx.FromContext(r.Context()).SignedIn()
	}))
	return func() { clear(w.header); h.ServeHTTP(w, req); _ = seen }
}

// navigation is a signed-in person who follows a link of the app, with all that a browser
// sends along.
func navigation(t testing.TB) *http.Request {
	t.Helper()
	req := authtest.NewRequest(t, "GET", "/")
	for name, value := range map[string]string{
		"Accept": "text/html,application/xhtml+xml,*/*;q=0.8", "Accept-Encoding": "gzip, deflate, br, zstd", "Accept-Language": "en-GB,en;q=0.9",
		"Cache-Control": "max-age=0", "Connection": "keep-alive", "Referer": "http://" + req.Host + "/dashboard", "Sec-Fetch-Dest": "document",
		"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Site": "same-origin", "Sec-Fetch-User": "?1", "Upgrade-Insecure-Requests": "1",
		"User-Agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
	} {
		req.Header.Set(name, value)
	}
	return req
}

// TestAllocations bounds what authentication adds to a request: its state, with the copy of
// the request that carries it, and nothing for deciding or reading it. Requests of nobody
// share an allocation by fives, so that in whole numbers there is none.
func TestAllocations(t *testing.T) {
	signedIn, signedOut := authtest.NewRequest(t, "GET", "/"), authtest.NewRequest(t, "GET", "/", authtest.SignedOut())
	for name, tt := range map[string]struct {
		run  func()
		most float64
	}{
		"a signed-in request":    {prepared(t, signedIn), 1},
		"a browser's navigation": {prepared(t, navigation(t)), 1},
		"a bearer request":       {prepared(t, authtest.NewRequest(t, "GET", "/", authtest.Bearer())), 1},
		"a signed-out request":   {prepared(t, signedOut), 0},
		"one without any cookie": {prepared(t, httptest.NewRequest("GET", "/", nil)), 0},
	} {
		tt.run()
		if got := testing.AllocsPerRun(200, tt.run); got > tt.most {
			t.Errorf("%s: %v allocations, want at most %v", name, got, tt.most)
		}
	}
	ctx := authtest.Context(t)
	if got := testing.AllocsPerRun(200, func() { _ = authctx.FromContext(ctx).UserID() }); got != 0 {
		t.Errorf("FromContext: %v allocations, want 0", got)
	}
	if got := testing.AllocsPerRun(200, func() { _, _ = authctx.BuildAuthProps(ctx).WriteTo(io.Discard) }); got > 1 {
		t.Errorf("BuildAuthProps: %v allocations, want at most 1", got)
	}
}

func BenchmarkHandler(b *testing.B) {
	for name, req := range map[string]*http.Request{
		"signed-in": authtest.NewRequest(b, "GET", "/"), "navigation": navigation(b), "signed-out": httptest.NewRequest("GET", "/", nil),
	} {
		b.Run(name, func(b *testing.B) {
			run := prepared(b, req)
			b.ReportAllocs()
			for b.Loop() {
				run()
			}
		})
	}
}

func BenchmarkBuildAuthProps(b *testing.B) {
	ctx := authtest.Context(b)
	user := &wire.User{ID: "user_test", FirstName: "Ada", EmailAddresses: []wire.EmailAddress{{ID: "idn_1", EmailAddress: "ada@example.com"}}}
	b.Run("auth", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_, _ = authctx.BuildAuthProps(ctx).WriteTo(io.Discard)
		}
	})
	b.Run("user", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_, _ = authctx.BuildAuthProps(ctx, authctx.WithUser(user)).WriteTo(io.Discard)
		}
	})
}
