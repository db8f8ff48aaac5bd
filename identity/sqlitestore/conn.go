package sqlitestore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/usherauth/usher/identity/store"
)

// conn is one SQLite connection and its prepared statements, by their text. It is
// used by one goroutine at a time.
type conn struct {
	*sql.Conn
	prepared map[string]*sql.Stmt
	lost     error // the fault that made it unusable
}

func connect(ctx context.Context, db *sql.DB) (*conn, error) {
	c, err := db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	return &conn{Conn: c, prepared: map[string]*sql.Stmt{}}, nil
}

// stmt prepares a query once. It is for texts of which there is a fixed number.
func (c *conn) stmt(query string) (*sql.Stmt, error) {
	if s, ok := c.prepared[query]; ok {
		return s, nil
	}
	s, err := c.PrepareContext(context.Background(), query)
	if err == nil {
		c.prepared[query] = s
	}
	return s, err
}

// close finalizes the statements first, which database/sql leaves to who prepared them
// on one connection: with one left over, SQLite keeps the connection, and the log.
func (c *conn) close() error {
	var errs []error
	for _, s := range c.prepared {
		errs = append(errs, s.Close())
	}
	return errors.Join(append(errs, c.Conn.Close())...)
}

func (c *conn) exec(ctx context.Context, query string) error {
	s, err := c.stmt(query)
	if err == nil {
		_, err = s.ExecContext(ctx)
	}
	return err
}

func (c *conn) begin(ctx context.Context) error {
	if err := c.exec(context.WithoutCancel(ctx), "BEGIN"); err != nil {
		return fmt.Errorf("sqlitestore: begin: %w", explain(err))
	}
	return nil
}

// view runs fn in the transaction that begin began.
func (c *conn) view(ctx context.Context, fn func(store.Tx) error) error {
	calm := context.WithoutCancel(ctx)
	t := &tx{conn: c, ctx: calm, lists: ctx}
	defer trapFaults()()
	defer func() {
		t.conn = nil
		if c.lost == nil {
			_ = c.exec(calm, "ROLLBACK") // nothing was written
		}
	}()
	return fn(t)
}

// explain turns SQLite's result codes into the errors of package store.
func explain(err error) error {
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return err
	}
	switch e.Code() {
	case sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY:
		return store.ErrConflict
	case sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY:
		return store.ErrNotFound
	}
	if code := e.Code() & 0xff; code == sqlite3.SQLITE_BUSY || code == sqlite3.SQLITE_LOCKED {
		return fmt.Errorf("%w: %w", store.ErrBusy, err)
	}
	return err
}
