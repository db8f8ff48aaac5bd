package identity

import (
	"errors"
	"slices"
	"strconv"
	"time"

	"github.com/usherauth/usher/wire"
)

const (
	maxFilter = 100 // values of one list filter (protocol reference 7.3)
	maxSearch = 256 // octets of a text to look for
)

// userOrders are the values of order_by; nothing else reaches the store.
var userOrders = []string{
	"created_at", "updated_at", "last_sign_in_at", "last_active_at", "email_address", "first_name", "last_name", "username",
	"phone_number", "web3wallet",
}

// userFilter is what a list of users is cut down to. nobody is set by a filter on
// something that no user of this service has.
type userFilter struct {
	UserQuery
	nobody bool
}

// userFilter reads the filters of the list and the count of users.
func (c *call) userFilter() (f userFilter, err error) {
	order, err1 := c.orderBy(userOrders...)
	f.OrderBy = userOrder(order)
	err = errors.Join(err1, c.userLists(&f), c.userTexts(&f), c.userPeriods(&f))
	for _, name := range []string{
		"phone_number", "phone_number[]", "web3_wallet", "web3_wallet[]", "phone_number_query", "web3_wallet_query",
		"provider", "provider_user_id", "provider_user_id[]",
	} {
		f.nobody = f.nobody || c.query.Has(name)
	}
	switch v := c.query.Get("banned"); v {
	case "":
	case "true", "false":
		banned := v == "true"
		f.Banned = &banned
	default:
		err = errors.Join(err, invalid("banned", wire.CodeParamFormatInvalid, "banned must be true or false."))
	}
	return f, err
}

// userOrder is the store's word for an order. By what nobody has all users are equal, so
// that any order is the right one.
func userOrder(order string) string {
	if order == "" || order[1:] != "phone_number" && order[1:] != "web3wallet" {
		return order
	}
	return order[:1] + "created_at"
}

// userLists reads the filters with several values. Those by id of users and of
// organizations leave out the ids that have a - before them.
func (c *call) userLists(f *userFilter) error {
	var errs [5]error
	var ids, orgs, addresses, usernames []string
	ids, errs[0] = c.list("user_id")
	orgs, errs[1] = c.list("organization_id")
	addresses, errs[2] = c.list("email_address")
	usernames, errs[3] = c.list("username")
	f.ExternalIDs, errs[4] = c.list("external_id")
	f.IDs, f.NotIDs = included(ids)
	f.OrgIDs, f.NotOrgIDs = included(orgs)
	for _, a := range addresses {
		normal, err := normalizeEmail(a)
		if err != nil {
			normal = "\x00" // no address: matches nobody, but is still a filter
		}
		f.Emails = append(f.Emails, normal)
	}
	for _, name := range usernames {
		f.Usernames = append(f.Usernames, lowerUsername(name))
	}
	return errors.Join(errs[:]...)
}

// list returns a repeated query parameter, spelled with or without [].
func (c *call) list(name string) ([]string, error) {
	all := slices.Concat(c.query[name], c.query[name+"[]"])
	if len(all) > maxFilter {
		return nil, invalid(name, wire.CodeParamFormatInvalid, name+" may have at most 100 values.")
	}
	return all, nil
}

func (c *call) userTexts(f *userFilter) error {
	var errs []error
	for name, dst := range map[string]*string{
		"query": &f.Search, "email_address_query": &f.EmailPart, "username_query": &f.UsernamePart, "name_query": &f.NamePart,
	} {
		*dst = c.query.Get(name)
		if len(*dst) > maxSearch {
			errs = append(errs, invalid(name, wire.CodeParamFormatInvalid, name+" must have at most 256 octets."))
		}
	}
	return errors.Join(errs...)
}

// userPeriods reads points in time, in milliseconds. last_active_at_since is the older
// name of last_active_at_after.
func (c *call) userPeriods(f *userFilter) error {
	var errs []error
	for name, dst := range map[string]*time.Time{
		"created_at_after": &f.Created.After, "created_at_before": &f.Created.Before,
		"last_active_at_after": &f.LastActive.After, "last_active_at_before": &f.LastActive.Before,
		"last_sign_in_at_after": &f.LastSignIn.After, "last_sign_in_at_before": &f.LastSignIn.Before,
	} {
		if name == "last_active_at_after" && !c.query.Has(name) {
			name = "last_active_at_since"
		}
		at, err := c.millis(name)
		errs = append(errs, err)
		*dst = at
	}
	return errors.Join(errs...)
}

// millis is a query parameter that is a point in time; without it the zero time.
func (c *call) millis(name string) (time.Time, error) {
	v := c.query.Get(name)
	if v == "" {
		return time.Time{}, nil
	}
	ms, err := strconv.ParseInt(v, 10, 64)
	if err != nil || ms < 0 || ms > maxMillis {
		return time.Time{}, invalid(name, wire.CodeParamFormatInvalid, name+" must be a time in milliseconds.")
	}
	return time.UnixMilli(ms).UTC(), nil
}

const maxMillis = 253402300799999 // the last of the year 9999: what RFC 3339 can write
