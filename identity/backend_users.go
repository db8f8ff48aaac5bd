package identity

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"github.com/usherauth/usher/wire"
)

// backendUserRoutes are users and their addresses (protocol reference 7.3).
func backendUserRoutes() routes {
	return join(routes{
		"/v1/users":               {"GET": listUsers},
		"/v1/users/count":         {"GET": countUsers},
		"/v1/users/{id}":          {"GET": getUser, "PATCH": updateUser, "DELETE": deleteUser},
		"/v1/users/{id}/metadata": {"PATCH": updateUserMetadata},
	}, notBuilt(
		"/v1/users/{id}/{action}",
		"/v1/email_addresses", "/v1/email_addresses/{rest...}",
		"/v1/phone_numbers", "/v1/phone_numbers/{rest...}",
	))
}

const maxFilter = 100 // values of one list filter (protocol reference 7.3)

// userOrders are the values of order_by; nothing else reaches the store.
var userOrders = []string{"created_at", "updated_at", "last_sign_in_at", "last_active_at", "email_address"}

// userQuery reads the filters of the list and the count of users.
func (c *call) userQuery() (UserQuery, error) {
	q := UserQuery{Search: c.query.Get("query"), OrderBy: c.query.Get("order_by")}
	// A + in a query string arrives as a space.
	if field := strings.TrimLeft(q.OrderBy, "+- "); field != "" || q.OrderBy != "" {
		if !slices.Contains(userOrders, field) || len(q.OrderBy) > len(field)+1 {
			return q, invalid("order_by", wire.CodeParamFormatInvalid, "order_by must be one of "+strings.Join(userOrders, ", ")+", after + or -.")
		}
		q.OrderBy = strings.Replace(q.OrderBy, " ", "+", 1)
		if q.OrderBy == field {
			q.OrderBy = "+" + field
		}
	}
	if len(q.Search) > 256 {
		return q, invalid("query", wire.CodeParamFormatInvalid, "query must have at most 256 octets.")
	}
	var err1, err2 error
	q.IDs, err1 = c.list("user_id")
	addresses, err2 := c.list("email_address")
	for _, a := range addresses {
		normal, err := normalizeEmail(a)
		if err != nil {
			normal = "\x00" // no address: matches nobody, but is still a filter
		}
		q.Emails = append(q.Emails, normal)
	}
	return q, errors.Join(err1, err2)
}

// list returns a repeated query parameter, spelled with or without [].
func (c *call) list(name string) ([]string, error) {
	all := slices.Concat(c.query[name], c.query[name+"[]"])
	if len(all) > maxFilter {
		return nil, invalid(name, wire.CodeParamFormatInvalid, name+" may have at most 100 values.")
	}
	return all, nil
}

func listUsers(c *call) (any, error) {
	q, err := c.userQuery()
	if err != nil {
		return nil, err
	}
	page, err := c.page()
	if err != nil {
		return nil, err
	}
	q.Limit, q.Offset = page.limit, page.offset
	var users []User
	err = c.view(c.r.Context(), func(tx Tx) (err error) {
		users, err = tx.Users(q)
		return err
	})
	if err != nil {
		return nil, err
	}
	out := make([]*wire.User, len(users))
	for i, u := range users {
		out[i] = fullUserJSON(u, c.now)
	}
	return out, nil
}

func countUsers(c *call) (any, error) {
	q, err := c.userQuery()
	if err != nil {
		return nil, err
	}
	var n int64
	err = c.view(c.r.Context(), func(tx Tx) (err error) {
		n, err = tx.CountUsers(q)
		return err
	})
	return wire.TotalCount{Object: "total_count", TotalCount: n}, err
}

func getUser(c *call) (any, error) {
	var u User
	err := c.view(c.r.Context(), func(tx Tx) (err error) {
		u, err = pathRecord(c, tx.User)
		return err
	})
	return fullUserJSON(u, c.now), err
}

// pathRecord gets what {id} names, or 404.
func pathRecord[T any](c *call, get func(string) (T, error)) (T, error) {
	v, err := get(c.r.PathValue("id"))
	if errors.Is(err, ErrNotFound) {
		err = notFound()
	}
	return v, err
}

// changeUser runs change on the user in the path.
func (c *call) changeUser(change func(*User) error) (any, error) {
	var u User
	err := c.update(c.r.Context(), func(tx Tx) (err error) {
		if u, err = pathRecord(c, tx.User); err != nil {
			return err
		}
		if err := change(&u); err != nil {
			return err
		}
		u.UpdatedAt = c.now
		return tx.PutUser(u)
	})
	return fullUserJSON(u, c.now), err
}

// updateUser changes names. Metadata has an endpoint of its own since version 2026-05-12.
func updateUser(c *call) (any, error) {
	var in struct {
		FirstName  *string `json:"first_name"`
		LastName   *string `json:"last_name"`
		ExternalID *string `json:"external_id"`
	}
	if err := c.readJSON(&in); err != nil {
		return nil, err
	}
	return c.changeUser(func(u *User) error {
		var bad joinInvalid
		for _, f := range []struct {
			param string
			value *string
			dst   *string
		}{{"first_name", in.FirstName, &u.FirstName}, {"last_name", in.LastName, &u.LastName}, {"external_id", in.ExternalID, &u.ExternalID}} {
			if f.value == nil {
				continue
			}
			if err := bad.add(checkName(f.param, *f.value)); err != nil {
				return err
			}
			*f.dst = *f.value
		}
		return bad.err()
	})
}

// updateUserMetadata merges into each bag that is given.
func updateUserMetadata(c *call) (any, error) {
	var in struct {
		Public  json.RawMessage `json:"public_metadata"`
		Private json.RawMessage `json:"private_metadata"`
		Unsafe  json.RawMessage `json:"unsafe_metadata"`
	}
	if err := c.readJSON(&in); err != nil {
		return nil, err
	}
	return c.changeUser(func(u *User) error {
		var bad joinInvalid
		for _, f := range []struct {
			param string
			patch json.RawMessage
			bag   *json.RawMessage
		}{{"public_metadata", in.Public, &u.PublicMetadata}, {"private_metadata", in.Private, &u.PrivateMetadata}, {"unsafe_metadata", in.Unsafe, &u.UnsafeMetadata}} {
			if len(f.patch) == 0 {
				continue
			}
			merged, err := mergeMetadata(f.param, *f.bag, f.patch)
			if err = bad.add(err); err != nil {
				return err
			}
			*f.bag = merged
		}
		return bad.err()
	})
}

// deleteUser removes the person with addresses and sessions.
func deleteUser(c *call) (any, error) {
	id := c.r.PathValue("id")
	err := c.update(c.r.Context(), func(tx Tx) error {
		if _, err := pathRecord(c, tx.User); err != nil {
			return err
		}
		return errors.Join(tx.DeleteUser(id), c.record(tx, AuditEvent{Type: "user.deleted", UserID: id}))
	})
	if err != nil {
		return nil, err
	}
	return wire.Deleted{Object: "user", ID: id, Deleted: true}, nil
}
