package authctx_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/usherauth/usher/authctx"
	"github.com/usherauth/usher/authtest"
	"github.com/usherauth/usher/wire"
)

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

// TestJ32_RepeatedCookiesExpire: what is remembered of a token says nothing about the time.
func TestJ32_RepeatedCookiesExpire(t *testing.T) {
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
	if authctx.CachedTokens(a) != 1 {
		t.Fatal("the token is not remembered")
	}
	now = now.Add(65 * time.Second)
	if got := askWith(a, req); got.auth.SignedIn() {
		t.Error("signed in past the end of the token")
	}
}

// TestJ32_RepeatedCookiesOfAWithdrawnKey: the key has to be published still, and one that
// is published again is looked at anew.
func TestJ32_RepeatedCookiesOfAWithdrawnKey(t *testing.T) {
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
		if authctx.CachedTokens(a) != 1 {
			t.Fatal("the token is not remembered")
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

// FuzzRepeatedCookies puts anything around the cookies of somebody signed in: with the token
// remembered the answer is the same as without, and it is the same person or nobody.
func FuzzRepeatedCookies(f *testing.F) {
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
