package storetest

import (
	"fmt"
	"testing"
	"time"

	"github.com/usherauth/usher/identity/store"
)

var invitations = kind[store.InvitationQuery, store.Invitation]{
	store.Tx.Invitations, store.Tx.CountInvitations, func(i store.Invitation) string { return i.ID },
}

var invitationCases = []testCase{
	{"an invitation is found by id, every field as it was put", func(t *testing.T, s store.Store) {
		o := anOrganization(1)
		i, changed := anInvitation(1, o), anInvitation(2, o)
		mustPut(t, s, o, i)
		wantRecord(t, s, store.Tx.Invitation, i.ID, i)
		wantMissing(t, s, store.Tx.Invitation, changed.ID)
		changed.ID = i.ID
		mustPut(t, s, changed)
		wantRecord(t, s, store.Tx.Invitation, i.ID, changed)
		bare := store.Invitation{ID: i.ID} // from now on to sign up
		mustPut(t, s, bare)
		wantRecord(t, s, store.Tx.Invitation, i.ID, bare)
	}},
	{"an invitation needs its organization, if it names one", func(t *testing.T, s store.Store) {
		toSignUp, toNowhere := anInvitation(1, store.Organization{}), anInvitation(2, anOrganization(1))
		wantRefused(t, s, toNowhere, store.ErrNotFound)
		wantMissing(t, s, store.Tx.Invitation, toNowhere.ID)
		mustPut(t, s, toSignUp)
		wantRecord(t, s, store.Tx.Invitation, toSignUp.ID, toSignUp)
	}},
	{"an invitation outlives the inviter, and addresses repeat", func(t *testing.T, s store.Store) {
		u, o := aUser(1), anOrganization(1)
		a, b := anInvitation(1, o), anInvitation(2, o)
		a.InviterID, b.Normalized = u.ID, a.Normalized
		mustPut(t, s, u, o, a, b)
		if err := deleteUser(t, s, u.ID); err != nil {
			t.Fatalf("DeleteUser = %v", err)
		}
		wantRecord(t, s, store.Tx.Invitation, a.ID, a)
		invitations.want(t, s, store.InvitationQuery{Emails: []string{a.Normalized}}, b.ID, a.ID)
	}},
	{"an invitation is deleted once, and no other with it", func(t *testing.T, s store.Store) {
		o := anOrganization(1)
		i, stays, toSignUp := anInvitation(1, o), anInvitation(2, o), anInvitation(3, store.Organization{})
		mustPut(t, s, o, i, stays, toSignUp)
		for _, gone := range []store.Invitation{i, toSignUp} {
			wantDeleted(t, s, func(tx store.Tx) error { return tx.DeleteInvitation(gone.ID) })
			wantMissing(t, s, store.Tx.Invitation, gone.ID)
		}
		invitations.want(t, s, store.InvitationQuery{}, stays.ID)
		wantRecord(t, s, store.Tx.Organization, o.ID, o)
		mustPut(t, s, i) // the id is free
		wantRecord(t, s, store.Tx.Invitation, i.ID, i)
	}},
	{"changing an invitation after putting or getting it changes nothing stored", func(t *testing.T, s store.Store) {
		spoil := func(i store.Invitation) { i.PublicMetadata[0], i.PrivateMetadata[0] = 'X', 'X' }
		o := anOrganization(1)
		i := anInvitation(1, o)
		mustPut(t, s, o, i)
		spoil(i)
		for range 2 {
			update(t, s, func(tx store.Tx) error {
				one, _ := tx.Invitation(i.ID)
				listed, _ := tx.Invitations(store.InvitationQuery{})
				spoil(one)
				spoil(listed[0])
				return nil
			})
			wantRecord(t, s, store.Tx.Invitation, i.ID, anInvitation(1, o))
		}
	}},
	{"invitations by organization, address and status, newest first, ties by id", invitationFilters},
}

func invitationFilters(t *testing.T, s store.Store) {
	o, p := anOrganization(1), anOrganization(2)
	mustPut(t, s, o, p)
	for n, i := range []store.Invitation{
		{OrgID: o.ID, Normalized: "a@x", Status: "pending"},
		{OrgID: o.ID, Normalized: "b@x", Status: "accepted"},
		{OrgID: p.ID, Normalized: "a@x", Status: "pending"},
		{Normalized: "a@x", Status: "revoked"},
		{Normalized: "c@x", Status: "pending"},
		{OrgID: o.ID, Normalized: "a@x", Status: "revoked"},
	} {
		i.ID, i.ExpireAt = fmt.Sprint(n), time.Unix(0, 0) // what ran out is listed too
		if n > 0 {
			i.CreatedAt = epoch.Add(time.Duration(n/2) * time.Second)
		}
		mustPut(t, s, i)
	}
	none := ""
	for _, tt := range []struct {
		q    store.InvitationQuery
		want []string
	}{
		{store.InvitationQuery{}, []string{"4", "5", "2", "3", "1", "0"}},
		{store.InvitationQuery{OrgID: &o.ID}, []string{"5", "1", "0"}},
		{store.InvitationQuery{OrgID: &none}, []string{"4", "3"}},
		{store.InvitationQuery{OrgID: &o.Slug}, nil},
		{store.InvitationQuery{Emails: []string{"a@x", "c@x", "d@x", "a@x"}}, []string{"4", "5", "2", "3", "0"}},
		{store.InvitationQuery{Emails: []string{"A@x", "a"}}, nil},
		{store.InvitationQuery{Statuses: []string{"pending", "accepted"}}, []string{"4", "2", "1", "0"}},
		{store.InvitationQuery{Statuses: []string{}, Emails: []string{}}, []string{"4", "5", "2", "3", "1", "0"}},
		{store.InvitationQuery{OrgID: &o.ID, Emails: []string{"a@x"}, Statuses: []string{"pending"}}, []string{"0"}},
		{store.InvitationQuery{OrgID: &none, Emails: []string{"a@x"}, Statuses: []string{"pending"}}, nil},
	} {
		invitations.want(t, s, tt.q, tt.want...)
	}
	invitations.wantPages(t, s, func(limit, offset int) store.InvitationQuery {
		return store.InvitationQuery{Limit: limit, Offset: offset}
	}, "4", "5", "2", "3", "1", "0")
}
