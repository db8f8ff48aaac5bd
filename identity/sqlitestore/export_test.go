package sqlitestore

import (
	"context"

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
