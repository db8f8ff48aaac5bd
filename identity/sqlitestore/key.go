package sqlitestore

import (
	"database/sql"

	"github.com/usherauth/usher/identity/store"
)

func (t *tx) SigningKeys() ([]store.SigningKey, error) {
	const query = `SELECT kid, pkcs8, created_at FROM signing_keys ORDER BY created_at DESC, kid`
	var keys []store.SigningKey
	err := t.each(t.ctx, query, nil, func(rows *sql.Rows) error {
		var k store.SigningKey
		err := rows.Scan(&k.Kid, &k.PKCS8, (*at)(&k.CreatedAt))
		keys = append(keys, k)
		return err
	})
	return keys, err
}

func (t *tx) PutSigningKey(k store.SigningKey) error {
	const query = `INSERT INTO signing_keys (kid, pkcs8, created_at) VALUES (?1, ?2, ?3)
		ON CONFLICT (kid) DO UPDATE SET pkcs8 = ?2, created_at = ?3`
	return t.put("put signing key", query, k.Kid, blob(k.PKCS8), k.CreatedAt.UnixMilli())
}

func (t *tx) DeleteSigningKey(kid string) error {
	return t.remove("delete signing key", `DELETE FROM signing_keys WHERE kid = ?`, kid)
}

func (t *tx) Setting(name string) ([]byte, error) {
	var value []byte
	err := t.row(`SELECT value FROM settings WHERE name = ?`, []any{name}, &value)
	return value, err
}

func (t *tx) PutSetting(name string, value []byte) error {
	const query = `INSERT INTO settings (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = ?2`
	return t.put("put setting", query, name, blob(value))
}
