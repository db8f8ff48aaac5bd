package sqlitestore_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/usherauth/usher/identity/store"
)

func TestListsStopWithTheContext(t *testing.T) {
	t.Parallel()
	s := open(t, t.TempDir())
	defer func() { _ = s.Close() }()
	check(t, s.Update(t.Context(), func(tx store.Tx) error { return signUp("1")(tx) }))
	lists := []func(store.Tx) error{
		func(tx store.Tx) error { _, err := tx.Users(store.UserQuery{}); return err },
		func(tx store.Tx) error { _, err := tx.CountUsers(store.UserQuery{}); return err },
		func(tx store.Tx) error { _, err := tx.Sessions(store.SessionQuery{}); return err },
		func(tx store.Tx) error { _, err := tx.Organizations(store.OrganizationQuery{}); return err },
		func(tx store.Tx) error { _, err := tx.CountMemberships(store.MembershipQuery{}); return err },
		func(tx store.Tx) error { _, err := tx.Memberships(store.MembershipQuery{}); return err },
		func(tx store.Tx) error { _, err := tx.AuditEvents(store.AuditQuery{}); return err },
	}
	for i := range 4 * len(lists) { // each reader several times
		ctx, cancel := context.WithCancel(t.Context())
		err := s.View(ctx, func(tx store.Tx) error { cancel(); return lists[i%len(lists)](tx) })
		if !errors.Is(err, context.Canceled) {
			t.Errorf("list %d = %v, want context.Canceled", i%len(lists), err)
		}
	}
	for i := range 4 * len(lists) {
		check(t, s.View(t.Context(), lists[i%len(lists)]))
	}
}

// More ids than SQLite takes parameters are refused, and only that query is.
func TestTooManyIDsAreAnError(t *testing.T) {
	t.Parallel()
	s := open(t, t.TempDir())
	defer func() { _ = s.Close() }()
	var q store.UserQuery
	for i := range 40_000 {
		q.IDs = append(q.IDs, fmt.Sprint(i))
	}
	list := func(tx store.Tx) error { _, err := tx.Users(q); return err }
	if err := s.View(t.Context(), list); err == nil {
		t.Error("View of 40,000 ids is no error")
	}
	if err := s.Update(t.Context(), list); err == nil {
		t.Error("Update with 40,000 ids is no error")
	}
	passedOver := func(tx store.Tx) error { _ = list(tx); return nil }
	if err := s.Update(t.Context(), passedOver); err == nil {
		t.Error("Update that passes over a failure other than a conflict is no error")
	}
	check(t, s.Update(t.Context(), setting("a")))
}
