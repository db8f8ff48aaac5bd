-- +goose Up

-- Events of nobody are in the index too: an insertion more or less would show in the time of an
-- answer whether an address has an account.
DROP INDEX audit_events_user;
CREATE INDEX audit_events_user ON audit_events (user_id, at);
