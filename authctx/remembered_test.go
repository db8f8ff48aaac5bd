package authctx_test

import (
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/usherauth/usher/authctx"
	"github.com/usherauth/usher/authtest"
	"github.com/usherauth/usher/wire"
)

// withCookies adds other cookies to those of req.
func withCookies(req *http.Request, more string) *http.Request {
	req = req.Clone(req.Context())
	req.Header.Set("Cookie", more+"; "+req.Header.Get("Cookie"))
	return req
}

// TestRememberedLines: a Cookie line that comes again is remembered, for its sender alone.
func TestRememberedLines(t *testing.T) {
	t.Parallel()
	a, err := authctx.New(authtest.Config(t))
	if err != nil {
		t.Fatal(err)
	}
	one, two := authtest.NewRequest(t, "GET", "/", authtest.User("user_1")), authtest.NewRequest(t, "GET", "/", authtest.User("user_2"))
	for range 5 {
		for want, req := range map[string]*http.Request{"user_1": one, "user_2": two} {
			if got := askWith(a, req).auth.UserID(); got != want {
				t.Fatalf("got %q, want %q", got, want)
			}
		}
	}
	if n := authctx.RememberedLines(a); n != 2 {
		t.Errorf("%d lines remembered, want 2", n)
	}
	forged := strings.ReplaceAll(one.Header.Get("Cookie"), "=eyJ", "=eyK")
	req := one.Clone(t.Context())
	req.Header.Set("Cookie", forged)
	if got := askWith(a, req).auth.UserID(); got != "" {
		t.Errorf("a changed line is %q", got)
	}
}

// TestLinesThatChangeAreNotKept: where another cookie changes with each request, nothing is
// gained by remembering lines.
func TestLinesThatChangeAreNotKept(t *testing.T) {
	t.Parallel()
	a, err := authctx.New(authtest.Config(t))
	if err != nil {
		t.Fatal(err)
	}
	req := authtest.NewRequest(t, "GET", "/", authtest.User("user_1"))
	for i := range 200 {
		if got := askWith(a, withCookies(req, fmt.Sprintf("visits=%09d", i))).auth.UserID(); got != "user_1" {
			t.Fatalf("got %q", got)
		}
	}
	if n := authctx.RememberedLines(a); n != 0 {
		t.Errorf("%d lines remembered", n)
	}
}

// TestTheLastLineIsRemembered: of two lines that look the same at first glance, the one
// that keeps coming.
func TestTheLastLineIsRemembered(t *testing.T) {
	t.Parallel()
	a, err := authctx.New(authtest.Config(t))
	if err != nil {
		t.Fatal(err)
	}
	req := authtest.NewRequest(t, "GET", "/")
	for _, name := range []string{"analytics_cookie_name=1", "analytics_cookie_name=2", "a=1", "a=2"} {
		line := withCookies(req, name)
		for range 4 {
			askWith(a, line)
		}
		if !authctx.RemembersLine(a, line.Header.Get("Cookie")) {
			t.Errorf("the line with %s is not remembered", name)
		}
	}
}

// TestL15_LinesHaveABound: somebody signed in who sends each of a great many lines three
// times takes no more memory than the bound says.
func TestL15_LinesHaveABound(t *testing.T) {
	t.Parallel()
	a, err := authctx.New(authtest.Config(t))
	if err != nil {
		t.Fatal(err)
	}
	req := authtest.NewRequest(t, "GET", "/", authtest.User("user_1"))
	for i := range 5000 {
		line := withCookies(req, "filler="+strings.Repeat(fmt.Sprintf("%08d", i), 500))
		for range 3 {
			askWith(a, line)
		}
	}
	n, size := authctx.RememberedLines(a), authctx.RememberedLineBytes(a)
	if n < 500 || size > 8<<20 {
		t.Errorf("%d lines of %d bytes are remembered, want many, up to 8 MiB", n, size)
	}
}

// TestL15_LongLinesAreNotKept: no browser sends them.
func TestL15_LongLinesAreNotKept(t *testing.T) {
	t.Parallel()
	a, err := authctx.New(authtest.Config(t))
	if err != nil {
		t.Fatal(err)
	}
	for i := range 20 {
		line := withCookies(authtest.NewRequest(t, "GET", "/"), "f="+strings.Repeat(fmt.Sprintf("%08d", i), 120_000))
		for range 3 {
			askWith(a, line)
		}
	}
	if n := authctx.RememberedLineBytes(a); n != 0 {
		t.Errorf("%d bytes are remembered", n)
	}
}

// TestL15_DecodedCookiesCount: a cookie that is percent-encoded is kept twice over, and
// reckoned so.
func TestL15_DecodedCookiesCount(t *testing.T) {
	t.Parallel()
	a, err := authctx.New(authtest.Config(t))
	if err != nil {
		t.Fatal(err)
	}
	cookie := "__clerk_db_jwt_" + wire.CookieSuffix(authtest.PublishableKey) + "=%41" + strings.Repeat("x", 6000)
	req := withCookies(authtest.NewRequest(t, "GET", "/"), cookie)
	for range 3 {
		askWith(a, req)
	}
	if n := authctx.RememberedLineBytes(a); n < 3*6000 {
		t.Errorf("%d bytes are reckoned for a line of 6000 and two copies", n)
	}
}

// TestTokensStayWhileTheyAreAccepted: the skew lengthens the life of what is remembered, too.
func TestTokensStayWhileTheyAreAccepted(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_800_000_000, 0)
	cfg := authtest.Config(t)
	cfg.Now = func() time.Time { return now }
	a, err := authctx.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	ask := func(prefix string) {
		for i := range 100 {
			if r := verifyReason(a, authtest.Token(t, authtest.User(fmt.Sprint(prefix, i)), authtest.At(now))); r != "" {
				t.Fatal(r)
			}
		}
	}
	ask("user_a")
	now = now.Add(61 * time.Second)
	ask("user_b")
	if n := authctx.CachedTokens(a); n != 200 {
		t.Errorf("%d of 200 tokens are remembered, all of which are accepted", n)
	}
	now = now.Add(65 * time.Second)
	ask("user_c")
	if n := authctx.CachedTokens(a); n > 150 {
		t.Errorf("%d tokens are remembered, 100 of which are accepted", n)
	}
}

// TestJ32_RememberedLineExpires: what is remembered of a line says nothing about the time.
func TestJ32_RememberedLineExpires(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_800_000_000, 0)
	cfg := authtest.Config(t)
	cfg.Now = func() time.Time { return now }
	a, err := authctx.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	req := authtest.NewRequest(t, "GET", "/", authtest.At(now))
	for range 4 {
		if !askWith(a, req).auth.SignedIn() {
			t.Fatal("not signed in")
		}
	}
	if authctx.RememberedLines(a) != 1 {
		t.Fatal("the line is not remembered")
	}
	now = now.Add(65 * time.Second)
	if got := askWith(a, req); got.auth.SignedIn() {
		t.Error("signed in past the end of the token")
	}
}

// TestJ32_RememberedLineOfAWithdrawnKey: the key has to be published still, and one that
// is published again is looked at anew.
func TestJ32_RememberedLineOfAWithdrawnKey(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		published := "main"
		var sets map[string]string
		u := &upstream{answer: func(int64) (int, string, error) { return 200, sets[published], nil }}
		a, tok, s := keyed(t, u)
		sets = s
		line := "__clerk_db_jwt=x; __session=" + tok("ok-base") + "; __client_uat=1; theme=" + strings.Repeat("dark", 64)
		ask := func(want wire.Reason) {
			t.Helper()
			req := authtest.NewRequest(t, "POST", "/", authtest.SignedOut()) // not redirected
			req.Header.Set("Cookie", line)
			if got := a.Authenticate(req).Reason; got != want {
				t.Errorf("reason %q, want %q", got, want)
			}
		}
		for range 4 {
			ask("")
		}
		if authctx.RememberedLines(a) != 1 {
			t.Fatal("the line is not remembered")
		}
		published = "after-rotation"
		time.Sleep(5 * time.Minute)
		ask(wire.ReasonJWKKidMismatch)
		ask(wire.ReasonJWKKidMismatch)
		published = "main"
		time.Sleep(5 * time.Minute)
		for range 4 {
			ask("")
		}
		// A new kid brings the new set at once, and nobody is recognized by the old one.
		published = "after-rotation"
		time.Sleep(11 * time.Second)
		if r := verifyReason(a, tok("ok-key-rotation-new")); r != "" {
			t.Fatal(r)
		}
		ask(wire.ReasonJWKKidMismatch)
	})
}

// FuzzRememberedLines puts anything around the cookies of somebody signed in: what is
// remembered of the line answers as reading it did, and it is the same person or nobody.
func FuzzRememberedLines(f *testing.F) {
	f.Add("theme=dark", "lang=en")
	f.Add("__client_uat=0; __session=", "__clerk_redirect_count=3")
	f.Add("__session_"+wire.CookieSuffix(authtest.PublishableKey)+"=%41; ", "\t__clerk_handshake_nonce=x")
	now := time.Unix(1_800_000_000, 0)
	cfg := authtest.Config(f)
	cfg.Now = func() time.Time { return now }
	a, err := authctx.New(cfg)
	if err != nil {
		f.Fatal(err)
	}
	good := authtest.NewRequest(f, "POST", "/", authtest.At(now), authtest.User("user_1")).Header.Get("Cookie")
	f.Fuzz(func(t *testing.T, before, after string) {
		authctx.ForgetTokens(a)
		req := authtest.NewRequest(t, "POST", "/", authtest.SignedOut())
		req.Header.Set("Cookie", before+"; "+good+"; "+after)
		first := a.Authenticate(req)
		if id := first.Auth.UserID(); id != "" && id != "user_1" {
			t.Fatalf("user %q", id)
		}
		for range 3 {
			s := a.Authenticate(req)
			if s.Status != first.Status || s.Reason != first.Reason || s.Auth.UserID() != first.Auth.UserID() || !reflect.DeepEqual(s.Header, first.Header) {
				t.Fatalf("asked again: %+v, at first %+v", s, first)
			}
		}
	})
}
