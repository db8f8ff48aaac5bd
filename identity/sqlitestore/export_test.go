package sqlitestore

import (
	"context"
	"strings"

	"github.com/usherauth/usher/identity"
)

// WriterPragma reads a setting of the connection that writes.
func WriterPragma(s identity.Store, name string) (value string) {
	err := s.Update(context.Background(), func(t identity.Tx) error {
		return t.(*tx).row("PRAGMA "+name, nil, &value)
	})
	if err != nil {
		return err.Error()
	}
	return value
}

// LimitPages makes the disk full at so many pages, and 0 makes it large again.
func LimitPages(s identity.Store, pages string) error {
	return s.Update(context.Background(), func(t identity.Tx) error {
		var n int
		return t.(*tx).row("PRAGMA max_page_count = "+pages, nil, &n)
	})
}

// Plans runs fn in a View and returns how SQLite executes each of its prepared queries.
func Plans(s identity.Store, fn func(identity.Tx)) (map[string]string, error) {
	plans := map[string]string{}
	err := s.View(context.Background(), func(t identity.Tx) error {
		fn(t)
		c := t.(*tx).conn
		for query := range c.prepared {
			if !strings.HasPrefix(query, "SELECT") {
				continue
			}
			args := make([]any, strings.Count(query, "?"))
			rows, err := c.QueryContext(context.Background(), "EXPLAIN QUERY PLAN "+query, args...)
			if err != nil {
				return err
			}
			defer rows.Close()
			for rows.Next() {
				var id, parent, unused int
				var step string
				if err := rows.Scan(&id, &parent, &unused, &step); err != nil {
					return err
				}
				plans[query] += step + "\n"
			}
			if err := rows.Err(); err != nil {
				return err
			}
		}
		return nil
	})
	return plans, err
}
