-- +goose Up

-- The oldest of what was begun and not finished is dropped when there is too much of it.
CREATE INDEX sign_ins_unfinished ON sign_ins (created_at) WHERE status <> 'complete';
CREATE INDEX sign_ups_unfinished ON sign_ups (created_at) WHERE status <> 'complete';
CREATE INDEX clients_unused ON clients (updated_at) WHERE last_active_session_id = '';
CREATE INDEX grants_unowned ON grants (kind, created_at) WHERE user_id IS NULL;
