package sqlitestore

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/usherauth/usher/identity/store"
)

// tx implements store.Tx on a connection in a transaction.
type tx struct {
	conn     *conn
	ctx      context.Context // never done: see Store.run; and watching it would cost a goroutine
	lists    context.Context // for queries that can take long
	writable bool
	broken   error // the first failure that is no answer; SQLite may have rolled back
}

// row scans the only row of a query. No row is store.ErrNotFound.
func (t *tx) row(query string, args []any, dest ...any) error {
	err := store.ErrNotFound
	each := t.each(t.ctx, query, args, func(rows *sql.Rows) error {
		err = nil
		return rows.Scan(dest...)
	})
	if each != nil {
		return each
	}
	return err
}

// each calls scan for each row of a prepared query.
func (t *tx) each(ctx context.Context, query string, args []any, scan func(*sql.Rows) error) (err error) {
	if t.broken = cmp.Or(t.broken, t.conn.lost); t.broken != nil {
		return t.broken
	}
	defer t.conn.catch(&err)
	s, err := t.conn.stmt(query)
	if err != nil {
		return t.fail("read", err)
	}
	rows, err := s.QueryContext(ctx, args...)
	if err != nil {
		return t.fail("read", err)
	}
	return t.scan(rows, scan)
}

func (t *tx) scan(rows *sql.Rows, scan func(*sql.Rows) error) error {
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return t.fail("read", err)
		}
	}
	if err := rows.Err(); err != nil {
		return t.fail("read", err)
	}
	return nil
}

// exec runs a prepared statement and returns how many rows it changed.
func (t *tx) exec(what, query string, args ...any) (int64, error) {
	if t.broken != nil {
		return 0, t.broken
	}
	if !t.writable {
		return 0, errReadOnly
	}
	s, err := t.conn.stmt(query)
	if err != nil {
		return 0, t.fail(what, err)
	}
	res, err := s.ExecContext(t.ctx, args...)
	if err != nil {
		return 0, t.fail(what, err)
	}
	return res.RowsAffected()
}

// put is exec for a statement of which only the failure matters.
func (t *tx) put(what, query string, args ...any) error {
	_, err := t.exec(what, query, args...)
	return err
}

// remove is exec for a record that has to be there.
func (t *tx) remove(what, query string, args ...any) error {
	n, err := t.exec(what, query, args...)
	if err == nil && n == 0 {
		return store.ErrNotFound
	}
	return err
}

// fail wraps an error. A violated constraint is an answer: SQLite undid the statement
// and nothing else. After any other failure it may have rolled back the transaction,
// and further writes would be on their own; so there are none.
func (t *tx) fail(what string, err error) error {
	cause := explain(err)
	err = fmt.Errorf("sqlitestore: %s: %w", what, cause)
	if !errors.Is(cause, store.ErrConflict) && !errors.Is(cause, store.ErrNotFound) && !errors.Is(cause, context.Canceled) &&
		!errors.Is(cause, context.DeadlineExceeded) {
		t.broken = err
	}
	return err
}

// at scans a time. The zero time is kept as its Unix milliseconds, like every other.
type at time.Time

func (a *at) Scan(src any) error {
	ms, ok := src.(int64)
	if !ok {
		return fmt.Errorf("time is a %T", src)
	}
	*a = at(time.UnixMilli(ms).UTC())
	return nil
}

// never is the zero time in the database.
var never = time.Time{}.UnixMilli()

// stamp gives a time the form in which it comes back.
func stamp(t time.Time) time.Time { return time.UnixMilli(t.UnixMilli()).UTC() }

// raw scans JSON that is kept as text, "" for none.
type raw json.RawMessage

func (r *raw) Scan(src any) error {
	s, ok := src.(string)
	if !ok {
		return fmt.Errorf("metadata is a %T", src)
	}
	if *r = nil; s != "" {
		*r = raw(s)
	}
	return nil
}

// blob makes nil bytes an empty BLOB, not NULL.
func blob(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}

// secret makes no bytes NULL, which conflicts with nothing.
func secret(hash []byte) any {
	if len(hash) == 0 {
		return nil
	}
	return hash
}

// reference makes "" NULL, which refers to nothing.
func reference(id string) any {
	if id == "" {
		return nil
	}
	return id
}
