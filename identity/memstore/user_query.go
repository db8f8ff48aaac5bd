package memstore

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/usherauth/usher/identity/store"
)

var userOrders = map[string]func(a, b store.User) int{
	"created_at":      byTime(func(u store.User) time.Time { return u.CreatedAt }),
	"updated_at":      byTime(func(u store.User) time.Time { return u.UpdatedAt }),
	"last_sign_in_at": byTime(func(u store.User) time.Time { return u.LastSignInAt }),
	"last_active_at":  byTime(func(u store.User) time.Time { return u.LastActiveAt }),
	"email_address":   byText(mainAddress),
	"first_name":      byText(func(u store.User) string { return u.FirstName }),
	"last_name":       byText(func(u store.User) string { return u.LastName }),
	"username":        byText(func(u store.User) string { return u.Username }),
}

func (t *tx) Users(q store.UserQuery) ([]store.User, error) {
	order, err := direction(q.OrderBy, userOrders)
	if err != nil {
		return nil, err
	}
	found := t.matchingUsers(q)
	if q.After != "" {
		if found, err = t.after(found, q, order); err != nil {
			return nil, err
		}
	}
	found = sorted(found, order, func(u store.User) string { return u.ID })
	return copies(page(found, q.Limit, q.Offset), cloneUser), nil
}

// after leaves those who come behind the user q.After in the order.
func (t *tx) after(found []store.User, q store.UserQuery, order func(a, b store.User) int) ([]store.User, error) {
	if q.OrderBy != "" && q.OrderBy[1:] != "created_at" {
		return nil, fmt.Errorf("memstore: users after one of them in order %q, which is not created_at", q.OrderBy)
	}
	last, ok := t.users[q.After]
	if !ok {
		return nil, fmt.Errorf("memstore: users after one of them: %w", store.ErrNotFound)
	}
	return slices.DeleteFunc(found, func(u store.User) bool {
		at := order(u, last)
		return at < 0 || at == 0 && u.ID <= last.ID
	}), nil
}

func (t *tx) CountUsers(q store.UserQuery) (int64, error) {
	return int64(len(t.matchingUsers(q))), nil
}

func (t *tx) matchingUsers(q store.UserQuery) []store.User {
	for _, p := range []*store.Period{&q.Created, &q.LastActive, &q.LastSignIn} {
		stamp(&p.After, &p.Before)
	}
	for _, text := range []*string{&q.Search, &q.EmailPart, &q.NamePart, &q.UsernamePart} {
		*text = strings.ToLower(*text)
	}
	return pick(t.users, q.IDs, func(u store.User) bool { return t.matches(u, q) })
}

// matches expects the parts to look for in lower case, and a user with one of the ids.
func (t *tx) matches(u store.User, q store.UserQuery) bool {
	hasAddress := func(e store.EmailAddress) bool { return slices.Contains(q.Emails, e.Normalized) }
	member := func(orgs []string) bool { return t.anyMember(orgs, []string{u.ID}) }
	return !slices.Contains(q.NotIDs, u.ID) &&
		(len(q.Emails) == 0 || slices.ContainsFunc(u.Emails, hasAddress)) &&
		amongNames(q.ExternalIDs, u.ExternalID) && amongNames(q.Usernames, u.Username) &&
		(len(q.OrgIDs) == 0 || member(q.OrgIDs)) && !member(q.NotOrgIDs) &&
		mentions(u, q.Search) && (q.EmailPart == "" || contains(q.EmailPart, addresses(u)...)) &&
		contains(q.NamePart, fullName(u)) && contains(q.UsernamePart, u.Username) &&
		(q.Banned == nil || u.Banned == *q.Banned) &&
		q.Created.Contains(u.CreatedAt) && q.LastActive.Contains(u.LastActiveAt) && q.LastSignIn.Contains(u.LastSignInAt)
}

// amongNames is among for values that "" means the absence of.
func amongNames(filter []string, v string) bool {
	return len(filter) == 0 || v != "" && slices.Contains(filter, v)
}

// mentions reports whether needle, in lower case, is a part of what a user is searched by.
func mentions(u store.User, needle string) bool {
	return contains(needle, u.ID, u.Username, fullName(u)) || contains(needle, addresses(u)...)
}

func fullName(u store.User) string { return u.FirstName + " " + u.LastName }

// addresses are all addresses of a user, as typed and normalized.
func addresses(u store.User) []string {
	var all []string
	for _, e := range u.Emails {
		all = append(all, e.Address, e.Normalized)
	}
	return all
}

// mainAddress is what email_address sorts by: the primary address, else the first.
func mainAddress(u store.User) string {
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
