package storetest

import (
	"context"
	"errors"
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/usherauth/usher/identity/store"
)

// Run checks everything the contract of [store.Store] says, in parallel subtests
// that each call open for an empty store of their own. Run closes what open returned
// at the end of each; open only has to clean up what lies around it.
func Run(t *testing.T, open func(t *testing.T) store.Store) {
	groups := []struct {
		name  string
		cases []testCase
	}{
		{"users", userCases}, {"addresses", addressCases}, {"names", nameCases}, {"user queries", queryCases},
		{"user filters", filterCases}, {"clients", clientCases}, {"sessions", sessionCases}, {"attempts", attemptCases},
		{"organizations", organizationCases}, {"memberships", membershipCases}, {"invitations", invitationCases},
		{"grants", grantCases}, {"images", imageCases}, {"audit events", auditCases},
		{"keys and settings", keyCases}, {"expiry", expiryCases}, {"unfinished", unfinishedCases}, {"strings", stringCases},
		{"transactions", txCases}, {"contexts", contextCases}, {"parallel", parallelCases},
	}
	for _, g := range groups {
		t.Run(g.name, func(t *testing.T) {
			t.Parallel()
			for _, c := range g.cases {
				t.Run(c.name, func(t *testing.T) {
					t.Parallel()
					s := open(t)
					t.Cleanup(func() { _ = s.Close() }) // a second Close in some cases
					c.run(t, s)
				})
			}
		})
	}
}

type testCase struct {
	name string
	run  func(t *testing.T, s store.Store)
}

// errMine is a function's own failure: stores return it as it is.
var errMine = errors.New("storetest: the function's own error")

// update runs fn and fails the test when the store does.
func update(t *testing.T, s store.Store, fn func(store.Tx) error) {
	t.Helper()
	if err := s.Update(t.Context(), fn); err != nil {
		t.Fatalf("Update = %v", err)
	}
}

func view(t *testing.T, s store.Store, fn func(store.Tx) error) {
	t.Helper()
	if err := s.View(t.Context(), fn); err != nil {
		t.Fatalf("View = %v", err)
	}
}

// put stores records of any type in one Update and returns its error.
func put(ctx context.Context, s store.Store, records ...any) error {
	return s.Update(ctx, func(tx store.Tx) error {
		for _, r := range records {
			if err := putOne(tx, r); err != nil {
				return err
			}
		}
		return nil
	})
}

func putOne(tx store.Tx, record any) error {
	switch r := record.(type) {
	case store.User:
		return tx.PutUser(r)
	case store.Client:
		return tx.PutClient(r)
	case store.Session:
		return tx.PutSession(r)
	case store.SignIn:
		return tx.PutSignIn(r)
	case store.SignUp:
		return tx.PutSignUp(r)
	case store.Organization:
		return tx.PutOrganization(r)
	case store.Membership:
		return tx.PutMembership(r)
	case store.Invitation:
		return tx.PutInvitation(r)
	case store.Grant:
		return tx.PutGrant(r)
	case store.Image:
		return tx.PutImage(r)
	case store.AuditEvent:
		return tx.PutAuditEvent(r)
	case store.SigningKey:
		return tx.PutSigningKey(r)
	}
	panic("storetest: not a record")
}

func mustPut(t *testing.T, s store.Store, records ...any) {
	t.Helper()
	if err := put(t.Context(), s, records...); err != nil {
		t.Fatalf("put %d records = %v", len(records), err)
	}
}

// diff compares records. Times have to be equal and in UTC; nil and empty are one.
func diff(want, got any) string {
	if reflect.DeepEqual(want, got) { // much faster than cmp, and stricter
		return ""
	}
	sameTime := cmp.Comparer(func(a, b time.Time) bool {
		return a.Equal(b) && a.Location() == time.UTC && b.Location() == time.UTC
	})
	return cmp.Diff(want, got, sameTime, cmpopts.EquateEmpty())
}

func wantError(t *testing.T, what string, err, target error) {
	t.Helper()
	if !errors.Is(err, target) {
		t.Errorf("%s = %v, want %v", what, err, target)
	}
}
