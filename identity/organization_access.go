package identity

import (
	"errors"
	"net/http"
	"slices"

	"github.com/usherauth/usher/wire"
)

// doer is who does something, for the audit log. The zero value is the Backend API.
type doer struct{ userID, sessionID string }

func (m me) doer() doer { return doer{m.user.ID, m.session.ID} }

// event is what somebody did in an organization, and to whom ("" for nobody in particular).
func (d doer) event(kind, orgID, userID string, pairs ...string) AuditEvent {
	e := AuditEvent{Type: kind, OrgID: orgID, UserID: userID, ActorID: d.userID, SessionID: d.sessionID}
	if len(pairs) > 0 {
		e.Data = detail(pairs...)
	}
	return e
}

// organizationNotFound is the one answer about organizations that do not exist and those
// that somebody is no member of.
func organizationNotFound() *apiError {
	return refuse(http.StatusNotFound, wire.CodeOrganizationNotFound, "There is no such organization, or you are not a member of it.")
}

// missingPermission says what somebody would need; one of the permissions is enough.
func missingPermission(permissions ...string) *apiError {
	e := refuse(http.StatusForbidden, wire.CodeMissingPermission, "You do not have the permission to do this in the organization.")
	e.errs[0].Meta = &wire.ErrorMeta{Permissions: permissions}
	return e
}

// acting is who does something in an organization that they are a member of.
type acting struct {
	me
	org        Organization
	membership Membership
	rules      *accessRules
}

// acting returns the signed-in person's part in the organization in the path, if it allows one of
// the permissions; without any every member may.
func (c *call) acting(tx Tx, permissions ...string) (a acting, err error) {
	if a.me, err = c.me(tx); err != nil {
		return a, err
	}
	if a.org, a.membership, err = membershipOf(tx, c.r.PathValue("id"), a.user.ID); err != nil {
		return a, err
	}
	if a.rules, err = c.access(tx); err != nil {
		return a, err
	}
	if len(permissions) > 0 && !a.may(permissions...) {
		err = missingPermission(permissions...)
	}
	return a, err
}

// may reports whether the person's role allows one of the permissions.
func (a acting) may(permissions ...string) bool {
	role, _ := a.rules.role(a.membership.Role)
	return slices.ContainsFunc(permissions, func(p string) bool { return slices.Contains(role.Permissions, p) })
}

// mayGive refuses a role that allows more than the person's own: nobody gives or takes
// permissions that they lack themselves. A role that does not exist any more allows nothing.
func (a acting) mayGive(role storedRole) error {
	own, _ := a.rules.role(a.membership.Role)
	return own.covers(role.AccessRole)
}

// mayTouch is [acting.mayGive] for a role that somebody has, or is invited to, by its key.
func (a acting) mayTouch(key string) error {
	role, _ := a.rules.role(key)
	return a.mayGive(role)
}

// covers refuses a role with permissions that r lacks, and names them.
func (r AccessRole) covers(other AccessRole) error {
	lacking := slices.DeleteFunc(slices.Clone(other.Permissions), func(p string) bool { return slices.Contains(r.Permissions, p) })
	if len(lacking) == 0 {
		return nil
	}
	e := missingPermission(lacking...)
	e.errs[0].Message = "The role " + other.Name + " has permissions that you do not have, so you cannot give it or take it away."
	return e
}

// membershipOf returns an organization and somebody's membership in it, or one answer for
// everything that is missing.
func membershipOf(tx Tx, orgID, userID string) (Organization, Membership, error) {
	m, err := tx.Membership(orgID, userID)
	if errors.Is(err, ErrNotFound) {
		return Organization{}, m, organizationNotFound()
	}
	if err != nil {
		return Organization{}, m, err
	}
	org, err := tx.Organization(orgID)
	return org, m, err
}
