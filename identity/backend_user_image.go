package identity

// setUserImage makes an uploaded picture a user's: POST /users/{id}/profile_image. For a user
// who does not exist nothing is decoded.
func setUserImage(c *call) (any, error) {
	if _, err := c.pathUser(); err != nil {
		return nil, err
	}
	img, err := c.readPicture()
	if err != nil {
		return nil, err
	}
	return c.changeUser("user.updated", func(tx Tx, u *User) error {
		old := u.ImageID
		u.ImageID = img.ID
		return putImage(tx, img, old)
	})
}

// deleteUserImage takes the picture away, so that the default one is shown.
func deleteUserImage(c *call) (any, error) {
	return c.changeUser("user.updated", func(tx Tx, u *User) error {
		if u.ImageID == "" {
			return imageNotFound()
		}
		old := u.ImageID
		u.ImageID = ""
		return dropImage(tx, old)
	})
}
