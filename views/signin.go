package views

import "net/url"

// SignInForm is what [SignIn] and [AskForCode] show. The zero value is an empty form.
type SignInForm struct {
	// Identifier is kept when the form comes back; there is no field for a password,
	// because a password is never sent back.
	Identifier string
	// RedirectURL is carried along in a hidden field, and to the sign-up page when it is
	// safe to follow. It is not checked otherwise: check it when the form arrives.
	RedirectURL string
	// Ticket is a secret that was sent to somebody to sign in with, carried along in a hidden
	// field. With one the form asks for nothing else.
	Ticket string
	// CodeURL is the page with [AskForCode]; "" shows no link to it.
	CodeURL string
	// FormID is the identity of the form, carried along in a hidden field, so that a form
	// sent twice can be told from two forms; "" sends none.
	FormID string
	// Error is about the whole form, Errors about single fields, by their name:
	// "identifier", "password". They are shown as text.
	Error  string
	Errors map[string]string
}

func (f SignInForm) fields() []field {
	return []field{
		{
			form: "sign-in", name: "identifier", label: "Email address", kind: "text",
			autocomplete: "username", inputMode: "email", value: f.Identifier, required: true, err: f.Errors["identifier"],
		},
		{
			form: "sign-in", name: "password", label: "Password", kind: "password",
			autocomplete: "current-password", required: true, err: f.Errors["password"],
		},
	}
}

// formAction is the path of the app's own page at pageURL. A form never posts a password
// to another host, even where links lead to a hosted page.
func formAction(pageURL, otherwise string) string {
	u, err := url.Parse(pageURL)
	if err != nil || len(u.Path) < 2 || u.Path[0] != '/' || u.Path[1] == '/' {
		return otherwise
	}
	return u.EscapedPath()
}
