package identity

import (
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/usherauth/usher/wire"
)

// addMember puts somebody into an organization: m says who, with which role and metadata.
// The organization's limit holds, and nobody is in it twice.
func (c *call) addMember(tx Tx, org Organization, m Membership, by doer) (Membership, error) {
	_, err := tx.Membership(org.ID, m.UserID)
	if err := absent(err, alreadyMember()); err != nil {
		return m, err
	}
	if err := c.roomFor(tx, org, 1); err != nil {
		return m, err
	}
	if by != (doer{}) {
		if err := mayJoinMore(tx, m.UserID); err != nil {
			return m, err
		}
	}
	m.ID, m.OrgID, m.CreatedAt, m.UpdatedAt = newID(prefixMembership), org.ID, c.now, c.now
	err = tx.PutMembership(m)
	if errors.Is(err, ErrConflict) {
		err = alreadyMember()
	}
	return m, errors.Join(err, c.record(tx, by.event("membership.created", org.ID, m.UserID, "role", m.Role)))
}

// maxMemberships is how many organizations somebody may be in before people can put them
// into no more, themselves included. All of them are in every answer about a client, which
// would else become too long to be read, and its owner could not sign in.
const maxMemberships = 250

func mayJoinMore(tx Tx, userID string) error {
	n, err := tx.CountMemberships(MembershipQuery{UserID: userID})
	if err == nil && n >= maxMemberships {
		err = refuse(http.StatusForbidden, wire.CodeMembershipQuota, fmt.Sprintf("Nobody can be in more than %d organizations.", maxMemberships))
	}
	return err
}

// absent turns what a getter returned into an error unless there was nothing.
func absent(err error, taken *apiError) error {
	if err == nil {
		return taken
	}
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	return err
}

func alreadyMember() *apiError {
	return refuse(http.StatusBadRequest, wire.CodeAlreadyMember, "This person is already a member of the organization.")
}

// roomFor reports whether n more members or invitations fit. Pending invitations take room,
// so that accepting one never fails for want of it.
func (c *call) roomFor(tx Tx, org Organization, n int) error {
	if org.MaxMemberships == 0 {
		return nil
	}
	members, pending, err := tx.CountPeople([]string{org.ID}, c.now)
	if err != nil {
		return err
	}
	if members[org.ID]+pending[org.ID]+int64(n) > int64(org.MaxMemberships) {
		return refuse(http.StatusForbidden, wire.CodeMembershipQuota,
			fmt.Sprintf("The organization has reached its limit of %d members, with pending invitations.", org.MaxMemberships))
	}
	return nil
}

// changeRole gives a member another role.
func (c *call) changeRole(tx Tx, rules *accessRules, m *Membership, role storedRole, by doer) error {
	if m.Role == role.Key {
		return nil
	}
	if !role.elevated() {
		if err := c.notTheLast(tx, rules, *m); err != nil {
			return err
		}
	}
	earlier := m.Role
	m.Role, m.UpdatedAt = role.Key, c.now
	return errors.Join(tx.PutMembership(*m),
		c.record(tx, by.event("membership.updated", m.OrgID, m.UserID, "role", m.Role, "earlier_role", earlier)))
}

// removeMember takes somebody out of an organization. The next token of theirs is without it.
func (c *call) removeMember(tx Tx, rules *accessRules, m Membership, by doer) error {
	if err := c.notTheLast(tx, rules, m); err != nil {
		return err
	}
	return errors.Join(tx.DeleteMembership(m.OrgID, m.UserID), c.deactivate(tx, m.OrgID, m.UserID),
		c.record(tx, by.event("membership.deleted", m.OrgID, m.UserID, "role", m.Role)))
}

// notTheLast refuses to take an organization's last member who can manage it. Deleting that
// person's account is possible all the same: the organization stays, without anybody who can
// manage it, which the Backend API shows, so that an operator can give it somebody new.
func (c *call) notTheLast(tx Tx, rules *accessRules, m Membership) error {
	able := rules.elevatedRoles()
	if !slices.Contains(able, m.Role) {
		return nil
	}
	n, err := tx.CountMemberships(MembershipQuery{OrgID: m.OrgID, Roles: able})
	if err == nil && n <= 1 {
		err = refuse(http.StatusBadRequest, wire.CodeLastAdmin,
			"An organization needs at least one member who can manage it. Give somebody else that role first.")
	}
	return err
}

// roleGiven finds a role by the value of a parameter.
func roleGiven(rules *accessRules, param, key string) (storedRole, error) {
	if key == "" {
		return storedRole{}, missingParam(param)
	}
	role, ok := rules.role(key)
	if !ok {
		e := notFound()
		e.errs[0].Message = "There is no such role."
		e.errs[0].Meta = &wire.ErrorMeta{ParamName: param}
		return role, e
	}
	return role, nil
}
