package storetest

import (
	"errors"
	"testing"
	"time"

	"github.com/usherauth/usher/identity/store"
)

var organizations = kind[store.OrganizationQuery, store.Organization]{
	store.Tx.Organizations, store.Tx.CountOrganizations, func(o store.Organization) string { return o.ID },
}

var organizationCases = []testCase{
	{"members and pending invitations are counted by organization, whatever is written or rolled back", countsPeople},
	{"an organization is found by id and slug, every field as it was put", func(t *testing.T, s store.Store) {
		o, other := anOrganization(1), anOrganization(2)
		mustPut(t, s, o, other)
		wantRecord(t, s, store.Tx.Organization, o.ID, o)
		wantRecord(t, s, store.Tx.OrganizationBySlug, o.Slug, o)
		wantMissing(t, s, store.Tx.Organization, o.Slug)
		wantMissing(t, s, store.Tx.OrganizationBySlug, o.ID)
		changed := anOrganization(3)
		changed.ID = o.ID
		mustPut(t, s, changed)
		wantRecord(t, s, store.Tx.Organization, o.ID, changed)
		wantMissing(t, s, store.Tx.OrganizationBySlug, o.Slug)
		bare := store.Organization{ID: o.ID}
		mustPut(t, s, bare)
		wantRecord(t, s, store.Tx.Organization, o.ID, bare)
	}},
	{"a slug belongs to one organization", func(t *testing.T, s store.Store) {
		a, b := anOrganization(1), anOrganization(2)
		mustPut(t, s, a, b)
		thief, newcomer := b, anOrganization(3)
		thief.Name, thief.Slug, newcomer.Slug = "changed", a.Slug, a.Slug
		wantRefused(t, s, thief, store.ErrConflict)
		wantRefused(t, s, newcomer, store.ErrConflict)
		wantRecord(t, s, store.Tx.Organization, b.ID, b)
		wantMissing(t, s, store.Tx.Organization, newcomer.ID)
		a.Slug, b.Slug = "new", a.Slug // what is given up is free
		mustPut(t, s, a, b)
		wantRecord(t, s, store.Tx.OrganizationBySlug, b.Slug, b)
	}},
	{"organizations without a slug do not conflict and are not found by it", func(t *testing.T, s store.Store) {
		a, b := store.Organization{ID: "org_a"}, store.Organization{ID: "org_b"}
		mustPut(t, s, a, b)
		wantRecord(t, s, store.Tx.Organization, a.ID, a)
		wantRecord(t, s, store.Tx.Organization, b.ID, b)
		wantMissing(t, s, store.Tx.OrganizationBySlug, "")
	}},
	{"changing an organization after putting or getting it changes nothing stored", func(t *testing.T, s store.Store) {
		spoil := func(o store.Organization) { o.PublicMetadata[0], o.PrivateMetadata[0] = 'X', 'X' }
		o := anOrganization(1)
		mustPut(t, s, o)
		spoil(o)
		for range 2 {
			update(t, s, func(tx store.Tx) error {
				byID, _ := tx.Organization(o.ID)
				bySlug, _ := tx.OrganizationBySlug(o.Slug)
				listed, _ := tx.Organizations(store.OrganizationQuery{})
				spoil(byID)
				spoil(bySlug)
				spoil(listed[0])
				return nil
			})
			wantRecord(t, s, store.Tx.Organization, o.ID, anOrganization(1))
		}
	}},
	{"deleting an organization deletes its memberships and invitations, and leaves sessions as they are", deleteOrganizationCascades},
	{"organizations by id, member and text", organizationFilters},
	{"every order of organizations, ties by id", organizationOrder},
}

func deleteOrganizationCascades(t *testing.T, s store.Store) {
	u, c, gone, stays := aUser(1), aClient(1), anOrganization(1), anOrganization(2)
	session := aSession(1, u, c)
	session.ActiveOrgID = gone.ID
	toSignUp := anInvitation(3, store.Organization{})
	mustPut(t, s, u, c, session, gone, stays, aMembership(1, gone, u), aMembership(2, stays, u),
		anInvitation(1, gone), anInvitation(2, stays), toSignUp)
	wantDeleted(t, s, func(tx store.Tx) error { return tx.DeleteOrganization(gone.ID) })
	wantMissing(t, s, store.Tx.Organization, gone.ID)
	wantMissing(t, s, store.Tx.OrganizationBySlug, gone.Slug)
	memberships.want(t, s, store.MembershipQuery{OrgID: gone.ID})
	memberships.want(t, s, store.MembershipQuery{UserID: u.ID}, aMembership(2, stays, u).ID)
	wantRecord(t, s, membershipOf, pair{stays.ID, u.ID}, aMembership(2, stays, u))
	wantMissing(t, s, membershipOf, pair{gone.ID, u.ID})
	invitations.want(t, s, store.InvitationQuery{}, toSignUp.ID, anInvitation(2, stays).ID)
	wantRecord(t, s, store.Tx.Session, session.ID, session)
	wantRecord(t, s, store.Tx.User, u.ID, u)
	stays.Slug = gone.Slug
	mustPut(t, s, stays) // the slug is free again
}

func organizationFilters(t *testing.T, s store.Store) {
	u, v := aUser(1), aUser(2)
	a := store.Organization{ID: "org_A", Name: "Ärzte & Co", Slug: "doctors", CreatedAt: epoch.Add(2 * time.Second)}
	b := store.Organization{ID: "org_B", Name: "100% it's", Slug: "b-c", CreatedAt: epoch.Add(time.Second)}
	c := store.Organization{ID: "org_C", Name: "Acme", CreatedAt: epoch}
	mustPut(t, s, u, v, a, b, c, aMembership(1, a, u), aMembership(2, b, u), aMembership(3, b, v))
	for _, tt := range []struct {
		q    store.OrganizationQuery
		want []string
	}{
		{store.OrganizationQuery{}, []string{a.ID, b.ID, c.ID}},
		{store.OrganizationQuery{IDs: []string{c.ID, a.ID, c.ID, "org_x"}}, []string{a.ID, c.ID}},
		{store.OrganizationQuery{IDs: []string{"doctors", "org_a"}}, nil},
		{store.OrganizationQuery{UserIDs: []string{u.ID}}, []string{a.ID, b.ID}},
		{store.OrganizationQuery{UserIDs: []string{v.ID, u.ID, v.ID}}, []string{a.ID, b.ID}},
		{store.OrganizationQuery{UserIDs: []string{v.ID}, IDs: []string{a.ID}}, nil},
		{store.OrganizationQuery{UserIDs: []string{"user_x"}}, nil},
		{store.OrganizationQuery{Search: "ÄRZTE"}, []string{a.ID}},
		{store.OrganizationQuery{Search: "DOC"}, []string{a.ID}},
		{store.OrganizationQuery{Search: "org_c"}, []string{c.ID}},
		{store.OrganizationQuery{Search: "%"}, []string{b.ID}},
		{store.OrganizationQuery{Search: "it's"}, []string{b.ID}},
		{store.OrganizationQuery{Search: "c"}, []string{a.ID, b.ID, c.ID}},
		{store.OrganizationQuery{Search: "co", UserIDs: []string{u.ID}, IDs: []string{a.ID, b.ID}}, []string{a.ID}},
		{store.OrganizationQuery{Search: "nothing"}, nil},
	} {
		organizations.want(t, s, tt.q, tt.want...)
	}
	c.Name, c.Slug = "Renamed", "renamed"
	mustPut(t, s, c)
	organizations.want(t, s, store.OrganizationQuery{Search: "acme"})
	organizations.want(t, s, store.OrganizationQuery{Search: "NAMED"}, c.ID)
}

func organizationOrder(t *testing.T, s store.Store) {
	u, v := aUser(1), aUser(2)
	mustPut(t, s, u, v)
	at := func(hours int) time.Time { return epoch.Add(time.Duration(hours) * time.Hour) }
	a := store.Organization{ID: "a", Name: "beta", CreatedAt: at(1)}
	b := store.Organization{ID: "b", Name: "Alpha", CreatedAt: at(2)}
	c := store.Organization{ID: "c", Name: "alpha"}
	d := store.Organization{ID: "d", Name: "ÖL", CreatedAt: at(1)}
	mustPut(t, s, d, b, a, c, aMembership(1, d, u), aMembership(2, d, v), aMembership(3, b, u))
	for by, want := range map[string][]string{
		"":               {"b", "a", "d", "c"},
		"-created_at":    {"b", "a", "d", "c"},
		"+created_at":    {"c", "a", "d", "b"},
		"+name":          {"b", "c", "a", "d"},
		"-name":          {"d", "a", "b", "c"},
		"+members_count": {"a", "c", "b", "d"},
		"-members_count": {"d", "b", "a", "c"},
	} {
		organizations.want(t, s, store.OrganizationQuery{OrderBy: by}, want...)
		organizations.wantPages(t, s, func(limit, offset int) store.OrganizationQuery {
			return store.OrganizationQuery{OrderBy: by, Limit: limit, Offset: offset}
		}, want...)
	}
	for _, by := range []string{"name", "+slug", "-", "*name", "+Name", "+name, id", "-members_count--"} {
		if got, err := read(t, s, store.Tx.Organizations, store.OrganizationQuery{OrderBy: by}); err == nil {
			t.Errorf("Organizations ordered by %q = %d, want an error", by, len(got))
		}
	}
}

func countsPeople(t *testing.T, s store.Store) {
	o, p, q, u, v := anOrganization(1), anOrganization(2), anOrganization(3), aUser(1), aUser(2)
	at := epoch.Add(time.Hour)
	want := func(when string, members, pending map[string]int64) {
		t.Helper()
		view(t, s, func(tx store.Tx) error {
			m, n, err := tx.CountPeople([]string{o.ID, q.ID, p.ID, o.ID, "org_none"}, at)
			if err != nil || diff(members, m) != "" || diff(pending, n) != "" {
				t.Errorf("%s: CountPeople = %v, %v, %v, want %v, %v", when, m, n, err, members, pending)
			}
			m, n, err = tx.CountPeople(nil, at)
			if len(m)+len(n) != 0 || err != nil {
				t.Errorf("CountPeople of none = %v, %v, %v", m, n, err)
			}
			return nil
		})
	}
	invitation := func(id int, org store.Organization, status string, end time.Time) store.Invitation {
		i := anInvitation(id, org)
		i.Status, i.ExpireAt = status, end
		return i
	}
	none := map[string]int64{o.ID: 0, p.ID: 0, q.ID: 0}
	mustPut(t, s, o, p, q, u, v)
	want("new", none, none)
	m := aMembership(1, o, u)
	i := invitation(1, o, "pending", at.Add(time.Millisecond))
	mustPut(t, s, m, aMembership(2, o, v), aMembership(3, p, v), i,
		invitation(2, o, "pending", at), // expired by then
		invitation(3, o, "pending", time.Time{}), invitation(4, o, "accepted", at.Add(time.Hour)),
		invitation(5, p, "pending", at.Add(time.Hour)), invitation(6, store.Organization{}, "pending", at.Add(time.Hour)))
	full, waiting := map[string]int64{o.ID: 2, p.ID: 1, q.ID: 0}, map[string]int64{o.ID: 2, p.ID: 1, q.ID: 0}
	want("filled", full, waiting)
	for range 2 {
		mustPut(t, s, o, m, i)
		want("put again", full, waiting)
	}
	err := s.Update(t.Context(), func(tx store.Tx) error {
		return errors.Join(tx.DeleteMembership(o.ID, u.ID), tx.DeleteInvitation(i.ID), tx.PutInvitation(invitation(7, q, "pending", at.Add(time.Hour))),
			tx.DeleteOrganization(p.ID), errMine)
	})
	wantError(t, "Update", err, errMine)
	want("rolled back", full, waiting)
	m.OrgID, i.OrgID = q.ID, q.ID
	mustPut(t, s, m, i)
	want("moved", map[string]int64{o.ID: 1, p.ID: 1, q.ID: 1}, map[string]int64{o.ID: 1, p.ID: 1, q.ID: 1})
	i.Status = "revoked"
	mustPut(t, s, i)
	i.OrgID = ""
	mustPut(t, s, i, invitation(3, o, "expired", time.Time{}), invitation(2, o, "pending", at.Add(time.Hour)))
	want("changed", map[string]int64{o.ID: 1, p.ID: 1, q.ID: 1}, map[string]int64{o.ID: 1, p.ID: 1, q.ID: 0})
	i.OrgID, i.Status = q.ID, "pending"
	mustPut(t, s, i)
	update(t, s, func(tx store.Tx) error { return tx.DeleteUser(v.ID) })
	want("a member is deleted", map[string]int64{o.ID: 0, p.ID: 0, q.ID: 1}, map[string]int64{o.ID: 1, p.ID: 1, q.ID: 1})
	update(t, s, func(tx store.Tx) error { return errors.Join(tx.DeleteOrganization(o.ID), tx.DeleteInvitation(i.ID)) })
	view(t, s, func(tx store.Tx) error {
		members, pending, err := tx.CountPeople([]string{o.ID, q.ID}, at)
		if left := map[string]int64{q.ID: 1}; err != nil || diff(left, members) != "" || diff(map[string]int64{q.ID: 0}, pending) != "" {
			t.Errorf("deleted: CountPeople = %v, %v, %v", members, pending, err)
		}
		return nil
	})
	mustPut(t, s, o)
	want("made again", map[string]int64{o.ID: 0, p.ID: 0, q.ID: 1}, map[string]int64{o.ID: 0, p.ID: 1, q.ID: 0})
}
