package sqlitestore_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/usherauth/usher/identity/store"
)

// The counts that are kept beside the tables are those of the tables, whatever is written,
// refused or rolled back.
func TestCountsAreThoseOfTheTables(t *testing.T) {
	t.Parallel()
	s := open(t, t.TempDir())
	defer func() { check(t, s.Close()) }()
	errMine := errors.New("mine")
	steps := []struct {
		name string
		fn   func(store.Tx) error
		want error
	}{
		{"new", func(tx store.Tx) error {
			for i := range 5 {
				check(t, tx.PutUser(store.User{ID: fmt.Sprint("user_", i), Username: fmt.Sprint(i)}))
				check(t, tx.PutOrganization(store.Organization{ID: fmt.Sprint("org_", i), Slug: fmt.Sprint(i)}))
			}
			return nil
		}, nil},
		{"changed", func(tx store.Tx) error {
			return errors.Join(tx.PutUser(store.User{ID: "user_1", FirstName: "Ada"}), tx.PutOrganization(store.Organization{ID: "org_1", Name: "A"}))
		}, nil},
		{"refused", func(tx store.Tx) error {
			if err := tx.PutUser(store.User{ID: "user_new", Username: "2"}); !errors.Is(err, store.ErrConflict) {
				t.Errorf("PutUser = %v, want ErrConflict", err)
			}
			return tx.PutOrganization(store.Organization{ID: "org_new", Slug: "2"})
		}, store.ErrConflict},
		{"rolled back", func(tx store.Tx) error {
			return errors.Join(tx.PutUser(store.User{ID: "user_new"}), tx.DeleteOrganization("org_3"), errMine)
		}, errMine},
		{"deleted", func(tx store.Tx) error {
			return errors.Join(tx.DeleteUser("user_0"), tx.DeleteUser("user_1"), tx.DeleteOrganization("org_2"))
		}, nil},
	}
	for _, step := range steps {
		if err := s.Update(t.Context(), step.fn); !errors.Is(err, step.want) {
			t.Errorf("%s: %v, want %v", step.name, err, step.want)
		}
		wantCounted(t, s, step.name)
	}
}

func TestMigrationCountsWhatIsThere(t *testing.T) {
	t.Parallel()
	s := open(t, schema1(t))
	defer func() { check(t, s.Close()) }()
	wantCounted(t, s, "migrated")
}

// wantCounted compares the counts with the lists.
func wantCounted(t *testing.T, s store.Store, when string) {
	t.Helper()
	check(t, s.View(t.Context(), func(tx store.Tx) error {
		users, err1 := tx.Users(store.UserQuery{})
		orgs, err2 := tx.Organizations(store.OrganizationQuery{})
		n, err3 := tx.CountUsers(store.UserQuery{})
		m, err4 := tx.CountOrganizations(store.OrganizationQuery{})
		if int(n) != len(users) || int(m) != len(orgs) || len(users) == 0 {
			t.Errorf("%s: %d users are counted as %d, %d organizations as %d", when, len(users), n, len(orgs), m)
		}
		return errors.Join(err1, err2, err3, err4)
	}))
}
