-- +goose Up

-- How many members and pending invitations an organization has. Every answer about a person
-- shows both for each of their organizations, and counting rows would read all of them.
ALTER TABLE organizations ADD COLUMN members INTEGER NOT NULL DEFAULT 0;
ALTER TABLE organizations ADD COLUMN pending INTEGER NOT NULL DEFAULT 0;

UPDATE organizations SET
	members = (SELECT COUNT(*) FROM memberships WHERE org_id = organizations.id),
	pending = (SELECT COUNT(*) FROM invitations WHERE org_id = organizations.id AND status = 'pending');

-- Who looks for invitations that are stored as pending but have expired.
CREATE INDEX invitations_pending ON invitations (org_id, expire_at) WHERE status = 'pending';

-- +goose StatementBegin
CREATE TRIGGER memberships_inserted AFTER INSERT ON memberships BEGIN
	UPDATE organizations SET members = members + 1 WHERE id = new.org_id;
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER memberships_deleted AFTER DELETE ON memberships BEGIN
	UPDATE organizations SET members = members - 1 WHERE id = old.org_id;
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER memberships_moved AFTER UPDATE OF org_id ON memberships WHEN old.org_id <> new.org_id BEGIN
	UPDATE organizations SET members = members - 1 WHERE id = old.org_id;
	UPDATE organizations SET members = members + 1 WHERE id = new.org_id;
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER invitations_inserted AFTER INSERT ON invitations WHEN new.status = 'pending' AND new.org_id IS NOT NULL BEGIN
	UPDATE organizations SET pending = pending + 1 WHERE id = new.org_id;
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER invitations_deleted AFTER DELETE ON invitations WHEN old.status = 'pending' AND old.org_id IS NOT NULL BEGIN
	UPDATE organizations SET pending = pending - 1 WHERE id = old.org_id;
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER invitations_changed AFTER UPDATE OF org_id, status ON invitations
WHEN old.status <> new.status OR old.org_id IS NOT new.org_id BEGIN
	UPDATE organizations SET pending = pending - 1 WHERE id = old.org_id AND old.status = 'pending';
	UPDATE organizations SET pending = pending + 1 WHERE id = new.org_id AND new.status = 'pending';
END;
-- +goose StatementEnd
