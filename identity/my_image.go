package identity

import "github.com/usherauth/usher/wire"

// setMyImage makes an uploaded picture the person's own: POST /me/profile_image. Who is
// not signed in has nothing read, let alone decoded.
func setMyImage(c *call) (any, error) {
	var m me
	err := c.view(c.r.Context(), func(tx Tx) (err error) {
		m, err = c.me(tx)
		return err
	})
	if err != nil {
		return nil, err
	}
	img, err := c.readPicture()
	if err != nil {
		return nil, err
	}
	m, err = c.changeMeIn(m.session.ID, func(tx Tx, m *me) error {
		old := m.user.ImageID
		m.user.ImageID = img.ID
		return putImage(tx, img, old)
	})
	if err != nil {
		return nil, err
	}
	return c.wrap(c.imageJSON(img), m.browser)
}

// deleteMyImage takes the picture away, so that the default one is shown.
func deleteMyImage(c *call) (any, error) {
	var old string
	m, err := c.changeMe(func(tx Tx, m *me) error {
		if m.user.ImageID == "" {
			return imageNotFound()
		}
		old, m.user.ImageID = m.user.ImageID, ""
		return dropImage(tx, old)
	})
	if err != nil {
		return nil, err
	}
	return c.wrap(wire.Deleted{Object: "image", ID: old, Deleted: true}, m.browser)
}
