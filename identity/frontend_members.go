package identity

import (
	"errors"

	"github.com/usherauth/usher/wire"
)

// listMembers lists who is in an organization. Without paginated=true the answer is a bare
// array, as it once was.
func listMembers(c *call) (any, error) {
	page, err1 := c.page()
	roles, err2 := c.commas("role")
	q := MembershipQuery{OrgID: c.r.PathValue("id"), Roles: roles, Search: c.query.Get("query"), Limit: page.limit, Offset: page.offset}
	if err := errors.Join(err1, err2, checkSearch(q.Search)); err != nil {
		return nil, err
	}
	return c.answerMemberships(&q, func(tx Tx) error {
		_, err := c.acting(tx, wire.PermissionMembershipsRead, wire.PermissionMembershipsManage)
		return err
	})
}

// checkSearch bounds what is looked for.
func checkSearch(s string) error {
	if len(s) > 256 {
		return invalid("query", wire.CodeParamFormatInvalid, "query must have at most 256 octets.")
	}
	return nil
}

// answerMemberships answers with what q selects once allowed returns nil, which may still
// narrow it down.
func (c *call) answerMemberships(q *MembershipQuery, allowed func(Tx) error) (any, error) {
	var list wire.List[wire.OrganizationMembership]
	err := c.view(c.r.Context(), func(tx Tx) error {
		if err := allowed(tx); err != nil {
			return err
		}
		v, err := c.viewOrganizations(tx, frontendShape)
		if err != nil {
			return err
		}
		list, err = v.membershipList(*q)
		return err
	})
	if err != nil {
		return nil, err
	}
	if c.query.Get("paginated") != "true" {
		return wire.Response[any]{Response: list.Data}, nil
	}
	return wire.Response[any]{Response: list}, nil
}

func (v *organizationView) membershipList(q MembershipQuery) (list wire.List[wire.OrganizationMembership], err error) {
	all, err := v.tx.Memberships(q)
	if err != nil {
		return list, err
	}
	if list.TotalCount, err = v.tx.CountMemberships(q); err != nil {
		return list, err
	}
	list.Data, err = v.memberships(all)
	return list, err
}

// createMember puts somebody into the organization without asking them, by id.
func createMember(c *call) (any, error) {
	userID, err1 := c.form.required("user_id")
	role, err2 := c.form.required("role")
	if err := joinFields(err1, err2); err != nil {
		return nil, err
	}
	return c.changeMembers(func(tx Tx, a acting) (Membership, error) {
		given, err := roleGiven(a.rules, "role", role)
		if err != nil {
			return Membership{}, err
		}
		if err := a.mayGive(given); err != nil {
			return Membership{}, err
		}
		if _, err := tx.User(userID); err != nil {
			return Membership{}, missing(err)
		}
		return c.addMember(tx, a.org, Membership{UserID: userID, Role: given.Key}, a.doer())
	})
}

// joinFields shows all of a form's field errors at once.
func joinFields(errs ...error) error {
	var bad joinInvalid
	for _, err := range errs {
		if err == nil {
			continue
		}
		if err := bad.add(err); err != nil {
			return err
		}
	}
	return bad.err()
}

// missing is 404 for what is not there.
func missing(err error) error {
	if errors.Is(err, ErrNotFound) {
		return notFound()
	}
	return err
}

// updateMember gives a member another role.
func updateMember(c *call) (any, error) {
	key, err := c.form.required("role")
	if err != nil {
		return nil, err
	}
	return c.changeMembers(func(tx Tx, a acting) (Membership, error) {
		role, err := roleGiven(a.rules, "role", key)
		if err != nil {
			return Membership{}, err
		}
		m, err := tx.Membership(a.org.ID, c.r.PathValue("user"))
		if err != nil {
			return m, missing(err)
		}
		if err := errors.Join(a.mayGive(role), a.mayTouch(m.Role)); err != nil {
			return m, err
		}
		return m, c.changeRole(tx, a.rules, &m, role, a.doer())
	})
}

// deleteMember takes somebody out of the organization, and answers with what their membership
// was.
func deleteMember(c *call) (any, error) {
	return c.changeMembers(func(tx Tx, a acting) (Membership, error) {
		m, err := tx.Membership(a.org.ID, c.r.PathValue("user"))
		if err != nil {
			return m, missing(err)
		}
		if err := a.mayTouch(m.Role); err != nil {
			return m, err
		}
		return m, c.removeMember(tx, a.rules, m, a.doer())
	})
}

// changeMembers runs change for somebody who may manage members, and answers with the
// membership that it returns.
func (c *call) changeMembers(change func(Tx, acting) (Membership, error)) (any, error) {
	var b *browser
	var out wire.OrganizationMembership
	err := c.update(c.r.Context(), func(tx Tx) error {
		a, err := c.acting(tx, wire.PermissionMembershipsManage)
		if err != nil {
			return err
		}
		m, err := change(tx, a)
		if err != nil {
			return err
		}
		v, err := c.viewOrganizations(tx, frontendShape)
		if err != nil {
			return err
		}
		if out, err = v.membership(m); err != nil {
			return err
		}
		b, err = loadBrowser(tx, a.browser.client, c.now) // the person may have changed their own
		return err
	})
	if err != nil {
		return nil, err
	}
	return c.wrap(out, b)
}
