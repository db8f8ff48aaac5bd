package authctx_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/usherauth/usher/authctx"
	"github.com/usherauth/usher/authtest"
	"github.com/usherauth/usher/wire"
)

func TestJ32_RememberedTokenStillExpires(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_800_000_000, 0)
	cfg := authtest.Config(t)
	cfg.Now = func() time.Time { return now }
	a, err := authctx.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	tok := authtest.Token(t, authtest.At(now))
	if r := verifyReason(a, tok); r != "" {
		t.Fatal(r)
	}
	if got := authctx.CachedTokens(a); got != 1 {
		t.Fatalf("%d tokens remembered, want 1", got)
	}
	now = now.Add(64 * time.Second)
	if r := verifyReason(a, tok); r != "" {
		t.Errorf("within the skew: %q", r)
	}
	now = now.Add(time.Second)
	if r := verifyReason(a, tok); r != wire.ReasonTokenExpired {
		t.Errorf("past the skew: %q, want %q", r, wire.ReasonTokenExpired)
	}
}

// TestJ32_KeyedByTheWholeToken: two users whose tokens share every claim but one are two
// people, and a changed signature is another token.
func TestJ32_KeyedByTheWholeToken(t *testing.T) {
	t.Parallel()
	a, err := authctx.New(authtest.Config(t))
	if err != nil {
		t.Fatal(err)
	}
	one, two := authtest.Token(t, authtest.User("user_1")), authtest.Token(t, authtest.User("user_2"))
	for range 3 {
		for want, tok := range map[string]string{"user_1": one, "user_2": two} {
			auth, err := a.Verify(t.Context(), tok)
			if err != nil || auth.UserID() != want {
				t.Errorf("got %q, %v, want %q", auth.UserID(), err, want)
			}
		}
		if r := verifyReason(a, one[:len(one)-6]+"AAAAAA"); r != wire.ReasonTokenInvalidSignature {
			t.Errorf("changed signature: %q", r)
		}
	}
}

// TestJ32_TokensOfOneHashAreTwo: the hash only finds a place; the token decides.
func TestJ32_TokensOfOneHashAreTwo(t *testing.T) {
	t.Parallel()
	a, err := authctx.New(authtest.Config(t))
	if err != nil {
		t.Fatal(err)
	}
	one, two := authtest.Token(t, authtest.User("user_1")), authtest.Token(t, authtest.User("user_2"))
	if r := verifyReason(a, one); r != "" {
		t.Fatal(r)
	}
	forged := one[:len(one)-6] + "AAAAAA"
	authctx.Collide(a, one, two)
	authctx.Collide(a, one, forged)
	for range 2 {
		if auth, err := a.Verify(t.Context(), two); err != nil || auth.UserID() != "user_2" {
			t.Errorf("got %q, %v, want user_2", auth.UserID(), err)
		}
		if r := verifyReason(a, forged); r != wire.ReasonTokenInvalidSignature {
			t.Errorf("changed signature: %q", r)
		}
	}
}

// TestL15_BadTokensLeaveNoTrace: refused tokens take no memory, however many there are.
func TestL15_BadTokensLeaveNoTrace(t *testing.T) {
	a, err := authctx.New(authtest.Config(t))
	if err != nil {
		t.Fatal(err)
	}
	good := authtest.Token(t)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for i := range 20_000 {
		_, _ = a.Verify(context.Background(), fmt.Sprintf("%s%08d", good[:len(good)-8], i))
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 4<<20 {
		t.Errorf("heap grew by %d bytes", grown)
	}
	if n := authctx.CachedTokens(a); n != 0 {
		t.Errorf("%d refused tokens are remembered", n)
	}
}

// TestL17_NoIdentityMix: 100 people share one middleware.
func TestL17_NoIdentityMix(t *testing.T) {
	t.Parallel()
	a, err := authctx.New(authtest.Config(t))
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for i := range 100 {
		want := fmt.Sprintf("user_%d", i)
		req := authtest.NewRequest(t, "GET", "/", authtest.User(want))
		wg.Go(func() {
			for range 50 {
				if got := askWith(a, req.Clone(t.Context())).auth.UserID(); got != want {
					t.Errorf("user %q, want %q", got, want)
				}
				if rand.IntN(10) == 0 {
					authctx.ForgetTokens(a)
				}
			}
		})
	}
	wg.Wait()
}
