package storetest

import (
	"errors"
	"slices"
	"testing"

	"github.com/usherauth/usher/identity/store"
)

// read returns what a getter returns for one argument, in a View of its own.
func read[A, R any](t *testing.T, s store.Store, get func(store.Tx, A) (R, error), arg A) (R, error) {
	t.Helper()
	var got R
	err := s.View(t.Context(), func(tx store.Tx) (err error) {
		got, err = get(tx, arg)
		return err
	})
	return got, err
}

// wantRecord checks that a getter returns want.
func wantRecord[A, R any](t *testing.T, s store.Store, get func(store.Tx, A) (R, error), arg A, want R) {
	t.Helper()
	got, err := read(t, s, get, arg)
	if err != nil {
		t.Errorf("get %v = %v", arg, err)
	} else if d := diff(want, got); d != "" {
		t.Errorf("get %v: (-want +got)\n%s", arg, d)
	}
}

func wantMissing[A, R any](t *testing.T, s store.Store, get func(store.Tx, A) (R, error), arg A) {
	t.Helper()
	if _, err := read(t, s, get, arg); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("get %v = %v, want ErrNotFound", arg, err)
	}
}

// wantDeleted checks that a delete succeeds once, and then finds nothing.
func wantDeleted(t *testing.T, s store.Store, del func(store.Tx) error) {
	t.Helper()
	update(t, s, del)
	wantError(t, "second delete", s.Update(t.Context(), del), store.ErrNotFound)
}

// wantRefused checks that a write fails with an error and does no harm to the Update
// that goes on.
func wantRefused(t *testing.T, s store.Store, record any, want error) {
	t.Helper()
	update(t, s, func(tx store.Tx) error {
		if err := putOne(tx, record); !errors.Is(err, want) {
			t.Errorf("put %+v = %v, want %v", record, err, want)
		}
		return nil
	})
}

// kind is how records of a type are listed and counted.
type kind[Q, R any] struct {
	list  func(store.Tx, Q) ([]R, error)
	count func(store.Tx, Q) (int64, error) // nil: they are not
	id    func(R) string
}

// want checks the ids that a query lists, in order, and their number.
func (k kind[Q, R]) want(t *testing.T, s store.Store, q Q, want ...string) {
	t.Helper()
	k.wantPage(t, s, q, want...)
	if k.count == nil {
		return
	}
	if n, err := read(t, s, k.count, q); err != nil || n != int64(len(want)) {
		t.Errorf("count %+v = %d, %v, want %d", q, n, err, len(want))
	}
}

// wantPage is want for a part of a list, which is not counted.
func (k kind[Q, R]) wantPage(t *testing.T, s store.Store, q Q, want ...string) {
	t.Helper()
	got, err := read(t, s, k.list, q)
	if err != nil {
		t.Errorf("list %+v = %v", q, err)
		return
	}
	if ids := idsOf(got, k.id); !slices.Equal(ids, want) {
		t.Errorf("list %+v = %q, want %q", q, ids, want)
	}
}

// wantPages checks the parts of a query that lists want, and that counting ignores them.
func (k kind[Q, R]) wantPages(t *testing.T, s store.Store, part func(limit, offset int) Q, want ...string) {
	t.Helper()
	for _, limit := range []int{0, 2, len(want)} {
		for _, offset := range []int{0, 1, len(want) - 1, len(want) + 7} {
			page := want[min(offset, len(want)):]
			if limit > 0 {
				page = page[:min(limit, len(page))]
			}
			k.wantPage(t, s, part(limit, offset), page...)
		}
	}
	if k.count == nil {
		return
	}
	if n, err := read(t, s, k.count, part(1, 2)); err != nil || n != int64(len(want)) {
		t.Errorf("count %+v = %d, %v, want %d", part(1, 2), n, err, len(want))
	}
}
