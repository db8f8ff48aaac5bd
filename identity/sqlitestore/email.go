package sqlitestore

import (
	"database/sql"
	"fmt"
	"slices"

	"github.com/usherauth/usher/identity/store"
)

func (t *tx) emails(user string) ([]store.EmailAddress, error) {
	const query = `SELECT id, address, normalized, verified, created_at, updated_at FROM emails WHERE user_id = ? ORDER BY position`
	var found []store.EmailAddress
	err := t.each(t.ctx, query, []any{user}, func(rows *sql.Rows) error {
		var e store.EmailAddress
		err := rows.Scan(&e.ID, &e.Address, &e.Normalized, &e.Verified, (*at)(&e.CreatedAt), (*at)(&e.UpdatedAt))
		found = append(found, e)
		return err
	})
	return found, err
}

// checkEmails looks for a conflict before anything is written, so that a refused
// PutUser leaves nothing behind even if the caller goes on.
func (t *tx) checkEmails(user string, emails []store.EmailAddress) error {
	const query = `SELECT COUNT(*) FROM emails WHERE (normalized = ? OR id = ?) AND user_id <> ?`
	for i, e := range emails {
		taken := 0
		if err := t.row(query, []any{e.Normalized, e.ID, user}, &taken); err != nil {
			return err
		}
		twice := slices.ContainsFunc(emails[:i], func(o store.EmailAddress) bool {
			return o.ID == e.ID || o.Normalized == e.Normalized
		})
		if taken > 0 || twice {
			return fmt.Errorf("sqlitestore: put user: address: %w", store.ErrConflict)
		}
	}
	return nil
}

// replaceEmails writes all anew, if there are any: two addresses may have traded values.
func (t *tx) replaceEmails(user string, old, emails []store.EmailAddress) error {
	const insert = `INSERT INTO emails (user_id, position, id, address, normalized, verified, created_at, updated_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?)`
	if len(old) > 0 {
		if err := t.put("delete addresses", `DELETE FROM emails WHERE user_id = ?`, user); err != nil {
			return err
		}
	}
	for i, e := range emails {
		err := t.put("put address", insert, user, i, e.ID, e.Address, e.Normalized, e.Verified, e.CreatedAt.UnixMilli(), e.UpdatedAt.UnixMilli())
		if err != nil {
			return err
		}
	}
	return nil
}

// mainAddress is what the order email_address sorts by: the primary one, else the first.
func mainAddress(u store.User) string {
	for _, e := range u.Emails {
		if e.ID == u.PrimaryEmailID {
			return e.Normalized
		}
	}
	if len(u.Emails) > 0 {
		return u.Emails[0].Normalized
	}
	return ""
}
