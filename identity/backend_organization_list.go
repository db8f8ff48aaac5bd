package identity

import (
	"errors"
	"slices"
	"strings"

	"github.com/usherauth/usher/wire"
)

// listOrganizations lists organizations. Counting members is left out unless it is asked for.
func listOrganizations(c *call) (any, error) {
	f, err1 := c.organizationFilter()
	page, err2 := c.page()
	if err := joinFields(err1, err2); err != nil {
		return nil, err
	}
	var list wire.List[*wire.Organization]
	err := c.view(c.r.Context(), func(tx Tx) error {
		v, err := c.viewOrganizations(tx, backendShape)
		if err != nil {
			return err
		}
		var orgs []Organization
		if f.simple() {
			orgs, list.TotalCount, err = v.selectOrganizations(f.OrganizationQuery, page)
		} else {
			orgs, list.TotalCount, err = v.sieveOrganizations(f, page)
		}
		if err != nil {
			return err
		}
		list.Data, err = v.listed(orgs)
		return err
	})
	return list, err
}

func (v *organizationView) selectOrganizations(q OrganizationQuery, p page) (orgs []Organization, total int64, err error) {
	if total, err = v.tx.CountOrganizations(q); err != nil {
		return nil, 0, err
	}
	q.Limit, q.Offset = p.limit, p.offset
	orgs, err = v.tx.Organizations(q)
	return orgs, total, err
}

// sieveOrganizations goes through all that the store can select.
func (v *organizationView) sieveOrganizations(f organizationFilter, p page) ([]Organization, int64, error) {
	all, err := v.tx.Organizations(f.OrganizationQuery)
	if err != nil {
		return nil, 0, err
	}
	taken := map[string]bool{} // by somebody whose organizations are not wanted
	if len(f.withoutUsers) > 0 {
		theirs, err := v.tx.Memberships(MembershipQuery{UserIDs: f.withoutUsers})
		if err != nil {
			return nil, 0, err
		}
		for _, m := range theirs {
			taken[m.OrgID] = true
		}
	}
	managed := map[string]bool{}
	if f.lacking {
		if managed, err = v.elevated(nil); err != nil {
			return nil, 0, err
		}
	}
	kept := slices.DeleteFunc(all, func(org Organization) bool {
		return slices.Contains(f.without, org.ID) || taken[org.ID] || managed[org.ID]
	})
	return cut(p, kept), int64(len(kept)), nil
}

// listed shows organizations with the counts that were asked for.
func (v *organizationView) listed(orgs []Organization) ([]*wire.Organization, error) {
	counts := v.query.Get("include_members_count") == "true"
	elevated := v.query.Get("include_"+filterElevated) == "true"
	managed := map[string]bool{}
	var err error
	if counts {
		err = v.count(orgs...)
	}
	if elevated && err == nil && len(orgs) > 0 {
		ids := make([]string, len(orgs))
		for n, org := range orgs {
			ids[n] = org.ID
		}
		managed, err = v.elevated(ids)
	}
	list := make([]*wire.Organization, 0, len(orgs))
	for _, org := range orgs {
		out := v.organizationJSON(org, backendShape)
		if counts {
			out = v.known[org.ID]
		}
		if elevated {
			without := !managed[org.ID]
			out.WithoutElevatedMember = &without
		}
		list = append(list, out)
	}
	return list, err
}

// filterElevated is the one value of filter_by.
const filterElevated = "missing_member_with_elevated_permissions"

// organizationFilter is what a list of organizations is cut down to. What the store cannot
// select is selected from all.
type organizationFilter struct {
	OrganizationQuery
	without, withoutUsers []string // ids after a -
	lacking               bool     // only those that nobody in them can manage
}

func (c *call) organizationFilter() (f organizationFilter, err error) {
	ids, err1 := c.list("organization_id")
	users, err2 := c.list("user_id")
	f.IDs, f.without = included(ids)
	f.UserIDs, f.withoutUsers = included(users)
	f.Search = c.query.Get("query")
	order, err3 := c.orderBy("created_at", "name", "members_count")
	f.OrderBy = order
	by, err4 := c.list("filter_by")
	for _, name := range by {
		if name != filterElevated {
			err4 = errors.Join(err4, invalid("filter_by", wire.CodeParamFormatInvalid, "filter_by must be "+filterElevated+"."))
		}
		f.lacking = true
	}
	return f, joinFields(err1, err2, err3, err4, checkSearch(f.Search))
}

// simple reports a filter that the store understands.
func (f organizationFilter) simple() bool {
	return len(f.without) == 0 && len(f.withoutUsers) == 0 && !f.lacking
}

// included splits ids by the sign before them; + is implied.
func included(ids []string) (with, without []string) {
	for _, id := range ids {
		switch {
		case strings.HasPrefix(id, "-"):
			without = append(without, id[1:])
		default:
			with = append(with, strings.TrimLeft(id, "+ ")) // a + arrives as a blank
		}
	}
	return with, without
}

// orderBy reads order_by: one of the names after + or -, + being implied; "" is the default.
func (c *call) orderBy(names ...string) (string, error) {
	by := c.query.Get("order_by")
	if by == "" {
		return "", nil
	}
	sign, field := "+", by
	switch by[0] {
	case '-', '+', ' ': // a + arrives as a blank
		field = by[1:]
		if by[0] == '-' {
			sign = "-"
		}
	}
	if !slices.Contains(names, field) {
		return "", invalid("order_by", wire.CodeParamFormatInvalid, "order_by must be one of "+strings.Join(names, ", ")+", after + or -.")
	}
	return sign + field, nil
}
