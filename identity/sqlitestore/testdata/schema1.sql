-- A database as the first schema's program left it.

CREATE TABLE schema_migrations (
		id INTEGER PRIMARY KEY AUTOINCREMENT,
		version_id INTEGER NOT NULL,
		is_applied INTEGER NOT NULL,
		tstamp TIMESTAMP DEFAULT (datetime('now'))
	);
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
INSERT INTO schema_migrations VALUES (1, 0, 1, '2026-11-25 03:06:48');
INSERT INTO schema_migrations VALUES (2, 1, 1, '2026-11-25 03:06:48');
INSERT INTO users VALUES ('user_Ada', 'ext-1', '', 'Ada', 'Lovelace', 'idn_2', '$argon2id$', '{"a": 1}', '{"b": "it''s"}', '{}', 0, 2, 1767355445006, 1767326645006, 1767330245006, 1767333845006, 1767326645006, 1767333845006, 'gräfin@example.org', 'user_ada' || char(31) || '' || char(31) || 'ada lovelace' || char(31) || 'ada@example.com' || char(31) || 'ada@example.com' || char(31) || 'gräfin@example.org' || char(31) || 'gräfin@example.org');
INSERT INTO users VALUES ('user_Anne', 'ext-1', '', 'ÄNNE', 'İıß', '', '', '', '', '', 1, 0, -62135596800000, -62135596800000, -62135596800000, -62135596800000, 1767330245006, -62135596800000, 'a@x', 'user_anne' || char(31) || '' || char(31) || 'änne iıß' || char(31) || 'a@x' || char(31) || 'a@x');
INSERT INTO users VALUES ('user_Bob', 'ext-2', '', '', '', '', '', '', '', '', 0, 0, -62135596800000, -62135596800000, -62135596800000, -62135596800000, 1767333845006, -62135596800000, '', 'user_bob' || char(31) || '' || char(31) || ' ');
INSERT INTO users VALUES ('user_Twin', 'ext-2', '', 'Twin', '', '', '', '', '', '', 0, 0, -62135596800000, -62135596800000, -62135596800000, -62135596800000, 1767333845006, -62135596800000, '', 'user_twin' || char(31) || '' || char(31) || 'twin ');
INSERT INTO users VALUES ('user_bare', '', '', '', '', '', '', '', '', '', 0, 0, -62135596800000, -62135596800000, -62135596800000, -62135596800000, -62135596800000, -62135596800000, '', 'user_bare' || char(31) || '' || char(31) || ' ');
INSERT INTO emails VALUES ('user_Ada', 0, 'idn_1', 'Ada@Example.com', 'ada@example.com', 1, 1767326645006, 1767326645006);
INSERT INTO emails VALUES ('user_Ada', 1, 'idn_2', 'Gräfin@Example.org', 'gräfin@example.org', 0, 1767330245006, 1767330245006);
INSERT INTO emails VALUES ('user_Anne', 0, 'idn_3', 'A@x', 'a@x', 0, -62135596800000, -62135596800000);
INSERT INTO clients VALUES ('client_1', X'0001FF', 'sia_1', 'sua_1', 'sess_1', 1767326645006, 1767330245006);
INSERT INTO clients VALUES ('client_2', NULL, '', '', '', -62135596800000, -62135596800000);
INSERT INTO sessions VALUES ('sess_1', 'client_1', 'user_Ada', 'active', 'org_1', '192.0.2.1', 'Mozilla/5.0', 1767326645006, -62135596800000, 1767330245006, 1767683045006, 1767503045006, 1767326645006, 1767330245006);
INSERT INTO sign_ins VALUES ('sia_1', 'client_1', 'complete', 'ada@example.com', 'user_Ada', 'sess_1', 1767341045006, 1767326645006, 1767330245006);
INSERT INTO sign_ups VALUES ('sua_1', 'client_1', 'missing_requirements', 'x@y', 'X', 'Y', '$argon2id$', '{"c":3}', '', 'user_Ada', 1767341045006, 1767326645006, 1767330245006);
INSERT INTO signing_keys VALUES ('ins_1', X'3000FF', 1767326645006);
INSERT INTO settings VALUES ('secret', X'00FF27');
