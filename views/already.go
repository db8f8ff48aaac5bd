package views

import "github.com/usherauth/usher/wire"

// AlreadySignedInForm is what [AlreadySignedIn] shows.
type AlreadySignedInForm struct {
	// Person is who is signed in.
	Person wire.PublicUserData
	// ContinueURL is where to continue as that person.
	ContinueURL string
	// Identifier is whom somebody wanted to sign in as; "" is not known.
	Identifier string
	// SignUp says that the page is the sign-up page; false is the sign-in page.
	SignUp bool
	// RedirectURL is carried along in a hidden field.
	RedirectURL string
	// Error is shown above everything else, as text.
	Error string
}

func (f AlreadySignedInForm) button() string {
	switch {
	case f.SignUp:
		return "Sign out and create another account"
	case f.Identifier != "":
		return "Sign out and sign in as " + f.Identifier
	}
	return "Sign out and sign in again"
}

// address is "" where it is the person's name already.
func (f AlreadySignedInForm) address() string {
	if f.Person.Identifier == displayName(f.Person) {
		return ""
	}
	return f.Person.Identifier
}
