package identity

import "github.com/usherauth/usher/wire"

// changedUserParams are the parameters of PATCH /users/{id} (protocol reference 7.3).
type changedUserParams struct {
	userParams
	passwordParams

	PrimaryEmailID  string `json:"primary_email_address_id"`
	NotifyPrimary   *bool  `json:"notify_primary_email_address_changed"`
	PrimaryPhoneID  string `json:"primary_phone_number_id"`
	PrimaryWalletID string `json:"primary_web3_wallet_id"`
	ImageID         string `json:"profile_image_id"`
	Image           string `json:"profile_image"`
	EndSessions     *bool  `json:"sign_out_of_other_sessions"`
}

// metadataMoved is the version from which on metadata has endpoints of its own.
const metadataMoved = "2026-05-12"

// updateUser changes what is given. A new password ends the person's sessions only if that
// is asked for.
func updateUser(c *call) (any, error) {
	var in changedUserParams
	if err := c.readJSON(&in); err != nil {
		return nil, err
	}
	if err := in.unsupported(c); err != nil {
		return nil, err
	}
	u, err := c.pathUser()
	if err != nil {
		return nil, err
	}
	hash, err := in.hash(c, u)
	if err != nil {
		return nil, err
	}
	return c.changeUser("user.updated", func(tx Tx, u *User) error {
		if err := in.change(u); err != nil {
			return err
		}
		if err := c.claimIdentifiers(tx, *u); err != nil {
			return err
		}
		if hash == "" {
			return nil
		}
		u.PasswordHash, u.PasswordAt = hash, c.now
		err := c.record(tx, AuditEvent{Type: "password.changed", UserID: u.ID})
		if err == nil && orFalse(in.EndSessions) {
			err = c.endOthers(tx, Session{UserID: u.ID}, "")
		}
		return err
	})
}

// pathUser reads the user in the path.
func (c *call) pathUser() (u User, err error) {
	err = c.view(c.r.Context(), func(tx Tx) (err error) {
		u, err = pathRecord(c, tx.User)
		return err
	})
	return u, err
}

func (in changedUserParams) unsupported(c *call) error {
	if in.hasMetadata() && c.version() >= metadataMoved {
		return invalid("public_metadata", wire.CodeParamUnknown, "Metadata is changed at /users/{id}/metadata since version "+metadataMoved+".")
	}
	if orFalse(in.EndSessions) && !in.hasPassword() {
		return invalid("sign_out_of_other_sessions", wire.CodeParamValueInvalid, "Sessions are ended together with a new password.")
	}
	for _, p := range []struct {
		asked       bool
		param, what string
	}{
		{orFalse(in.NotifyPrimary), "notify_primary_email_address_changed", "mail about a new primary address"},
		{in.PrimaryPhoneID != "", "primary_phone_number_id", "phone numbers"},
		{in.PrimaryWalletID != "", "primary_web3_wallet_id", "wallets"},
		{in.ImageID != "", "profile_image_id", "images without an owner"},
		{in.Image != "", "profile_image", "images inside of other requests"},
	} {
		if p.asked {
			return notOffered(p.param, p.what)
		}
	}
	return nil
}

// change writes everything but the password into u.
func (in changedUserParams) change(u *User) error {
	return joinFields(in.apply(u), in.replace(u), in.setPrimary(u))
}

func (in changedUserParams) setPrimary(u *User) error {
	if in.PrimaryEmailID == "" || in.PrimaryEmailID == u.PrimaryEmailID {
		return nil
	}
	i := emailIndex(*u, in.PrimaryEmailID)
	if i < 0 {
		return invalid("primary_email_address_id", wire.CodeParamValueInvalid, "The user has no such address.")
	}
	if !u.Emails[i].Verified {
		return notPrimary("primary_email_address_id")
	}
	u.PrimaryEmailID = in.PrimaryEmailID
	return nil
}

// notPrimary: an address that was never proven would become the one that others see and
// that mail goes to.
func notPrimary(param string) *apiError {
	return invalid(param, wire.CodeVerificationNeeded, "An address must be verified before it can be the primary one, and while it is.")
}
