package sqlitestore

import (
	"cmp"
	"database/sql"
	"fmt"
	"strings"

	"github.com/usherauth/usher/identity/store"
)

// query is the text of a SELECT and its parameters.
type query struct {
	text string
	args []any
	kept bool // prepared, as there are few such texts
}

// many reads the rows of a query; fields names a record's places in the order of the
// columns.
func many[R any](t *tx, q query, fields func(*R) []any) ([]R, error) {
	var found []R
	err := t.run(q, func(rows *sql.Rows) error {
		var record R
		err := rows.Scan(fields(&record)...)
		found = append(found, record)
		return err
	})
	if err != nil {
		return nil, err
	}
	return found, nil
}

// count reads the number that a query is for.
func (t *tx) count(q query) (n int64, err error) {
	err = t.run(q, func(rows *sql.Rows) error { return rows.Scan(&n) })
	return n, err
}

// countAll is how many rows a table has whose triggers keep count.
func (t *tx) countAll(table string) (int64, error) {
	return t.count(query{text: "SELECT n FROM counts WHERE name = ?", args: []any{table}, kept: true})
}

// run calls scan for each row of a query that can take long.
func (t *tx) run(q query, scan func(*sql.Rows) error) (err error) {
	if q.kept {
		return t.each(t.lists, q.text, q.args, scan)
	}
	if t.broken = cmp.Or(t.broken, t.conn.lost); t.broken != nil {
		return t.broken
	}
	defer t.conn.catch(&err)
	rows, err := t.conn.QueryContext(t.lists, q.text, q.args...)
	if err != nil {
		return t.fail("list", err)
	}
	return t.scan(rows, scan)
}

// conditions is a WHERE clause whose values are parameters.
type conditions struct {
	terms  []string
	args   []any
	varied bool // its text depends on how many values there are, or on more than a few fields
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

// among adds the condition that a column has one of the values, unless there are none.
func (c *conditions) among(column string, values []string) {
	if len(values) > 0 {
		c.marked(column+" IN (%s)", values)
	}
}

// marked adds a condition with as many parameters as there are values at its %s.
func (c *conditions) marked(term string, values []string) {
	c.varied = true
	c.terms = append(c.terms, fmt.Sprintf(term, strings.Repeat("?, ", len(values)-1)+"?"))
	for _, v := range values {
		c.args = append(c.args, v)
	}
}

// contains adds the condition that a column in lower case has part in it.
func (c *conditions) contains(column, part string) {
	if part != "" {
		c.add("instr("+column+", ?) > 0", strings.ToLower(part))
	}
}

// within adds the conditions of a period. What never happened is in none.
func (c *conditions) within(column string, p store.Period) {
	if p == (store.Period{}) {
		return
	}
	c.add(column+" > ?", max(p.After.UnixMilli(), never))
	if !p.Before.IsZero() {
		c.add(column+" < ?", p.Before.UnixMilli())
	}
}

func (c *conditions) String() string {
	if len(c.terms) == 0 {
		return ""
	}
	return " WHERE " + strings.Join(c.terms, " AND ")
}

// list is a page of what a SELECT without its WHERE finds.
func (c *conditions) list(selection, order string, limit, offset int) query {
	return query{
		text: selection + c.String() + " ORDER BY " + order + " LIMIT ? OFFSET ?",
		args: append(c.args, atMost(limit), max(offset, 0)),
		kept: !c.varied,
	}
}

// count is how many rows of a table there are.
func (c *conditions) count(table string) query {
	return query{text: "SELECT COUNT(*) FROM " + table + c.String(), args: c.args, kept: !c.varied}
}

// orderBy finds an OrderBy value among the orders there are, in terms of SQL and
// without + or -. Nothing of a caller's text gets into SQL.
func orderBy(by string, orders map[string]string) (string, error) {
	by = cmp.Or(by, "-created_at")
	column, ok := orders[by[1:]]
	switch {
	case ok && by[0] == '+':
		return column, nil
	case ok && by[0] == '-':
		return column + " DESC", nil
	}
	return "", fmt.Errorf("sqlitestore: unknown order %q", by)
}

// atMost is a limit in SQL, where -1 is none.
func atMost(limit int) int {
	if limit <= 0 {
		return -1
	}
	return limit
}
