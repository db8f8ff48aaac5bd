package sqlitestore

import "github.com/usherauth/usher/identity/store"

func (t *tx) SignIn(id string) (store.SignIn, error) {
	const query = `SELECT id, client_id, status, identifier, user_id, created_session_id, expire_at, created_at, updated_at
		FROM sign_ins WHERE id = ?`
	var a store.SignIn
	err := t.row(query, []any{id}, &a.ID, &a.ClientID, &a.Status, &a.Identifier, &a.UserID, &a.CreatedSessionID,
		(*at)(&a.ExpireAt), (*at)(&a.CreatedAt), (*at)(&a.UpdatedAt))
	return a, err
}

const putSignIn = `INSERT INTO sign_ins (id, client_id, status, identifier, user_id, created_session_id, expire_at, created_at, updated_at)
	VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
	ON CONFLICT (id) DO UPDATE SET client_id = ?2, status = ?3, identifier = ?4, user_id = ?5, created_session_id = ?6,
	expire_at = ?7, created_at = ?8, updated_at = ?9`

func (t *tx) PutSignIn(a store.SignIn) error {
	return t.put("put sign-in", putSignIn, a.ID, a.ClientID, a.Status, a.Identifier, a.UserID, a.CreatedSessionID,
		a.ExpireAt.UnixMilli(), a.CreatedAt.UnixMilli(), a.UpdatedAt.UnixMilli())
}

func (t *tx) SignUp(id string) (store.SignUp, error) {
	const query = `SELECT id, client_id, status, email_address, first_name, last_name, password_hash, unsafe_metadata,
		invitation_id, verified_at, created_session_id, created_user_id, expire_at, created_at, updated_at,
		locale, timezone FROM sign_ups WHERE id = ?`
	var a store.SignUp
	err := t.row(query, []any{id}, &a.ID, &a.ClientID, &a.Status, &a.EmailAddress, &a.FirstName, &a.LastName, &a.PasswordHash,
		(*raw)(&a.UnsafeMetadata), &a.InvitationID, (*at)(&a.VerifiedAt), &a.CreatedSessionID, &a.CreatedUserID,
		(*at)(&a.ExpireAt), (*at)(&a.CreatedAt), (*at)(&a.UpdatedAt), &a.Locale, &a.Timezone)
	return a, err
}

const putSignUp = `INSERT INTO sign_ups (id, client_id, status, email_address, first_name, last_name, password_hash, unsafe_metadata,
	invitation_id, verified_at, created_session_id, created_user_id, expire_at, created_at, updated_at,
	locale, timezone)
	VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)
	ON CONFLICT (id) DO UPDATE SET client_id = ?2, status = ?3, email_address = ?4, first_name = ?5, last_name = ?6,
	password_hash = ?7, unsafe_metadata = ?8, invitation_id = ?9, verified_at = ?10, created_session_id = ?11,
	created_user_id = ?12, expire_at = ?13, created_at = ?14, updated_at = ?15, locale = ?16, timezone = ?17`

func (t *tx) PutSignUp(a store.SignUp) error {
	return t.put("put sign-up", putSignUp, a.ID, a.ClientID, a.Status, a.EmailAddress, a.FirstName, a.LastName, a.PasswordHash,
		string(a.UnsafeMetadata), a.InvitationID, a.VerifiedAt.UnixMilli(), a.CreatedSessionID, a.CreatedUserID,
		a.ExpireAt.UnixMilli(), a.CreatedAt.UnixMilli(), a.UpdatedAt.UnixMilli(), a.Locale, a.Timezone)
}
