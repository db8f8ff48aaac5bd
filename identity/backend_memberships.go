package identity

import (
	"encoding/json"
	"errors"

	"github.com/usherauth/usher/wire"
)

// answerMembership runs change on the organization in the path and answers with the
// membership that it returns.
func (c *call) answerMembership(change func(Tx, Organization, *accessRules) (Membership, error)) (any, error) {
	var out wire.OrganizationMembership
	err := c.update(c.r.Context(), func(tx Tx) error {
		org, err := organizationInPath(c, tx)
		if err != nil {
			return err
		}
		v, err := c.viewOrganizations(tx, backendShape)
		if err != nil {
			return err
		}
		m, err := change(tx, org, v.rules)
		if err != nil {
			return err
		}
		out, err = v.membership(m)
		return err
	})
	return out, err
}

// memberInPath is the membership of the user in the path.
func (c *call) memberInPath(tx Tx, org Organization) (Membership, error) {
	m, err := tx.Membership(org.ID, c.r.PathValue("user"))
	return m, missing(err)
}

func backendAddMember(c *call) (any, error) {
	var in struct {
		UserID  string          `json:"user_id"`
		Role    string          `json:"role"`
		Public  json.RawMessage `json:"public_metadata"`
		Private json.RawMessage `json:"private_metadata"`
	}
	if err := c.readJSON(&in); err != nil {
		return nil, err
	}
	public, err1 := replaced("public_metadata", nil, in.Public)
	private, err2 := replaced("private_metadata", nil, in.Private)
	if err := joinFields(required("user_id", in.UserID), required("role", in.Role), err1, err2); err != nil {
		return nil, err
	}
	return c.answerMembership(func(tx Tx, org Organization, rules *accessRules) (Membership, error) {
		role, err := roleGiven(rules, "role", in.Role)
		if err != nil {
			return Membership{}, err
		}
		if _, err := tx.User(in.UserID); err != nil {
			return Membership{}, missing(err)
		}
		m := Membership{UserID: in.UserID, Role: role.Key, PublicMetadata: public, PrivateMetadata: private}
		return c.addMember(tx, org, m, doer{})
	})
}

// required refuses a parameter that is empty.
func required(param, value string) error {
	if value == "" {
		return missingParam(param)
	}
	return nil
}

func backendChangeRole(c *call) (any, error) {
	var in struct {
		Role string `json:"role"`
	}
	if err := c.readJSON(&in); err != nil {
		return nil, err
	}
	return c.answerMembership(func(tx Tx, org Organization, rules *accessRules) (Membership, error) {
		role, err := roleGiven(rules, "role", in.Role)
		if err != nil {
			return Membership{}, err
		}
		m, err := c.memberInPath(tx, org)
		if err != nil {
			return m, err
		}
		err = c.changeRole(tx, rules, &m, role, doer{})
		return m, err
	})
}

func backendRemoveMember(c *call) (any, error) {
	return c.answerMembership(func(tx Tx, org Organization, rules *accessRules) (Membership, error) {
		m, err := c.memberInPath(tx, org)
		if err != nil {
			return m, err
		}
		return m, c.removeMember(tx, rules, m, doer{})
	})
}

// backendMemberMetadata merges into the bags that are given.
func backendMemberMetadata(c *call) (any, error) {
	var in struct {
		Public  json.RawMessage `json:"public_metadata"`
		Private json.RawMessage `json:"private_metadata"`
	}
	if err := c.readJSON(&in); err != nil {
		return nil, err
	}
	return c.answerMembership(func(tx Tx, org Organization, _ *accessRules) (Membership, error) {
		m, err := c.memberInPath(tx, org)
		if err != nil {
			return m, err
		}
		public, err1 := mergeMetadata("public_metadata", m.PublicMetadata, in.Public)
		private, err2 := mergeMetadata("private_metadata", m.PrivateMetadata, in.Private)
		if err := joinFields(err1, err2); err != nil {
			return m, err
		}
		m.PublicMetadata, m.PrivateMetadata, m.UpdatedAt = public, private, c.now
		return m, errors.Join(tx.PutMembership(m), c.record(tx, doer{}.event("membership.updated", org.ID, m.UserID)))
	})
}

// memberOrders are the values of order_by for memberships. By telephone number all members
// are equal: nobody has one.
var memberOrders = []string{"created_at", "email_address", "phone_number", "first_name", "last_name", "username"}

// allMemberships lists the memberships of the whole instance.
func allMemberships(c *call) (any, error) {
	return c.memberPage(func(Tx) (memberSelection, error) { return memberSelection{}, nil })
}

// membershipsOfUser lists the organizations that a user is in.
func membershipsOfUser(c *call) (any, error) {
	return c.memberPage(func(tx Tx) (memberSelection, error) {
		u, err := pathRecord(c, tx.User)
		return memberSelection{MembershipQuery: MembershipQuery{UserID: u.ID}}, err
	})
}

// backendMembers lists who is in an organization. Most filters are about the members as
// users.
func backendMembers(c *call) (any, error) {
	f, err := c.memberFilter()
	if err != nil {
		return nil, err
	}
	return c.memberPage(func(tx Tx) (sel memberSelection, err error) {
		org, err := organizationInPath(c, tx)
		if err != nil {
			return sel, err
		}
		sel.MembershipQuery = MembershipQuery{OrgID: org.ID, Roles: f.roles, Search: f.Search}
		sel.users, err = f.users(tx, org.ID)
		return sel, err
	})
}

// memberPage answers with a page of what is selected.
func (c *call) memberPage(selection func(Tx) (memberSelection, error)) (any, error) {
	order, err1 := c.orderBy(memberOrders...)
	page, err2 := c.page()
	if err := joinFields(err1, err2); err != nil {
		return nil, err
	}
	var list wire.List[wire.OrganizationMembership]
	err := c.view(c.r.Context(), func(tx Tx) error {
		sel, err := selection(tx)
		if err != nil {
			return err
		}
		v, err := c.viewOrganizations(tx, backendShape)
		if err != nil {
			return err
		}
		list, err = v.page(sel, order, page)
		return err
	})
	return list, err
}
