package storetest

import (
	"fmt"
	"testing"
	"time"

	"github.com/usherauth/usher/identity"
)

var invitations = kind[identity.InvitationQuery, identity.Invitation]{
	identity.Tx.Invitations, identity.Tx.CountInvitations, func(i identity.Invitation) string { return i.ID },
}

var invitationCases = []testCase{
	{"an invitation is found by id, every field as it was put", func(t *testing.T, s identity.Store) {
		o := anOrganization(1)
		i, changed := anInvitation(1, o), anInvitation(2, o)
		mustPut(t, s, o, i)
		wantRecord(t, s, identity.Tx.Invitation, i.ID, i)
		wantMissing(t, s, identity.Tx.Invitation, changed.ID)
		changed.ID = i.ID
		mustPut(t, s, changed)
		wantRecord(t, s, identity.Tx.Invitation, i.ID, changed)
		bare := identity.Invitation{ID: i.ID} // from now on to sign up
		mustPut(t, s, bare)
		wantRecord(t, s, identity.Tx.Invitation, i.ID, bare)
	}},
	{"an invitation needs its organization, if it names one", func(t *testing.T, s identity.Store) {
		toSignUp, toNowhere := anInvitation(1, identity.Organization{}), anInvitation(2, anOrganization(1))
		wantRefused(t, s, toNowhere, identity.ErrNotFound)
		wantMissing(t, s, identity.Tx.Invitation, toNowhere.ID)
		mustPut(t, s, toSignUp)
		wantRecord(t, s, identity.Tx.Invitation, toSignUp.ID, toSignUp)
	}},
	{"an invitation outlives the inviter, and addresses repeat", func(t *testing.T, s identity.Store) {
		u, o := aUser(1), anOrganization(1)
		a, b := anInvitation(1, o), anInvitation(2, o)
		a.InviterID, b.Normalized = u.ID, a.Normalized
		mustPut(t, s, u, o, a, b)
		if err := deleteUser(t, s, u.ID); err != nil {
			t.Fatalf("DeleteUser = %v", err)
		}
		wantRecord(t, s, identity.Tx.Invitation, a.ID, a)
		invitations.want(t, s, identity.InvitationQuery{Emails: []string{a.Normalized}}, b.ID, a.ID)
	}},
	{"an invitation is deleted once, and no other with it", func(t *testing.T, s identity.Store) {
		o := anOrganization(1)
		i, stays, toSignUp := anInvitation(1, o), anInvitation(2, o), anInvitation(3, identity.Organization{})
		mustPut(t, s, o, i, stays, toSignUp)
		for _, gone := range []identity.Invitation{i, toSignUp} {
			wantDeleted(t, s, func(tx identity.Tx) error { return tx.DeleteInvitation(gone.ID) })
			wantMissing(t, s, identity.Tx.Invitation, gone.ID)
		}
		invitations.want(t, s, identity.InvitationQuery{}, stays.ID)
		wantRecord(t, s, identity.Tx.Organization, o.ID, o)
		mustPut(t, s, i) // the id is free
		wantRecord(t, s, identity.Tx.Invitation, i.ID, i)
	}},
	{"changing an invitation after putting or getting it changes nothing stored", func(t *testing.T, s identity.Store) {
		spoil := func(i identity.Invitation) { i.PublicMetadata[0], i.PrivateMetadata[0] = 'X', 'X' }
		o := anOrganization(1)
		i := anInvitation(1, o)
		mustPut(t, s, o, i)
		spoil(i)
		for range 2 {
			update(t, s, func(tx identity.Tx) error {
				one, _ := tx.Invitation(i.ID)
				listed, _ := tx.Invitations(identity.InvitationQuery{})
				spoil(one)
				spoil(listed[0])
				return nil
			})
			wantRecord(t, s, identity.Tx.Invitation, i.ID, anInvitation(1, o))
		}
	}},
	{"invitations by organization, address and status, newest first, ties by id", invitationFilters},
}

func invitationFilters(t *testing.T, s identity.Store) {
	o, p := anOrganization(1), anOrganization(2)
	mustPut(t, s, o, p)
	for n, i := range []identity.Invitation{
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
		q    identity.InvitationQuery
		want []string
	}{
		{identity.InvitationQuery{}, []string{"4", "5", "2", "3", "1", "0"}},
		{identity.InvitationQuery{OrgID: &o.ID}, []string{"5", "1", "0"}},
		{identity.InvitationQuery{OrgID: &none}, []string{"4", "3"}},
		{identity.InvitationQuery{OrgID: &o.Slug}, nil},
		{identity.InvitationQuery{Emails: []string{"a@x", "c@x", "d@x", "a@x"}}, []string{"4", "5", "2", "3", "0"}},
		{identity.InvitationQuery{Emails: []string{"A@x", "a"}}, nil},
		{identity.InvitationQuery{Statuses: []string{"pending", "accepted"}}, []string{"4", "2", "1", "0"}},
		{identity.InvitationQuery{Statuses: []string{}, Emails: []string{}}, []string{"4", "5", "2", "3", "1", "0"}},
		{identity.InvitationQuery{OrgID: &o.ID, Emails: []string{"a@x"}, Statuses: []string{"pending"}}, []string{"0"}},
		{identity.InvitationQuery{OrgID: &none, Emails: []string{"a@x"}, Statuses: []string{"pending"}}, nil},
	} {
		invitations.want(t, s, tt.q, tt.want...)
	}
	invitations.wantPages(t, s, func(limit, offset int) identity.InvitationQuery {
		return identity.InvitationQuery{Limit: limit, Offset: offset}
	}, "4", "5", "2", "3", "1", "0")
}
