-- +goose Up

-- How many records a table has. SQLite itself would read a whole index to count them.
CREATE TABLE counts (
	name TEXT PRIMARY KEY NOT NULL,
	n    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

INSERT INTO counts (name, n) VALUES
	('users', (SELECT COUNT(*) FROM users)),
	('organizations', (SELECT COUNT(*) FROM organizations));

-- +goose StatementBegin
CREATE TRIGGER users_inserted AFTER INSERT ON users BEGIN
	UPDATE counts SET n = n + 1 WHERE name = 'users';
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER users_deleted AFTER DELETE ON users BEGIN
	UPDATE counts SET n = n - 1 WHERE name = 'users';
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER organizations_inserted AFTER INSERT ON organizations BEGIN
	UPDATE counts SET n = n + 1 WHERE name = 'organizations';
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER organizations_deleted AFTER DELETE ON organizations BEGIN
	UPDATE counts SET n = n - 1 WHERE name = 'organizations';
END;
-- +goose StatementEnd
