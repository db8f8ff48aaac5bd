package sqlitestore

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/usherauth/usher/identity"
)

// userOrders are the orders there are. Nothing of a caller's text gets into SQL.
var userOrders = map[string]string{
	"+created_at":      "u.created_at",
	"-created_at":      "u.created_at DESC",
	"+updated_at":      "u.updated_at",
	"-updated_at":      "u.updated_at DESC",
	"+last_sign_in_at": "u.last_sign_in_at",
	"-last_sign_in_at": "u.last_sign_in_at DESC",
	"+last_active_at":  "u.last_active_at",
	"-last_active_at":  "u.last_active_at DESC",
	"+email_address":   "u.email_address",
	"-email_address":   "u.email_address DESC",
}

func (t *tx) Users(q identity.UserQuery) ([]identity.User, error) {
	order, ok := userOrders[cmp.Or(q.OrderBy, "-created_at")]
	if !ok {
		return nil, fmt.Errorf("sqlitestore: unknown order %q", q.OrderBy)
	}
	if t.broken != nil {
		return nil, t.broken
	}
	var where conditions
	where.user(q)
	query := selectUsers + ` FROM (SELECT * FROM users u` + where.String() + ` ORDER BY ` + order + `, u.id LIMIT ? OFFSET ?) u
		LEFT JOIN emails e ON e.user_id = u.id ORDER BY ` + order + `, u.id, e.position`
	var found userRows
	// Not kept prepared: there are as many texts as there are numbers of ids asked for.
	rows, err := t.conn.QueryContext(t.lists, query, append(where.args, limit(q.Limit), max(q.Offset, 0))...)
	if err != nil {
		return nil, t.fail("list users", err)
	}
	if err := t.scan(rows, found.scan); err != nil {
		return nil, err
	}
	return found, nil
}

func (t *tx) CountUsers(q identity.UserQuery) (int64, error) {
	if t.broken != nil {
		return 0, t.broken
	}
	var where conditions
	where.user(q)
	var n int64
	err := t.conn.QueryRowContext(t.lists, `SELECT COUNT(*) FROM users u`+where.String(), where.args...).Scan(&n)
	if err != nil {
		return 0, t.fail("count users", err)
	}
	return n, nil
}

// conditions is a WHERE clause whose values are parameters.
type conditions struct {
	terms []string
	args  []any
}

func (c *conditions) add(term string, args ...any) {
	c.terms = append(c.terms, term)
	c.args = append(c.args, args...)
}

// equal adds a condition unless its value is empty.
func (c *conditions) equal(column, value string) {
	if value != "" {
		c.add(column+" = ?", value)
	}
}

func (c *conditions) user(q identity.UserQuery) {
	if len(q.IDs) > 0 {
		c.add("u.id IN ("+marks(q.IDs)+")", anys(q.IDs)...)
	}
	if len(q.Emails) > 0 {
		c.add("u.id IN (SELECT user_id FROM emails WHERE normalized IN ("+marks(q.Emails)+"))", anys(q.Emails)...)
	}
	if q.Search != "" {
		c.add("instr(u.search, ?) > 0", strings.ToLower(q.Search))
	}
}

func (c *conditions) String() string {
	if len(c.terms) == 0 {
		return ""
	}
	return " WHERE " + strings.Join(c.terms, " AND ")
}

// marks is as many parameters as there are values.
func marks(values []string) string { return strings.Repeat("?, ", len(values)-1) + "?" }

func anys(values []string) []any {
	list := make([]any, len(values))
	for i, v := range values {
		list[i] = v
	}
	return list
}

// limit is n in SQL, where -1 is no limit.
func limit(n int) int {
	if n <= 0 {
		return -1
	}
	return n
}
