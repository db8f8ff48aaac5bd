-- +goose Up

-- Times are Unix milliseconds; Go's zero time, "never", is -62135596800000.
-- Metadata and names are kept byte for byte; '' is "none".

CREATE TABLE users (
	id               TEXT PRIMARY KEY NOT NULL,
	external_id      TEXT NOT NULL,
	username         TEXT NOT NULL,
	first_name       TEXT NOT NULL,
	last_name        TEXT NOT NULL,
	primary_email_id TEXT NOT NULL,
	password_hash    TEXT NOT NULL,
	public_metadata  TEXT NOT NULL,
	private_metadata TEXT NOT NULL,
	unsafe_metadata  TEXT NOT NULL,
	banned           INTEGER NOT NULL,
	failed_attempts  INTEGER NOT NULL,
	locked_until     INTEGER NOT NULL,
	password_at      INTEGER NOT NULL,
	last_sign_in_at  INTEGER NOT NULL,
	last_active_at   INTEGER NOT NULL,
	created_at       INTEGER NOT NULL,
	updated_at       INTEGER NOT NULL,
	email_address    TEXT NOT NULL, -- what the order of that name sorts by
	search           TEXT NOT NULL  -- lower-cased id, names and addresses
) STRICT;

CREATE INDEX users_created ON users (created_at DESC, id);

-- Clustered by user, so that reading a user with the addresses touches two pages.
CREATE TABLE emails (
	user_id    TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
	position   INTEGER NOT NULL,
	id         TEXT NOT NULL UNIQUE,
	address    TEXT NOT NULL,
	normalized TEXT NOT NULL UNIQUE,
	verified   INTEGER NOT NULL,
	created_at INTEGER NOT NULL,
	updated_at INTEGER NOT NULL,
	PRIMARY KEY (user_id, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE clients (
	id                     TEXT PRIMARY KEY NOT NULL,
	secret_hash            BLOB UNIQUE, -- NULL: none
	sign_in_id             TEXT NOT NULL,
	sign_up_id             TEXT NOT NULL,
	last_active_session_id TEXT NOT NULL,
	created_at             INTEGER NOT NULL,
	updated_at             INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE sessions (
	id             TEXT PRIMARY KEY NOT NULL,
	client_id      TEXT NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
	user_id        TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
	status         TEXT NOT NULL,
	active_org_id  TEXT NOT NULL,
	ip_address     TEXT NOT NULL,
	user_agent     TEXT NOT NULL,
	first_factor   INTEGER NOT NULL,
	second_factor  INTEGER NOT NULL,
	last_active_at INTEGER NOT NULL,
	expire_at      INTEGER NOT NULL,
	abandon_at     INTEGER NOT NULL,
	created_at     INTEGER NOT NULL,
	updated_at     INTEGER NOT NULL
) STRICT;

CREATE INDEX sessions_user ON sessions (user_id, created_at DESC, id);
CREATE INDEX sessions_client ON sessions (client_id);

CREATE TABLE sign_ins (
	id                 TEXT PRIMARY KEY NOT NULL,
	client_id          TEXT NOT NULL,
	status             TEXT NOT NULL,
	identifier         TEXT NOT NULL,
	user_id            TEXT NOT NULL,
	created_session_id TEXT NOT NULL,
	expire_at          INTEGER NOT NULL,
	created_at         INTEGER NOT NULL,
	updated_at         INTEGER NOT NULL
) STRICT;

CREATE INDEX sign_ins_client ON sign_ins (client_id);

CREATE TABLE sign_ups (
	id                 TEXT PRIMARY KEY NOT NULL,
	client_id          TEXT NOT NULL,
	status             TEXT NOT NULL,
	email_address      TEXT NOT NULL,
	first_name         TEXT NOT NULL,
	last_name          TEXT NOT NULL,
	password_hash      TEXT NOT NULL,
	unsafe_metadata    TEXT NOT NULL,
	created_session_id TEXT NOT NULL,
	created_user_id    TEXT NOT NULL,
	expire_at          INTEGER NOT NULL,
	created_at         INTEGER NOT NULL,
	updated_at         INTEGER NOT NULL
) STRICT;

CREATE INDEX sign_ups_client ON sign_ups (client_id);

CREATE TABLE signing_keys (
	kid        TEXT PRIMARY KEY NOT NULL,
	pkcs8      BLOB NOT NULL,
	created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE settings (
	name  TEXT PRIMARY KEY NOT NULL,
	value BLOB NOT NULL
) STRICT, WITHOUT ROWID;
