package operate

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"
)

const pageSize = 500 // the most that the API gives at once

// listing is what a list command asks for.
type listing struct {
	path   string
	query  url.Values
	limit  int  // records; 0 is all
	cursor bool // pages begin after a record, not at an offset: offsets get slow in long lists
}

// each calls f with every record, a page at a time, so that a list of any length takes no
// more memory than one page. more reports that there are records beyond the limit.
func (a *api) each(ctx context.Context, l listing, f func(json.RawMessage) error) (more bool, err error) {
	query := url.Values{}
	for k, v := range l.query {
		query[k] = v
	}
	for n := 0; ; {
		size := pageSize
		if l.limit > 0 {
			size = min(size, l.limit-n+1) // one more tells whether there are more
		}
		query.Set("limit", strconv.Itoa(size))
		page, err := a.page(ctx, l.path, query)
		if err != nil {
			return false, err
		}
		for _, record := range page {
			if l.limit > 0 && n == l.limit {
				return true, nil
			}
			if err := f(record); err != nil {
				return false, err
			}
			n++
		}
		if len(page) < size {
			return false, nil
		}
		if l.cursor {
			last := idOf(page[len(page)-1])
			if last == query.Get("starting_after") { // or it would go on for ever
				return false, errors.New("the Backend API repeats a page of its list: it does not know starting_after")
			}
			query.Set("starting_after", last)
		} else {
			query.Set("offset", strconv.Itoa(n))
		}
	}
}

// page reads either form of a list (protocol reference 7.2).
func (a *api) page(ctx context.Context, path string, query url.Values) ([]json.RawMessage, error) {
	var raw json.RawMessage
	if err := a.call(ctx, http.MethodGet, path, query, nil, &raw); err != nil {
		return nil, err
	}
	var bare []json.RawMessage
	if json.Unmarshal(raw, &bare) == nil {
		return bare, nil
	}
	var wrapped struct{ Data []json.RawMessage }
	err := json.Unmarshal(raw, &wrapped)
	return wrapped.Data, err
}

func idOf(record json.RawMessage) string {
	var v struct{ ID string }
	_ = json.Unmarshal(record, &v) // without an id the API refuses the next page
	return v.ID
}

// show prints what l finds, as cells of T under head.
func show[T any](ctx context.Context, t *task, l listing, head []string, cells func(T) []string) error {
	out := t.rows(head...)
	more, err := t.api.each(ctx, l, func(record json.RawMessage) error {
		return out.add(record, func() ([]string, error) {
			var v T
			err := json.Unmarshal(record, &v)
			return cells(v), err
		})
	})
	if flushed := out.flush(); err == nil {
		err = flushed
	}
	if err == nil && more {
		t.note("There are more than %d: -limit 0 lists all.", l.limit)
	}
	return err
}
