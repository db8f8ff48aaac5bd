package identity

import (
	"slices"
	"strings"
	"time"

	"github.com/usherauth/usher/wire"
)

// accessLabel is what lists of roles and permissions are searched and sorted by.
type accessLabel struct {
	id, key, name string
	createdAt     time.Time
}

// listAccess answers with a page of roles or permissions. It finds whole ids, and parts of
// keys and names.
func listAccess[T, S any](c *call, all func(*accessRules) []T, label func(T) accessLabel, show func(*accessRules, T) S) (any, error) {
	order, err1 := c.orderBy("created_at", "name", "key")
	page, err2 := c.page()
	search := strings.ToLower(c.query.Get("query"))
	if err := joinFields(err1, err2, checkSearch(search)); err != nil {
		return nil, err
	}
	var list wire.List[S]
	err := c.view(c.r.Context(), func(tx Tx) error {
		rules, err := c.access(tx)
		if err != nil {
			return err
		}
		found := slices.DeleteFunc(slices.Clone(all(rules)), func(v T) bool { return !label(v).matches(search) })
		slices.SortStableFunc(found, func(a, b T) int { return label(a).compare(label(b), order) })
		list = listOf(page, found, func(v T) S { return show(rules, v) })
		return nil
	})
	return list, err
}

func (l accessLabel) matches(search string) bool {
	return search == "" || strings.ToLower(l.id) == search || strings.Contains(l.key, search) || strings.Contains(strings.ToLower(l.name), search)
}

func (l accessLabel) compare(m accessLabel, order string) int {
	switch order {
	case "+created_at":
		return l.createdAt.Compare(m.createdAt)
	case "+name":
		return strings.Compare(l.name, m.name)
	case "-name":
		return strings.Compare(m.name, l.name)
	case "+key":
		return strings.Compare(l.key, m.key)
	case "-key":
		return strings.Compare(m.key, l.key)
	}
	return m.createdAt.Compare(l.createdAt)
}
