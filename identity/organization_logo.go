package identity

import (
	"errors"

	"github.com/usherauth/usher/wire"
)

// setLogo makes an uploaded picture an organization's own. It belongs into the transaction
// that showed that its caller may.
func (c *call) setLogo(tx Tx, org *Organization, img Image, by doer) error {
	old := org.ImageID
	org.ImageID, org.UpdatedAt = img.ID, c.now
	return errors.Join(putImage(tx, img, old), tx.PutOrganization(*org), c.record(tx, by.event("organization.updated", org.ID, "")))
}

// dropLogo takes the picture away, so that the default one is shown.
func (c *call) dropLogo(tx Tx, org *Organization, by doer) error {
	if org.ImageID == "" {
		return imageNotFound()
	}
	old := org.ImageID
	org.ImageID, org.UpdatedAt = "", c.now
	return errors.Join(dropImage(tx, old), tx.PutOrganization(*org), c.record(tx, by.event("organization.updated", org.ID, "")))
}

// setMyLogo makes an uploaded picture the logo of the organization.
func setMyLogo(c *call) (any, error) {
	err := c.view(c.r.Context(), func(tx Tx) error { _, err := c.acting(tx, wire.PermissionProfileManage); return err })
	if err != nil {
		return nil, err
	}
	img, err := c.readPicture()
	if err != nil {
		return nil, err
	}
	return c.changeMyLogo(func(tx Tx, a *acting) error { return c.setLogo(tx, &a.org, img, a.doer()) })
}

// deleteMyLogo takes the logo away, so that the default picture is shown.
func deleteMyLogo(c *call) (any, error) {
	return c.changeMyLogo(func(tx Tx, a *acting) error { return c.dropLogo(tx, &a.org, a.doer()) })
}

// changeMyLogo runs change on the organization in the path and answers with it.
func (c *call) changeMyLogo(change func(Tx, *acting) error) (any, error) {
	var a acting
	var out *wire.Organization
	err := c.update(c.r.Context(), func(tx Tx) (err error) {
		if a, err = c.acting(tx, wire.PermissionProfileManage); err != nil {
			return err
		}
		if err := change(tx, &a); err != nil {
			return err
		}
		out, err = c.showOrganization(tx, a.org)
		return err
	})
	if err != nil {
		return nil, err
	}
	return c.wrap(out, a.browser)
}

// backendSetLogo makes an uploaded picture the logo of an organization.
func backendSetLogo(c *call) (any, error) {
	err := c.view(c.r.Context(), func(tx Tx) error { _, err := pathRecord(c, tx.Organization); return err })
	if err != nil {
		return nil, err
	}
	img, err := c.readPicture()
	if err != nil {
		return nil, err
	}
	return c.changeLogo(func(tx Tx, org *Organization) error { return c.setLogo(tx, org, img, doer{}) })
}

// backendDeleteLogo takes a logo away, so that the default picture is shown.
func backendDeleteLogo(c *call) (any, error) {
	return c.changeLogo(func(tx Tx, org *Organization) error { return c.dropLogo(tx, org, doer{}) })
}

func (c *call) changeLogo(change func(Tx, *Organization) error) (any, error) {
	var out *wire.Organization
	err := c.update(c.r.Context(), func(tx Tx) error {
		org, err := pathRecord(c, tx.Organization)
		if err != nil {
			return err
		}
		if err := change(tx, &org); err != nil {
			return err
		}
		out, err = c.fullOrganization(tx, org)
		return err
	})
	return out, err
}
