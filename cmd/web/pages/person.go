package pages

import "github.com/usherauth/usher/wire"

// firstName is what to call a person; "there" when nothing is known.
func firstName(p wire.PublicUserData) string {
	switch {
	case wire.Shows(string(p.FirstName)):
		return wire.Contained(string(p.FirstName))
	case p.Identifier != "":
		return wire.Contained(p.Identifier)
	}
	return "there"
}

// nameField is the field of useUser's user that firstName shows.
func nameField(u *wire.User) string {
	if u != nil && !wire.Shows(string(u.FirstName)) {
		return "primaryEmailAddress"
	}
	return "firstName"
}

// nameText is that field as the script writes it.
func nameText(u *wire.User) string {
	switch {
	case u == nil:
		return ""
	case wire.Shows(string(u.FirstName)):
		return string(u.FirstName)
	}
	return u.PrimaryEmail()
}
