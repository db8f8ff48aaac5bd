package authctx_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/usherauth/usher/authctx"
	"github.com/usherauth/usher/authtest"
)

// TestJ30_OneIdentityOnEveryPath: with two users' credentials in one request the
// middleware, a guard, a handler, a goroutine of it and the props all name the same one.
func TestJ30_OneIdentityOnEveryPath(t *testing.T) {
	t.Parallel()
	byHeader, byCookie := authtest.Token(t, authtest.User("header")), authtest.Token(t, authtest.User("cookie"))
	forged := byHeader[:len(byHeader)-8] + "AAAAAAAA"
	for name, tt := range map[string]struct{ bearer, want string }{
		"a good header decides":         {byHeader, "header"},
		"a bad header decides as well":  {forged, ""},
		"garbage in the header decides": {"x", ""},
		"without a header the cookie":   {"", "cookie"},
	} {
		req := httptest.NewRequest("GET", "/", nil)
		session(byCookie, 1)(req)
		if tt.bearer != "" {
			req.Header.Set("Authorization", "Bearer "+tt.bearer)
		}
		a, err := authctx.New(authtest.Config(t))
		if err != nil {
			t.Fatal(err)
		}
		handle(a, req, func(ctx context.Context) {
			got := []string{authctx.FromContext(ctx).UserID()}
			state, _ := decodeProps(t, authctx.BuildAuthProps(ctx))
			id, _ := state["userId"].(string)
			got = append(got, id)
			var wg sync.WaitGroup
			wg.Go(func() { got = append(got, authctx.FromContext(context.WithValue(ctx, req, 1)).UserID()) })
			wg.Wait()
			for _, id := range got {
				if id != tt.want {
					t.Errorf("%s: identities %q, want %q everywhere", name, got, tt.want)
				}
			}
		})
	}
}

// TestJ13_OversizedTokensCostNothing: ten thousand tokens above the bound leave the heap
// as it was.
func TestJ13_OversizedTokensCostNothing(t *testing.T) {
	a, err := authctx.New(authtest.Config(t))
	if err != nil {
		t.Fatal(err)
	}
	big := authtest.Token(t) + strings.Repeat("A", 8192)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range 10_000 {
		if _, err := a.Verify(context.Background(), big); err == nil {
			t.Fatal("accepted")
		}
	}
	runtime.ReadMemStats(&after)
	if spent := after.TotalAlloc - before.TotalAlloc; spent > 16<<20 {
		t.Errorf("%d octets allocated", spent)
	}
}

// sharedCache is a cache between people, as RFC 9111 §3 permits at most: it keeps every
// 200 that is neither private nor no-store, and honours Vary.
type sharedCache struct {
	next  http.Handler
	store map[string][]kept
}

type kept struct {
	vary   []string
	asked  http.Header
	answer *httptest.ResponseRecorder
}

func (c *sharedCache) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	for _, k := range c.store[r.URL.String()] {
		if k.fits(r.Header) {
			_, _ = io.Copy(w, strings.NewReader(k.answer.Body.String()))
			return
		}
	}
	rec := httptest.NewRecorder()
	c.next.ServeHTTP(rec, r)
	cc := rec.Header().Get("Cache-Control")
	if rec.Code == http.StatusOK && !strings.Contains(cc, "no-store") && !strings.Contains(cc, "private") {
		vary := strings.Split(strings.Join(rec.Header()["Vary"], ","), ",")
		c.store[r.URL.String()] = append(c.store[r.URL.String()], kept{vary, r.Header.Clone(), rec})
	}
	_, _ = w.Write(rec.Body.Bytes())
}

func (k kept) fits(h http.Header) bool {
	for _, field := range k.vary {
		if field = strings.TrimSpace(field); field != "" && strings.Join(k.asked.Values(field), ",") != strings.Join(h.Values(field), ",") {
			return false
		}
	}
	return true
}

// TestH03_ASharedCacheMixesNobody puts a cache in front of a page that wrongly calls
// itself public, and of one that nobody's identity went into, which stays cached.
func TestH03_ASharedCacheMixesNobody(t *testing.T) {
	t.Parallel()
	a, err := authctx.New(authtest.Config(t))
	if err != nil {
		t.Fatal(err)
	}
	public := 0
	mux := http.NewServeMux()
	mux.HandleFunc("/personal", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "public, max-age=600")
		_, _ = fmt.Fprint(w, authctx.FromContext(r.Context()).UserID())
	})
	mux.HandleFunc("/public", func(w http.ResponseWriter, _ *http.Request) {
		public++
		w.Header().Set("Cache-Control", "public, max-age=600")
	})
	cache := &sharedCache{next: a.Handler(mux), store: map[string][]kept{}}
	for range 2 {
		for _, user := range []string{"user_a", "user_b", ""} {
			req := authtest.NewRequest(t, "GET", "/personal", authtest.User(user))
			if user == "" {
				req = authtest.NewRequest(t, "GET", "/personal", authtest.SignedOut())
			}
			rec := httptest.NewRecorder()
			cache.ServeHTTP(rec, req)
			if rec.Body.String() != user {
				t.Errorf("%q got the page of %q", user, rec.Body)
			}
			cache.ServeHTTP(httptest.NewRecorder(), authtest.NewRequest(t, "GET", "/public", authtest.User(user)))
		}
	}
	if public != 1 {
		t.Errorf("the public page was made %d times, want once", public)
	}
}

// TestWhatRequestsLeaveBehind: work that goes on after its request keeps that request's
// own context, whoever comes next.
func TestWhatRequestsLeaveBehind(t *testing.T) {
	t.Parallel()
	a, err := authctx.New(authtest.Config(t))
	if err != nil {
		t.Fatal(err)
	}
	type number struct{}
	var left []*http.Request
	h := a.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { left = append(left, r) }))
	for i := range 40 {
		opts := []authtest.Option{authtest.SignedOut()}
		if i%3 == 0 {
			opts = []authtest.Option{authtest.User(fmt.Sprintf("user_%d", i))}
		}
		req := authtest.NewRequest(t, "GET", fmt.Sprintf("/%d", i), opts...)
		h.ServeHTTP(httptest.NewRecorder(), req.WithContext(context.WithValue(t.Context(), number{}, i)))
	}
	for i, r := range left {
		want := ""
		if i%3 == 0 {
			want = fmt.Sprintf("user_%d", i)
		}
		if got := authctx.FromContext(r.Context()).UserID(); got != want {
			t.Errorf("request %d: user %q, want %q", i, got, want)
		}
		if r.URL.Path != fmt.Sprintf("/%d", i) || r.Context().Value(number{}) != i {
			t.Errorf("request %d has become %s of %v", i, r.URL.Path, r.Context().Value(number{}))
		}
	}
}

// TestAStreamKeepsNothingElse: a request that lasts keeps no memory of those around it, and
// nobody's credentials lie beside another's.
func TestAStreamKeepsNothingElse(t *testing.T) {
	a, err := authctx.New(authtest.Config(t))
	if err != nil {
		t.Fatal(err)
	}
	type load struct{}
	var kept []*http.Request
	h := a.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Accept") != "" {
			kept = append(kept, r)
		}
	}))
	heap := func() int64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	before := heap()
	for i := range 100 {
		req := authtest.NewRequest(t, "GET", "/", authtest.SignedOut())
		ctx := context.WithValue(t.Context(), load{}, make([]byte, 100_000))
		if i%5 == 0 {
			req.Header.Set("Accept", "text/event-stream")
			ctx = t.Context()
		}
		h.ServeHTTP(httptest.NewRecorder(), req.WithContext(ctx))
	}
	if grown := heap() - before; grown > 2_000_000 {
		t.Errorf("%d streams keep %d bytes", len(kept), grown)
	}
	runtime.KeepAlive(kept)
}

// TestTheWriterIsNoContext: one thing must not be taken for the other.
func TestTheWriterIsNoContext(t *testing.T) {
	t.Parallel()
	a, err := authctx.New(authtest.Config(t))
	if err != nil {
		t.Fatal(err)
	}
	a.Handler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if _, ok := w.(context.Context); ok {
			t.Error("the response writer is a context")
		}
	})).ServeHTTP(httptest.NewRecorder(), authtest.NewRequest(t, "GET", "/"))
}
