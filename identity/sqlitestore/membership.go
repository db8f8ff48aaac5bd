package sqlitestore

import "github.com/usherauth/usher/identity/store"

const selectMemberships = `SELECT id, org_id, user_id, role, public_metadata, private_metadata, created_at, updated_at FROM memberships m`

func membershipFields(m *store.Membership) []any {
	return []any{&m.ID, &m.OrgID, &m.UserID, &m.Role, (*raw)(&m.PublicMetadata), (*raw)(&m.PrivateMetadata),
		(*at)(&m.CreatedAt), (*at)(&m.UpdatedAt)}
}

func (t *tx) Membership(orgID, userID string) (store.Membership, error) {
	var m store.Membership
	err := t.row(selectMemberships+` WHERE user_id = ? AND org_id = ?`, []any{userID, orgID}, membershipFields(&m)...)
	return m, err
}

var membershipOrders = map[string]string{
	"created_at":    "created_at",
	"email_address": "(SELECT email_address FROM users WHERE id = m.user_id)",
}

func (t *tx) Memberships(q store.MembershipQuery) ([]store.Membership, error) {
	order, err := orderBy(q.OrderBy, membershipOrders)
	if err != nil {
		return nil, err
	}
	where := membershipsWhere(q)
	return many(t, where.list(selectMemberships, order+", id", q.Limit, q.Offset), membershipFields)
}

func (t *tx) CountMemberships(q store.MembershipQuery) (int64, error) {
	where := membershipsWhere(q)
	return t.count(where.count("memberships m"))
}

func membershipsWhere(q store.MembershipQuery) conditions {
	var c conditions
	c.equal("org_id", q.OrgID)
	c.equal("user_id", q.UserID)
	c.among("org_id", q.OrgIDs)
	c.among("user_id", q.UserIDs)
	c.among("role", q.Roles)
	c.contains("(SELECT search FROM users WHERE id = m.user_id)", q.Search)
	return c
}

const putMembership = `INSERT INTO memberships (id, org_id, user_id, role, public_metadata, private_metadata, created_at, updated_at)
	VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
	ON CONFLICT (id) DO UPDATE SET org_id = ?2, user_id = ?3, role = ?4, public_metadata = ?5, private_metadata = ?6,
	created_at = ?7, updated_at = ?8`

// PutMembership learns from the foreign keys that its user or organization does not
// exist.
func (t *tx) PutMembership(m store.Membership) error {
	return t.put("put membership", putMembership, m.ID, m.OrgID, m.UserID, m.Role, string(m.PublicMetadata),
		string(m.PrivateMetadata), m.CreatedAt.UnixMilli(), m.UpdatedAt.UnixMilli())
}

func (t *tx) DeleteMembership(orgID, userID string) error {
	return t.remove("delete membership", `DELETE FROM memberships WHERE user_id = ? AND org_id = ?`, userID, orgID)
}
