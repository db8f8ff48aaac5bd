package views

import (
	"strings"
	"time"

	"github.com/usherauth/usher/wire"
)

// Profile is what [UserProfile] shows.
type Profile struct {
	// User is the signed-in person. To keep what somebody typed when a form comes back,
	// set the names of a copy. Nil leaves the name fields empty.
	User *wire.User
	// Sessions are the person's sessions; the one with CurrentSessionID is marked and
	// cannot be revoked here, which is what sign-out is for.
	Sessions         []wire.Session
	CurrentSessionID string
	// Activity is what happened to the account, newest first. Without any, nothing is
	// said of it.
	Activity []wire.AuditEvent
	// FormID is the identity of each form, carried along in a hidden field, so that a form
	// sent twice can be told from two forms; "" sends none.
	FormID string
	// Notice says what was done. Error is about a whole form, Errors about single fields,
	// by their name: "first_name", "last_name", "current_password", "new_password".
	Notice, Error string
	Errors        map[string]string
}

func (p Profile) nameFields() []field {
	var first, last string
	if p.User != nil {
		first, last = string(p.User.FirstName), string(p.User.LastName)
	}
	return []field{
		{
			form: "profile", name: "first_name", label: "First name", kind: "text",
			autocomplete: "given-name", value: first, err: p.Errors["first_name"],
		},
		{
			form: "profile", name: "last_name", label: "Last name", kind: "text",
			autocomplete: "family-name", value: last, err: p.Errors["last_name"],
		},
	}
}

func (p Profile) passwordFields() []field {
	return []field{
		{
			form: "profile", name: "current_password", label: "Current password", kind: "password",
			autocomplete: "current-password", required: true, err: p.Errors["current_password"],
		},
		{
			form: "profile", name: "new_password", label: "New password", kind: "password",
			autocomplete: "new-password", hint: "At least 8 characters.", required: true, minLength: minPassword,
			err: p.Errors["new_password"],
		},
	}
}

func (p Profile) mistakes() []mistake {
	all := append(p.nameFields(), p.passwordFields()...)
	return append(mistakes(all), strays(all, p.Errors)...)
}

// accountName is the user name that a password manager files a new password under.
func (p Profile) accountName() string {
	if p.User == nil {
		return ""
	}
	return p.User.PrimaryEmail()
}

// device describes where something is done, in as much detail as is known.
func device(a *wire.SessionActivity) string {
	if a == nil {
		return "Unknown device"
	}
	browser := strings.TrimSpace(a.BrowserName + " " + a.BrowserVersion)
	switch {
	case browser != "" && a.DeviceType != "":
		return browser + " on " + a.DeviceType
	case browser+a.DeviceType != "":
		return browser + a.DeviceType
	}
	return "Unknown device"
}

// place is the address and town of something done, "" when neither is known.
func place(a *wire.SessionActivity) string {
	if a == nil {
		return ""
	}
	var known []string
	for _, part := range []string{a.City, a.Country, a.IPAddress} {
		if part != "" {
			known = append(known, part)
		}
	}
	return strings.Join(known, ", ")
}

// machineTime and peopleTime write unix milliseconds, in UTC because the server does not
// know the reader's zone.
func machineTime(ms int64) string { return time.UnixMilli(ms).UTC().Format(time.RFC3339) }

func peopleTime(ms int64) string { return time.UnixMilli(ms).UTC().Format("2 January 2006, 15:04 UTC") }
