package storetest

import (
	"context"
	"errors"
	"runtime"
	"testing"

	"github.com/usherauth/usher/identity/store"
)

var txCases = []testCase{
	{"a function reads its own writes", func(t *testing.T, s store.Store) {
		update(t, s, func(tx store.Tx) error {
			u := aUser(1)
			if err := tx.PutUser(u); err != nil {
				return err
			}
			got, err := tx.UserByEmail(u.Emails[1].Normalized)
			if d := diff(u, got); d != "" {
				t.Errorf("UserByEmail within Update: (-want +got)\n%s", d)
			}
			if n, err := tx.CountUsers(store.UserQuery{}); n != 1 || err != nil {
				t.Errorf("CountUsers within Update = %d, %v, want 1", n, err)
			}
			return err
		})
	}},
	{"an error undoes every write and comes back as it is", func(t *testing.T, s store.Store) {
		undone(t, s, func(fn func(store.Tx) error) {
			if err := s.Update(t.Context(), func(tx store.Tx) error { _ = fn(tx); return errMine }); !errors.Is(err, errMine) {
				t.Errorf("Update = %v, want the function's own error", err)
			}
		})
	}},
	{"a panic undoes every write and goes on to the caller", func(t *testing.T, s store.Store) {
		undone(t, s, func(fn func(store.Tx) error) {
			defer func() {
				if got := recover(); got != any(errMine) {
					t.Errorf("recovered %v, want what the function panicked with", got)
				}
			}()
			_ = s.Update(t.Context(), func(tx store.Tx) error { _ = fn(tx); panic(errMine) })
		})
	}},
	{"runtime.Goexit, as of t.FailNow, undoes every write", func(t *testing.T, s store.Store) {
		undone(t, s, func(fn func(store.Tx) error) {
			ended := make(chan struct{})
			go func() {
				defer close(ended)
				_ = s.Update(t.Context(), func(tx store.Tx) error { _ = fn(tx); runtime.Goexit(); return nil })
			}()
			<-ended
		})
	}},
	{"a failed write can be passed over", func(t *testing.T, s store.Store) {
		a, b := aUser(1), aUser(2)
		b.Emails = a.Emails[1:]
		update(t, s, func(tx store.Tx) error {
			if err := tx.PutUser(a); err != nil {
				return err
			}
			wantError(t, "PutUser", tx.PutUser(b), store.ErrConflict)
			wantError(t, "DeleteUser", tx.DeleteUser(b.ID), store.ErrNotFound)
			return tx.PutClient(aClient(1))
		})
		wantRecord(t, s, store.Tx.User, a.ID, a)
		wantMissing(t, s, store.Tx.User, b.ID)
		wantRecord(t, s, store.Tx.Client, aClient(1).ID, aClient(1))
	}},
	{"View returns the function's error as it is, and survives a panic", func(t *testing.T, s store.Store) {
		for range 20 { // more than any pool of readers
			if err := s.View(t.Context(), func(store.Tx) error { return errMine }); !errors.Is(err, errMine) {
				t.Errorf("View = %v, want the function's own error", err)
			}
			func() {
				defer func() { _ = recover() }()
				_ = s.View(t.Context(), func(store.Tx) error { panic("in View") })
			}()
		}
		mustPut(t, s, aUser(1))
		wantRecord(t, s, store.Tx.User, aUser(1).ID, aUser(1))
	}},
	{"View cannot write", viewCannotWrite},
	{"calls after Close fail", closed},
}

// undone fills a store, lets fail run an Update that overwrites and deletes all of it,
// and checks that nothing changed and that the store still works.
func undone(t *testing.T, s store.Store, fail func(fn func(store.Tx) error)) {
	t.Helper()
	old, kept := allFilled(1, ""), allFilled(2, "")
	update(t, s, old.put)
	update(t, s, kept.put)
	fail(func(tx store.Tx) error {
		for i, err := range vandalize(tx, old) {
			if err != nil {
				t.Errorf("write %d = %v", i, err)
			}
		}
		return nil
	})
	old.check(t, s)
	kept.check(t, s)
	wantKeys(t, s, kept.key, old.key)
	wantUsers(t, s, store.UserQuery{}, kept.user.ID, old.user.ID)
	wantSessions(t, s, store.SessionQuery{}, kept.session, old.session)
	wantMissing(t, s, store.Tx.UserByEmail, "changed")
	wantMissing(t, s, store.Tx.Setting, "new")
	organizations.want(t, s, store.OrganizationQuery{}, kept.organization.ID, old.organization.ID)
	wantMissing(t, s, store.Tx.OrganizationBySlug, "changed")
	memberships.want(t, s, store.MembershipQuery{}, kept.membership.ID, old.membership.ID)
	invitations.want(t, s, store.InvitationQuery{}, kept.invitation.ID, old.invitation.ID)
	wantMissing(t, s, store.Tx.GrantBySecret, []byte("changed"))
	wantMissing(t, s, store.Tx.Grant, "grant_new")
	wantMissing(t, s, store.Tx.Image, "img_new")
	wantEvents(t, s, store.AuditQuery{}, kept.event, old.event)
	update(t, s, func(tx store.Tx) error { return allFilled(3, "").put(tx) })
}

func viewCannotWrite(t *testing.T, s store.Store) {
	r := allFilled(1, "")
	update(t, s, r.put)
	view(t, s, func(tx store.Tx) error {
		for i, err := range vandalize(tx, r) {
			if err == nil {
				t.Errorf("write %d in View is no error", i)
			}
		}
		return nil
	})
	r.check(t, s)
	wantKeys(t, s, r.key)
	wantUsers(t, s, store.UserQuery{}, r.user.ID)
}

func closed(t *testing.T, s store.Store) {
	mustPut(t, s, aUser(1))
	if err := s.Ping(t.Context()); err != nil {
		t.Errorf("Ping = %v", err)
	}
	if err := s.Close(); err != nil {
		t.Errorf("Close = %v", err)
	}
	ran := func(store.Tx) error { t.Error("function run after Close"); return nil }
	calls := map[string]func(context.Context) error{
		"View":   func(ctx context.Context) error { return s.View(ctx, ran) },
		"Update": func(ctx context.Context) error { return s.Update(ctx, ran) },
		"Ping":   s.Ping,
		"Close":  func(context.Context) error { return s.Close() },
	}
	for name, call := range calls {
		if err := call(t.Context()); err == nil {
			t.Errorf("%s after Close is no error", name)
		}
	}
}
