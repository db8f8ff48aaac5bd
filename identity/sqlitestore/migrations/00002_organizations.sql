-- +goose Up

ALTER TABLE users ADD COLUMN image_id TEXT NOT NULL DEFAULT '';
ALTER TABLE users ADD COLUMN plan TEXT NOT NULL DEFAULT '';
ALTER TABLE users ADD COLUMN locale TEXT NOT NULL DEFAULT '';
ALTER TABLE users ADD COLUMN may_not_delete INTEGER NOT NULL DEFAULT 0;
ALTER TABLE users ADD COLUMN may_not_create_org INTEGER NOT NULL DEFAULT 0;
ALTER TABLE users ADD COLUMN max_orgs INTEGER NOT NULL DEFAULT 0;
ALTER TABLE users ADD COLUMN legal_accepted_at INTEGER NOT NULL DEFAULT -62135596800000;
-- Lower-cased, as search is.
ALTER TABLE users ADD COLUMN search_username TEXT NOT NULL DEFAULT '';
ALTER TABLE users ADD COLUMN search_name TEXT NOT NULL DEFAULT '';
ALTER TABLE users ADD COLUMN search_email TEXT NOT NULL DEFAULT '';

ALTER TABLE sessions ADD COLUMN actor TEXT NOT NULL DEFAULT '';

ALTER TABLE sign_ups ADD COLUMN invitation_id TEXT NOT NULL DEFAULT '';
ALTER TABLE sign_ups ADD COLUMN verified_at INTEGER NOT NULL DEFAULT -62135596800000;

CREATE TABLE organizations (
	id               TEXT PRIMARY KEY NOT NULL,
	name             TEXT NOT NULL,
	slug             TEXT NOT NULL,
	image_id         TEXT NOT NULL,
	plan             TEXT NOT NULL,
	created_by       TEXT NOT NULL,
	max_memberships  INTEGER NOT NULL,
	may_not_delete   INTEGER NOT NULL,
	public_metadata  TEXT NOT NULL,
	private_metadata TEXT NOT NULL,
	created_at       INTEGER NOT NULL,
	updated_at       INTEGER NOT NULL,
	search_name      TEXT NOT NULL, -- lower-cased name, which the order of that name sorts by
	search           TEXT NOT NULL  -- lower-cased id, name and slug
) STRICT;

CREATE UNIQUE INDEX organizations_slug ON organizations (slug) WHERE slug <> '';
CREATE INDEX organizations_created ON organizations (created_at DESC, id);

CREATE TABLE memberships (
	id               TEXT PRIMARY KEY NOT NULL,
	org_id           TEXT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
	user_id          TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
	role             TEXT NOT NULL,
	public_metadata  TEXT NOT NULL,
	private_metadata TEXT NOT NULL,
	created_at       INTEGER NOT NULL,
	updated_at       INTEGER NOT NULL,
	UNIQUE (user_id, org_id)
) STRICT;

CREATE INDEX memberships_org ON memberships (org_id, created_at DESC, id);

CREATE TABLE invitations (
	id               TEXT PRIMARY KEY NOT NULL,
	org_id           TEXT REFERENCES organizations (id) ON DELETE CASCADE, -- NULL: to sign up
	address          TEXT NOT NULL,
	normalized       TEXT NOT NULL,
	role             TEXT NOT NULL,
	inviter_id       TEXT NOT NULL,
	status           TEXT NOT NULL,
	redirect_url     TEXT NOT NULL,
	public_metadata  TEXT NOT NULL,
	private_metadata TEXT NOT NULL,
	expire_at        INTEGER NOT NULL,
	created_at       INTEGER NOT NULL,
	updated_at       INTEGER NOT NULL
) STRICT;

CREATE INDEX invitations_org ON invitations (org_id, created_at DESC, id);
CREATE INDEX invitations_normalized ON invitations (normalized);

CREATE TABLE grants (
	id          TEXT PRIMARY KEY NOT NULL,
	kind        TEXT NOT NULL,
	secret_hash BLOB UNIQUE, -- NULL: none
	user_id     TEXT REFERENCES users (id) ON DELETE CASCADE, -- NULL: nobody's
	session_id  TEXT NOT NULL,
	subject     TEXT NOT NULL,
	status      TEXT NOT NULL,
	attempts    INTEGER NOT NULL,
	data        TEXT NOT NULL,
	expire_at   INTEGER NOT NULL,
	created_at  INTEGER NOT NULL,
	updated_at  INTEGER NOT NULL
) STRICT;

CREATE INDEX grants_user ON grants (user_id) WHERE user_id IS NOT NULL;

CREATE TABLE images (
	id           TEXT PRIMARY KEY NOT NULL,
	content_type TEXT NOT NULL,
	created_at   INTEGER NOT NULL,
	data         BLOB NOT NULL
) STRICT;

CREATE TABLE audit_events (
	id         TEXT PRIMARY KEY NOT NULL,
	type       TEXT NOT NULL,
	actor_id   TEXT NOT NULL,
	user_id    TEXT NOT NULL,
	session_id TEXT NOT NULL,
	org_id     TEXT NOT NULL,
	ip_address TEXT NOT NULL,
	user_agent TEXT NOT NULL,
	data       TEXT NOT NULL,
	at         INTEGER NOT NULL
) STRICT;

CREATE INDEX audit_events_at ON audit_events (at DESC, id);
CREATE INDEX audit_events_user ON audit_events (user_id, at DESC, id) WHERE user_id <> '';
CREATE INDEX audit_events_org ON audit_events (org_id, at DESC, id) WHERE org_id <> '';

-- What search is made of: id, user name, name and addresses, with char(31) between them.
UPDATE users SET search_username = parts.username, search_name = parts.name, search_email = parts.email
FROM (
	SELECT id, username, CAST(substr(rest, 1, instr(rest, x'1f') - 1) AS TEXT) AS name,
		CAST(substr(rest, instr(rest, x'1f') + 1, max(length(rest) - instr(rest, x'1f') - 1, 0)) AS TEXT) AS email
	FROM (
		SELECT id, CAST(substr(rest, 1, instr(rest, x'1f') - 1) AS TEXT) AS username, substr(rest, instr(rest, x'1f') + 1) AS rest
		FROM (
			SELECT id, substr(text, instr(text, x'1f') + 1) AS rest
			FROM (SELECT id, CAST(search || char(31) AS BLOB) AS text FROM users)
		)
	)
) AS parts
WHERE users.id = parts.id;

-- External ids become unique. One that users share stays with the oldest of them, and
-- the audit log keeps what the others had. User names could not be set until now.
INSERT INTO audit_events (id, type, actor_id, user_id, session_id, org_id, ip_address, user_agent, data, at)
	SELECT 'schema2_' || id, 'user.external_id_withdrawn', '', id, '', '', '', '', json_object('external_id', external_id),
		CAST(unixepoch('subsec') * 1000 AS INTEGER)
	FROM (SELECT id, external_id, row_number() OVER (PARTITION BY external_id ORDER BY created_at, id) AS place
		FROM users WHERE external_id <> '')
	WHERE place > 1;

UPDATE users SET external_id = '' WHERE id IN (SELECT user_id FROM audit_events);

CREATE UNIQUE INDEX users_external_id ON users (external_id) WHERE external_id <> '';
CREATE UNIQUE INDEX users_username ON users (username) WHERE username <> '';
