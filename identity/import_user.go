package identity

import (
	"errors"
	"time"

	"github.com/usherauth/usher/identity/internal/passhash"
	"github.com/usherauth/usher/wire"
)

// userItem is a user as it was exported.
func (im *importer) userItem(line *userLine) (importItem, error) {
	item := importItem{kind: "user", id: line.ID}
	u := User(line.userFields)
	for _, e := range line.Addresses {
		u.Emails = append(u.Emails, EmailAddress(e))
	}
	if err := im.checkUser(&u); err != nil {
		return item, err
	}
	img, err := checkImage(line.Image)
	if err != nil {
		return item, err
	}
	item.put = func(tx Tx) (importOutcome, error) {
		return im.putUser(tx, u.ID, func(old User) (User, error) {
			made := u
			err := placeImage(tx, img, old.ImageID, &made.ImageID)
			return made, err
		})
	}
	return item, nil
}

// checkUser refuses what no request could have made, and fills in what follows from the
// rest: the normal form of addresses, and times that are missing.
func (im *importer) checkUser(u *User) error {
	if err := checkImportID("user", u.ID, prefixUser); err != nil {
		return err
	}
	primary := u.PrimaryEmailID == ""
	for i := range u.Emails {
		e := &u.Emails[i]
		if err := checkImportID("address", e.ID, prefixEmail); err != nil {
			return err
		}
		normal, err := normalizeEmail(e.Address)
		if err != nil {
			return refusef("%s is not a valid e-mail address", e.ID)
		}
		e.Normalized = normal
		im.stamp(&e.CreatedAt, &e.UpdatedAt)
		primary = primary || e.ID == u.PrimaryEmailID
	}
	if !primary {
		return refusef("primary_email_address_id names none of its addresses")
	}
	im.stamp(&u.CreatedAt, &u.UpdatedAt)
	if !passhash.Usable(u.PasswordHash) {
		return refusef("password_hash is not of a form that can be verified here")
	}
	if u.FailedAttempts < 0 || u.MaxOrgs < 0 {
		return refusef("a number is negative")
	}
	for _, name := range []*string{&u.FirstName, &u.LastName} {
		if !wire.Shows(*name) {
			*name = "" // other systems keep blanks where there is no name
		}
	}
	return refusal(errors.Join(
		checkName("first_name", u.FirstName), checkName("last_name", u.LastName), checkName("external_id", u.ExternalID),
		checkUsername(u.Username), checkLocale(u.Locale), checkTimezone(u.Timezone), checkName("plan", u.Plan),
		checkBag("public_metadata", &u.PublicMetadata), checkBag("private_metadata", &u.PrivateMetadata),
		checkBag("unsafe_metadata", &u.UnsafeMetadata),
	))
}

// unprovenLoss reports a user of another system whose password may not open the account here:
// [call.needsProof]. What was exported from an instance comes with the rule it had there.
func unprovenLoss(u User) []importLoss {
	if u.PasswordHash == "" || len(u.Emails) == 0 || hasProvenAddress(u) {
		return nil
	}
	return []importLoss{{"verified addresses", "none of its addresses is verified: where people verify their address, " +
		"it signs in with a code that is sent there, not with its password"}}
}

// stamp gives a record without times those of the import.
func (im *importer) stamp(created, updated *time.Time) {
	*created = orDefault(*created, im.service.now())
	*updated = orDefault(*updated, *created)
}

// putUser stores what make makes of the user that is there, the zero User if there is none.
func (im *importer) putUser(tx Tx, id string, make func(old User) (User, error)) (importOutcome, error) {
	return putRecord(im.options.Replace, func() (User, error) { return tx.User(id) }, func(old User) error {
		u, err := make(old)
		if err != nil {
			return err
		}
		if err := uniqueUser(tx, u); err != nil {
			return err
		}
		return tx.PutUser(u)
	})
}

// uniqueUser says who has what a user wants to have.
func uniqueUser(tx Tx, u User) error {
	for _, e := range u.Emails {
		owner, err := tx.UserByEmail(e.Normalized)
		if err == nil && owner.ID != u.ID {
			return refusef("its address %s belongs to %s", e.ID, owner.ID)
		}
		if err != nil && !errors.Is(err, ErrNotFound) {
			return err
		}
	}
	for _, name := range []struct {
		what, value string
		query       UserQuery
	}{
		{"external id", u.ExternalID, UserQuery{ExternalIDs: []string{u.ExternalID}, NotIDs: []string{u.ID}, Limit: 1}},
		{"user name", u.Username, UserQuery{Usernames: []string{u.Username}, NotIDs: []string{u.ID}, Limit: 1}},
	} {
		if name.value == "" {
			continue
		}
		owners, err := tx.Users(name.query)
		if err != nil {
			return err
		}
		if len(owners) > 0 {
			return refusef("its %s belongs to %s", name.what, owners[0].ID)
		}
	}
	return nil
}

// putRecord stores a record unless it is there and stays.
func putRecord[R any](replace bool, get func() (R, error), put func(old R) error) (importOutcome, error) {
	old, err := get()
	switch {
	case errors.Is(err, ErrNotFound):
		return recordCreated, put(old)
	case err != nil:
		return 0, err
	case !replace:
		return recordKept, nil
	}
	return recordReplaced, put(old)
}
