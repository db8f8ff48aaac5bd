package storetest

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/usherauth/usher/identity/store"
)

var queryCases = []testCase{
	{"no users", func(t *testing.T, s store.Store) {
		wantUsers(t, s, store.UserQuery{})
		wantUsers(t, s, store.UserQuery{IDs: []string{"user_1"}, Emails: []string{"a"}, Search: "a"})
	}},
	{"users come with all their addresses", func(t *testing.T, s store.Store) {
		a, b, bare := aUser(1), aUser(2), store.User{ID: "user_bare"}
		mustPut(t, s, a, bare, b)
		got, err := read(t, s, store.Tx.Users, store.UserQuery{})
		if err != nil {
			t.Fatalf("Users = %v", err)
		}
		if d := diff([]store.User{b, a, bare}, got); d != "" {
			t.Errorf("Users: (-want +got)\n%s", d)
		}
	}},
	{"every order, ties by id", everyOrder},
	{"pages add up to the whole", pagesAddUp},
	{"an unknown order is an error", unknownOrder},
	{"a list begins after a user", afterUser},
	{"filters", filters},
}

var users = kind[store.UserQuery, store.User]{store.Tx.Users, store.Tx.CountUsers, userID}

// wantUsers checks the ids of a query, and that the count agrees.
func wantUsers(t *testing.T, s store.Store, q store.UserQuery, want ...string) {
	t.Helper()
	users.want(t, s, q, want...)
}

// crowd returns users whose times and addresses tie, differ and are zero in turns.
func crowd() []store.User {
	var users []store.User
	for i := range 24 {
		at := func(every int) time.Time {
			if (i*7)%every == 0 {
				return time.Time{}
			}
			return epoch.Add(time.Duration((i*7)%every) * time.Second)
		}
		u := store.User{
			ID: fmt.Sprintf("user_%02d", (i*5)%24), CreatedAt: at(3), UpdatedAt: at(5), LastSignInAt: at(4), LastActiveAt: at(7),
		}
		if i%3 > 0 {
			u.FirstName, u.LastName, u.Username = fmt.Sprint("É", i%4), fmt.Sprint("z", i%5), fmt.Sprint("n", (i*11)%24)
		}
		for j := range i % 3 {
			u.Emails = append(u.Emails, store.EmailAddress{ID: fmt.Sprintf("idn_%d_%d", i, j), Normalized: fmt.Sprintf("%c%d@x", 'z'-i, j)})
		}
		if i%4 == 2 && len(u.Emails) > 1 {
			u.PrimaryEmailID = u.Emails[1].ID
		}
		users = append(users, u)
	}
	return users
}

func putUsers(t *testing.T, s store.Store, users []store.User) {
	t.Helper()
	var records []any
	for _, u := range users {
		records = append(records, u)
	}
	mustPut(t, s, records...)
}

func everyOrder(t *testing.T, s store.Store) {
	users := crowd()
	putUsers(t, s, users)
	email := func(u store.User) string {
		for _, e := range u.Emails {
			if e.ID == u.PrimaryEmailID || (u.PrimaryEmailID == "" && e.ID == u.Emails[0].ID) {
				return e.Normalized
			}
		}
		return ""
	}
	orders := map[string]func(a, b store.User) int{
		"created_at":      func(a, b store.User) int { return a.CreatedAt.Compare(b.CreatedAt) },
		"updated_at":      func(a, b store.User) int { return a.UpdatedAt.Compare(b.UpdatedAt) },
		"last_sign_in_at": func(a, b store.User) int { return a.LastSignInAt.Compare(b.LastSignInAt) },
		"last_active_at":  func(a, b store.User) int { return a.LastActiveAt.Compare(b.LastActiveAt) },
		"email_address":   func(a, b store.User) int { return strings.Compare(email(a), email(b)) },
		"first_name":      func(a, b store.User) int { return strings.Compare(a.FirstName, b.FirstName) },
		"last_name":       func(a, b store.User) int { return strings.Compare(a.LastName, b.LastName) },
		"username":        func(a, b store.User) int { return strings.Compare(a.Username, b.Username) },
	}
	for by, compare := range orders {
		for sign, direction := range map[string]int{"+": 1, "-": -1} {
			slices.SortFunc(users, func(a, b store.User) int {
				return cmp.Or(direction*compare(a, b), strings.Compare(a.ID, b.ID))
			})
			wantUsers(t, s, store.UserQuery{OrderBy: sign + by}, idsOf(users, userID)...)
			if sign+by == "-created_at" {
				wantUsers(t, s, store.UserQuery{}, idsOf(users, userID)...)
			}
		}
	}
}

func pagesAddUp(t *testing.T, s store.Store) {
	putUsers(t, s, crowd())
	all, err := read(t, s, store.Tx.Users, store.UserQuery{})
	if err != nil {
		t.Fatalf("Users = %v", err)
	}
	ids := idsOf(all, userID)
	users.wantPages(t, s, func(limit, offset int) store.UserQuery {
		return store.UserQuery{Limit: limit, Offset: offset}
	}, ids...)
	n, err := read(t, s, store.Tx.CountUsers, store.UserQuery{Limit: 5, Offset: 3, OrderBy: "nonsense", After: "nobody"})
	if err != nil || n != int64(len(ids)) {
		t.Errorf("CountUsers with a page = %d, %v, want %d", n, err, len(ids))
	}
}

// afterUser goes through all from each to the last, over ties and zero times.
func afterUser(t *testing.T, s store.Store) {
	putUsers(t, s, crowd())
	for _, by := range []string{"", "+created_at", "-created_at"} {
		all, err := read(t, s, store.Tx.Users, store.UserQuery{OrderBy: by})
		if err != nil {
			t.Fatalf("Users = %v", err)
		}
		ids := idsOf(all, userID)
		for i, id := range ids {
			rest := ids[i+1:]
			users.wantPage(t, s, store.UserQuery{OrderBy: by, After: id, NotIDs: []string{id}, Search: "USER_"}, rest...)
			users.wantPage(t, s, store.UserQuery{OrderBy: by, After: id, Limit: 3}, rest[:min(3, len(rest))]...)
		}
		users.wantPage(t, s, store.UserQuery{OrderBy: by, After: ids[4], Offset: 1, Limit: 2}, ids[6:8]...)
		_, err = read(t, s, store.Tx.Users, store.UserQuery{OrderBy: by, After: "user_gone"})
		wantError(t, "Users after nobody", err, store.ErrNotFound)
	}
	for _, by := range []string{"+updated_at", "-last_sign_in_at", "+last_active_at", "-email_address", "created_at"} {
		if got, err := read(t, s, store.Tx.Users, store.UserQuery{OrderBy: by, After: "user_01"}); err == nil {
			t.Errorf("Users after one of them, ordered by %q = %d users, want an error", by, len(got))
		}
	}
}

func unknownOrder(t *testing.T, s store.Store) {
	mustPut(t, s, aUser(1))
	for _, by := range []string{
		"created_at", "+", "-", " ", "*created_at", "+Created_at", "+created_at ", "-password_hash", "+id",
		"-created_at; DROP TABLE users", "+created_at, (SELECT 1)", "-created_at--", "+1", "\x00",
	} {
		if got, err := read(t, s, store.Tx.Users, store.UserQuery{OrderBy: by}); err == nil {
			t.Errorf("Users ordered by %q = %d users, want an error", by, len(got))
		}
	}
	wantUsers(t, s, store.UserQuery{}, aUser(1).ID)
}

func filters(t *testing.T, s store.Store) {
	address := func(id, typed string) store.EmailAddress {
		return store.EmailAddress{ID: id, Address: typed, Normalized: strings.ToLower(typed)}
	}
	mustPut(t, s,
		store.User{ID: "user_A", FirstName: "Ada", LastName: "Lovelace", CreatedAt: epoch.Add(3), Emails: []store.EmailAddress{
			address("idn_1", "Ada@Example.com"), address("idn_2", "countess@example.org")}},
		store.User{ID: "user_B", FirstName: "ÄNNE", Username: "B_obby", CreatedAt: epoch.Add(2)},
		store.User{ID: "user_C", FirstName: "100%", LastName: `it's "C"`, CreatedAt: epoch.Add(1), Emails: []store.EmailAddress{
			address("idn_3", "c\\d@example.com")}})
	tests := []struct {
		q    store.UserQuery
		want string
	}{
		{store.UserQuery{IDs: []string{"user_C", "user_A", "user_C", "user_X"}}, "AC"},
		{store.UserQuery{IDs: []string{"user_a"}}, ""},
		{store.UserQuery{IDs: []string{}}, "ABC"},
		{store.UserQuery{Emails: []string{"countess@example.org", "ada@example.com", "x"}}, "A"},
		{store.UserQuery{Emails: []string{"countess@example.org", `c\d@example.com`}}, "AC"},
		{store.UserQuery{Emails: []string{"Ada@Example.com"}}, ""},
		{store.UserQuery{Search: "user_b"}, "B"},
		{store.UserQuery{Search: "LOVE"}, "A"},
		{store.UserQuery{Search: "ada love"}, "A"},
		{store.UserQuery{Search: "änn"}, "B"},
		{store.UserQuery{Search: "b_ob"}, "B"},
		{store.UserQuery{Search: "EXAMPLE.COM"}, "AC"},
		{store.UserQuery{Search: "%"}, "C"},
		{store.UserQuery{Search: "_"}, "ABC"},
		{store.UserQuery{Search: `\`}, "C"},
		{store.UserQuery{Search: `it's "`}, "C"},
		{store.UserQuery{Search: "' OR 1=1 --"}, ""},
		{store.UserQuery{Search: "nobody"}, ""},
		{store.UserQuery{Search: "example", IDs: []string{"user_A", "user_B"}}, "A"},
		{store.UserQuery{Search: "example", Emails: []string{`c\d@example.com`}, IDs: []string{"user_C"}}, "C"},
		{store.UserQuery{IDs: []string{"user_B"}, Emails: []string{"ada@example.com"}}, ""},
	}
	for _, tt := range tests {
		var want []string
		for _, letter := range tt.want {
			want = append(want, "user_"+string(letter))
		}
		tt.q.OrderBy = "+email_address" // has to go along with every filter
		slices.SortFunc(want, func(a, b string) int { return strings.Compare(orderOfFilters[a], orderOfFilters[b]) })
		wantUsers(t, s, tt.q, want...)
	}
}

// orderOfFilters is what email_address sorts the users of filters by.
var orderOfFilters = map[string]string{"user_A": "ada@example.com", "user_B": "", "user_C": `c\d@example.com`}
