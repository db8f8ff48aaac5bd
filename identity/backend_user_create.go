package identity

import (
	"errors"
	"net/http"
	"slices"

	"github.com/usherauth/usher/wire"
)

// newUserParams are the parameters of POST /users (protocol reference 7.3).
type newUserParams struct {
	userParams
	passwordParams

	Emails        []string `json:"email_address"`
	EmailStatuses []string `json:"email_address_identification_status"`
	Phones        []string `json:"phone_number"`
	PhoneStatuses []string `json:"phone_number_identification_status"`
	Wallets       []string `json:"web3_wallet"`
	SkipUser      *bool    `json:"skip_user_requirement"`
	SkipPassword  *bool    `json:"skip_password_requirement"`
	Banned        *bool    `json:"banned"`
	Locked        *bool    `json:"locked"`
}

// createUser makes a person. Addresses count as verified unless their status says that
// they are only reserved: who has the secret key is believed.
func createUser(c *call) (any, error) {
	var in newUserParams
	if err := c.readJSON(&in); err != nil {
		return nil, err
	}
	u := User{ID: newID(prefixUser), CreatedAt: c.now, UpdatedAt: c.now, Banned: orFalse(in.Banned)}
	if orFalse(in.Locked) {
		u.LockedUntil = c.now.Add(longestLock)
	}
	if err := in.check(c, &u); err != nil {
		return nil, err
	}
	hash, err := in.hash(c, u)
	if err != nil {
		return nil, err
	}
	if hash != "" {
		u.PasswordHash, u.PasswordAt = hash, c.now
	}
	err = c.update(c.r.Context(), func(tx Tx) error {
		if err := c.claimIdentifiers(tx, u); err != nil {
			return err
		}
		return errors.Join(tx.PutUser(u), c.record(tx, AuditEvent{Type: "user.created", UserID: u.ID}))
	})
	if err != nil {
		return nil, identifierTaken(err)
	}
	return c.fullUserJSON(u, c.now), nil
}

// check reads everything but the password into u, and reports all that is wrong or missing.
func (in newUserParams) check(c *call, u *User) error {
	if len(in.Phones) > 0 {
		return notOffered("phone_number", "phone numbers")
	}
	if len(in.Wallets) > 0 {
		return notOffered("web3_wallet", "wallets")
	}
	return joinFields(in.apply(u), in.replace(u), in.addEmails(c, u), in.required())
}

func (in newUserParams) addEmails(c *call, u *User) error {
	var bad joinInvalid
	if len(in.Emails) > maxFilter {
		return invalid("email_address", wire.CodeParamFormatInvalid, "email_address may have at most 100 values.")
	}
	for i, address := range in.Emails {
		normal, err := normalizeEmail(address)
		if err != nil {
			_ = bad.add(invalid("email_address", wire.CodeParamFormatInvalid, "This is not a valid e-mail address."))
			continue
		}
		status := "verified"
		if i < len(in.EmailStatuses) {
			status = in.EmailStatuses[i]
		}
		addEmail(u, newEmail(address, normal, status == "verified", c.now))
	}
	for _, status := range in.EmailStatuses {
		if status != "verified" && status != "reserved" {
			_ = bad.add(invalid("email_address_identification_status", wire.CodeParamValueInvalid, "An address is verified or reserved."))
		}
	}
	return bad.err()
}

// required refuses a person who could never sign in, unless that is asked for.
func (in newUserParams) required() error {
	var bad joinInvalid
	missing := func(param string) {
		_ = bad.add(invalid(param, wire.CodeDataMissing, param+" is needed on this instance."))
	}
	if len(in.Emails) == 0 && !orFalse(in.SkipUser) {
		missing("email_address")
	}
	if !in.hasPassword() && !orFalse(in.SkipPassword) {
		missing("password")
	}
	return bad.err()
}

// claimIdentifiers checks everything of u that must be unique, so that the answer can say
// what is taken. An address that another account added and never proved is no obstacle.
func (c *call) claimIdentifiers(tx Tx, u User) error {
	var errs []error
	for i, e := range u.Emails {
		if slices.ContainsFunc(u.Emails[:i], func(o EmailAddress) bool { return o.Normalized == e.Normalized }) {
			errs = append(errs, addressTaken())
			continue
		}
		errs = append(errs, c.freeAddress(tx, e.Normalized, u.ID))
	}
	for _, name := range []struct {
		param, value string
		query        UserQuery
	}{
		{"external_id", u.ExternalID, UserQuery{ExternalIDs: []string{u.ExternalID}, NotIDs: []string{u.ID}}},
		{"username", u.Username, UserQuery{Usernames: []string{u.Username}, NotIDs: []string{u.ID}}},
	} {
		if name.value == "" {
			continue
		}
		n, err := tx.CountUsers(name.query)
		if err == nil && n > 0 {
			err = invalid(name.param, wire.CodeIdentifierExists, "That "+name.param+" is taken. Please try another.")
		}
		errs = append(errs, err)
	}
	return joinFields(errs...)
}

// identifierTaken answers what claimIdentifiers did not see, with two writers in one
// instant.
func identifierTaken(err error) error {
	if errors.Is(err, ErrConflict) {
		return refuse(http.StatusUnprocessableEntity, wire.CodeIdentifierExists, "An identifier of this user is taken.")
	}
	return err
}
