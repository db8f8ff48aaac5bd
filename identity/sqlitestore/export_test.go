package sqlitestore

import (
	"context"
	"fmt"
	"strings"

	"github.com/usherauth/usher/identity/store"
)

// WriterPragma reads a setting of the connection that writes.
func WriterPragma(s store.Store, name string) string { return pragma(s.Update, name) }

// ReaderPragma reads a setting of one that reads.
func ReaderPragma(s store.Store, name string) string { return pragma(s.View, name) }

func pragma(transact func(context.Context, func(store.Tx) error) error, name string) (value string) {
	err := transact(context.Background(), func(t store.Tx) error {
		return t.(*tx).row("PRAGMA "+name, nil, &value)
	})
	if err != nil {
		return err.Error()
	}
	return value
}

// LimitPages makes the disk full at so many pages, and 0 makes it large again.
func LimitPages(s store.Store, pages string) error {
	return s.Update(context.Background(), func(t store.Tx) error {
		var n int
		return t.(*tx).row("PRAGMA max_page_count = "+pages, nil, &n)
	})
}

// IdleReaders is how many connections wait for a View.
func IdleReaders(s store.Store) int { return len(s.(*Store).idle) }

// Plans runs fn in a View and returns how SQLite executes each of its prepared queries.
func Plans(s store.Store, fn func(store.Tx)) (map[string]string, error) {
	plans := map[string]string{}
	err := s.View(context.Background(), func(t store.Tx) (err error) {
		fn(t)
		c := t.(*tx).conn
		for text := range c.prepared {
			if strings.HasPrefix(text, "SELECT") && err == nil {
				plans[text], err = explainPlan(c, query{text: text, args: make([]any, strings.Count(text, "?"))})
			}
		}
		return err
	})
	return plans, err
}

// ListPlan returns how SQLite executes a UserQuery, OrganizationQuery, MembershipQuery,
// InvitationQuery or AuditQuery in the default order.
func ListPlan(s store.Store, q any) (plan string, err error) {
	err = s.View(context.Background(), func(t store.Tx) error {
		list, err := listOf(t.(*tx), q)
		if err == nil {
			plan, err = explainPlan(t.(*tx).conn, list)
		}
		return err
	})
	return plan, err
}

func listOf(t *tx, q any) (query, error) {
	const newest = "created_at DESC"
	switch q := q.(type) {
	case store.UserQuery:
		order, err := orderBy(q.OrderBy, userOrders)
		where := usersWhere(q)
		if q.After != "" && err == nil {
			err = t.after(&where, order, q.After)
		}
		return usersList(where, order, q.Limit, q.Offset), err
	case store.OrganizationQuery:
		where := organizationsWhere(q)
		return where.list(selectOrganizations, newest+", id", q.Limit, q.Offset), nil
	case store.MembershipQuery:
		where := membershipsWhere(q)
		return where.list(selectMemberships, newest+", id", q.Limit, q.Offset), nil
	case store.InvitationQuery:
		where := invitationsWhere(q)
		return where.list(selectInvitations, newest+", id", q.Limit, q.Offset), nil
	case store.AuditQuery:
		where := eventsWhere(q)
		return where.list(selectEvents, newestEvents, q.Limit, q.Offset), nil
	}
	return query{}, fmt.Errorf("no list is asked for with a %T", q)
}

func explainPlan(c *conn, q query) (plan string, err error) {
	rows, err := c.QueryContext(context.Background(), "EXPLAIN QUERY PLAN "+q.text, q.args...)
	if err != nil {
		return "", err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var id, parent, unused int
		var step string
		if err := rows.Scan(&id, &parent, &unused, &step); err != nil {
			return "", err
		}
		plan += step + "\n"
	}
	return plan, rows.Err()
}
