package sqlitestore

import "github.com/usherauth/usher/identity/store"

const selectGrants = `SELECT id, kind, secret_hash, COALESCE(user_id, ''), session_id, subject, status, attempts, data, expire_at,
	created_at, updated_at FROM grants`

func grantFields(g *store.Grant) []any {
	return []any{&g.ID, &g.Kind, &g.SecretHash, &g.UserID, &g.SessionID, &g.Subject, &g.Status, &g.Attempts, (*raw)(&g.Data),
		(*at)(&g.ExpireAt), (*at)(&g.CreatedAt), (*at)(&g.UpdatedAt)}
}

func (t *tx) Grant(id string) (store.Grant, error) {
	var g store.Grant
	err := t.row(selectGrants+` WHERE id = ?`, []any{id}, grantFields(&g)...)
	return g, err
}

func (t *tx) GrantBySecret(hash []byte) (store.Grant, error) {
	var g store.Grant
	err := t.row(selectGrants+` WHERE secret_hash = ?`, []any{secret(hash)}, grantFields(&g)...)
	return g, err
}

const putGrant = `INSERT INTO grants (id, kind, secret_hash, user_id, session_id, subject, status, attempts, data, expire_at,
	created_at, updated_at)
	VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)
	ON CONFLICT (id) DO UPDATE SET kind = ?2, secret_hash = ?3, user_id = ?4, session_id = ?5, subject = ?6, status = ?7,
	attempts = ?8, data = ?9, expire_at = ?10, created_at = ?11, updated_at = ?12`

// PutGrant learns from the foreign key that its user does not exist.
func (t *tx) PutGrant(g store.Grant) error {
	return t.put("put grant", putGrant, g.ID, g.Kind, secret(g.SecretHash), reference(g.UserID), g.SessionID, g.Subject,
		g.Status, g.Attempts, string(g.Data), g.ExpireAt.UnixMilli(), g.CreatedAt.UnixMilli(), g.UpdatedAt.UnixMilli())
}

func (t *tx) DeleteGrant(id string) error {
	return t.remove("delete grant", `DELETE FROM grants WHERE id = ?`, id)
}
