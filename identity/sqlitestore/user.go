package sqlitestore

import (
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"github.com/usherauth/usher/identity"
)

// selectUsers reads users u with one row for each address e, or one with position -1.
const selectUsers = `SELECT u.id, u.external_id, u.username, u.first_name, u.last_name, u.primary_email_id, u.password_hash,
	u.public_metadata, u.private_metadata, u.unsafe_metadata, u.banned, u.failed_attempts, u.locked_until, u.password_at,
	u.last_sign_in_at, u.last_active_at, u.created_at, u.updated_at,
	COALESCE(e.position, -1), COALESCE(e.id, ''), COALESCE(e.address, ''), COALESCE(e.normalized, ''),
	COALESCE(e.verified, 0), COALESCE(e.created_at, 0), COALESCE(e.updated_at, 0)`

const (
	userByID = selectUsers + ` FROM users u LEFT JOIN emails e ON e.user_id = u.id
		WHERE u.id = ? ORDER BY e.position`
	userByEmail = selectUsers + ` FROM users u LEFT JOIN emails e ON e.user_id = u.id
		WHERE u.id = (SELECT user_id FROM emails WHERE normalized = ?) ORDER BY e.position`
)

func (t *tx) User(id string) (identity.User, error) { return t.oneUser(userByID, id) }

func (t *tx) UserByEmail(normalized string) (identity.User, error) {
	return t.oneUser(userByEmail, normalized)
}

func (t *tx) oneUser(query, key string) (identity.User, error) {
	var found userRows
	if err := t.each(t.ctx, query, []any{key}, found.scan); err != nil {
		return identity.User{}, err
	}
	if len(found) == 0 {
		return identity.User{}, identity.ErrNotFound
	}
	return found[0], nil
}

// userRows collects the rows of selectUsers; those of a user follow each other.
type userRows []identity.User

func (f *userRows) scan(rows *sql.Rows) error {
	var u identity.User
	var e identity.EmailAddress
	position := 0
	err := rows.Scan(&u.ID, &u.ExternalID, &u.Username, &u.FirstName, &u.LastName, &u.PrimaryEmailID, &u.PasswordHash,
		(*raw)(&u.PublicMetadata), (*raw)(&u.PrivateMetadata), (*raw)(&u.UnsafeMetadata), &u.Banned, &u.FailedAttempts,
		(*at)(&u.LockedUntil), (*at)(&u.PasswordAt), (*at)(&u.LastSignInAt), (*at)(&u.LastActiveAt), (*at)(&u.CreatedAt),
		(*at)(&u.UpdatedAt), &position, &e.ID, &e.Address, &e.Normalized, &e.Verified, (*at)(&e.CreatedAt), (*at)(&e.UpdatedAt))
	if err != nil {
		return err
	}
	if position <= 0 {
		*f = append(*f, u)
	}
	if position >= 0 {
		last := &(*f)[len(*f)-1]
		last.Emails = append(last.Emails, e)
	}
	return nil
}

const putUser = `INSERT INTO users (id, external_id, username, first_name, last_name, primary_email_id, password_hash,
	public_metadata, private_metadata, unsafe_metadata, banned, failed_attempts, locked_until, password_at,
	last_sign_in_at, last_active_at, created_at, updated_at, email_address, search)
	VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20)
	ON CONFLICT (id) DO UPDATE SET external_id = ?2, username = ?3, first_name = ?4, last_name = ?5, primary_email_id = ?6,
	password_hash = ?7, public_metadata = ?8, private_metadata = ?9, unsafe_metadata = ?10, banned = ?11,
	failed_attempts = ?12, locked_until = ?13, password_at = ?14, last_sign_in_at = ?15, last_active_at = ?16,
	created_at = ?17, updated_at = ?18, email_address = ?19, search = ?20`

func (t *tx) PutUser(u identity.User) error {
	if !t.writable {
		return errReadOnly
	}
	emails := slices.Clone(u.Emails)
	for i := range emails {
		e := &emails[i]
		e.CreatedAt, e.UpdatedAt = stamp(e.CreatedAt), stamp(e.UpdatedAt)
	}
	old, err := t.emails(u.ID)
	if err != nil {
		return err
	}
	moved := !slices.Equal(old, emails)
	if moved {
		if err := t.checkEmails(u.ID, emails); err != nil {
			return err
		}
	}
	err = t.put("put user", putUser, u.ID, u.ExternalID, u.Username, u.FirstName, u.LastName, u.PrimaryEmailID, u.PasswordHash,
		string(u.PublicMetadata), string(u.PrivateMetadata), string(u.UnsafeMetadata), u.Banned, u.FailedAttempts,
		u.LockedUntil.UnixMilli(), u.PasswordAt.UnixMilli(), u.LastSignInAt.UnixMilli(), u.LastActiveAt.UnixMilli(),
		u.CreatedAt.UnixMilli(), u.UpdatedAt.UnixMilli(), mainAddress(u), searchText(u))
	if err != nil || !moved {
		return err
	}
	return t.replaceEmails(u.ID, emails)
}

func (t *tx) emails(user string) ([]identity.EmailAddress, error) {
	const query = `SELECT id, address, normalized, verified, created_at, updated_at FROM emails WHERE user_id = ? ORDER BY position`
	var found []identity.EmailAddress
	err := t.each(t.ctx, query, []any{user}, func(rows *sql.Rows) error {
		var e identity.EmailAddress
		err := rows.Scan(&e.ID, &e.Address, &e.Normalized, &e.Verified, (*at)(&e.CreatedAt), (*at)(&e.UpdatedAt))
		found = append(found, e)
		return err
	})
	return found, err
}

// checkEmails looks for a conflict before anything is written, so that a refused
// PutUser leaves nothing behind even if the caller goes on.
func (t *tx) checkEmails(user string, emails []identity.EmailAddress) error {
	const query = `SELECT COUNT(*) FROM emails WHERE (normalized = ? OR id = ?) AND user_id <> ?`
	for i, e := range emails {
		taken := 0
		if err := t.row(query, []any{e.Normalized, e.ID, user}, &taken); err != nil {
			return err
		}
		twice := slices.ContainsFunc(emails[:i], func(o identity.EmailAddress) bool {
			return o.ID == e.ID || o.Normalized == e.Normalized
		})
		if taken > 0 || twice {
			return fmt.Errorf("sqlitestore: put user: address: %w", identity.ErrConflict)
		}
	}
	return nil
}

// replaceEmails writes all anew: two addresses may have traded values.
func (t *tx) replaceEmails(user string, emails []identity.EmailAddress) error {
	const insert = `INSERT INTO emails (user_id, position, id, address, normalized, verified, created_at, updated_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?)`
	if err := t.put("delete addresses", `DELETE FROM emails WHERE user_id = ?`, user); err != nil {
		return err
	}
	for i, e := range emails {
		err := t.put("put address", insert, user, i, e.ID, e.Address, e.Normalized, e.Verified, e.CreatedAt.UnixMilli(), e.UpdatedAt.UnixMilli())
		if err != nil {
			return err
		}
	}
	return nil
}

func (t *tx) DeleteUser(id string) error {
	return t.remove("delete user", `DELETE FROM users WHERE id = ?`, id)
}

// mainAddress is what the order email_address sorts by: the primary one, else the first.
func mainAddress(u identity.User) string {
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

// searchText is what UserQuery.Search is looked for in. SQLite's own lower() knows
// ASCII only. The separator keeps a match from spanning two values.
func searchText(u identity.User) string {
	parts := []string{u.ID, u.Username, u.FirstName + " " + u.LastName}
	for _, e := range u.Emails {
		parts = append(parts, e.Address, e.Normalized)
	}
	return strings.ToLower(strings.Join(parts, "\x1f"))
}
