package identity

import (
	"slices"
	"strings"
	"time"
)

// emailIndex is the place of an address among the user's, -1 for another's.
func emailIndex(u User, id string) int {
	return slices.IndexFunc(u.Emails, func(e EmailAddress) bool { return e.ID == id })
}

// addressIndex is the place of a normalized address among the user's, -1 for another's.
func addressIndex(u User, email string) int {
	return slices.IndexFunc(u.Emails, func(e EmailAddress) bool { return e.Normalized == email })
}

// addEmail appends an address. The first one is the primary one.
func addEmail(u *User, e EmailAddress) {
	u.Emails = append(slices.Clip(u.Emails), e)
	if u.PrimaryEmailID == "" {
		u.PrimaryEmailID = e.ID
	}
}

// removeEmail takes an address away. In place of a primary one, the first that is verified
// becomes it, or else the first.
func removeEmail(u *User, id string) {
	u.Emails = slices.DeleteFunc(slices.Clone(u.Emails), func(e EmailAddress) bool { return e.ID == id })
	if u.PrimaryEmailID != id {
		return
	}
	u.PrimaryEmailID = ""
	if i := slices.IndexFunc(u.Emails, func(e EmailAddress) bool { return e.Verified }); i >= 0 {
		u.PrimaryEmailID = u.Emails[i].ID
	} else if len(u.Emails) > 0 {
		u.PrimaryEmailID = u.Emails[0].ID
	}
}

func newEmail(address, normalized string, verified bool, now time.Time) EmailAddress {
	return EmailAddress{
		ID: newID(prefixEmail), Address: strings.Trim(address, " "), Normalized: normalized, Verified: verified,
		CreatedAt: now, UpdatedAt: now,
	}
}
