package storetest

import (
	"testing"

	"github.com/usherauth/usher/identity/store"
)

// RunDurable checks that a store with files keeps what an Update acknowledged. Open
// opens the store that lives in dir, creating it the first time; it is called again
// for the same dir after Close.
func RunDurable(t *testing.T, open func(t *testing.T, dir string) store.Store) {
	for _, c := range []struct {
		name string
		run  func(t *testing.T, reopen func() store.Store)
	}{
		{"everything is there after reopening", durableRecords},
		{"what was deleted or undone stays away after reopening", durableDeletes},
		{"unique values are unique after reopening", durableUnique},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			var s store.Store
			t.Cleanup(func() { closeStore(t, s) })
			c.run(t, func() store.Store {
				closeStore(t, s)
				s = open(t, dir)
				return s
			})
		})
	}
}

func closeStore(t *testing.T, s store.Store) {
	if s == nil {
		return
	}
	if err := s.Close(); err != nil {
		t.Errorf("Close = %v", err)
	}
}

func durableRecords(t *testing.T, reopen func() store.Store) {
	a, b := allFilled(1, ""), allFilled(2, "\x00'🚀")
	update(t, reopen(), a.put)
	update(t, reopen(), b.put)
	for range 2 {
		s := reopen()
		a.check(t, s)
		b.check(t, s)
		wantKeys(t, s, b.key, a.key)
		wantUsers(t, s, store.UserQuery{}, b.user.ID, a.user.ID)
	}
}

func durableDeletes(t *testing.T, reopen func() store.Store) {
	s, kept := reopen(), allFilled(1, "")
	update(t, s, kept.put)
	update(t, s, allFilled(2, "").put)
	update(t, s, func(tx store.Tx) error {
		gone := allFilled(2, "")
		if err := tx.DeleteUser(gone.user.ID); err != nil {
			return err
		}
		if err := tx.DeleteOrganization(gone.organization.ID); err != nil {
			return err
		}
		return tx.DeleteClient(gone.client.ID)
	})
	_ = s.Update(t.Context(), func(tx store.Tx) error { _ = allFilled(3, "").put(tx); return errMine })
	s = reopen()
	kept.check(t, s)
	wantUsers(t, s, store.UserQuery{}, kept.user.ID)
	wantSessions(t, s, store.SessionQuery{}, kept.session)
	wantMissing(t, s, store.Tx.Client, allFilled(2, "").client.ID)
	wantMissing(t, s, store.Tx.SignUp, allFilled(3, "").signUp.ID)
	organizations.want(t, s, store.OrganizationQuery{}, kept.organization.ID)
	memberships.want(t, s, store.MembershipQuery{}, kept.membership.ID)
	invitations.want(t, s, store.InvitationQuery{}, kept.invitation.ID)
	wantMissing(t, s, store.Tx.Grant, allFilled(2, "").grant.ID)
	wantMissing(t, s, store.Tx.Image, allFilled(3, "").image.ID)
	wantEvents(t, s, store.AuditQuery{}, allFilled(2, "").event, kept.event) // events outlive users
}

func durableUnique(t *testing.T, reopen func() store.Store) {
	r := allFilled(1, "")
	u := r.user
	update(t, reopen(), r.put)
	s := reopen()
	thief, copycat, twin, namesake := aUser(2), aClient(2), aUser(3), aUser(4)
	thief.Emails[0].Normalized, copycat.SecretHash = u.Emails[2].Normalized, r.client.SecretHash
	twin.ExternalID, namesake.Username = u.ExternalID, u.Username
	org, grant := anOrganization(2), aGrant(2, u)
	org.Slug, grant.SecretHash = r.organization.Slug, r.grant.SecretHash
	for _, record := range []any{thief, copycat, twin, namesake, org, grant, aMembership(2, r.organization, u), r.event} {
		wantRefused(t, s, record, store.ErrConflict)
	}
	for _, record := range []any{
		aSession(1, aUser(3), r.client), aMembership(3, r.organization, aUser(3)), anInvitation(3, anOrganization(3)), aGrant(3, aUser(3)),
	} {
		wantRefused(t, s, record, store.ErrNotFound)
	}
	r.check(t, s)
}
