package views

// TicketForm is what [Ticket] shows: a link from a mail, what it is for, and who opened it.
// Everything in it but Ticket and the addresses of pages is text.
type TicketForm struct {
	// Ticket is the secret in the link, carried along in a hidden field; "" for a link that
	// cannot be used, of which Error says why.
	Ticket string
	// RedirectURL is carried along in a hidden field. Check it when the form arrives.
	RedirectURL string
	// FormID is the identity of the forms, see [SignInForm].
	FormID string
	// EmailAddress, Organization and Inviter are what an invitation says. EmailAddress is ""
	// for a link that signs in, Organization for an invitation to the app itself, and Inviter
	// when an operator sent it.
	EmailAddress, Organization, Inviter string
	// Person is the name of who is signed in, "" for nobody, and Mine says that the link is
	// for that person. ContinueURL is where they go on without it.
	Person      string
	Mine        bool
	ContinueURL string
	// Unverified says that there is an account with EmailAddress which nobody has shown to be
	// theirs. The form then asks for its password or for a new one.
	Unverified bool
	// Error is about the link or the whole form, Errors about "password".
	Error  string
	Errors map[string]string
}

func (f TicketForm) invitation() bool { return f.EmailAddress != "" }

func (f TicketForm) addressField() field { return invitedAddress("ticket", f.EmailAddress) }

// invitedAddress shows an invited address, and tells password managers the user name.
func invitedAddress(form, address string) field {
	return field{form: form, name: "address", label: "Email address", kind: "email", autocomplete: "username", value: address, readOnly: true}
}

func (f TicketForm) passwordField() field {
	return field{
		form: "ticket", name: "password", label: "Password", kind: "password", autocomplete: "current-password",
		required: true, err: f.Errors["password"],
	}
}

func (f TicketForm) newPasswordField() field {
	return field{
		form: "ticket-new", name: "password", label: "New password", kind: "password", autocomplete: "new-password",
		hint: passwordHint, required: true, minLength: minPassword,
	}
}

func (f TicketForm) mistakes() []mistake {
	if !f.Unverified {
		return strays(nil, f.Errors)
	}
	in := []field{f.passwordField()}
	return append(mistakes(in), strays(in, f.Errors)...)
}
