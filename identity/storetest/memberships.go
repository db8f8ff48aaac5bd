package storetest

import (
	"fmt"
	"testing"
	"time"

	"github.com/usherauth/usher/identity/store"
)

var memberships = kind[store.MembershipQuery, store.Membership]{
	store.Tx.Memberships, store.Tx.CountMemberships, func(m store.Membership) string { return m.ID },
}

// pair is what a membership is found by.
type pair struct{ org, user string }

func membershipOf(tx store.Tx, p pair) (store.Membership, error) {
	return tx.Membership(p.org, p.user)
}

var membershipCases = []testCase{
	{"a membership is found by organization and user, every field as it was put", func(t *testing.T, s store.Store) {
		o, u, v := anOrganization(1), aUser(1), aUser(2)
		m := aMembership(1, o, u)
		mustPut(t, s, o, u, v, m)
		wantRecord(t, s, membershipOf, pair{o.ID, u.ID}, m)
		wantMissing(t, s, membershipOf, pair{o.ID, v.ID})
		wantMissing(t, s, membershipOf, pair{u.ID, o.ID})
		wantMissing(t, s, membershipOf, pair{})
		changed := aMembership(2, o, u)
		changed.ID = m.ID
		mustPut(t, s, changed)
		wantRecord(t, s, membershipOf, pair{o.ID, u.ID}, changed)
		bare := store.Membership{ID: "orgmem_bare", OrgID: o.ID, UserID: v.ID}
		mustPut(t, s, bare)
		wantRecord(t, s, membershipOf, pair{o.ID, v.ID}, bare)
	}},
	{"a membership needs its user and its organization", func(t *testing.T, s store.Store) {
		o, u := anOrganization(1), aUser(1)
		mustPut(t, s, o, u)
		for _, m := range []store.Membership{
			aMembership(1, anOrganization(2), u), aMembership(1, o, aUser(2)), {ID: "orgmem_bare"}, {ID: "orgmem_bare", OrgID: u.ID, UserID: o.ID},
		} {
			wantRefused(t, s, m, store.ErrNotFound)
			wantMissing(t, s, membershipOf, pair{m.OrgID, m.UserID})
		}
		memberships.want(t, s, store.MembershipQuery{})
	}},
	{"a user is in an organization once", func(t *testing.T, s store.Store) {
		o, p, u := anOrganization(1), anOrganization(2), aUser(1)
		m, other := aMembership(1, o, u), aMembership(2, p, u)
		mustPut(t, s, o, p, u, m, other)
		moved := other
		moved.OrgID = o.ID
		wantRefused(t, s, aMembership(3, o, u), store.ErrConflict)
		wantRefused(t, s, moved, store.ErrConflict)
		wantRecord(t, s, membershipOf, pair{o.ID, u.ID}, m)
		wantRecord(t, s, membershipOf, pair{p.ID, u.ID}, other)
		memberships.want(t, s, store.MembershipQuery{}, other.ID, m.ID)
	}},
	{"a membership moves to another user and organization", func(t *testing.T, s store.Store) {
		o, p, u, v := anOrganization(1), anOrganization(2), aUser(1), aUser(2)
		m := aMembership(1, o, u)
		mustPut(t, s, o, p, u, v, m)
		m.OrgID, m.UserID = p.ID, v.ID
		mustPut(t, s, m)
		wantMissing(t, s, membershipOf, pair{o.ID, u.ID})
		wantRecord(t, s, membershipOf, pair{p.ID, v.ID}, m)
		memberships.want(t, s, store.MembershipQuery{UserID: u.ID})
		memberships.want(t, s, store.MembershipQuery{OrgID: o.ID})
		memberships.want(t, s, store.MembershipQuery{OrgID: p.ID, UserID: v.ID}, m.ID)
		memberships.want(t, s, store.MembershipQuery{OrgIDs: []string{p.ID, p.ID, "org_none"}}, m.ID)
		memberships.want(t, s, store.MembershipQuery{OrgIDs: []string{o.ID}})
		memberships.want(t, s, store.MembershipQuery{OrgIDs: []string{p.ID}, UserIDs: []string{v.ID, v.ID}}, m.ID)
		memberships.want(t, s, store.MembershipQuery{OrgIDs: []string{p.ID}, UserID: u.ID})
		mustPut(t, s, aMembership(2, o, u)) // the place is free again
	}},
	{"replacing a user or an organization keeps the memberships", func(t *testing.T, s store.Store) {
		o, u := anOrganization(1), aUser(1)
		m := aMembership(1, o, u)
		mustPut(t, s, o, u, m)
		o.Slug, u.Emails = "renamed", nil
		mustPut(t, s, o, u)
		wantRecord(t, s, membershipOf, pair{o.ID, u.ID}, m)
	}},
	{"a membership is deleted alone", func(t *testing.T, s store.Store) {
		o, u, v := anOrganization(1), aUser(1), aUser(2)
		stays := aMembership(2, o, v)
		mustPut(t, s, o, u, v, aMembership(1, o, u), stays)
		wantDeleted(t, s, func(tx store.Tx) error { return tx.DeleteMembership(o.ID, u.ID) })
		memberships.want(t, s, store.MembershipQuery{}, stays.ID)
		memberships.want(t, s, store.MembershipQuery{UserID: u.ID})
		wantRecord(t, s, store.Tx.User, u.ID, u)
		again := aMembership(1, o, u)
		mustPut(t, s, again)
		memberships.want(t, s, store.MembershipQuery{UserID: u.ID}, again.ID)
		memberships.want(t, s, store.MembershipQuery{OrgID: o.ID}, stays.ID, again.ID)
	}},
	{"deleting a user deletes the memberships", func(t *testing.T, s store.Store) {
		o, p, gone, stays := anOrganization(1), anOrganization(2), aUser(1), aUser(2)
		m := aMembership(3, o, stays)
		mustPut(t, s, o, p, gone, stays, aMembership(1, o, gone), aMembership(2, p, gone), m)
		if err := deleteUser(t, s, gone.ID); err != nil {
			t.Fatalf("DeleteUser = %v", err)
		}
		memberships.want(t, s, store.MembershipQuery{}, m.ID)
		memberships.want(t, s, store.MembershipQuery{OrgID: p.ID})
		wantRecord(t, s, store.Tx.Organization, o.ID, o)
		wantRecord(t, s, store.Tx.Organization, p.ID, p)
	}},
	{"changing a membership after putting or getting it changes nothing stored", func(t *testing.T, s store.Store) {
		spoil := func(m store.Membership) { m.PublicMetadata[0], m.PrivateMetadata[0] = 'X', 'X' }
		o, u := anOrganization(1), aUser(1)
		m := aMembership(1, o, u)
		mustPut(t, s, o, u, m)
		spoil(m)
		for range 2 {
			update(t, s, func(tx store.Tx) error {
				one, _ := tx.Membership(o.ID, u.ID)
				listed, _ := tx.Memberships(store.MembershipQuery{})
				spoil(one)
				spoil(listed[0])
				return nil
			})
			wantRecord(t, s, membershipOf, pair{o.ID, u.ID}, aMembership(1, o, u))
		}
	}},
	{"memberships by organization, user, role and text", membershipFilters},
	{"every order of memberships, ties by id", membershipOrder},
}

// putMembers stores an organization with four members and another with two of them.
func putMembers(t *testing.T, s store.Store) (org, other store.Organization, members []store.User) {
	t.Helper()
	org, other = anOrganization(1), anOrganization(2)
	mustPut(t, s, org, other)
	for i, name := range []string{"Ada", "ÄNNE", "Bob", "Cy"} {
		u := aUser(i)
		u.ID, u.FirstName = fmt.Sprintf("user_%d", i), name
		u.PrimaryEmailID = u.Emails[1].ID
		u.Emails[1].Normalized = []string{"m@x", "z@x", "a@x", "b@x"}[i]
		m := aMembership(i, org, u)
		m.ID, m.Role, m.CreatedAt = fmt.Sprintf("m%d", i), []string{"org:admin", "org:member"}[i%2], epoch.Add(time.Duration(i/2)*time.Hour)
		mustPut(t, s, u, m)
		members = append(members, u)
	}
	for i := range 2 {
		m := aMembership(10+i, other, members[i])
		m.ID, m.Role = fmt.Sprintf("n%d", i), "org:guest"
		m.CreatedAt = time.Time{}
		mustPut(t, s, m)
	}
	return org, other, members
}

func membershipFilters(t *testing.T, s store.Store) {
	org, other, members := putMembers(t, s)
	for _, tt := range []struct {
		q    store.MembershipQuery
		want []string
	}{
		{store.MembershipQuery{}, []string{"m2", "m3", "m0", "m1", "n0", "n1"}},
		{store.MembershipQuery{OrgID: org.ID}, []string{"m2", "m3", "m0", "m1"}},
		{store.MembershipQuery{UserID: members[0].ID}, []string{"m0", "n0"}},
		{store.MembershipQuery{UserID: members[2].ID, OrgID: other.ID}, nil},
		{store.MembershipQuery{UserIDs: []string{members[3].ID, members[1].ID, "user_x", members[1].ID}}, []string{"m3", "m1", "n1"}},
		{store.MembershipQuery{UserIDs: []string{members[3].ID}, UserID: members[0].ID}, nil},
		{store.MembershipQuery{UserIDs: []string{members[0].ID}, OrgID: other.ID}, []string{"n0"}},
		{store.MembershipQuery{Roles: []string{"org:admin", "org:guest", "org:x"}}, []string{"m2", "m0", "n0", "n1"}},
		{store.MembershipQuery{Roles: []string{"org:Admin", "admin"}}, nil},
		{store.MembershipQuery{OrgID: org.ID, Roles: []string{"org:member"}}, []string{"m3", "m1"}},
		{store.MembershipQuery{Search: "änn"}, []string{"m1", "n1"}},
		{store.MembershipQuery{Search: "USER_2"}, []string{"m2"}},
		{store.MembershipQuery{Search: "A@X", OrgID: org.ID}, []string{"m2"}},
		{store.MembershipQuery{Search: members[3].Username}, []string{"m3"}},
		{store.MembershipQuery{Search: "ada", OrgID: other.ID, Roles: []string{"org:guest"}}, []string{"n0"}},
		{store.MembershipQuery{Search: "%"}, nil},
		{store.MembershipQuery{Search: org.Name}, nil},
		{store.MembershipQuery{OrgID: members[0].ID}, nil},
	} {
		memberships.want(t, s, tt.q, tt.want...)
	}
}

func membershipOrder(t *testing.T, s store.Store) {
	org, _, members := putMembers(t, s)
	for by, want := range map[string][]string{
		"":               {"m2", "m3", "m0", "m1"},
		"-created_at":    {"m2", "m3", "m0", "m1"},
		"+created_at":    {"m0", "m1", "m2", "m3"},
		"+email_address": {"m2", "m3", "m0", "m1"},
		"-email_address": {"m1", "m0", "m3", "m2"},
	} {
		memberships.wantPages(t, s, func(limit, offset int) store.MembershipQuery {
			return store.MembershipQuery{OrgID: org.ID, OrderBy: by, Limit: limit, Offset: offset}
		}, want...)
	}
	memberships.want(t, s, store.MembershipQuery{OrderBy: "-email_address"}, "m1", "n1", "m0", "n0", "m3", "m2")
	members[2].Emails = nil
	mustPut(t, s, members[2])
	memberships.want(t, s, store.MembershipQuery{OrgID: org.ID, OrderBy: "-email_address"}, "m1", "m0", "m3", "m2")
	for _, by := range []string{"email_address", "+role", "-", "*created_at", "+updated_at", "-created_at, 1"} {
		if got, err := read(t, s, store.Tx.Memberships, store.MembershipQuery{OrderBy: by}); err == nil {
			t.Errorf("Memberships ordered by %q = %d, want an error", by, len(got))
		}
	}
}
