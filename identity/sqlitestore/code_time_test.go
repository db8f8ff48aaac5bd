package sqlitestore_test

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/usherauth/usher/identity"
	"github.com/usherauth/usher/identity/store"
)

// Asking for a code takes as long for an address with an account as for one without. The
// bound is what a busy machine can tell: the medians and the differences of the pairs may not
// both stand out. Run with -v to see the figures.
func TestA14_TimeDoesNotTellWhoHasAnAccount(t *testing.T) {
	const pairs = 400
	s := open(t, t.TempDir())
	defer func() { _ = s.Close() }()
	svc, err := identity.New(t.Context(), identity.Config{
		Store: s, PublicOrigin: "http://localhost:8080", PurgeInterval: -1, Limits: identity.Limits{Creations: -1},
		SendMail: func(context.Context, identity.Mail) error { return nil },
	})
	check(t, err)
	defer func() { _ = svc.Close() }()
	ask := func(path string, form url.Values) time.Duration {
		r := httptest.NewRequest("POST", "https://"+svc.PublishableKey().Host()+path, strings.NewReader(form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := httptest.NewRecorder()
		began := time.Now()
		svc.Frontend().ServeHTTP(w, r)
		took := time.Since(began)
		if w.Code != http.StatusOK {
			t.Fatalf("%s: %d %s", path, w.Code, w.Body)
		}
		return took
	}
	now := time.Now()
	check(t, s.Update(t.Context(), func(tx store.Tx) error {
		for n := range pairs {
			email := store.EmailAddress{ID: fmt.Sprintf("idn_%d", n), Address: fmt.Sprintf("known%03d@example.com", n), Verified: true}
			email.Normalized = email.Address
			u := store.User{ID: fmt.Sprintf("user_%d", n), PrimaryEmailID: email.ID, Emails: []store.EmailAddress{email}, CreatedAt: now, UpdatedAt: now}
			if err := tx.PutUser(u); err != nil {
				return err
			}
		}
		return nil
	}))
	var known, unknown, differences []float64
	for n := range pairs {
		sample := func(address string) float64 {
			return float64(ask("/v1/client/sign_ins", url.Values{"identifier": {address}, "strategy": {"email_code"}}))
		}
		var k, u float64
		if n%2 == 0 {
			k = sample(fmt.Sprintf("known%03d@example.com", n))
			u = sample(fmt.Sprintf("other%03d@example.com", n))
		} else {
			u = sample(fmt.Sprintf("other%03d@example.com", n))
			k = sample(fmt.Sprintf("known%03d@example.com", n))
		}
		known, unknown, differences = append(known, k), append(unknown, u), append(differences, k-u)
	}
	mean, dev := 0.0, 0.0
	for _, d := range differences {
		mean += d / pairs
	}
	for _, d := range differences {
		dev += (d - mean) * (d - mean) / pairs
	}
	slices.Sort(known)
	slices.Sort(unknown)
	mk, mu := known[pairs/2], unknown[pairs/2]
	t.Logf("medians %v and %v (%+.1f%%), z of the differences %.1f", time.Duration(mk), time.Duration(mu), 100*(mk-mu)/mu, mean/math.Sqrt(dev/pairs))
	if z := mean / math.Sqrt(dev/pairs); math.Abs(z) > 4 && math.Abs(mk-mu) > mu/20 {
		t.Errorf("known %v, unknown %v, z %.1f", time.Duration(mk), time.Duration(mu), z)
	}
}
