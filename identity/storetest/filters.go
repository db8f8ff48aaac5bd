package storetest

import (
	"testing"
	"time"

	"github.com/usherauth/usher/identity/store"
)

var filterCases = []testCase{
	{"ids let in and kept out", func(t *testing.T, s store.Store) {
		putABC(t, s)
		wantUsers(t, s, store.UserQuery{NotIDs: []string{"B", "X", "B"}}, "A", "C")
		wantUsers(t, s, store.UserQuery{NotIDs: []string{}}, "A", "B", "C")
		wantUsers(t, s, store.UserQuery{IDs: []string{"A", "B"}, NotIDs: []string{"A"}}, "B")
		wantUsers(t, s, store.UserQuery{NotIDs: []string{"A", "B", "C"}})
	}},
	{"external ids and user names are compared exactly", func(t *testing.T, s store.Store) {
		putABC(t, s)
		wantUsers(t, s, store.UserQuery{ExternalIDs: []string{"ext-a", "ext-b", "ext-x"}}, "A", "B")
		wantUsers(t, s, store.UserQuery{ExternalIDs: []string{"", "ext-a"}}, "A")
		wantUsers(t, s, store.UserQuery{ExternalIDs: []string{"EXT-A", "ext-", "ext-a "}})
		wantUsers(t, s, store.UserQuery{Usernames: []string{"Ada", "bob", "x"}}, "A", "B")
		wantUsers(t, s, store.UserQuery{Usernames: []string{"ada", "bo", "100%"}})
		wantUsers(t, s, store.UserQuery{Usernames: []string{"Ada"}, ExternalIDs: []string{"ext-b"}})
	}},
	{"members, and those who are not", memberFilters},
	{"a part is looked for in its own field, without case", partFilters},
	{"banned or not", func(t *testing.T, s store.Store) {
		mustPut(t, s, store.User{ID: "in"}, store.User{ID: "out", Banned: true})
		yes, no := true, false
		wantUsers(t, s, store.UserQuery{Banned: &yes}, "out")
		wantUsers(t, s, store.UserQuery{Banned: &no}, "in")
		wantUsers(t, s, store.UserQuery{}, "in", "out")
	}},
	{"periods leave out their ends, and what never happened", periodFilters},
	{"periods are in milliseconds, in any zone", func(t *testing.T, s store.Store) {
		mustPut(t, s, store.User{ID: "A", CreatedAt: epoch})
		east := time.FixedZone("east", 5*3600)
		const half = 500 * time.Microsecond
		for _, tt := range []struct {
			period store.Period
			want   []string
		}{
			{store.Period{Before: epoch.Add(half)}, nil},
			{store.Period{Before: epoch.Add(2 * half)}, []string{"A"}},
			{store.Period{After: epoch.Add(-half)}, []string{"A"}},
			{store.Period{After: epoch.Add(half)}, nil},
			{store.Period{After: epoch.Add(-2 * half).In(east), Before: epoch.Add(2 * half).In(east)}, []string{"A"}},
		} {
			wantUsers(t, s, store.UserQuery{Created: tt.period}, tt.want...)
		}
	}},
	{"every filter at once", func(t *testing.T, s store.Store) {
		putABC(t, s)
		o, no := anOrganization(1), false
		mustPut(t, s, o, aMembership(1, o, store.User{ID: "A"}))
		q := store.UserQuery{
			IDs: []string{"A", "B"}, NotIDs: []string{"B"}, Emails: []string{"ada@example.com"}, ExternalIDs: []string{"ext-a"},
			Usernames: []string{"Ada"}, OrgIDs: []string{o.ID}, NotOrgIDs: []string{"org_x"}, Search: "love", EmailPart: "EXAMPLE",
			NamePart: "ada l", UsernamePart: "d", Banned: &no, Created: store.Period{Before: epoch.Add(time.Hour)},
			LastActive: store.Period{After: epoch.Add(-time.Hour)}, LastSignIn: store.Period{After: epoch.Add(-time.Hour)},
		}
		wantUsers(t, s, q, "A")
		q.NotOrgIDs = q.OrgIDs
		wantUsers(t, s, q)
	}},
}

// putABC stores three users who are listed in the order of their ids.
func putABC(t *testing.T, s store.Store) {
	t.Helper()
	mustPut(t, s,
		store.User{
			ID: "A", ExternalID: "ext-a", Username: "Ada", FirstName: "Ada", LastName: "LOVElace", CreatedAt: epoch,
			LastActiveAt: epoch, LastSignInAt: epoch,
			Emails: []store.EmailAddress{
				{ID: "idn_1", Address: "Ada@Example.com", Normalized: "ada@example.com"},
				{ID: "idn_2", Address: "Gräfin@Example.org", Normalized: "gräfin@example.org"},
			},
		},
		store.User{ID: "B", ExternalID: "ext-b", Username: "bob", FirstName: "ÄNNE"},
		store.User{ID: "C", FirstName: "100%", Emails: []store.EmailAddress{{ID: "idn_3", Normalized: "c_d@example.com"}}},
	)
}

func memberFilters(t *testing.T, s store.Store) {
	putABC(t, s)
	o, p, empty := anOrganization(1), anOrganization(2), anOrganization(3)
	a, b := store.User{ID: "A"}, store.User{ID: "B"}
	mustPut(t, s, o, p, empty, aMembership(1, o, a), aMembership(2, o, b), aMembership(3, p, b))
	for _, tt := range []struct {
		in, out []string
		want    []string
	}{
		{in: []string{o.ID}, want: []string{"A", "B"}},
		{in: []string{o.ID, p.ID, p.ID}, want: []string{"A", "B"}},
		{in: []string{p.ID, "org_x"}, want: []string{"B"}},
		{in: []string{empty.ID}},
		{in: []string{"A"}},
		{out: []string{o.ID}, want: []string{"C"}},
		{out: []string{p.ID}, want: []string{"A", "C"}},
		{out: []string{p.ID, o.ID}, want: []string{"C"}},
		{out: []string{empty.ID, "org_x"}, want: []string{"A", "B", "C"}},
		{in: []string{o.ID}, out: []string{p.ID}, want: []string{"A"}},
	} {
		wantUsers(t, s, store.UserQuery{OrgIDs: tt.in, NotOrgIDs: tt.out}, tt.want...)
	}
}

func partFilters(t *testing.T, s store.Store) {
	putABC(t, s)
	for _, tt := range []struct {
		q    store.UserQuery
		want []string
	}{
		{store.UserQuery{EmailPart: "EXAMPLE"}, []string{"A", "C"}},
		{store.UserQuery{EmailPart: "GRÄF"}, []string{"A"}},
		{store.UserQuery{EmailPart: "_"}, []string{"C"}},
		{store.UserQuery{EmailPart: "love"}, nil},
		{store.UserQuery{EmailPart: "comada"}, nil},
		{store.UserQuery{NamePart: "ada love"}, []string{"A"}},
		{store.UserQuery{NamePart: "änn"}, []string{"B"}},
		{store.UserQuery{NamePart: "%"}, []string{"C"}},
		{store.UserQuery{NamePart: "example"}, nil},
		{store.UserQuery{NamePart: "bob"}, nil},
		{store.UserQuery{UsernamePart: "B"}, []string{"B"}},
		{store.UserQuery{UsernamePart: "aDA"}, []string{"A"}},
		{store.UserQuery{UsernamePart: "love"}, nil},
		{store.UserQuery{UsernamePart: "ada", NamePart: "änn"}, nil},
	} {
		wantUsers(t, s, tt.q, tt.want...)
	}
	u := store.User{ID: "A", FirstName: "Grace", Username: "grace"} // every text of a user is replaced
	mustPut(t, s, u)
	wantUsers(t, s, store.UserQuery{UsernamePart: "ada"})
	wantUsers(t, s, store.UserQuery{NamePart: "love"})
	wantUsers(t, s, store.UserQuery{EmailPart: "ada"})
	wantUsers(t, s, store.UserQuery{UsernamePart: "grace", NamePart: "grace"}, "A")
}

func periodFilters(t *testing.T, s store.Store) {
	at := func(second int) time.Time { return epoch.Add(time.Duration(second) * time.Second) }
	fields := map[string]struct {
		set   func(*store.User, time.Time)
		query func(store.Period) store.UserQuery
	}{
		"created": {func(u *store.User, t time.Time) { u.CreatedAt = t },
			func(p store.Period) store.UserQuery { return store.UserQuery{Created: p} }},
		"last active": {func(u *store.User, t time.Time) { u.LastActiveAt = t },
			func(p store.Period) store.UserQuery { return store.UserQuery{LastActive: p} }},
		"last sign-in": {func(u *store.User, t time.Time) { u.LastSignInAt = t },
			func(p store.Period) store.UserQuery { return store.UserQuery{LastSignIn: p} }},
	}
	for name, field := range fields {
		for i, id := range []string{"never", "one", "two", "three"} {
			u := store.User{ID: id}
			if i > 0 {
				field.set(&u, at(i))
			}
			mustPut(t, s, u)
		}
		for _, tt := range []struct {
			period store.Period
			want   []string
		}{
			{store.Period{}, []string{"never", "one", "three", "two"}},
			{store.Period{After: at(1)}, []string{"three", "two"}},
			{store.Period{Before: at(3)}, []string{"one", "two"}},
			{store.Period{After: at(1), Before: at(3)}, []string{"two"}},
			{store.Period{After: at(2), Before: at(2)}, nil},
			{store.Period{After: time.Unix(0, 0)}, []string{"one", "three", "two"}},
			{store.Period{Before: time.Unix(0, 0)}, nil},
		} {
			q := field.query(tt.period)
			q.OrderBy = "+email_address" // no addresses: by id
			wantUsers(t, s, q, tt.want...)
		}
		if t.Failed() {
			t.Fatal(name)
		}
	}
}
