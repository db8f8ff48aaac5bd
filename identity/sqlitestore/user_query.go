package sqlitestore

import (
	"fmt"

	"github.com/usherauth/usher/identity/store"
)

var userOrders = map[string]string{
	"created_at":      "u.created_at",
	"updated_at":      "u.updated_at",
	"last_sign_in_at": "u.last_sign_in_at",
	"last_active_at":  "u.last_active_at",
	"email_address":   "u.email_address",
	"first_name":      "u.first_name",
	"last_name":       "u.last_name",
	"username":        "u.username",
}

func (t *tx) Users(q store.UserQuery) ([]store.User, error) {
	order, err := orderBy(q.OrderBy, userOrders)
	if err != nil {
		return nil, err
	}
	where := usersWhere(q)
	if q.After != "" {
		if err := t.after(&where, order, q.After); err != nil {
			return nil, err
		}
	}
	var found userRows
	if err := t.run(usersList(where, order, q.Limit, q.Offset), found.scan); err != nil {
		return nil, err
	}
	return found, nil
}

func (t *tx) CountUsers(q store.UserQuery) (int64, error) {
	where := usersWhere(q)
	if len(where.terms) == 0 {
		return t.countAll("users")
	}
	return t.count(where.count("users u"))
}

// usersList takes a page of users and then their addresses.
func usersList(where conditions, order string, limit, offset int) query {
	page := where.list("SELECT * FROM users u", order+", u.id", limit, offset)
	page.text = selectUsers + " FROM (" + page.text + ") u LEFT JOIN emails e ON e.user_id = u.id ORDER BY " + order + ", u.id, e.position"
	return page
}

// after adds the condition that leaves who comes behind a user.
func (t *tx) after(where *conditions, order, id string) error {
	past := map[string]string{"u.created_at": ">", "u.created_at DESC": "<"}[order]
	if past == "" {
		return fmt.Errorf("sqlitestore: users after one of them, ordered by %s and not by created_at", order)
	}
	var created int64
	if err := t.row(`SELECT created_at FROM users WHERE id = ?`, []any{id}, &created); err != nil {
		return fmt.Errorf("sqlitestore: users after one of them: %w", err)
	}
	// The first term says no more than the second, but is one that an index serves.
	where.add("u.created_at "+past+"= ?", created)
	where.add("(u.created_at "+past+" ? OR u.id > ?)", created, id)
	return nil
}

func usersWhere(q store.UserQuery) conditions {
	c := conditions{varied: true}
	c.among("u.id", q.IDs)
	if len(q.NotIDs) > 0 {
		c.marked("u.id NOT IN (%s)", q.NotIDs)
	}
	if len(q.Emails) > 0 {
		c.marked("u.id IN (SELECT user_id FROM emails WHERE normalized IN (%s))", q.Emails)
	}
	// Only values that are not empty are indexed, and nobody's otherwise.
	if len(q.ExternalIDs) > 0 {
		c.marked("u.external_id <> '' AND u.external_id IN (%s)", q.ExternalIDs)
	}
	if len(q.Usernames) > 0 {
		c.marked("u.username <> '' AND u.username IN (%s)", q.Usernames)
	}
	if len(q.OrgIDs) > 0 {
		c.marked("u.id IN (SELECT user_id FROM memberships WHERE org_id IN (%s))", q.OrgIDs)
	}
	if len(q.NotOrgIDs) > 0 {
		c.marked("NOT EXISTS (SELECT 1 FROM memberships WHERE user_id = u.id AND org_id IN (%s))", q.NotOrgIDs)
	}
	c.contains("u.search", q.Search)
	c.contains("u.search_email", q.EmailPart)
	c.contains("u.search_name", q.NamePart)
	c.contains("u.search_username", q.UsernamePart)
	if q.Banned != nil {
		c.add("u.banned = ?", *q.Banned)
	}
	c.within("u.created_at", q.Created)
	c.within("u.last_active_at", q.LastActive)
	c.within("u.last_sign_in_at", q.LastSignIn)
	return c
}
