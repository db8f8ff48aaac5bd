package identity

import (
	"errors"
	"strings"
)

// setActive makes an organization, by id, a session's active one; "" is none. Its person has
// to be a member.
func setActive(tx Tx, s *Session, orgID string) error {
	if orgID != "" {
		if _, _, err := membershipOf(tx, orgID, s.UserID); err != nil {
			return err
		}
	}
	s.ActiveOrgID = orgID
	return nil
}

// paramOrganization is how a handshake names the organization that an address is about, by id
// or slug; empty is the personal account (protocol reference 4.8).
const paramOrganization = "organization_id"

// followAddress makes what the handshake's address is about active, if the person is a member of it. It
// stays as it is otherwise: the page decides what strangers see.
func (c *call) followAddress(s Session) (Session, error) {
	if !c.query.Has(paramOrganization) {
		return s, nil
	}
	err := c.update(c.r.Context(), func(tx Tx) error {
		id, err := organizationNamed(tx, c.query.Get(paramOrganization))
		if err != nil {
			return err
		}
		current, err := tx.Session(s.ID)
		if errors.Is(err, ErrNotFound) || err == nil && (!isLive(current, c.now) || current.ActiveOrgID == id) {
			return nil
		}
		if err != nil {
			return err
		}
		current.UpdatedAt = c.now
		if err := setActive(tx, &current, id); err != nil {
			return err
		}
		s = current
		return tx.PutSession(current)
	})
	var stranger *apiError
	if errors.As(err, &stranger) {
		err = nil
	}
	return s, err
}

// organizationNamed is the id of an organization by id or slug; "" stays "".
func organizationNamed(tx Tx, name string) (string, error) {
	if name == "" || strings.HasPrefix(name, prefixOrganization) {
		return name, nil
	}
	org, err := tx.OrganizationBySlug(name)
	if errors.Is(err, ErrNotFound) {
		err = organizationNotFound()
	}
	return org.ID, err
}
