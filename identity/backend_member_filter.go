package identity

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/usherauth/usher/wire"
)

// memberFilter is what a list of members is cut down to: by role, and by what they are as
// users.
type memberFilter struct {
	UserQuery
	roles  []string
	nobody bool // a filter on something that no user of this service has
}

func (c *call) memberFilter() (f memberFilter, err error) {
	ids, err1 := c.list("user_id")
	addresses, err2 := c.list("email_address")
	names, err3 := c.list("username")
	roles, err4 := c.list("role")
	f.IDs, f.NotIDs = included(ids)
	for _, a := range addresses {
		normal, err := normalizeEmail(a)
		if err != nil {
			normal = "\x00" // no address: matches nobody, but is still a filter
		}
		f.Emails = append(f.Emails, normal)
	}
	f.Usernames, f.roles = names, roles
	for _, name := range []string{"phone_number", "phone_number[]", "web3_wallet", "web3_wallet[]", "phone_number_query"} {
		f.nobody = f.nobody || c.query.Has(name)
	}
	f.Search, f.EmailPart = c.query.Get("query"), c.query.Get("email_address_query")
	f.NamePart, f.UsernamePart = c.query.Get("name_query"), c.query.Get("username_query")
	return f, joinFields(err1, err2, err3, err4,
		checkSearch(f.Search), checkSearch(f.EmailPart), checkSearch(f.NamePart), checkSearch(f.UsernamePart),
		c.momentParam("created_at_after", &f.Created.After), c.momentParam("created_at_before", &f.Created.Before),
		c.momentParam("last_active_at_after", &f.LastActive.After), c.momentParam("last_active_at_before", &f.LastActive.Before))
}

// momentParam reads a time in milliseconds that may be left out.
func (c *call) momentParam(name string, dst *time.Time) error {
	v := c.query.Get(name)
	if v == "" {
		return nil
	}
	ms, err := strconv.ParseInt(v, 10, 64)
	if err != nil || ms < 0 || ms > 253402300799999 { // the last of the year 9999
		return invalid(name, wire.CodeParamFormatInvalid, name+" must be a time in milliseconds.")
	}
	*dst = time.UnixMilli(ms).UTC()
	return nil
}

// users selects the members that the filter describes as users; nil is everybody.
func (f memberFilter) users(tx Tx, orgID string) (map[string]bool, error) {
	users := map[string]bool{}
	if f.nobody {
		return users, nil
	}
	if f.everybody() {
		return nil, nil
	}
	q := f.UserQuery
	q.OrgIDs, q.Search = []string{orgID}, "" // searched among the memberships
	all, err := tx.Users(q)
	for _, u := range all {
		users[u.ID] = true
	}
	return users, err
}

// everybody reports a filter that says nothing of users but what is searched for.
func (f memberFilter) everybody() bool {
	return len(f.IDs)+len(f.NotIDs)+len(f.Emails)+len(f.Usernames) == 0 && f.EmailPart+f.NamePart+f.UsernamePart == "" &&
		f.Created == (Period{}) && f.LastActive == (Period{})
}

// memberSelection is a list of memberships: what the store selects, and of that the members
// in users if that is not nil.
type memberSelection struct {
	MembershipQuery
	users map[string]bool
}

// page is a page of the selection. The store sorts by some orders and cuts; what it cannot
// do is done here with all of them.
func (v *organizationView) page(sel memberSelection, order string, p page) (list wire.List[wire.OrganizationMembership], err error) {
	column := strings.TrimLeft(order, "+-")
	byStore := column != "first_name" && column != "last_name" && column != "username"
	if column == "phone_number" {
		order = order[:1] + "created_at"
	}
	if byStore {
		sel.OrderBy = order
	}
	if byStore && sel.users == nil {
		sel.Limit, sel.Offset = p.limit, p.offset
		return v.membershipList(sel.MembershipQuery)
	}
	all, err := v.tx.Memberships(sel.MembershipQuery)
	if err != nil {
		return list, err
	}
	if sel.users != nil {
		all = slices.DeleteFunc(all, func(m Membership) bool { return !sel.users[m.UserID] })
	}
	if !byStore {
		if err := sortMembers(v.tx, all, order); err != nil {
			return list, err
		}
	}
	list.TotalCount = int64(len(all))
	list.Data, err = v.memberships(cut(p, all))
	return list, err
}

// sortMembers sorts by a name that members have as users, without case.
func sortMembers(tx Tx, all []Membership, order string) error {
	ids := make([]string, len(all))
	for n, m := range all {
		ids[n] = m.UserID
	}
	if len(ids) == 0 {
		return nil // which would be everybody
	}
	users, err := usersByID(tx, distinct(ids))
	if err != nil {
		return err
	}
	keys := make(map[string]string, len(all))
	for _, m := range all {
		u := users[m.UserID]
		names := map[string]string{"first_name": u.FirstName, "last_name": u.LastName, "username": u.Username}
		keys[m.ID] = strings.ToLower(names[order[1:]])
	}
	slices.SortFunc(all, func(a, b Membership) int {
		n := strings.Compare(keys[a.ID], keys[b.ID])
		if order[0] == '-' {
			n = -n
		}
		return cmp.Or(n, strings.Compare(a.ID, b.ID))
	})
	return nil
}
