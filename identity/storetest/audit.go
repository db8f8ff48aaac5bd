package storetest

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/usherauth/usher/identity/store"
)

var auditCases = []testCase{
	{"an audit event is listed, every field as it was put", func(t *testing.T, s store.Store) {
		wantEvents(t, s, store.AuditQuery{})
		e, bare := filled[store.AuditEvent](1, ""), store.AuditEvent{ID: "bare"}
		mustPut(t, s, bare, e)
		wantEvents(t, s, store.AuditQuery{}, e, bare)
	}},
	{"what was written stays", func(t *testing.T, s store.Store) {
		e, changed := filled[store.AuditEvent](1, ""), filled[store.AuditEvent](2, "")
		mustPut(t, s, e)
		changed.ID = e.ID
		wantRefused(t, s, changed, store.ErrConflict)
		wantRefused(t, s, e, store.ErrConflict)
		wantEvents(t, s, store.AuditQuery{}, e)
	}},
	{"events outlive whom they are about without saying from where, and do not expire", func(t *testing.T, s store.Store) {
		u, o := aUser(1), anOrganization(1)
		e := filled[store.AuditEvent](1, "")
		e.UserID, e.ActorID, e.OrgID = u.ID, u.ID, o.ID
		mustPut(t, s, u, o, aMembership(1, o, u), e)
		update(t, s, func(tx store.Tx) error {
			if err := tx.DeleteOrganization(o.ID); err != nil {
				return err
			}
			if err := tx.DeleteUser(u.ID); err != nil {
				return err
			}
			_, err := tx.DeleteExpired(e.At.AddDate(100, 0, 0))
			return err
		})
		e.IPAddress, e.UserAgent = "", ""
		wantEvents(t, s, store.AuditQuery{UserID: u.ID, OrgID: o.ID}, e)
	}},
	{"a deleted user's places are forgotten, those of others are not", forgottenPlaces},
	{"events from before a time are deleted, the oldest first", deleteEvents},
	{"changing an event after putting or listing it changes nothing stored", func(t *testing.T, s store.Store) {
		e := filled[store.AuditEvent](1, "")
		mustPut(t, s, e)
		e.Data[0] = 'X'
		got, _ := read(t, s, store.Tx.AuditEvents, store.AuditQuery{})
		got[0].Data[0] = 'X'
		wantEvents(t, s, store.AuditQuery{}, filled[store.AuditEvent](1, ""))
	}},
	{"events by user, organization, type and time, newest first, those of one time the last recorded first", auditFilters},
	{"events of one time are in the order of recording in every page, whatever was undone or deleted", recordingOrder},
}

func wantEvents(t *testing.T, s store.Store, q store.AuditQuery, want ...store.AuditEvent) {
	t.Helper()
	got, err := read(t, s, store.Tx.AuditEvents, q)
	if err != nil {
		t.Errorf("AuditEvents(%+v) = %v", q, err)
	} else if d := diff(want, got); d != "" {
		t.Errorf("AuditEvents(%+v): (-want +got)\n%s", q, d)
	}
}

func auditFilters(t *testing.T, s store.Store) {
	at := func(second int) time.Time { return epoch.Add(time.Duration(second) * time.Second) }
	var all []store.AuditEvent
	var inOrder [12]store.AuditEvent // newest first, as they shall come back
	for i := range 12 {
		all = append(all, store.AuditEvent{
			ID: fmt.Sprintf("e%02d", i), Type: []string{"sign_in", "sign_out", "user.deleted"}[i%3], UserID: []string{"u", "v", ""}[i%3],
			OrgID: []string{"", "o", "p", "o"}[i%4], ActorID: "u", At: at(3 - i/3), // three share a time
		})
	}
	all = append(all, store.AuditEvent{ID: "e12"}, store.AuditEvent{ID: "e13"}) // without a time
	for _, i := range []int{7, 13, 0, 11, 3, 1, 9, 2, 12, 10, 4, 6, 8, 5} {
		mustPut(t, s, all[i])
	}
	// Of those that share a time the last of these comes first.
	for i, want := range [][]int{{2, 1, 0}, {5, 4, 3}, {8, 6, 7}, {10, 9, 11}} {
		for j, k := range want {
			inOrder[3*i+j] = all[k]
		}
	}
	all = append(inOrder[:], all[12], all[13])
	for _, q := range []store.AuditQuery{
		{}, {UserID: "u"}, {UserID: "w"}, {OrgID: "o"}, {OrgID: "u"}, {UserID: "u", OrgID: "o"},
		{Types: []string{"sign_in"}}, {Types: []string{"sign_in", "user.deleted", "x"}}, {Types: []string{}}, {Types: []string{"SIGN_IN", ""}},
		{UserID: "v", Types: []string{"sign_out"}, OrgID: "p"},
		{Since: at(2)}, {Until: at(2)}, {Since: at(1), Until: at(2)}, {Since: at(2), Until: at(2)},
		{Since: at(2).In(time.FixedZone("east", 3600)), UserID: "u"}, {Until: at(1), OrgID: "o"}, {Since: time.Unix(0, 0)},
		{Limit: 5}, {Offset: 5}, {Limit: 4, Offset: 12}, {Offset: 99}, {UserID: "u", Limit: 2, Offset: 1}, {OrgID: "o", Until: at(3), Limit: 1},
	} {
		wantEvents(t, s, q, eventsOf(all, q)...)
	}
}

// eventsOf applies a query to events that are in order.
func eventsOf(all []store.AuditEvent, q store.AuditQuery) []store.AuditEvent {
	found := slices.DeleteFunc(slices.Clone(all), func(e store.AuditEvent) bool {
		return q.UserID != "" && e.UserID != q.UserID || q.OrgID != "" && e.OrgID != q.OrgID ||
			len(q.Types) > 0 && !slices.Contains(q.Types, e.Type) ||
			!q.Since.IsZero() && e.At.Before(q.Since) || !q.Until.IsZero() && !e.At.Before(q.Until)
	})
	found = found[min(q.Offset, len(found)):]
	if q.Limit > 0 {
		found = found[:min(q.Limit, len(found))]
	}
	return found
}

func forgottenPlaces(t *testing.T, s store.Store) {
	u, other := aUser(1), aUser(2)
	event := func(seed int, user, actor string) store.AuditEvent {
		e := filled[store.AuditEvent](seed, "")
		e.UserID, e.ActorID, e.At = user, actor, epoch.Add(time.Duration(-seed)*time.Second)
		return e
	}
	all := []store.AuditEvent{
		event(1, u.ID, u.ID), event(2, u.ID, ""), event(3, other.ID, u.ID), event(4, "", u.ID),
		event(5, u.ID, other.ID), event(6, other.ID, other.ID), event(7, other.ID, ""), event(8, "", ""),
	}
	mustPut(t, s, u, other)
	for _, e := range all {
		mustPut(t, s, e)
	}
	if err := s.Update(t.Context(), func(tx store.Tx) error {
		return errors.Join(tx.DeleteUser(u.ID), errMine)
	}); !errors.Is(err, errMine) {
		t.Fatalf("Update = %v", err)
	}
	wantEvents(t, s, store.AuditQuery{}, all...) // undone
	if err := deleteUser(t, s, u.ID); err != nil {
		t.Fatalf("DeleteUser = %v", err)
	}
	for i := range 5 {
		all[i].IPAddress, all[i].UserAgent = "", ""
	}
	wantEvents(t, s, store.AuditQuery{}, all...)
}

func deleteEvents(t *testing.T, s store.Store) {
	var all []store.AuditEvent // newest first
	for i := range 8 {
		all = append(all, store.AuditEvent{ID: fmt.Sprint("e", i), At: epoch.Add(time.Duration(-i) * time.Millisecond)})
	}
	timeless := store.AuditEvent{ID: "timeless"}
	mustPut(t, s, timeless)
	for _, e := range all {
		mustPut(t, s, e)
	}
	for _, step := range []struct {
		before      time.Time
		limit       int
		want, stays int
	}{
		{time.Unix(0, 0), 0, 0, 8}, {epoch.Add(-7 * time.Millisecond), 0, 0, 8}, {epoch.Add(-2 * time.Millisecond), 2, 2, 6},
		{epoch.Add(-2 * time.Millisecond).In(time.FixedZone("east", 3600)), 0, 3, 3}, {epoch.AddDate(100, 0, 0), 9, 3, 0},
	} {
		update(t, s, func(tx store.Tx) error {
			n, err := tx.DeleteAuditEvents(step.before, step.limit)
			if n != int64(step.want) {
				t.Errorf("DeleteAuditEvents(%v, %d) = %d, want %d", step.before, step.limit, n, step.want)
			}
			return err
		})
		wantEvents(t, s, store.AuditQuery{}, append(slices.Clone(all[:step.stays]), timeless)...)
	}
}

// recordingOrder records events of one millisecond with ids in another order, among some that
// are undone and some that are deleted.
func recordingOrder(t *testing.T, s store.Store) {
	var all []store.AuditEvent // newest first
	record := func(tx store.Tx, id string, at time.Time) error {
		e := store.AuditEvent{ID: id, UserID: "u", OrgID: "o", At: at}
		all = slices.Insert(all, 0, e)
		return tx.PutAuditEvent(e)
	}
	for _, ids := range [][]string{{"m", "z", "a"}, {"k"}, {"y", "b", "x"}} {
		update(t, s, func(tx store.Tx) error {
			for _, id := range ids {
				if err := record(tx, id, epoch.Add(time.Microsecond*time.Duration(len(all)))); err != nil {
					return err
				}
			}
			return nil
		})
		if err := s.Update(t.Context(), func(tx store.Tx) error {
			return errors.Join(tx.PutAuditEvent(store.AuditEvent{ID: "undone " + ids[0], UserID: "u", OrgID: "o", At: epoch}), errMine)
		}); !errors.Is(err, errMine) {
			t.Fatalf("Update = %v", err)
		}
	}
	// One that was recorded last is of an earlier time, and goes.
	mustPut(t, s, store.AuditEvent{ID: "late", UserID: "u", OrgID: "o", At: epoch.Add(-time.Hour)})
	update(t, s, func(tx store.Tx) error {
		_, err := tx.DeleteAuditEvents(epoch.Add(-time.Minute), 0)
		return errors.Join(err, record(tx, "c", epoch))
	})
	for i := range all {
		all[i].At = epoch // as milliseconds
	}
	for _, q := range []store.AuditQuery{{}, {UserID: "u"}, {OrgID: "o"}, {Since: epoch, Until: epoch.Add(time.Second)}} {
		wantEvents(t, s, q, all...)
		for offset := range len(all) + 1 {
			q.Limit, q.Offset = 3, offset
			wantEvents(t, s, q, eventsOf(all, q)...)
		}
	}
	update(t, s, func(tx store.Tx) error { // the oldest first, here too
		n, err := tx.DeleteAuditEvents(epoch.Add(time.Second), 2)
		if n != 2 {
			t.Errorf("DeleteAuditEvents = %d, want 2", n)
		}
		return err
	})
	wantEvents(t, s, store.AuditQuery{}, all[:len(all)-2]...)
}
