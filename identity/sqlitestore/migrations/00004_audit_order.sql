-- +goose Up

-- Events of one millisecond are listed in the order of recording. SQLite has it in its row ids,
-- which VACUUM may change where no column holds them. A new event gets one more than the largest
-- number there is, so it comes after every event that was recorded before and is still there.
CREATE TABLE recorded_events (
	seq        INTEGER PRIMARY KEY NOT NULL,
	id         TEXT NOT NULL,
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

INSERT INTO recorded_events (seq, id, type, actor_id, user_id, session_id, org_id, ip_address, user_agent, data, at)
	SELECT rowid, id, type, actor_id, user_id, session_id, org_id, ip_address, user_agent, data, at FROM audit_events ORDER BY rowid;

DROP TABLE audit_events;
ALTER TABLE recorded_events RENAME TO audit_events;

-- Indexes are made after the rows, which is faster. Each ends with seq, and is read backwards.
CREATE UNIQUE INDEX audit_events_id ON audit_events (id);
CREATE INDEX audit_events_at ON audit_events (at);
CREATE INDEX audit_events_user ON audit_events (user_id, at) WHERE user_id <> '';
CREATE INDEX audit_events_org ON audit_events (org_id, at) WHERE org_id <> '';
CREATE INDEX audit_events_actor ON audit_events (actor_id) WHERE actor_id <> '' AND actor_id <> user_id;
