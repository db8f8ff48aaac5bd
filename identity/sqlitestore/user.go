package sqlitestore

import (
	"database/sql"
	"slices"
	"strings"

	"github.com/usherauth/usher/identity/store"
)

// selectUsers reads users u with one row for each address e, or one with position -1.
const selectUsers = `SELECT u.id, u.external_id, u.username, u.first_name, u.last_name, u.primary_email_id, u.password_hash,
	u.public_metadata, u.private_metadata, u.unsafe_metadata, u.banned, u.failed_attempts, u.locked_until, u.password_at,
	u.last_sign_in_at, u.last_active_at, u.created_at, u.updated_at, u.image_id, u.plan, u.locale, u.may_not_delete,
	u.may_not_create_org, u.max_orgs, u.legal_accepted_at, u.timezone,
	COALESCE(e.position, -1), COALESCE(e.id, ''), COALESCE(e.address, ''), COALESCE(e.normalized, ''),
	COALESCE(e.verified, 0), COALESCE(e.created_at, 0), COALESCE(e.updated_at, 0)`

const (
	userByID = selectUsers + ` FROM users u LEFT JOIN emails e ON e.user_id = u.id
		WHERE u.id = ? ORDER BY e.position`
	userByEmail = selectUsers + ` FROM users u LEFT JOIN emails e ON e.user_id = u.id
		WHERE u.id = (SELECT user_id FROM emails WHERE normalized = ?) ORDER BY e.position`
	userByEmailID = selectUsers + ` FROM users u LEFT JOIN emails e ON e.user_id = u.id
		WHERE u.id = (SELECT user_id FROM emails WHERE id = ?) ORDER BY e.position`
)

func (t *tx) User(id string) (store.User, error) { return t.oneUser(userByID, id) }

func (t *tx) UserByEmail(normalized string) (store.User, error) {
	return t.oneUser(userByEmail, normalized)
}

func (t *tx) UserByEmailID(id string) (store.User, error) { return t.oneUser(userByEmailID, id) }

func (t *tx) oneUser(query, key string) (store.User, error) {
	var found userRows
	if err := t.each(t.ctx, query, []any{key}, found.scan); err != nil {
		return store.User{}, err
	}
	if len(found) == 0 {
		return store.User{}, store.ErrNotFound
	}
	return found[0], nil
}

// userRows collects the rows of selectUsers; those of a user follow each other.
type userRows []store.User

func (f *userRows) scan(rows *sql.Rows) error {
	*f = append(*f, store.User{})
	u := &(*f)[len(*f)-1] // in place, as a User is large
	var e store.EmailAddress
	position := 0
	err := rows.Scan(&u.ID, &u.ExternalID, &u.Username, &u.FirstName, &u.LastName, &u.PrimaryEmailID, &u.PasswordHash,
		(*raw)(&u.PublicMetadata), (*raw)(&u.PrivateMetadata), (*raw)(&u.UnsafeMetadata), &u.Banned, &u.FailedAttempts,
		(*at)(&u.LockedUntil), (*at)(&u.PasswordAt), (*at)(&u.LastSignInAt), (*at)(&u.LastActiveAt), (*at)(&u.CreatedAt),
		(*at)(&u.UpdatedAt), &u.ImageID, &u.Plan, &u.Locale, &u.MayNotDelete, &u.MayNotCreateOrg, &u.MaxOrgs,
		(*at)(&u.LegalAcceptedAt), &u.Timezone,
		&position, &e.ID, &e.Address, &e.Normalized, &e.Verified, (*at)(&e.CreatedAt), (*at)(&e.UpdatedAt))
	if err != nil {
		return err
	}
	if position > 0 { // another address of the user before
		*f = (*f)[:len(*f)-1]
		u = &(*f)[len(*f)-1]
	}
	if position >= 0 {
		u.Emails = append(u.Emails, e)
	}
	return nil
}

const putUser = `INSERT INTO users (id, external_id, username, first_name, last_name, primary_email_id, password_hash,
	public_metadata, private_metadata, unsafe_metadata, banned, failed_attempts, locked_until, password_at,
	last_sign_in_at, last_active_at, created_at, updated_at, image_id, plan, locale, may_not_delete, may_not_create_org,
	max_orgs, legal_accepted_at, email_address, search, search_username, search_name, search_email, timezone)
	VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24,
	?25, ?26, ?27, ?28, ?29, ?30, ?31)
	ON CONFLICT (id) DO UPDATE SET external_id = ?2, username = ?3, first_name = ?4, last_name = ?5, primary_email_id = ?6,
	password_hash = ?7, public_metadata = ?8, private_metadata = ?9, unsafe_metadata = ?10, banned = ?11,
	failed_attempts = ?12, locked_until = ?13, password_at = ?14, last_sign_in_at = ?15, last_active_at = ?16,
	created_at = ?17, updated_at = ?18, image_id = ?19, plan = ?20, locale = ?21, may_not_delete = ?22,
	may_not_create_org = ?23, max_orgs = ?24, legal_accepted_at = ?25, email_address = ?26, search = ?27,
	search_username = ?28, search_name = ?29, search_email = ?30, timezone = ?31`

func (t *tx) PutUser(u store.User) error {
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
	words := searchWords(u)
	err = t.put("put user", putUser, u.ID, u.ExternalID, u.Username, u.FirstName, u.LastName, u.PrimaryEmailID, u.PasswordHash,
		string(u.PublicMetadata), string(u.PrivateMetadata), string(u.UnsafeMetadata), u.Banned, u.FailedAttempts,
		u.LockedUntil.UnixMilli(), u.PasswordAt.UnixMilli(), u.LastSignInAt.UnixMilli(), u.LastActiveAt.UnixMilli(),
		u.CreatedAt.UnixMilli(), u.UpdatedAt.UnixMilli(), u.ImageID, u.Plan, u.Locale, u.MayNotDelete, u.MayNotCreateOrg,
		u.MaxOrgs, u.LegalAcceptedAt.UnixMilli(), mainAddress(u), words.all, words.username, words.name, words.email,
		u.Timezone)
	if err != nil || !moved {
		return err
	}
	return t.replaceEmails(u.ID, old, emails)
}

func (t *tx) DeleteUser(id string) error {
	if err := t.remove("delete user", `DELETE FROM users WHERE id = ?`, id); err != nil {
		return err
	}
	return t.forgetPlaces(id)
}

// separator keeps a search from finding what spans two values.
const separator = "\x1f"

// words are what users are searched by, in lower case: SQLite's own lower() knows ASCII
// only.
type words struct{ all, username, name, email string }

func searchWords(u store.User) words {
	var addresses []string
	for _, e := range u.Emails {
		addresses = append(addresses, strings.ToLower(e.Address), strings.ToLower(e.Normalized))
	}
	w := words{
		username: strings.ToLower(u.Username),
		name:     strings.ToLower(u.FirstName + " " + u.LastName),
		email:    strings.Join(addresses, separator),
	}
	all := append([]string{strings.ToLower(u.ID), w.username, w.name}, addresses...)
	w.all = strings.Join(all, separator)
	return w
}
