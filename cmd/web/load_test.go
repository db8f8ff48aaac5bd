package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/usherauth/usher/identity"
)

// createPerson makes an account as an operator does, whom nothing limits.
func (s *site) createPerson(t *testing.T, email string) {
	t.Helper()
	body := strings.NewReader(fmt.Sprintf(`{"email_address":[%q],"password":%q}`, email, password))
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.BackendURL()+"/v1/users", body)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+s.embedded.service.SecretKey().Reveal())
	r.Header.Set("Content-Type", "application/json")
	res, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	if res.StatusCode != http.StatusOK {
		t.Fatalf("create %s: %d", email, res.StatusCode)
	}
}

// While 160 networks guess within their limits, honest people sign in within three seconds:
// some from browsers that were signed in before, some from new ones. Where hashing takes
// longer than three seconds allow, because the machine is busy with other things, the bound is
// in hashes: nobody waits for more than there are honest people, and a few.
func TestA11_HonestSignInsGetThroughGuessing(t *testing.T) {
	if testing.Short() {
		t.Skip("it loads the machine for some seconds")
	}
	const networks, honest = 160, 24
	s := startLimited(t, identity.Limits{}, "-trusted-proxies", "127.0.0.0/8")
	s.createPerson(t, "ada@example.com")
	form := url.Values{"identifier": {"ada@example.com"}, "password": {password}}
	var hashed atomic.Int64
	signIn := func(b *browser, network string) (status int, took time.Duration, others int64) {
		began, before := time.Now(), hashed.Load()
		status = b.post("/__clerk/v1/client/sign_ins", form, "X-Forwarded-For", network).StatusCode
		others = hashed.Load() - before
		hashed.Add(1)
		return status, time.Since(began), others
	}
	var known []*browser
	for n := range honest / 2 {
		b := s.browser(t)
		status, _, _ := signIn(b, fmt.Sprintf("203.0.113.%d", n))
		if status != http.StatusOK {
			t.Fatalf("sign-in before the load: %d", status)
		}
		for name := range b.cookies { // what is left of a session that ended
			if !strings.HasPrefix(name, "__client") || strings.HasPrefix(name, "__client_uat") {
				delete(b.cookies, name)
			}
		}
		known = append(known, b)
	}
	if err := s.endSessions(t.Context()); err != nil {
		t.Fatal(err)
	}

	ctx, stop := context.WithCancel(t.Context())
	var guessers sync.WaitGroup
	var guessed, refused atomic.Int64
	for n := range networks {
		guessers.Go(func() {
			b := s.browser(t)
			time.Sleep(time.Duration(n) * 2 * time.Second / networks)
			for ctx.Err() == nil {
				clear(b.cookies)
				a := b.post("/__clerk/v1/client/sign_ins", url.Values{"identifier": {"bob@example.com"}, "password": {"a wrong password"}},
					"X-Forwarded-For", fmt.Sprintf("198.51.100.%d", n))
				if a.StatusCode == http.StatusServiceUnavailable {
					refused.Add(1)
				} else {
					hashed.Add(1)
					guessed.Add(1)
				}
				select {
				case <-ctx.Done():
				case <-time.After(2 * time.Second):
				}
			}
		})
	}
	time.Sleep(2 * time.Second) // each has guessed, or waits
	var people sync.WaitGroup
	var slowest atomic.Int64
	for n := range honest {
		people.Go(func() {
			time.Sleep(time.Duration(n) * 100 * time.Millisecond)
			b, network := s.browser(t), fmt.Sprintf("192.0.2.%d", n)
			if n%2 == 0 {
				b = known[n/2]
			}
			status, took, others := signIn(b, network)
			if status != http.StatusOK || took > 3*time.Second && others > 2*honest {
				t.Errorf("person %d (known browser: %v): %d after %v and %d others, want 200 within 3 s", n, n%2 == 0, status, took, others)
			}
			slowest.Store(max(slowest.Load(), int64(took)))
		})
	}
	people.Wait()
	stop()
	guessers.Wait()
	t.Logf("%d guesses, %d refused, slowest honest sign-in %v", guessed.Load(), refused.Load(), time.Duration(slowest.Load()))
}

// endSessions makes every session end without its browser taking notice.
func (s *site) endSessions(ctx context.Context) error {
	return s.embedded.store.Update(ctx, func(tx identity.Tx) error {
		all, err := tx.Sessions(identity.SessionQuery{Live: true, At: time.Now()})
		for _, one := range all {
			one.Status = "expired"
			if err == nil {
				err = tx.PutSession(one)
			}
		}
		return err
	})
}

func TestA11_D9_SettingsOfLoadAreChecked(t *testing.T) {
	t.Parallel()
	for _, bad := range [][]string{{"-network-limit", "0"}, {"-network-limit", "-1"}, {"-network-limit", "many"}, {"-hash-memory", "18"}, {"-hash-memory", "64MiB"}} {
		if _, err := parse(bad, nil); err == nil || !strings.Contains(err.Error(), bad[0]+" is") {
			t.Errorf("%q: %v, want it refused", bad, err)
		}
	}
	for limit, want := range map[string][2]int{"": {5, 3}, "1": {1, 1}, "50": {50, 30}, "off": {-1, -1}} {
		c, err := parse(nil, map[string]string{"NETWORK_LIMIT": limit, "HASH_MEMORY": "64"})
		if err != nil {
			t.Fatal(err)
		}
		if l := c.limits(identity.Limits{}); l.Creations != want[0] || l.Attempts != want[1] || c.hashMemory != 64<<20 {
			t.Errorf("NETWORK_LIMIT=%q: %+v and %d bytes", limit, l, c.hashMemory)
		}
	}
}

// Ten people behind one address sign in with the page's form.
func TestD9_AnOfficeSignsIn(t *testing.T) {
	t.Parallel()
	s := startLimited(t, identity.Limits{})
	for n := range 10 {
		s.createPerson(t, fmt.Sprintf("person%d@example.com", n))
	}
	var all sync.WaitGroup
	for n := range 10 {
		all.Go(func() {
			a := s.browser(t).signIn(fmt.Sprintf("person%d@example.com", n), "")
			if a.StatusCode != http.StatusSeeOther {
				t.Errorf("person %d: %d", n, a.StatusCode)
			}
		})
	}
	all.Wait()
}
