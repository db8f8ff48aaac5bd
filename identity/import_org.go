package identity

import (
	"encoding/json"
	"errors"
	"slices"

	"github.com/usherauth/usher/wire"
)

func (im *importer) orgItem(line *orgLine) (importItem, error) {
	item := importItem{kind: "organization", id: line.ID}
	org := Organization(line.orgFields)
	im.stamp(&org.CreatedAt, &org.UpdatedAt)
	img, err := checkImage(line.Image)
	if org.MaxMemberships < 0 {
		err = refusef("a number is negative")
	}
	err = errors.Join(err, checkImportID("organization", org.ID, prefixOrganization), refusal(errors.Join(
		checkOrganizationName(org.Name), checkImportSlug(org.Slug), checkName("plan", org.Plan),
		checkBag("public_metadata", &org.PublicMetadata), checkBag("private_metadata", &org.PrivateMetadata),
	)))
	if err != nil {
		return item, err
	}
	item.put = func(tx Tx) (importOutcome, error) {
		return putRecord(im.options.Replace, func() (Organization, error) { return tx.Organization(org.ID) }, func(old Organization) error {
			made := org
			owner, err := tx.OrganizationBySlug(org.Slug)
			if err == nil && org.Slug != "" && owner.ID != org.ID {
				return refusef("its slug belongs to %s", owner.ID)
			}
			if err := placeImage(tx, img, old.ImageID, &made.ImageID); err != nil {
				return err
			}
			return tx.PutOrganization(made)
		})
	}
	return item, nil
}

func checkImportSlug(slug string) error {
	if slug == "" {
		return nil
	}
	return checkSlug(slug)
}

func (im *importer) membershipItem(line *membershipLine) (importItem, error) {
	item := importItem{kind: "membership", id: line.ID}
	m := Membership(*line)
	im.stamp(&m.CreatedAt, &m.UpdatedAt)
	err := errors.Join(checkImportID("membership", m.ID, prefixMembership), refusal(errors.Join(
		checkBag("public_metadata", &m.PublicMetadata), checkBag("private_metadata", &m.PrivateMetadata),
	)))
	if err != nil {
		return item, err
	}
	item.put = func(tx Tx) (importOutcome, error) {
		return putRecord(im.options.Replace, func() (Membership, error) { return tx.Membership(m.OrgID, m.UserID) }, func(old Membership) error {
			if err := im.knownRole(tx, m.Role); err != nil {
				return err
			}
			made := m
			made.ID = orDefault(old.ID, m.ID) // one for each pair
			if err := tx.PutMembership(made); errors.Is(err, ErrNotFound) {
				return refusef("its organization %s or its user %s does not exist", clip(m.OrgID), clip(m.UserID))
			} else if err != nil {
				return err
			}
			return nil
		})
	}
	return item, nil
}

// storedInvitationStatuses are those that a store has: what ran out is still pending there.
var storedInvitationStatuses = []string{wire.InvitationPending, wire.InvitationAccepted, wire.InvitationRevoked}

func (im *importer) invitationItem(line *invitationLine) (importItem, error) {
	item := importItem{kind: "invitation", id: line.ID}
	inv := Invitation(*line)
	im.stamp(&inv.CreatedAt, &inv.UpdatedAt)
	prefix := prefixInvitation
	if inv.OrgID == "" {
		prefix = prefixSignUpInvitation
	}
	err := checkImportID("invitation", inv.ID, prefix)
	if !slices.Contains(storedInvitationStatuses, inv.Status) {
		err = errors.Join(err, refusef("status is none of pending, accepted, revoked"))
	}
	if inv.Address != "" || inv.Status == wire.InvitationPending { // a deleted user's address is gone from it
		normal, badAddress := normalizeEmail(inv.Address)
		inv.Normalized = normal
		if badAddress != nil {
			err = errors.Join(err, refusef("its address is not a valid e-mail address"))
		}
	}
	err = errors.Join(err, refusal(errors.Join(
		checkBag("public_metadata", &inv.PublicMetadata), checkBag("private_metadata", &inv.PrivateMetadata),
	)))
	if err != nil {
		return item, err
	}
	item.put = func(tx Tx) (importOutcome, error) {
		return putRecord(im.options.Replace, func() (Invitation, error) { return tx.Invitation(inv.ID) }, func(Invitation) error {
			if inv.OrgID != "" && inv.Status == wire.InvitationPending {
				if err := im.knownRole(tx, inv.Role); err != nil {
					return err
				}
			}
			return tx.PutInvitation(inv)
		})
	}
	return item, nil
}

// knownRole refuses a role that this instance does not have.
func (im *importer) knownRole(tx Tx, key string) error {
	rules, err := im.service.access(tx)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(rules.Roles, func(r storedRole) bool { return r.Key == key }) {
		return refusef("there is no role %q here: import the access record of the export first, with -replace", clip(key))
	}
	return nil
}

// accessItem are the rules of access. Those of an instance that was never configured give
// way to them.
func (im *importer) accessItem(raw json.RawMessage) (importItem, error) {
	item := importItem{kind: "access"}
	var given accessRules
	if err := json.Unmarshal(raw, &given); err != nil {
		return item, refusef("it cannot be read: %v", err)
	}
	item.put = func(tx Tx) (importOutcome, error) {
		return putRecord(im.options.Replace, func() ([]byte, error) { return tx.Setting(settingAccess) }, func([]byte) error {
			err := im.service.changeAccess(tx, func(rules *accessRules) error {
				old := rules.clone()
				*rules = *given.clone()
				return im.service.rolesInUse(tx, old, rules)
			})
			if errors.Is(err, errAccess) {
				return refusef("%v", err)
			}
			return refusal(err)
		})
	}
	return item, nil
}
