package storetest

import (
	"errors"
	"testing"

	"github.com/usherauth/usher/identity/store"
)

// oneOfMany lets many write at once what only one can have.
func oneOfMany(t *testing.T, s store.Store) {
	u, o := aUser(1000), anOrganization(1000)
	mustPut(t, s, u, o)
	for name, record := range map[string]func(i int) any{
		"slug":         func(i int) any { o := anOrganization(i); o.Slug = "acme"; return o },
		"membership":   func(i int) any { return aMembership(i, o, u) },
		"grant secret": func(i int) any { g := aGrant(i, u); g.SecretHash = []byte("secret"); return g },
		"external id":  func(i int) any { u := aUser(i); u.ExternalID = "ext"; return u },
		"user name":    func(i int) any { u := aUser(workers + i); u.Username = "ada"; return u },
		"audit event":  func(i int) any { e := filled[store.AuditEvent](i, ""); e.ID = "evt"; return e },
	} {
		errs := make([]error, workers)
		together(func(i int) { errs[i] = put(t.Context(), s, record(i)) })
		kept := 0
		for _, err := range errs {
			if err == nil {
				kept++
				continue
			}
			wantError(t, name, err, store.ErrConflict)
		}
		if kept != 1 {
			t.Errorf("%s: %d were kept, want 1", name, kept)
		}
	}
	for _, q := range []store.UserQuery{{ExternalIDs: []string{"ext"}}, {Usernames: []string{"ada"}}} {
		if n, err := read(t, s, store.Tx.CountUsers, q); n != 1 || err != nil {
			t.Errorf("CountUsers(%+v) = %d, %v, want 1", q, n, err)
		}
	}
	if n, err := read(t, s, store.Tx.CountMemberships, store.MembershipQuery{}); n != 1 || err != nil {
		t.Errorf("CountMemberships = %d, %v, want 1", n, err)
	}
}

// spendOnce is compare-and-set: who finds the grant pending accepts it.
func spendOnce(t *testing.T, s store.Store) {
	u := aUser(1)
	g := aGrant(1, u)
	g.Status, g.Attempts = "pending", 0
	mustPut(t, s, u, g)
	errs := make([]error, workers)
	together(func(i int) {
		errs[i] = s.Update(t.Context(), func(tx store.Tx) error {
			g, err := tx.GrantBySecret(g.SecretHash)
			if err != nil {
				return err
			}
			if g.Attempts++; g.Status == "pending" {
				g.Status = "accepted"
				return tx.PutGrant(g)
			}
			return errors.Join(errMine, tx.PutGrant(g)) // which undoes counting this one
		})
	})
	spent := 0
	for _, err := range errs {
		if err == nil {
			spent++
			continue
		}
		wantError(t, "spend", err, errMine)
	}
	if spent != 1 {
		t.Errorf("the grant was spent %d times", spent)
	}
	g.Status, g.Attempts = "accepted", 1
	wantRecord(t, s, store.Tx.Grant, g.ID, g)
}

// lastPlace rests on a count not changing before the writes are in.
func lastPlace(t *testing.T, s store.Store) {
	o := anOrganization(1)
	o.MaxMemberships = 3
	mustPut(t, s, o)
	var people []store.User
	for i := range workers {
		people = append(people, aUser(i))
	}
	putUsers(t, s, people)
	together(func(i int) {
		err := s.Update(t.Context(), func(tx store.Tx) error {
			n, err := tx.CountMemberships(store.MembershipQuery{OrgID: o.ID})
			if err != nil {
				return err
			}
			if n >= int64(o.MaxMemberships) {
				return errMine
			}
			return tx.PutMembership(aMembership(i, o, aUser(i)))
		})
		if err != nil && !errors.Is(err, errMine) {
			t.Errorf("Update = %v", err)
		}
	})
	for _, q := range []store.MembershipQuery{{}, {OrgID: o.ID}} {
		if n, err := read(t, s, store.Tx.CountMemberships, q); n != 3 || err != nil {
			t.Errorf("CountMemberships(%+v) = %d, %v, want 3", q, n, err)
		}
	}
}
