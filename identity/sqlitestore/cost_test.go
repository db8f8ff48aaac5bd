package sqlitestore_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/usherauth/usher/identity"
	"github.com/usherauth/usher/identity/store"
)

// The client of somebody in 100 organizations costs what reading those takes, however many
// invitations wait in them. Where nothing else runs it takes less than two milliseconds.
func TestD7_TheClientOfAMemberOfManyOrganizations(t *testing.T) {
	t.Parallel()
	const orgs, pending = 100, 500
	s := open(t, t.TempDir())
	defer func() { _ = s.Close() }()
	svc, err := identity.New(t.Context(), identity.Config{Store: s, PublicOrigin: "http://localhost:8080", PurgeInterval: -1})
	check(t, err)
	defer func() { _ = svc.Close() }()
	ask := func(method, path, body string, cookies ...*http.Cookie) *httptest.ResponseRecorder {
		r := httptest.NewRequest(method, "https://"+svc.PublishableKey().Host()+path, strings.NewReader(body))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		for _, c := range cookies {
			r.AddCookie(c)
		}
		w := httptest.NewRecorder()
		svc.Frontend().ServeHTTP(w, r)
		return w
	}
	in := ask("POST", "/v1/client/sign_ups", "email_address=ada@example.com&password=correct+horse+battery+staple")
	if in.Code != http.StatusOK {
		t.Fatalf("sign-up: %d %s", in.Code, in.Body)
	}
	cookies := in.Result().Cookies()
	now := time.Now()
	check(t, s.Update(t.Context(), func(tx store.Tx) error {
		users, err := tx.Users(store.UserQuery{})
		if err != nil {
			return err
		}
		for n := range orgs {
			org := store.Organization{ID: fmt.Sprintf("org_%d", n), Name: fmt.Sprint("Org ", n), CreatedAt: now, UpdatedAt: now}
			err = errors.Join(err, tx.PutOrganization(org), tx.PutMembership(store.Membership{
				ID: fmt.Sprintf("orgmem_%d", n), OrgID: org.ID, UserID: users[0].ID, Role: "org:admin", CreatedAt: now, UpdatedAt: now,
			}))
		}
		return err
	}))
	fastest := func() time.Duration {
		best := time.Hour
		for range 30 {
			began := time.Now()
			w := ask("GET", "/v1/client", "", cookies...)
			best = min(best, time.Since(began))
			if w.Code != http.StatusOK || strings.Count(w.Body.String(), `"object":"organization_membership"`) != orgs {
				t.Fatalf("client: %d %.200s", w.Code, w.Body)
			}
		}
		return best
	}
	without := fastest()
	check(t, s.Update(t.Context(), func(tx store.Tx) error {
		var err error
		for n := range orgs * pending {
			err = errors.Join(err, tx.PutInvitation(store.Invitation{
				ID: fmt.Sprintf("orginv_%d", n), OrgID: fmt.Sprintf("org_%d", n%orgs), Address: "a@example.com", Normalized: "a@example.com",
				Status: "pending", ExpireAt: now.Add(time.Hour), CreatedAt: now, UpdatedAt: now,
			}))
		}
		return err
	}))
	with := fastest()
	if got := ask("GET", "/v1/client", "", cookies...).Body.String(); strings.Count(got, `"pending_invitations_count":500`) != orgs {
		t.Errorf("invitations are not counted: %.600s", got)
	}
	t.Logf("%v without, %v with %d invitations", without, with, orgs*pending)
	if with > 3*without+2*time.Millisecond {
		t.Errorf("%v without, %v with %d invitations", without, with, orgs*pending)
	}
}
