package memstore

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/usherauth/usher/identity"
)

func (t *tx) Users(q identity.UserQuery) ([]identity.User, error) {
	order, err := userOrder(q.OrderBy)
	if err != nil {
		return nil, err
	}
	found := t.matching(q)
	slices.SortFunc(found, func(a, b identity.User) int {
		return cmp.Or(order(a, b), strings.Compare(a.ID, b.ID))
	})
	found = page(found, q.Limit, q.Offset)
	for i := range found {
		found[i] = cloneUser(found[i])
	}
	return found, nil
}

func (t *tx) CountUsers(q identity.UserQuery) (int64, error) {
	return int64(len(t.matching(q))), nil
}

func (t *tx) matching(q identity.UserQuery) []identity.User {
	needle := strings.ToLower(q.Search)
	var found []identity.User
	for _, u := range t.users {
		if matches(u, q, needle) {
			found = append(found, u)
		}
	}
	return found
}

func matches(u identity.User, q identity.UserQuery, needle string) bool {
	if len(q.IDs) > 0 && !slices.Contains(q.IDs, u.ID) {
		return false
	}
	hasAddress := func(e identity.EmailAddress) bool { return slices.Contains(q.Emails, e.Normalized) }
	if len(q.Emails) > 0 && !slices.ContainsFunc(u.Emails, hasAddress) {
		return false
	}
	has := func(s string) bool { return strings.Contains(strings.ToLower(s), needle) }
	return has(u.ID) || has(u.Username) || has(u.FirstName+" "+u.LastName) ||
		slices.ContainsFunc(u.Emails, func(e identity.EmailAddress) bool { return has(e.Address) || has(e.Normalized) })
}

// userOrder returns the comparison for an OrderBy value, without its tie-break by id.
func userOrder(by string) (func(a, b identity.User) int, error) {
	by = cmp.Or(by, "-created_at")
	var order func(a, b identity.User) int
	switch by[1:] {
	case "created_at":
		order = byTime(func(u identity.User) time.Time { return u.CreatedAt })
	case "updated_at":
		order = byTime(func(u identity.User) time.Time { return u.UpdatedAt })
	case "last_sign_in_at":
		order = byTime(func(u identity.User) time.Time { return u.LastSignInAt })
	case "last_active_at":
		order = byTime(func(u identity.User) time.Time { return u.LastActiveAt })
	case "email_address":
		order = func(a, b identity.User) int { return strings.Compare(mainAddress(a), mainAddress(b)) }
	default:
		return nil, fmt.Errorf("memstore: unknown order %q", by)
	}
	switch by[0] {
	case '+':
		return order, nil
	case '-':
		return func(a, b identity.User) int { return order(b, a) }, nil
	}
	return nil, fmt.Errorf("memstore: order %q without + or -", by)
}

func byTime(of func(identity.User) time.Time) func(a, b identity.User) int {
	return func(a, b identity.User) int { return of(a).Compare(of(b)) }
}

// mainAddress is what email_address sorts by: the primary address, else the first.
func mainAddress(u identity.User) string {
	for _, e := range u.Emails {
		if e.ID == u.PrimaryEmailID {
			return e.Normalized
		}
	}
	if len(u.Emails) > 0 {
		return u.Emails[0].Normalized
	}
	return ""
}

func page[E any](all []E, limit, offset int) []E {
	all = all[min(max(offset, 0), len(all)):]
	if limit > 0 && limit < len(all) {
		all = all[:limit]
	}
	return all
}
