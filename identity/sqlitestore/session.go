package sqlitestore

import (
	"time"

	"github.com/usherauth/usher/identity/store"
)

const selectSessions = `SELECT id, client_id, user_id, status, active_org_id, actor, ip_address, user_agent, first_factor,
	second_factor, last_active_at, expire_at, abandon_at, created_at, updated_at FROM sessions`

func sessionFields(s *store.Session) []any {
	return []any{&s.ID, &s.ClientID, &s.UserID, &s.Status, &s.ActiveOrgID, (*raw)(&s.Actor), &s.IPAddress, &s.UserAgent,
		(*at)(&s.FirstFactor), (*at)(&s.SecondFactor), (*at)(&s.LastActiveAt), (*at)(&s.ExpireAt), (*at)(&s.AbandonAt), (*at)(&s.CreatedAt), (*at)(&s.UpdatedAt)}
}

func (t *tx) Session(id string) (store.Session, error) {
	var s store.Session
	err := t.row(selectSessions+` WHERE id = ?`, []any{id}, sessionFields(&s)...)
	return s, err
}

func (t *tx) Sessions(q store.SessionQuery) ([]store.Session, error) {
	where := whichSessions(q)
	return many(t, where.list(selectSessions, "created_at DESC, id", q.Limit, q.Offset), sessionFields)
}

func (t *tx) CountSessions(q store.SessionQuery) (int64, error) {
	where := whichSessions(q)
	return t.count(where.count("sessions"))
}

func whichSessions(q store.SessionQuery) (where conditions) {
	where.equal("user_id", q.UserID)
	where.equal("client_id", q.ClientID)
	at := q.At.UnixMilli()
	switch {
	case q.Status == "" || q.At.IsZero():
		where.equal("status", q.Status)
	case q.Status == "expired":
		where.add("status IN ('active', 'pending') AND expire_at <= ?", at)
	case q.Status == "abandoned":
		where.add("status IN ('active', 'pending') AND expire_at > ? AND abandon_at <= ?", at, at)
	case q.Status == "active" || q.Status == "pending":
		where.add("status = ? AND expire_at > ? AND abandon_at > ?", q.Status, at, at)
	default:
		where.equal("status", q.Status)
	}
	if q.Live {
		where.add("status IN ('active', 'pending')")
		if !q.At.IsZero() {
			where.add("expire_at > ? AND abandon_at > ?", at, at)
		}
	}
	return where
}

const putSession = `INSERT INTO sessions (id, client_id, user_id, status, active_org_id, actor, ip_address, user_agent,
	first_factor, second_factor, last_active_at, expire_at, abandon_at, created_at, updated_at)
	VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)
	ON CONFLICT (id) DO UPDATE SET client_id = ?2, user_id = ?3, status = ?4, active_org_id = ?5, actor = ?6,
	ip_address = ?7, user_agent = ?8, first_factor = ?9, second_factor = ?10, last_active_at = ?11, expire_at = ?12,
	abandon_at = ?13, created_at = ?14, updated_at = ?15`

// PutSession learns from the foreign keys that its user or client does not exist.
func (t *tx) PutSession(s store.Session) error {
	return t.put("put session", putSession, s.ID, s.ClientID, s.UserID, s.Status, s.ActiveOrgID, string(s.Actor), s.IPAddress,
		s.UserAgent, s.FirstFactor.UnixMilli(), s.SecondFactor.UnixMilli(), s.LastActiveAt.UnixMilli(), s.ExpireAt.UnixMilli(),
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
		`DELETE FROM grants` + attempts, `DELETE FROM sessions` + sessions, `DELETE FROM clients` + clients} {
		n, err := t.exec("delete expired", query, never, before.UnixMilli())
		if err != nil {
			return 0, err
		}
		total += n
	}
	return total, nil
}
