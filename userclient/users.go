package userclient

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"github.com/usherauth/usher/internal/reqscope"
	"github.com/usherauth/usher/wire"
)

// Users reads accounts. Use it as [Client].Users.
type Users struct{ conn *conn }

// Get returns the user with this id. Within one request, one that passed
// authctx.Handler, it asks once for each id and returns the same *User or error
// again, so treat the User as read-only. The error matches [ErrNotFound] if there is
// no such user, [ErrUnavailable] if the API could not say.
//
// id may come from outside: what cannot be an id is not found, and never reaches the
// API's address.
func (u Users) Get(ctx context.Context, id string) (*User, error) {
	return reqscope.Do(ctx, reqscope.FromContext(ctx), userKey{u.conn, id}, func(ctx context.Context) (*User, error) {
		return u.get(ctx, id)
	})
}

// userKey is what a request remembers a user by: instance and id, so that neither two
// clients nor two people ever share an answer.
type userKey struct {
	conn *conn
	id   string
}

func (u Users) get(ctx context.Context, id string) (*User, error) {
	if err := checkID("get user", id); err != nil {
		return nil, err
	}
	r := request{op: "get user", method: http.MethodGet, path: "/users/" + id}
	return fetch(ctx, u.conn, r, func(got *User) error { return checkUser(got, id) })
}

// checkUser refuses an answer about something, or somebody, else. id "" is anybody.
func checkUser(u *User, id string) error {
	if u.Object != "user" || u.ID == "" || id != "" && u.ID != id {
		return fmt.Errorf("answer is about %.40q %.80q, not about the user that was asked for", u.Object, u.ID)
	}
	return nil
}

// ListParams selects users. The zero value is the ten newest. Filters are AND; the
// values of one filter are OR, at most 100 of them.
type ListParams struct {
	Limit  int // page size, 1 to 500; 0 is the API's default of 10
	Offset int // users to skip
	// OrderBy is a field with + or - before it, such as "+last_sign_in_at"; "" is
	// newest first.
	OrderBy string
	// Query matches parts of ids, addresses, names and phone numbers.
	Query string

	UserIDs         []string
	ExternalIDs     []string
	EmailAddresses  []string
	PhoneNumbers    []string
	Usernames       []string
	OrganizationIDs []string
}

// List returns the users that p selects, an empty slice if there are none. It is
// not remembered.
func (u Users) List(ctx context.Context, p ListParams) ([]User, error) {
	const op = "list users"
	query, err := p.filters(op)
	if err != nil {
		return nil, err
	}
	if err := addPage(query, op, p.Limit, p.Offset); err != nil {
		return nil, err
	}
	addText(query, "order_by", p.OrderBy)
	return fetchList(ctx, u.conn, request{op: op, method: http.MethodGet, path: "/users", query: query},
		func(got *User) error { return checkUser(got, "") })
}

// Count returns how many users p selects, whatever its Limit, Offset and OrderBy say.
func (u Users) Count(ctx context.Context, p ListParams) (int64, error) {
	const op = "count users"
	query, err := p.filters(op)
	if err != nil {
		return 0, err
	}
	r := request{op: op, method: http.MethodGet, path: "/users/count", query: query}
	count, err := fetch(ctx, u.conn, r, func(c *wire.TotalCount) error {
		if c.Object != "total_count" || c.TotalCount < 0 {
			return errors.New("answer is not a count")
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	return count.TotalCount, nil
}

// filters are the parameters that both endpoints take (protocol reference 7.3).
func (p ListParams) filters(op string) (url.Values, error) {
	const maxValues = 100
	query := url.Values{}
	addText(query, "query", p.Query)
	for name, values := range map[string][]string{
		"user_id":         p.UserIDs,
		"external_id":     p.ExternalIDs,
		"email_address":   p.EmailAddresses,
		"phone_number":    p.PhoneNumbers,
		"username":        p.Usernames,
		"organization_id": p.OrganizationIDs,
	} {
		if len(values) > maxValues {
			return nil, fmt.Errorf("userclient: %s: %d values for %s, at most %d are allowed", op, len(values), name, maxValues)
		}
		if len(values) > 0 {
			query[name] = values
		}
	}
	return query, nil
}

func addText(query url.Values, name, value string) {
	if value != "" {
		query.Set(name, value)
	}
}

// addPage adds limit and offset; zero means the API's default (protocol reference 7.2).
func addPage(query url.Values, op string, limit, offset int) error {
	if limit < 0 || limit > 500 || offset < 0 {
		return fmt.Errorf("userclient: %s: limit %d, offset %d: limit must be 0 to 500, offset not negative", op, limit, offset)
	}
	if limit > 0 {
		query.Set("limit", strconv.Itoa(limit))
	}
	if offset > 0 {
		query.Set("offset", strconv.Itoa(offset))
	}
	return nil
}

// fetchList is fetch for an array, each of whose elements is checked.
func fetchList[T any](ctx context.Context, c *conn, r request, check func(*T) error) ([]T, error) {
	list, err := fetch(ctx, c, r, func(list *[]T) error {
		if *list == nil {
			return errors.New("answer is not a list")
		}
		for i := range *list {
			if err := check(&(*list)[i]); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return *list, nil
}

// checkID lets through what ids are made of: one path segment that needs no escaping
// and cannot climb. Everything else is no id of anything.
func checkID(op, id string) error {
	ok := id != "" && len(id) <= 128
	for i := 0; i < len(id) && ok; i++ {
		c := id[i]
		ok = 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '_' || c == '-'
	}
	if !ok {
		return fmt.Errorf("userclient: %s: %.40q is not an id: %w", op, id, ErrNotFound)
	}
	return nil
}
