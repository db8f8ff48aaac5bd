package sqlitestore_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/usherauth/usher/identity"
	"github.com/usherauth/usher/identity/sqlitestore"
)

func TestListsStopWithTheContext(t *testing.T) {
	t.Parallel()
	s := open(t, t.TempDir())
	defer func() { _ = s.Close() }()
	check(t, s.Update(t.Context(), func(tx identity.Tx) error { return signUp("1")(tx) }))
	lists := []func(identity.Tx) error{
		func(tx identity.Tx) error { _, err := tx.Users(identity.UserQuery{}); return err },
		func(tx identity.Tx) error { _, err := tx.CountUsers(identity.UserQuery{}); return err },
		func(tx identity.Tx) error { _, err := tx.Sessions(identity.SessionQuery{}); return err },
	}
	for i := range 12 { // each reader several times
		ctx, cancel := context.WithCancel(t.Context())
		err := s.View(ctx, func(tx identity.Tx) error { cancel(); return lists[i%3](tx) })
		if !errors.Is(err, context.Canceled) {
			t.Errorf("list %d = %v, want context.Canceled", i%3, err)
		}
	}
	for i := range 12 {
		check(t, s.View(t.Context(), lists[i%3]))
	}
}

// More ids than SQLite takes parameters are refused, and only that query is.
func TestTooManyIDsAreAnError(t *testing.T) {
	t.Parallel()
	s := open(t, t.TempDir())
	defer func() { _ = s.Close() }()
	var q identity.UserQuery
	for i := range 40_000 {
		q.IDs = append(q.IDs, fmt.Sprint(i))
	}
	list := func(tx identity.Tx) error { _, err := tx.Users(q); return err }
	if err := s.View(t.Context(), list); err == nil {
		t.Error("View of 40,000 ids is no error")
	}
	if err := s.Update(t.Context(), list); err == nil {
		t.Error("Update with 40,000 ids is no error")
	}
	passedOver := func(tx identity.Tx) error { _ = list(tx); return nil }
	if err := s.Update(t.Context(), passedOver); err == nil {
		t.Error("Update that passes over a failure other than a conflict is no error")
	}
	check(t, s.Update(t.Context(), setting("a")))
}

// What every page asks for must not read whole tables.
func TestHotQueriesUseIndexes(t *testing.T) {
	t.Parallel()
	s := open(t, t.TempDir())
	defer func() { _ = s.Close() }()
	check(t, s.Update(t.Context(), func(tx identity.Tx) error { return signUp("1")(tx) }))
	plans, err := sqlitestore.Plans(s, func(tx identity.Tx) {
		_, _ = tx.User("user_1")
		_, _ = tx.UserByEmail("1@example.com")
		_, _ = tx.Client("client_1")
		_, _ = tx.Session("sess_1")
		_, _ = tx.Sessions(identity.SessionQuery{ClientID: "client_1"})
		_, _ = tx.Sessions(identity.SessionQuery{UserID: "user_1", Status: "active", Limit: 10})
		_, _ = tx.SignIn("sia_1")
		_, _ = tx.SignUp("sua_1")
		_, _ = tx.Setting("a")
	})
	check(t, err)
	if len(plans) < 9 {
		t.Errorf("only %d plans", len(plans))
	}
	for query, plan := range plans {
		if strings.Contains(plan, "SCAN") {
			t.Errorf("%s\n%s", query, plan)
		}
	}
}
