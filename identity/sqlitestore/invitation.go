package sqlitestore

import "github.com/usherauth/usher/identity/store"

const selectInvitations = `SELECT id, COALESCE(org_id, ''), address, normalized, role, inviter_id, status, redirect_url,
	public_metadata, private_metadata, expire_at, created_at, updated_at FROM invitations`

func invitationFields(i *store.Invitation) []any {
	return []any{&i.ID, &i.OrgID, &i.Address, &i.Normalized, &i.Role, &i.InviterID, &i.Status, &i.RedirectURL,
		(*raw)(&i.PublicMetadata), (*raw)(&i.PrivateMetadata), (*at)(&i.ExpireAt), (*at)(&i.CreatedAt), (*at)(&i.UpdatedAt)}
}

func (t *tx) Invitation(id string) (store.Invitation, error) {
	var i store.Invitation
	err := t.row(selectInvitations+` WHERE id = ?`, []any{id}, invitationFields(&i)...)
	return i, err
}

func (t *tx) Invitations(q store.InvitationQuery) ([]store.Invitation, error) {
	where := invitationsWhere(q)
	return many(t, where.list(selectInvitations, "created_at DESC, id", q.Limit, q.Offset), invitationFields)
}

func (t *tx) CountInvitations(q store.InvitationQuery) (int64, error) {
	where := invitationsWhere(q)
	return t.count(where.count("invitations"))
}

func invitationsWhere(q store.InvitationQuery) conditions {
	var c conditions
	org := "org_id IS ?"
	if len(q.Emails) > 0 {
		org = "+org_id IS ?" // an address has fewer invitations than an organization
	}
	if q.OrgID != nil {
		c.add(org, reference(*q.OrgID))
	}
	c.among("normalized", q.Emails)
	c.among("status", q.Statuses)
	return c
}

const putInvitation = `INSERT INTO invitations (id, org_id, address, normalized, role, inviter_id, status, redirect_url,
	public_metadata, private_metadata, expire_at, created_at, updated_at)
	VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)
	ON CONFLICT (id) DO UPDATE SET org_id = ?2, address = ?3, normalized = ?4, role = ?5, inviter_id = ?6, status = ?7,
	redirect_url = ?8, public_metadata = ?9, private_metadata = ?10, expire_at = ?11, created_at = ?12, updated_at = ?13`

// PutInvitation learns from the foreign key that its organization does not exist.
func (t *tx) PutInvitation(i store.Invitation) error {
	return t.put("put invitation", putInvitation, i.ID, reference(i.OrgID), i.Address, i.Normalized, i.Role, i.InviterID,
		i.Status, i.RedirectURL, string(i.PublicMetadata), string(i.PrivateMetadata), i.ExpireAt.UnixMilli(),
		i.CreatedAt.UnixMilli(), i.UpdatedAt.UnixMilli())
}

func (t *tx) DeleteInvitation(id string) error {
	return t.remove("delete invitation", `DELETE FROM invitations WHERE id = ?`, id)
}
