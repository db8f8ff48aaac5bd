package sqlitestore

import (
	"database/sql"
	"time"

	"github.com/usherauth/usher/identity"
)

const selectSessions = `SELECT id, client_id, user_id, status, active_org_id, ip_address, user_agent, first_factor, second_factor,
	last_active_at, expire_at, abandon_at, created_at, updated_at FROM sessions`

func sessionFields(s *identity.Session) []any {
	return []any{&s.ID, &s.ClientID, &s.UserID, &s.Status, &s.ActiveOrgID, &s.IPAddress, &s.UserAgent, (*at)(&s.FirstFactor),
		(*at)(&s.SecondFactor), (*at)(&s.LastActiveAt), (*at)(&s.ExpireAt), (*at)(&s.AbandonAt), (*at)(&s.CreatedAt), (*at)(&s.UpdatedAt)}
}

func (t *tx) Session(id string) (identity.Session, error) {
	var s identity.Session
	err := t.row(selectSessions+` WHERE id = ?`, []any{id}, sessionFields(&s)...)
	return s, err
}

func (t *tx) Sessions(q identity.SessionQuery) ([]identity.Session, error) {
	var where conditions
	where.equal("user_id", q.UserID)
	where.equal("client_id", q.ClientID)
	where.equal("status", q.Status)
	query := selectSessions + where.String() + ` ORDER BY created_at DESC, id LIMIT ? OFFSET ?`
	var found []identity.Session
	err := t.each(t.lists, query, append(where.args, limit(q.Limit), max(q.Offset, 0)), func(rows *sql.Rows) error {
		var s identity.Session
		err := rows.Scan(sessionFields(&s)...)
		found = append(found, s)
		return err
	})
	if err != nil {
		return nil, err
	}
	return found, nil
}

const putSession = `INSERT INTO sessions (id, client_id, user_id, status, active_org_id, ip_address, user_agent, first_factor,
	second_factor, last_active_at, expire_at, abandon_at, created_at, updated_at)
	VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)
	ON CONFLICT (id) DO UPDATE SET client_id = ?2, user_id = ?3, status = ?4, active_org_id = ?5, ip_address = ?6,
	user_agent = ?7, first_factor = ?8, second_factor = ?9, last_active_at = ?10, expire_at = ?11, abandon_at = ?12,
	created_at = ?13, updated_at = ?14`

// PutSession learns from the foreign keys that its user or client does not exist.
func (t *tx) PutSession(s identity.Session) error {
	return t.put("put session", putSession, s.ID, s.ClientID, s.UserID, s.Status, s.ActiveOrgID, s.IPAddress, s.UserAgent,
		s.FirstFactor.UnixMilli(), s.SecondFactor.UnixMilli(), s.LastActiveAt.UnixMilli(), s.ExpireAt.UnixMilli(),
		s.AbandonAt.UnixMilli(), s.CreatedAt.UnixMilli(), s.UpdatedAt.UnixMilli())
}

func (t *tx) DeleteExpired(before time.Time) (int64, error) {
	const attempts, sessions = ` WHERE expire_at > ?1 AND expire_at < ?2`,
		` WHERE expire_at > ?1 AND expire_at < ?2 OR abandon_at > ?1 AND abandon_at < ?2`
	const clients = ` WHERE updated_at > ?1 AND updated_at < ?2
		AND NOT EXISTS (SELECT 1 FROM sessions WHERE client_id = clients.id)
		AND NOT EXISTS (SELECT 1 FROM sign_ins WHERE client_id = clients.id)
		AND NOT EXISTS (SELECT 1 FROM sign_ups WHERE client_id = clients.id)`
	var total int64
	for _, query := range []string{`DELETE FROM sign_ins` + attempts, `DELETE FROM sign_ups` + attempts,
		`DELETE FROM sessions` + sessions, `DELETE FROM clients` + clients} {
		n, err := t.exec("delete expired", query, never, before.UnixMilli())
		if err != nil {
			return 0, err
		}
		total += n
	}
	return total, nil
}
