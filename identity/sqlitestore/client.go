package sqlitestore

import (
	"database/sql"

	"github.com/usherauth/usher/identity/store"
)

func (t *tx) Client(id string) (store.Client, error) {
	const query = `SELECT id, secret_hash, sign_in_id, sign_up_id, last_active_session_id, created_at, updated_at, last_strategy
		FROM clients WHERE id = ?`
	var c store.Client
	err := t.row(query, []any{id}, &c.ID, &c.SecretHash, &c.SignInID, &c.SignUpID, &c.LastActiveSessionID,
		(*at)(&c.CreatedAt), (*at)(&c.UpdatedAt), &c.LastStrategy)
	return c, err
}

func (t *tx) SignedInClients(limit, offset int) (ids []string, total int64, err error) {
	total, err = t.count(query{text: `SELECT COUNT(DISTINCT client_id) FROM sessions`, kept: true})
	if err != nil {
		return nil, 0, err
	}
	newest := query{
		text: `SELECT client_id FROM sessions GROUP BY client_id ORDER BY MAX(created_at) DESC, client_id LIMIT ? OFFSET ?`,
		args: []any{atMost(limit), max(offset, 0)}, kept: true,
	}
	err = t.run(newest, func(rows *sql.Rows) error {
		var id string
		err := rows.Scan(&id)
		ids = append(ids, id)
		return err
	})
	return ids, total, err
}

const putClient = `INSERT INTO clients (id, secret_hash, sign_in_id, sign_up_id, last_active_session_id, created_at, updated_at,
	last_strategy)
	VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
	ON CONFLICT (id) DO UPDATE SET secret_hash = ?2, sign_in_id = ?3, sign_up_id = ?4, last_active_session_id = ?5,
	created_at = ?6, updated_at = ?7, last_strategy = ?8`

func (t *tx) PutClient(c store.Client) error {
	return t.put("put client", putClient, c.ID, secret(c.SecretHash), c.SignInID, c.SignUpID, c.LastActiveSessionID,
		c.CreatedAt.UnixMilli(), c.UpdatedAt.UnixMilli(), c.LastStrategy)
}

func (t *tx) DeleteClient(id string) error {
	if err := t.remove("delete client", `DELETE FROM clients WHERE id = ?`, id); err != nil {
		return err
	}
	// Attempts need not have a client, so no foreign key does this.
	if err := t.put("delete client", `DELETE FROM sign_ins WHERE client_id = ?`, id); err != nil {
		return err
	}
	return t.put("delete client", `DELETE FROM sign_ups WHERE client_id = ?`, id)
}
