package memstore

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/usherauth/usher/identity/store"
)

// pending is the status of an invitation that waits for an answer.
const pending = "pending"

func (t *tx) Invitation(id string) (store.Invitation, error) {
	return get(t.invitations, id, cloneInvitation)
}

func (t *tx) Invitations(q store.InvitationQuery) ([]store.Invitation, error) {
	created := byTime(func(i store.Invitation) time.Time { return i.CreatedAt })
	found := sorted(t.matchingInvitations(q), reversed(created), func(i store.Invitation) string { return i.ID })
	return copies(page(found, q.Limit, q.Offset), cloneInvitation), nil
}

func (t *tx) CountInvitations(q store.InvitationQuery) (int64, error) {
	return int64(len(t.matchingInvitations(q))), nil
}

func (t *tx) matchingInvitations(q store.InvitationQuery) []store.Invitation {
	match := func(i store.Invitation) bool {
		return (q.OrgID == nil || i.OrgID == *q.OrgID) && among(q.Emails, i.Normalized) && among(q.Statuses, i.Status)
	}
	var ids []string
	switch {
	case len(q.Emails) > 0:
		ids = linked(t.emailInvites, q.Emails)
	case q.OrgID != nil:
		ids = t.orgInvites[*q.OrgID]
	default:
		return where(t.invitations, match)
	}
	var found []store.Invitation
	for _, id := range ids {
		if i := t.invitations[id]; match(i) {
			found = append(found, i)
		}
	}
	return found
}

func (t *tx) PutInvitation(i store.Invitation) error {
	if err := t.write(); err != nil {
		return err
	}
	if _, ok := t.organizations[i.OrgID]; !ok && i.OrgID != "" {
		return fmt.Errorf("memstore: put invitation: organization: %w", store.ErrNotFound)
	}
	i = cloneInvitation(i)
	stamp(&i.ExpireAt, &i.CreatedAt, &i.UpdatedAt)
	old, had := t.invitations[i.ID]
	if !had || old.OrgID != i.OrgID || old.Normalized != i.Normalized {
		if had {
			t.dropInvitation(i.ID)
			old = store.Invitation{}
		}
		link(t, t.orgInvites, i.OrgID, i.ID)
		link(t, t.emailInvites, i.Normalized, i.ID)
	}
	t.awaits(old, -1)
	t.awaits(i, 1)
	set(t, t.invitations, i.ID, i)
	return nil
}

func (t *tx) DeleteInvitation(id string) error {
	if err := t.write(); err != nil {
		return err
	}
	if _, ok := t.invitations[id]; !ok {
		return store.ErrNotFound
	}
	t.dropInvitation(id)
	return nil
}

func (t *tx) dropInvitation(id string) {
	i := t.invitations[id]
	unlink(t, t.orgInvites, i.OrgID, id)
	unlink(t, t.emailInvites, i.Normalized, id)
	t.awaits(i, -1)
	unset(t, t.invitations, id)
}

// awaits adds a pending invitation of an organization to those that are counted, or with -1
// takes it out. The list is copied, for the journal's sake.
func (t *tx) awaits(i store.Invitation, n int) {
	if i.OrgID == "" || i.Status != pending {
		return
	}
	end := int64(math.MaxInt64)
	if !i.ExpireAt.IsZero() {
		end = i.ExpireAt.UnixMilli()
	}
	list := slices.Clone(t.orgPending[i.OrgID])
	at, found := slices.BinarySearch(list, end)
	if n > 0 {
		list = slices.Insert(list, at, end)
	} else if found {
		list = slices.Delete(list, at, at+1)
	}
	set(t, t.orgPending, i.OrgID, list)
	if len(list) == 0 {
		unset(t, t.orgPending, i.OrgID)
	}
}

func cloneInvitation(i store.Invitation) store.Invitation {
	i.PublicMetadata = cloneSlice(i.PublicMetadata)
	i.PrivateMetadata = cloneSlice(i.PrivateMetadata)
	return i
}
