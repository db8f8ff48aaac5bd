package memstore

import (
	"fmt"
	"time"

	"github.com/usherauth/usher/identity"
)

func (t *tx) Invitation(id string) (identity.Invitation, error) {
	return get(t.invitations, id, cloneInvitation)
}

func (t *tx) Invitations(q identity.InvitationQuery) ([]identity.Invitation, error) {
	created := byTime(func(i identity.Invitation) time.Time { return i.CreatedAt })
	found := sorted(t.matchingInvitations(q), reversed(created), func(i identity.Invitation) string { return i.ID })
	return copies(page(found, q.Limit, q.Offset), cloneInvitation), nil
}

func (t *tx) CountInvitations(q identity.InvitationQuery) (int64, error) {
	return int64(len(t.matchingInvitations(q))), nil
}

func (t *tx) matchingInvitations(q identity.InvitationQuery) []identity.Invitation {
	return where(t.invitations, func(i identity.Invitation) bool {
		return (q.OrgID == nil || i.OrgID == *q.OrgID) && among(q.Emails, i.Normalized) && among(q.Statuses, i.Status)
	})
}

func (t *tx) PutInvitation(i identity.Invitation) error {
	if err := t.write(); err != nil {
		return err
	}
	if _, ok := t.organizations[i.OrgID]; !ok && i.OrgID != "" {
		return fmt.Errorf("memstore: put invitation: organization: %w", identity.ErrNotFound)
	}
	i = cloneInvitation(i)
	stamp(&i.ExpireAt, &i.CreatedAt, &i.UpdatedAt)
	set(t, t.invitations, i.ID, i)
	return nil
}

func (t *tx) DeleteInvitation(id string) error {
	if err := t.write(); err != nil {
		return err
	}
	if _, ok := t.invitations[id]; !ok {
		return identity.ErrNotFound
	}
	unset(t, t.invitations, id)
	return nil
}

func cloneInvitation(i identity.Invitation) identity.Invitation {
	i.PublicMetadata = cloneSlice(i.PublicMetadata)
	i.PrivateMetadata = cloneSlice(i.PrivateMetadata)
	return i
}
