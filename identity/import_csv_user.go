package identity

import (
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"
)

// csvUser is the user of a row, and what the row has that cannot be taken. Whether the
// rest is in order is not known yet.
func csvUser(row csvRow) (u User, lost []importLoss) {
	u = User{
		ID: row.get("id"), ExternalID: row.get("external_id"), FirstName: row.get("first_name"), LastName: row.get("last_name"),
		Username:       lowerUsername(row.get("username")),
		PublicMetadata: json.RawMessage(row.get("public_metadata")), PrivateMetadata: json.RawMessage(row.get("private_metadata")),
		UnsafeMetadata: json.RawMessage(row.get("unsafe_metadata")),
	}
	if checkUsername(u.Username) != nil {
		u.Username = ""
		lost = append(lost, importLoss{"user names", "its user name was left out: here they have the letters a to z, digits, and . _ -"})
	}
	hash, err := csvPassword(row.get("password_hasher"), row.get("password_digest"))
	if err != nil {
		lost = append(lost, importLoss{"passwords", "its password was left out: " + err.Error()})
	}
	u.PasswordHash = hash
	if !csvAddresses(row, &u) {
		lost = append(lost, importLoss{"addresses", "an address that is not valid was left out"})
	}
	if len(u.Emails) == 0 {
		lost = append(lost, importLoss{"sign-in", "it has no address to sign in with"})
	}
	return u, lost
}

// csvPassword is what is kept of a password, "" if the user has none.
func csvPassword(hasher, digest string) (string, error) {
	if digest == "" {
		return "", nil
	}
	if hasher == "" {
		return "", errors.New("password_hasher is empty")
	}
	hash, err := importHash(hasher, digest)
	return hash, refusal(err)
}

// csvAddresses gives u its addresses, the primary one first; ok is false when one of them
// is not valid. Addresses are compared in normal form. One is verified if the row lists it
// among the verified ones, if there is such a column, and not among the others.
func csvAddresses(row csvRow, u *User) (ok bool) {
	primary, verified, unverified := row.get("primary_email_address"), csvList(row, "verified_email_addresses"), csvList(row, "unverified_email_addresses")
	_, listed := row.source.columns["verified_email_addresses"]
	ok = true
	add := func(address string, verified bool) {
		normal, err := normalizeEmail(address)
		if err != nil {
			ok = false
			return
		}
		verified = verified && !hasAddress(unverified, normal)
		if !slices.ContainsFunc(u.Emails, func(e EmailAddress) bool { return e.Normalized == normal }) {
			u.Emails = append(u.Emails, EmailAddress{ID: newID(prefixEmail), Address: address, Normalized: normal, Verified: verified})
		}
	}
	if primary != "" {
		normal, _ := normalizeEmail(primary)
		add(primary, !listed || hasAddress(verified, normal))
	}
	for _, address := range verified {
		add(address, true)
	}
	for _, address := range unverified {
		add(address, false)
	}
	if len(u.Emails) > 0 {
		u.PrimaryEmailID = u.Emails[0].ID
	}
	return ok
}

// hasAddress reports whether a list has an address, given in normal form.
func hasAddress(list []string, normal string) bool {
	return slices.ContainsFunc(list, func(address string) bool {
		n, err := normalizeEmail(address)
		return err == nil && n == normal
	})
}

// csvList is a cell with several values.
func csvList(row csvRow, column string) []string {
	return strings.FieldsFunc(row.get(column), func(r rune) bool { return r == '|' || r == ',' || r == ';' || r == ' ' })
}

// csvValues reads what is no text: times, in RFC 3339 or in milliseconds, and whether the
// user is banned, where the row has them.
func csvValues(row csvRow, u *User) error {
	for column, dst := range map[string]*time.Time{"created_at": &u.CreatedAt, "updated_at": &u.UpdatedAt} {
		text := row.get(column)
		if text == "" {
			continue
		}
		at, err := time.Parse(time.RFC3339, text)
		if ms, notMillis := strconv.ParseInt(text, 10, 64); notMillis == nil {
			at, err = time.UnixMilli(ms), nil
		}
		if err != nil || at.Year() < 1970 || at.UnixMilli() > maxMillis {
			return refusef("%s is neither a time such as 2012-10-20T07:15:20.902Z nor one in milliseconds", column)
		}
		*dst = at.UTC()
	}
	switch banned := strings.ToLower(row.get("banned")); banned { // spreadsheets write TRUE
	case "", "false":
	case "true":
		u.Banned = true
	default:
		return refusef("banned is neither true nor false")
	}
	return nil
}

// over writes a row's user over the one that is there: what the export has no column for
// stays, and so does a password for which the row has none.
func (s *csvSource) over(old, u User) User {
	if old.ID == "" {
		return u
	}
	made := old
	for column, copyField := range map[string]func(){
		"external_id":      func() { made.ExternalID = u.ExternalID },
		"first_name":       func() { made.FirstName = u.FirstName },
		"last_name":        func() { made.LastName = u.LastName },
		"username":         func() { made.Username = u.Username },
		"public_metadata":  func() { made.PublicMetadata = u.PublicMetadata },
		"private_metadata": func() { made.PrivateMetadata = u.PrivateMetadata },
		"unsafe_metadata":  func() { made.UnsafeMetadata = u.UnsafeMetadata },
		"banned":           func() { made.Banned = u.Banned },
		"created_at":       func() { made.CreatedAt = u.CreatedAt },
	} {
		if _, ok := s.columns[column]; ok {
			copyField()
		}
	}
	if u.PasswordHash != "" {
		made.PasswordHash, made.PasswordAt = u.PasswordHash, u.PasswordAt
	}
	made.Emails, made.PrimaryEmailID = keepEmailIDs(old.Emails, u.Emails, u.PrimaryEmailID)
	made.UpdatedAt = u.UpdatedAt
	return made
}

// keepEmailIDs gives addresses that a user had before their ids and times.
func keepEmailIDs(old, given []EmailAddress, primary string) ([]EmailAddress, string) {
	list := slices.Clone(given)
	for i := range list {
		e := &list[i]
		for _, o := range old {
			if o.Normalized != e.Normalized {
				continue
			}
			if e.ID == primary {
				primary = o.ID
			}
			e.ID, e.CreatedAt = o.ID, o.CreatedAt
		}
	}
	return list, primary
}
