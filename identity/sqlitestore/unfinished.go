package sqlitestore

import "time"

// unfinished are the records that strangers can begin, by table, each with the order in
// which the newest come first. A query about grants has their kind as its first parameter.
const (
	openSignIns   = ` FROM sign_ins WHERE status <> 'complete'`
	openSignUps   = ` FROM sign_ups WHERE status <> 'complete'`
	openGrants    = ` FROM grants WHERE user_id IS NULL AND kind = ?1`
	unusedClients = ` FROM clients WHERE last_active_session_id = ''`
	withoutAnyUse = ` AND NOT EXISTS (SELECT 1 FROM sessions WHERE client_id = clients.id)
		AND NOT EXISTS (SELECT 1 FROM sign_ins WHERE client_id = clients.id)
		AND NOT EXISTS (SELECT 1 FROM sign_ups WHERE client_id = clients.id)`
)

func (t *tx) CountUnfinished(grants ...string) (total int64, err error) {
	count := func(from string, args ...any) {
		var n int64
		if err == nil {
			err = t.row(`SELECT COUNT(*)`+from, args, &n)
		}
		total += n
	}
	count(openSignIns)
	count(openSignUps)
	count(unusedClients + ` AND NOT EXISTS (SELECT 1 FROM sessions WHERE client_id = clients.id)`)
	for _, kind := range grants {
		count(openGrants, kind)
	}
	return total, err
}

func (t *tx) DeleteUnfinished(ended time.Time, keep int, grants ...string) (total int64, err error) {
	drop := func(query string, args ...any) {
		var n int64
		if err == nil {
			n, err = t.exec("delete unfinished", query, args...)
		}
		total += n
	}
	for table, open := range map[string]string{"sign_ins": openSignIns, "sign_ups": openSignUps} {
		drop(`DELETE`+open+` AND expire_at > ?1 AND expire_at < ?2`, never, ended.UnixMilli())
		drop(`DELETE FROM `+table+` WHERE id IN (SELECT id`+open+` ORDER BY created_at DESC, id DESC LIMIT -1 OFFSET ?1)`, keep)
	}
	for _, kind := range grants {
		drop(`DELETE`+openGrants+` AND expire_at > ?2 AND expire_at < ?3`, kind, never, ended.UnixMilli())
		drop(`DELETE FROM grants WHERE id IN (SELECT id`+openGrants+` ORDER BY attempts DESC, created_at DESC, id DESC LIMIT -1 OFFSET ?2)`, kind, keep)
	}
	drop(`DELETE FROM clients WHERE id IN (SELECT id`+unusedClients+` ORDER BY updated_at DESC, id DESC LIMIT -1 OFFSET ?1)`+withoutAnyUse, keep)
	return total, err
}
