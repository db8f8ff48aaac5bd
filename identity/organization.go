package identity

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/usherauth/usher/wire"
)

// organizationFields are what an organization is made of, or changed to. Nil fields are not
// given.
type organizationFields struct {
	name, slug      *string
	maxMemberships  *int
	adminDelete     *bool
	createdAt       *time.Time
	public, private json.RawMessage // replace what was there
}

// check refuses names and slugs that cannot be used. Whether a slug is free is known only in
// the transaction.
func (f organizationFields) check() error {
	var bad joinInvalid
	var err error
	if f.name != nil {
		err = errors.Join(err, bad.add(checkOrganizationName(*f.name)))
	}
	if f.slug != nil && *f.slug != "" {
		err = errors.Join(err, bad.add(checkSlug(*f.slug)))
	}
	if f.maxMemberships != nil && (*f.maxMemberships < 0 || *f.maxMemberships > 1<<31-1) {
		err = errors.Join(err, bad.add(invalid("max_allowed_memberships", wire.CodeParamFormatInvalid, "max_allowed_memberships must be a number from 0.")))
	}
	return errors.Join(err, bad.err())
}

// checkOrganizationName accepts one line of text that is neither an address nor markup: names
// are shown in invitations to strangers.
func checkOrganizationName(name string) error {
	if !wire.Shows(name) {
		return missingParam("name")
	}
	if err := checkName("name", name); err != nil {
		return err
	}
	lower := strings.ToLower(name)
	if strings.ContainsAny(name, "<>") || strings.Contains(lower, "://") || strings.Contains(lower, "www.") {
		return invalid("name", wire.CodeParamValueInvalid, "The name must not contain web addresses or HTML.")
	}
	return nil
}

// createOrganization makes an organization and its creator, if there is one, its
// administrator. Both are in tx or neither is.
func (c *call) createOrganization(tx Tx, f organizationFields, creator *User, by doer) (Organization, error) {
	org := Organization{ID: newID(prefixOrganization), CreatedAt: c.now, UpdatedAt: c.now}
	if creator != nil {
		if err := mayCreateMore(tx, *creator); err != nil {
			return org, err
		}
		org.CreatedBy = creator.ID
	}
	if f.slug == nil || *f.slug == "" {
		slug, err := freeSlug(tx, *f.name)
		if err != nil {
			return org, err
		}
		f.slug = &slug
	}
	if err := c.applyOrganization(tx, &org, f); err != nil {
		return org, err
	}
	err := c.record(tx, by.event("organization.created", org.ID, org.CreatedBy))
	if err != nil || creator == nil {
		return org, err
	}
	_, err = c.addMember(tx, org, Membership{UserID: creator.ID, Role: wire.RoleAdmin}, by)
	return org, err
}

// applyOrganization writes the given fields of org.
func (c *call) applyOrganization(tx Tx, org *Organization, f organizationFields) error {
	if f.name != nil {
		org.Name = *f.name
	}
	if f.slug != nil && *f.slug != "" && *f.slug != org.Slug {
		_, err := tx.OrganizationBySlug(*f.slug)
		if err := absent(err, slugTaken()); err != nil {
			return err
		}
		org.Slug = *f.slug
	}
	if f.maxMemberships != nil {
		org.MaxMemberships = *f.maxMemberships
	}
	if f.adminDelete != nil {
		org.MayNotDelete = !*f.adminDelete
	}
	if f.createdAt != nil {
		org.CreatedAt = *f.createdAt
	}
	if f.public != nil {
		org.PublicMetadata = f.public
	}
	if f.private != nil {
		org.PrivateMetadata = f.private
	}
	org.UpdatedAt = c.now
	err := tx.PutOrganization(*org)
	if errors.Is(err, ErrConflict) {
		err = slugTaken()
	}
	return err
}

func slugTaken() *apiError {
	return invalid("slug", wire.CodeIdentifierExists, "That slug is taken. Please try another.")
}

// maxOwnOrganizations is how many organizations people may have made who have no limit of
// their own: every answer to their browsers lists all that they are in.
const maxOwnOrganizations = 100

// mayCreateMore holds people to how many organizations they may have made, counting those
// that they are still in.
func mayCreateMore(tx Tx, u User) error {
	if u.MaxOrgs == 0 {
		return nil
	}
	all, err := tx.Memberships(MembershipQuery{UserID: u.ID})
	if err != nil {
		return err
	}
	made := 0
	for _, m := range all {
		org, err := tx.Organization(m.OrgID)
		if err != nil {
			return err
		}
		if org.CreatedBy == u.ID {
			made++
		}
	}
	if made >= u.MaxOrgs {
		return refuse(http.StatusForbidden, wire.CodeOrganizationLimit, "You cannot create more than "+decimal(u.MaxOrgs)+" organizations.")
	}
	return nil
}

// deleteOrganization removes an organization with its memberships and invitations. Sessions
// that were active in it go on without one.
func (c *call) deleteOrganization(tx Tx, org Organization, by doer) error {
	members, err := tx.Memberships(MembershipQuery{OrgID: org.ID})
	if err != nil {
		return err
	}
	for _, m := range members {
		if err := c.deactivate(tx, org.ID, m.UserID); err != nil {
			return err
		}
	}
	return errors.Join(dropImage(tx, org.ImageID), tx.DeleteOrganization(org.ID), c.record(tx, by.event("organization.deleted", org.ID, "")))
}

// deactivate takes an organization away from the sessions of somebody who is no member any
// more. It would count for nothing there, but must not count again if they come back.
func (c *call) deactivate(tx Tx, orgID, userID string) error {
	all, err := tx.Sessions(SessionQuery{UserID: userID})
	if err != nil {
		return err
	}
	for _, s := range all {
		if s.ActiveOrgID != orgID {
			continue
		}
		s.ActiveOrgID, s.UpdatedAt = "", c.now
		if err := tx.PutSession(s); err != nil {
			return err
		}
	}
	return nil
}
