package identity

import (
	"encoding/json"
	"regexp"
	"strings"

	"github.com/usherauth/usher/wire"
)

// userParams are what the creation and the change of a user both take.
type userParams struct {
	ExternalID  textParam `json:"external_id"`
	FirstName   textParam `json:"first_name"`
	LastName    textParam `json:"last_name"`
	Username    textParam `json:"username"`
	Locale      textParam `json:"locale"`
	Timezone    textParam `json:"timezone"`
	DeleteSelf  *bool     `json:"delete_self_enabled"`
	CreateOrgs  *bool     `json:"create_organization_enabled"`
	OrgsLimit   *int      `json:"create_organizations_limit"`
	LegalAt     *string   `json:"legal_accepted_at"`
	CreatedAt   *string   `json:"created_at"`
	TOTPSecret  string    `json:"totp_secret"`
	BackupCodes []string  `json:"backup_codes"`
	// Checks that this service does not make are always skipped.
	SkipLegal   *bool `json:"skip_legal_checks"`
	BypassTrust *bool `json:"bypass_client_trust"`

	userMetadata
}

// userMetadata are the three bags.
type userMetadata struct {
	Public  json.RawMessage `json:"public_metadata"`
	Private json.RawMessage `json:"private_metadata"`
	Unsafe  json.RawMessage `json:"unsafe_metadata"`
}

// each calls f with every bag that was given and where the user has it.
func (m userMetadata) each(u *User, f func(param string, given json.RawMessage, bag *json.RawMessage) error) error {
	var bad joinInvalid
	for _, bag := range []struct {
		param string
		given json.RawMessage
		dst   *json.RawMessage
	}{
		{"public_metadata", m.Public, &u.PublicMetadata},
		{"private_metadata", m.Private, &u.PrivateMetadata},
		{"unsafe_metadata", m.Unsafe, &u.UnsafeMetadata},
	} {
		if len(bag.given) == 0 {
			continue
		}
		if err := bad.add(f(bag.param, bag.given, bag.dst)); err != nil {
			return err
		}
	}
	return bad.err()
}

func (m userMetadata) hasMetadata() bool { return len(m.Public)+len(m.Private)+len(m.Unsafe) > 0 }

// replace puts bags in place of the user's; null empties one.
func (m userMetadata) replace(u *User) error {
	return m.each(u, func(param string, given json.RawMessage, bag *json.RawMessage) (err error) {
		*bag, err = replaced(param, *bag, given)
		return err
	})
}

// merge merges into the user's bags at every depth.
func (m userMetadata) merge(u *User) error {
	return m.each(u, func(param string, given json.RawMessage, bag *json.RawMessage) (err error) {
		*bag, err = mergeMetadata(param, *bag, given)
		return err
	})
}

// usernames are compared in lower case and kept so.
var usernames = regexp.MustCompile(`^[a-z0-9_.-]{1,64}$`)

// lowerUsername changes the case of ASCII letters only, so that no other character becomes
// one of them: lower case of the Kelvin sign is a plain k.
func lowerUsername(name string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			r += 'a' - 'A'
		}
		return r
	}, name)
}

var locales = regexp.MustCompile(`^[A-Za-z0-9-]{1,35}$`)

// timezones are names as the IANA database forms them; which of them there are changes.
var timezones = regexp.MustCompile(`^[A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+)*$`)

func isTimezone(name string) bool { return len(name) <= 64 && timezones.MatchString(name) }

// apply checks the parameters and writes those that were given into u.
func (p userParams) apply(u *User) error {
	if p.TOTPSecret != "" {
		return notOffered("totp_secret", "authenticator apps")
	}
	if len(p.BackupCodes) > 0 {
		return notOffered("backup_codes", "backup codes")
	}
	err := joinFields(
		checkPersonName("first_name", p.FirstName.value), checkPersonName("last_name", p.LastName.value), checkName("external_id", p.ExternalID.value),
		p.checkFormats(), timeParam("legal_accepted_at", p.LegalAt, &u.LegalAcceptedAt), timeParam("created_at", p.CreatedAt, &u.CreatedAt),
	)
	p.ExternalID.set(&u.ExternalID)
	p.FirstName.set(&u.FirstName)
	p.LastName.set(&u.LastName)
	p.Locale.set(&u.Locale)
	p.Timezone.set(&u.Timezone)
	if p.Username.given {
		u.Username = lowerUsername(p.Username.value)
	}
	if p.DeleteSelf != nil {
		u.MayNotDelete = !*p.DeleteSelf
	}
	if p.CreateOrgs != nil {
		u.MayNotCreateOrg = !*p.CreateOrgs
	}
	if p.OrgsLimit != nil {
		u.MaxOrgs = *p.OrgsLimit
	}
	return err
}

func (p userParams) checkFormats() error {
	var bad joinInvalid
	if name := lowerUsername(p.Username.value); name != "" && !usernames.MatchString(name) {
		_ = bad.add(invalid("username", wire.CodeParamFormatInvalid, "username must have 1 to 64 of the letters a to z, digits, and . _ -."))
	}
	if p.Locale.value != "" && !locales.MatchString(p.Locale.value) {
		_ = bad.add(invalid("locale", wire.CodeParamFormatInvalid, "locale must be a language tag such as en-GB."))
	}
	if p.Timezone.value != "" && !isTimezone(p.Timezone.value) {
		_ = bad.add(invalid("timezone", wire.CodeParamFormatInvalid, "timezone must be a name such as Europe/Berlin."))
	}
	if p.OrgsLimit != nil && (*p.OrgsLimit < 0 || *p.OrgsLimit > 1<<31-1) {
		_ = bad.add(invalid("create_organizations_limit", wire.CodeParamFormatInvalid, "create_organizations_limit must not be negative."))
	}
	return bad.err()
}

// mergeUserMetadata merges into each bag that is given.
func mergeUserMetadata(c *call) (any, error) { return changeMetadata(c, userMetadata.merge) }

// replaceUserMetadata puts each bag that is given in place of what was there.
func replaceUserMetadata(c *call) (any, error) { return changeMetadata(c, userMetadata.replace) }

func changeMetadata(c *call, change func(userMetadata, *User) error) (any, error) {
	var in userMetadata
	if err := c.readJSON(&in); err != nil {
		return nil, err
	}
	return c.changeUser("user.updated", func(_ Tx, u *User) error { return change(in, u) })
}
