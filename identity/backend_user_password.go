package identity

import (
	"net/http"
	"unicode/utf8"

	"github.com/usherauth/usher/identity/internal/passhash"
	"github.com/usherauth/usher/wire"
)

// passwordParams are a new password, or the digest that another system has of it.
type passwordParams struct {
	Password   *string `json:"password"`
	Digest     string  `json:"password_digest"`
	Hasher     string  `json:"password_hasher"`
	SkipChecks *bool   `json:"skip_password_checks"`
}

func (in passwordParams) hasPassword() bool {
	return in.Password != nil && *in.Password != "" || in.Digest != ""
}

// hash is what is kept of the password, "" if none is given. It takes as long as a sign-in
// does, so it is made outside of transactions.
func (in passwordParams) hash(c *call, u User) (string, error) {
	plain := in.Password != nil && *in.Password != ""
	switch {
	case plain && in.Digest != "":
		return "", invalid("password_digest", wire.CodeParamValueInvalid, "Give either a password or a digest of one.")
	case in.Digest == "" && in.Hasher != "":
		return "", missingParam("password_digest")
	case in.Digest != "" && in.Hasher == "":
		return "", missingParam("password_hasher")
	case in.Digest != "":
		return importHash(in.Hasher, in.Digest)
	case !plain:
		return "", nil
	}
	normal, err := in.normal(c, u)
	if err != nil {
		return "", err
	}
	return c.hash(normal)
}

// normal is the password in the form that is hashed. Without checks it may be weak, but
// not one that nobody could type in a form.
func (in passwordParams) normal(c *call, u User) (string, error) {
	if !orFalse(in.SkipChecks) {
		return c.policy.checkFor("password", u, *in.Password)
	}
	normal, ok := normalizePassword(*in.Password)
	if !ok || utf8.RuneCountInString(normal) > maxPasswordLength {
		return "", invalid("password", wire.CodeParamFormatInvalid, "The password is too long, or contains characters that cannot be typed reliably.")
	}
	return normal, nil
}

// verifyUserPassword tells whether a password is the user's. Wrong ones count and lock the
// account as at sign-in: whoever asks may be asking on behalf of a guesser (I04).
func verifyUserPassword(c *call) (any, error) {
	var in struct {
		Password string `json:"password"`
	}
	if err := c.readJSON(&in); err != nil {
		return nil, err
	}
	if in.Password == "" {
		return nil, missingParam("password")
	}
	u, err := c.pathUser()
	if err != nil {
		return nil, err
	}
	if u.PasswordHash == "" {
		return nil, noPasswordSet()
	}
	if lockLeft(u, c.now) > 0 {
		return nil, userLocked()
	}
	wrong := invalid("password", wire.CodeIncorrectPassword, "The password is not right.")
	checked, err := c.checkPassword(wrong, in.Password, func(tx Tx) (User, error) { return tx.User(u.ID) })
	if err == nil {
		err = c.update(c.r.Context(), func(tx Tx) error {
			user, err := checked.confirm(tx)
			if err != nil {
				return err
			}
			return tx.PutUser(user)
		})
	}
	if err != nil {
		return nil, err
	}
	return wire.Verified{Verified: true}, nil
}

func noPasswordSet() *apiError {
	return refuse(http.StatusBadRequest, wire.CodeNoPasswordSet, "This user has no password.")
}

func userBanned() *apiError {
	return refuse(http.StatusForbidden, wire.CodeUserBanned, "This account is blocked.")
}

// passwordCompromised answers the right password, so it tells a guesser that it is: as in
// the protocol, so that people know what to do.
func passwordCompromised() *apiError {
	return invalid("password", wire.CodePasswordCompromised,
		"This password may be known to others and cannot be used any more. Please ask for a new one.")
}

func userLocked() *apiError {
	return refuse(http.StatusForbidden, wire.CodeUserLocked, "This account is locked. Please try again later.")
}

// removeUserPassword leaves the user without one, and signed in unless that is asked for.
func removeUserPassword(c *call) (any, error) {
	var in struct {
		EndSessions *bool `json:"sign_out_of_other_sessions"`
	}
	if err := c.readJSON(&in); err != nil {
		return nil, err
	}
	return c.changeUser("password.removed", func(tx Tx, u *User) error {
		if u.PasswordHash == "" {
			return noPasswordSet()
		}
		u.PasswordHash, u.PasswordAt = "", c.now
		if !orFalse(in.EndSessions) {
			return nil
		}
		return c.endOthers(tx, Session{UserID: u.ID}, "")
	})
}

// setCompromised makes the present password useless for signing in until it is replaced.
func setCompromised(c *call) (any, error) {
	var in struct {
		EndSessions *bool `json:"revoke_all_sessions"`
	}
	if err := c.readJSON(&in); err != nil {
		return nil, err
	}
	return c.changeUser("password.compromised", func(tx Tx, u *User) error {
		if passhash.Trusted(u.PasswordHash) == "" {
			return noPasswordSet()
		}
		u.PasswordHash = passhash.Compromised(u.PasswordHash)
		if !orFalse(in.EndSessions) {
			return nil
		}
		return c.endOthers(tx, Session{UserID: u.ID}, "")
	})
}

// unsetCompromised trusts the password again.
func unsetCompromised(c *call) (any, error) {
	return c.changeUser("password.trusted", func(_ Tx, u *User) error {
		if u.PasswordHash == "" {
			return noPasswordSet()
		}
		u.PasswordHash = passhash.Trusted(u.PasswordHash)
		return nil
	})
}

// verifyUserTOTP: nobody here has an authenticator app.
func verifyUserTOTP(c *call) (any, error) {
	var in struct {
		Code string `json:"code"`
	}
	if err := c.readJSON(&in); err != nil {
		return nil, err
	}
	if in.Code == "" {
		return nil, missingParam("code")
	}
	if _, err := c.pathUser(); err != nil {
		return nil, err
	}
	return nil, refuse(http.StatusBadRequest, wire.CodeStrategyInvalid, "This user has no authenticator app and no backup codes.")
}

// removeFactors leaves the user without second factors, as everybody is here.
func removeFactors(c *call) (any, error) {
	u, err := c.pathUser()
	return wire.UserID{UserID: u.ID}, err
}
