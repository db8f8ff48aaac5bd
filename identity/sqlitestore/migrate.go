package sqlitestore

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/pressly/goose/v3"
)

// migrationTable is where goose writes down what it has applied.
const migrationTable = "schema_migrations"

//go:embed migrations/*.sql
var migrations embed.FS

// migrate applies the migrations that the database lacks. One that lacks none is left
// to two small queries: loading goose's machinery would double the time of a start.
func migrate(ctx context.Context, db *sql.DB) error {
	ready, err := migrated(ctx, db)
	if err != nil || ready {
		return err
	}
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	p, err := goose.NewProvider(goose.DialectSQLite3, db, files, goose.WithTableName(migrationTable),
		goose.WithLogger(goose.NopLogger()), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return err
	}
	_, err = p.Up(ctx)
	return err
}

// migrated reports whether the database lacks no migration. One that has more than there
// are is [ErrNewerSchema].
func migrated(ctx context.Context, db *sql.DB) (bool, error) {
	names, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil {
		return false, err
	}
	latest, err := goose.NumericComponent(names[len(names)-1])
	if err != nil {
		return false, err
	}
	version, err := schemaVersion(ctx, db)
	if err == nil && version > latest {
		err = fmt.Errorf("%w: its schema has version %d, this program knows up to %d; run the newer program, or restore a backup from before it",
			ErrNewerSchema, version, latest)
	}
	return version == latest, err
}

// current is migrated for a file, which may be missing, empty, or open elsewhere.
func current(ctx context.Context, path string, busy time.Duration) (bool, error) {
	if info, err := os.Stat(path); err != nil || info.Size() == 0 {
		return false, nil // whoever makes the file meets the error too, and says more
	}
	db, err := sql.Open("sqlite", dataSource(path, busy, "rw", "query_only(1)", "trusted_schema(0)"))
	if err != nil {
		return false, err
	}
	ready, err := migrated(ctx, db)
	return ready, errors.Join(explain(err), db.Close())
}

// schemaVersion is 0 for a new database.
func schemaVersion(ctx context.Context, db *sql.DB) (version int64, err error) {
	var tables int
	err = db.QueryRowContext(ctx, `SELECT COUNT(*) FROM sqlite_schema WHERE name = ?`, migrationTable).Scan(&tables)
	if err != nil || tables == 0 {
		return 0, err
	}
	err = db.QueryRowContext(ctx, `SELECT COALESCE(MAX(version_id), 0) FROM `+migrationTable).Scan(&version)
	return version, err
}
