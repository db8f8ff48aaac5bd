package sqlitestore_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/usherauth/usher/identity"
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
		fn   func(identity.Tx) error
		want error
	}{
		{"new", func(tx identity.Tx) error {
			for i := range 5 {
				check(t, tx.PutUser(identity.User{ID: fmt.Sprint("user_", i), Username: fmt.Sprint(i)}))
				check(t, tx.PutOrganization(identity.Organization{ID: fmt.Sprint("org_", i), Slug: fmt.Sprint(i)}))
			}
			return nil
		}, nil},
		{"changed", func(tx identity.Tx) error {
			return errors.Join(tx.PutUser(identity.User{ID: "user_1", FirstName: "Ada"}), tx.PutOrganization(identity.Organization{ID: "org_1", Name: "A"}))
		}, nil},
		{"refused", func(tx identity.Tx) error {
			if err := tx.PutUser(identity.User{ID: "user_new", Username: "2"}); !errors.Is(err, identity.ErrConflict) {
				t.Errorf("PutUser = %v, want ErrConflict", err)
			}
			return tx.PutOrganization(identity.Organization{ID: "org_new", Slug: "2"})
		}, identity.ErrConflict},
		{"rolled back", func(tx identity.Tx) error {
			return errors.Join(tx.PutUser(identity.User{ID: "user_new"}), tx.DeleteOrganization("org_3"), errMine)
		}, errMine},
		{"deleted", func(tx identity.Tx) error {
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
func wantCounted(t *testing.T, s identity.Store, when string) {
	t.Helper()
	check(t, s.View(t.Context(), func(tx identity.Tx) error {
		users, err1 := tx.Users(identity.UserQuery{})
		orgs, err2 := tx.Organizations(identity.OrganizationQuery{})
		n, err3 := tx.CountUsers(identity.UserQuery{})
		m, err4 := tx.CountOrganizations(identity.OrganizationQuery{})
		if int(n) != len(users) || int(m) != len(orgs) || len(users) == 0 {
			t.Errorf("%s: %d users are counted as %d, %d organizations as %d", when, len(users), n, len(orgs), m)
		}
		return errors.Join(err1, err2, err3, err4)
	}))
}
