package identity

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/usherauth/usher/wire"
)

// signUpFields are the fields a browser may set. Roles, public metadata and verification are
// not the browser's to choose.
type signUpFields struct {
	email, address        string // normalized, and as it was typed
	password              string // normalized
	firstName, lastName   *string
	locale, timezone      string // what the browser says of itself
	unsafe                json.RawMessage
	hasEmail, hasPassword bool
}

// readSignUp checks the request's fields and reports every bad one.
func (c *call) readSignUp(attempt SignUp) (f signUpFields, err error) {
	var bad joinInvalid
	check := func(e error) {
		if e = bad.add(e); e != nil && err == nil {
			err = e
		}
	}
	check(f.readEmail(c.form))
	address := f.address
	if address == "" {
		address = attempt.EmailAddress
	}
	check(f.readPassword(c.form, c.policy, address))
	check(readName(c.form, "first_name", &f.firstName))
	check(readName(c.form, "last_name", &f.lastName))
	check(readMetadata(c.form, "unsafe_metadata", &f.unsafe))
	check(checkSignUpMetadata(f))
	check(f.readPlace(c.form))
	if _, sent, _ := c.form.get("username"); sent {
		check(invalid("username", wire.CodeParamUnknown, "User names are not enabled."))
	}
	for _, name := range c.form.unknownAtSignUp() {
		check(invalid(name, wire.CodeParamUnknown, name+" is not possible at sign-up."))
	}
	return f, errors.Join(err, bad.err())
}

// signUpParams are what a sign-up takes: what is read here and in [call.beginInvited], and
// what browser clients send of themselves, of which legal_accepted needs no answer where
// there are no terms.
var signUpParams = []string{
	"email_address", "password", "first_name", "last_name", "unsafe_metadata", "username",
	"strategy", "ticket", "locale", "timezone", "legal_accepted",
	"captcha_token", "captcha_widget_type", "captcha_error", "captcha_action",
}

// unknownAtSignUp are the fields that would be lost: whoever signs up with a phone number or
// another service shall not believe that it is theirs afterwards. Empty ones ask for nothing.
func (f form) unknownAtSignUp() (names []string) {
	for name, values := range f.values {
		value, known := strings.Join(values, ""), slices.Contains(signUpParams, name)
		switch {
		case value == "", name == "transfer" && value == "false":
			known = true
		case name == "strategy":
			known = slices.Contains([]string{wire.StrategyPassword, wire.StrategyEmailCode, wire.StrategyTicket}, value)
		}
		if !known {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

func (f *signUpFields) readEmail(form form) error {
	v, sent, err := form.get("email_address")
	if err != nil || !sent || v == "" {
		return err
	}
	f.address = strings.Trim(v, " ")
	if f.email, err = normalizeEmail(v); err != nil {
		return invalid("email_address", wire.CodeParamFormatInvalid, "This is not a valid e-mail address.")
	}
	f.hasEmail = true
	return nil
}

// readPlace reads what browsers send by themselves. What is of no known form is left out:
// nobody could correct it.
func (f *signUpFields) readPlace(form form) error {
	locale, _, err1 := form.get("locale")
	timezone, _, err2 := form.get("timezone")
	if locales.MatchString(locale) {
		f.locale = locale
	}
	if isTimezone(timezone) {
		f.timezone = timezone
	}
	return errors.Join(err1, err2)
}

func (f *signUpFields) readPassword(form form, policy passwordPolicy, address string) error {
	v, sent, err := form.get("password")
	if err != nil || !sent || v == "" {
		return err
	}
	f.password, err = policy.check("password", v, address)
	f.hasPassword = err == nil
	return err
}

func readName(form form, param string, dst **string) error {
	v, sent, err := form.get(param)
	if err != nil || !sent {
		return err
	}
	*dst = &v
	return checkPersonName(param, v)
}

func readMetadata(form form, param string, dst *json.RawMessage) error {
	v, sent, err := form.get(param)
	if err != nil || !sent {
		return err
	}
	*dst, err = checkMetadata(param, v)
	return err
}

// applySignUp puts checked fields into the attempt. A taken address is refused before
// anything is hashed.
func (c *call) applySignUp(attempt *SignUp, f signUpFields) error {
	ctx := c.r.Context()
	if f.hasEmail {
		if !c.cfg.HideAccounts {
			if err := c.view(ctx, func(tx Tx) error { return addressFree(tx, f.email) }); err != nil {
				return err
			}
		}
		if err := c.notThePassword(*attempt, f); err != nil {
			return err
		}
		if f.email != signUpAddress(*attempt) {
			attempt.VerifiedAt = time.Time{}
		}
		attempt.EmailAddress = f.address
	}
	if f.firstName != nil {
		attempt.FirstName = *f.firstName
	}
	if f.lastName != nil {
		attempt.LastName = *f.lastName
	}
	attempt.Locale, attempt.Timezone = orDefault(f.locale, attempt.Locale), orDefault(f.timezone, attempt.Timezone)
	if f.unsafe != nil {
		attempt.UnsafeMetadata = f.unsafe
	}
	if f.hasPassword {
		hash, err := c.hash(f.password)
		if err != nil {
			return err
		}
		attempt.PasswordHash = hash
	}
	return nil
}

// notThePassword refuses an address that comes after a password and is that password.
func (c *call) notThePassword(attempt SignUp, f signUpFields) error {
	if attempt.PasswordHash == "" || f.hasPassword {
		return nil
	}
	for _, word := range append(addressWords(f.address), f.address) {
		match, err := c.verify(attempt.PasswordHash, word)
		if err != nil {
			return err
		}
		if match {
			return invalid("password", wire.CodePasswordNotStrong, "The password must not be your e-mail address.")
		}
	}
	return nil
}
