package views

import "slices"

// SignUpForm is what [SignUp] shows. The zero value is an empty form.
type SignUpForm struct {
	// EmailAddress, FirstName and LastName are kept when the form comes back; there is no
	// field for a password, because a password is never sent back.
	EmailAddress, FirstName, LastName string
	// Ticket is the secret of an invitation, carried along in a hidden field. With one the
	// form asks for no address: the invitation is to one, EmailAddress, which is shown.
	// Organization and Inviter are what else the invitation says; "" is not shown.
	Ticket, Organization, Inviter string
	// RedirectURL is carried along in a hidden field, and to the sign-in page when it is
	// safe to follow. It is not checked otherwise: check it when the form arrives.
	RedirectURL string
	// FormID is the identity of the form, carried along in a hidden field, so that a form
	// sent twice can be told from two forms; "" sends none.
	FormID string
	// Error is about the whole form, Errors about single fields, by their name:
	// "email_address", "password", "first_name", "last_name". They are shown as text.
	Error  string
	Errors map[string]string
}

const passwordHint = "At least 8 characters. A few words that are yours alone do well."

// minPassword is the least length of a password in characters (protocol reference 8.9).
const minPassword = 8

func (f SignUpForm) fields() []field {
	all := []field{
		{
			form: "sign-up", name: "first_name", label: "First name (optional)", kind: "text",
			autocomplete: "given-name", value: f.FirstName, err: f.Errors["first_name"],
		},
		{
			form: "sign-up", name: "last_name", label: "Last name (optional)", kind: "text",
			autocomplete: "family-name", value: f.LastName, err: f.Errors["last_name"],
		},
		{
			form: "sign-up", name: "email_address", label: "Email address", kind: "email",
			autocomplete: "username", inputMode: "email", value: f.EmailAddress, required: true, err: f.Errors["email_address"],
		},
		{
			form: "sign-up", name: "password", label: "Password", kind: "password",
			autocomplete: "new-password", hint: passwordHint,
			required: true, minLength: minPassword, err: f.Errors["password"],
		},
	}
	if f.Ticket == "" {
		return all
	}
	i := slices.IndexFunc(all, func(in field) bool { return in.name == "email_address" })
	if f.EmailAddress == "" {
		return slices.Delete(all, i, i+1)
	}
	all[i] = invitedAddress("sign-up", f.EmailAddress)
	return all
}
