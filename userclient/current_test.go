package userclient_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/usherauth/usher/authctx"
	"github.com/usherauth/usher/userclient"
)

// app is an instance's key and the middleware that trusts it.
type app struct {
	key  *rsa.PrivateKey
	auth *authctx.Authenticator
}

var newApp = sync.OnceValue(func() app {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	der, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		panic(err)
	}
	auth, err := authctx.New(authctx.Config{
		JWTKey: string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})),
	})
	if err != nil {
		panic(err)
	}
	return app{key, auth}
})

// visit sends a request with a session of userID, "" for none, through the middleware
// and calls page with its context.
func visit(ctx context.Context, userID string, page func(ctx context.Context)) error {
	a := newApp()
	r := httptest.NewRequestWithContext(ctx, http.MethodGet, "https://app.example.com/", nil)
	if userID != "" {
		now := time.Now().Unix()
		signed, err := jwt.NewWithClaims(jwt.SigningMethodRS256, jwt.MapClaims{
			"sub": userID, "sid": "sess_" + userID, "iss": "https://clerk.example.com", "v": 2, "sts": "active",
			"iat": now, "nbf": now - 10, "exp": now + 60,
		}).SignedString(a.key)
		if err != nil {
			return err
		}
		r.Header.Set("Authorization", "Bearer "+signed)
	}
	err := errors.New("the page was not reached")
	h := a.auth.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		err = nil
		page(r.Context())
	}))
	h.ServeHTTP(httptest.NewRecorder(), r)
	return err
}

// request is visit for tests.
func request(t testing.TB, userID string, page func(ctx context.Context)) {
	t.Helper()
	if err := visit(t.Context(), userID, page); err != nil {
		t.Fatal(err)
	}
}

// echo answers a request for any user with that user, and counts.
func echo() (transport, *atomic.Int64) {
	calls := new(atomic.Int64)
	return func(r *http.Request) (*http.Response, error) {
		calls.Add(1)
		id := strings.TrimPrefix(r.URL.Path, "/v1/users/")
		return answer(200, fmt.Sprintf(`{"object":"user","id":%q,"first_name":"Name of %s"}`, id, id)), nil
	}, calls
}

func TestL04_CurrentAsksOncePerRequest(t *testing.T) {
	t.Parallel()
	rt, calls := echo()
	c := client(t, transport(func(r *http.Request) (*http.Response, error) {
		time.Sleep(20 * time.Millisecond) // so that all components wait at the same time
		return rt(r)
	}))
	request(t, "user_1", func(ctx context.Context) {
		var wg sync.WaitGroup
		for range 50 {
			wg.Go(func() {
				u, err := c.Users.Current(ctx)
				if err != nil || u.ID != "user_1" {
					t.Errorf("Current = %+v, %v, want user_1", u, err)
				}
			})
		}
		wg.Wait()
		if u, err := c.Users.Get(ctx, "user_1"); err != nil || u.ID != "user_1" {
			t.Errorf("Get of the same user = %+v, %v", u, err)
		}
	})
	if n := calls.Load(); n != 1 {
		t.Errorf("50 components and a Get made %d requests, want 1", n)
	}
}

func TestL04_ManyRequestsNeverShare(t *testing.T) {
	t.Parallel()
	rt, calls := echo()
	c := client(t, rt)
	const requests = 1000
	var wg sync.WaitGroup
	for i := range requests {
		wg.Go(func() {
			want := fmt.Sprintf("user_%d", i%2)
			request(t, want, func(ctx context.Context) {
				for range 3 {
					u, err := c.Users.Current(ctx)
					if err != nil || u.ID != want {
						t.Errorf("Current = %+v, %v, want %s", u, err, want)
					}
				}
			})
		})
	}
	wg.Wait()
	if n := calls.Load(); n != requests {
		t.Errorf("%d requests made %d calls, want one each", requests, n)
	}
}

func TestL04_ClientsNeverShare(t *testing.T) {
	t.Parallel()
	a := client(t, transportOf(ok(`{"object":"user","id":"user_1","first_name":"A"}`)))
	b := client(t, transportOf(ok(`{"object":"user","id":"user_1","first_name":"B"}`)))
	request(t, "user_1", func(ctx context.Context) {
		for range 2 {
			ua, errA := a.Users.Current(ctx)
			ub, errB := b.Users.Current(ctx)
			if errA != nil || errB != nil || ua.FirstName != "A" || ub.FirstName != "B" {
				t.Errorf("Current = %+v, %+v (%v, %v), want A and B", ua, ub, errA, errB)
			}
		}
	})
}

func TestL04_UsersOfOneRequestNeverShare(t *testing.T) {
	t.Parallel()
	rt, calls := echo()
	c := client(t, rt)
	request(t, "user_1", func(ctx context.Context) {
		for range 2 {
			for _, id := range []string{"user_2", "user_1", "user_3"} {
				if u, err := c.Users.Get(ctx, id); err != nil || u.ID != id {
					t.Errorf("Get(%s) = %+v, %v", id, u, err)
				}
			}
			if u, err := c.Users.Current(ctx); err != nil || u.ID != "user_1" {
				t.Errorf("Current = %+v, %v, want user_1", u, err)
			}
		}
	})
	if n := calls.Load(); n != 3 {
		t.Errorf("three users took %d calls, want 3", n)
	}
}

func TestCurrentSignedOutAsksNobody(t *testing.T) {
	t.Parallel()
	rt, calls := echo()
	c := client(t, rt)
	check := func(ctx context.Context) {
		u, err := c.Users.Current(ctx)
		if u != nil || !errors.Is(err, authctx.ErrSignedOut) || errors.Is(err, userclient.ErrUnavailable) {
			t.Errorf("Current = %+v, %v, want ErrSignedOut", u, err)
		}
	}
	check(t.Context()) // no middleware at all
	request(t, "", check)
	if n := calls.Load(); n != 0 {
		t.Errorf("%d requests were made", n)
	}
}

func TestL02_FaultIsNotSignedOutAndIsAskedOnce(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		fault func() (*http.Response, error)
		calls int64
		want  []error
	}{
		{"the API is down", status(503), 3, []error{userclient.ErrUnavailable}},
		{"enough calls were made", status(429, "Retry-After", "60"), 1, []error{userclient.ErrRateLimited, userclient.ErrUnavailable}},
		{"the account is gone", status(404), 1, []error{userclient.ErrNotFound}},
		{"the key is not accepted", status(401), 1, nil},
		{"nonsense", ok("<html>"), 1, []error{userclient.ErrUnavailable}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			rt, calls := script(tt.fault)
			c := newClient(t, userclient.Config{Transport: rt, MaxWait: time.Millisecond})
			request(t, "user_1", func(ctx context.Context) {
				for range 50 {
					u, err := c.Users.Current(ctx)
					if u != nil || err == nil || errors.Is(err, authctx.ErrSignedOut) {
						t.Fatalf("Current = %+v, %v, want a fault that is not ErrSignedOut", u, err)
					}
					wantErr(t, err, errors.Is, tt.want...)
				}
			})
			if n := calls.Load(); n != tt.calls {
				t.Errorf("50 components made %d calls, want %d", n, tt.calls)
			}
		})
	}
}

func TestL04_ComponentThatGivesUpSpoilsNothing(t *testing.T) {
	t.Parallel()
	rt, calls := echo()
	c := client(t, transport(func(r *http.Request) (*http.Response, error) {
		if err := r.Context().Err(); err != nil {
			return nil, err
		}
		return rt(r)
	}))
	request(t, "user_1", func(ctx context.Context) {
		gone, cancel := context.WithCancel(ctx)
		cancel()
		if _, err := c.Users.Current(gone); !errors.Is(err, context.Canceled) {
			t.Errorf("with an ended context: Current = %v, want context.Canceled", err)
		}
		if u, err := c.Users.Current(ctx); err != nil || u.ID != "user_1" {
			t.Errorf("after it: Current = %+v, %v, want user_1", u, err)
		}
	})
	if n := calls.Load(); n != 1 {
		t.Errorf("%d calls, want 1", n)
	}
}

func TestCurrentRememberedDoesNotAllocate(t *testing.T) {
	rt, _ := echo()
	c := client(t, rt)
	request(t, "user_1", func(ctx context.Context) {
		ask := func() {
			if _, err := c.Users.Current(ctx); err != nil {
				t.Fatal(err)
			}
		}
		if n := testing.AllocsPerRun(100, ask); n != 0 { // its first, uncounted run makes the call
			t.Errorf("a remembered Current costs %v allocations, want 0", n)
		}
	})
}

func BenchmarkCurrentRemembered(b *testing.B) {
	rt, _ := echo()
	c := client(b, rt)
	request(b, "user_1", func(ctx context.Context) {
		b.ReportAllocs()
		for b.Loop() {
			_, _ = c.Users.Current(ctx)
		}
	})
}

func BenchmarkGet(b *testing.B) {
	body, err := os.ReadFile("../testdata/wire/user.json")
	if err != nil {
		b.Fatal(err)
	}
	c := client(b, transportOf(ok(string(body))))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := c.Users.Get(b.Context(), "user_cafebabe"); err != nil {
			b.Fatal(err)
		}
	}
}
