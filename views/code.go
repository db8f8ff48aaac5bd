package views

import "context"

// AttemptForm is what [EnterCode] and [NewPassword] show: a later step of a sign-in or
// sign-up that the instance has begun.
type AttemptForm struct {
	// SignUp says that it is a sign-up's; false is a sign-in's.
	SignUp bool
	// AttemptID names the attempt in a hidden field, so that a form that was left open
	// does not go on with a later one.
	AttemptID string
	// EmailAddress is where the code was sent. It is shown and not sent.
	EmailAddress string
	// RedirectURL is carried along in a hidden field. Check it when the form arrives.
	RedirectURL string
	// Notice says what was done. Error is about the whole form, Errors about single
	// fields, by their name: "code", "password". They are shown as text.
	Notice, Error string
	Errors        map[string]string
}

func (f AttemptForm) action(ctx context.Context) string {
	if f.SignUp {
		return signUpAction(ctx)
	}
	return signInAction(ctx)
}

// startURL is the first step.
func (f AttemptForm) startURL(ctx context.Context) string {
	if f.SignUp {
		return SignUpURL(ctx, f.RedirectURL)
	}
	return SignInURL(ctx, f.RedirectURL)
}

func (f AttemptForm) codeField() field {
	return field{
		form: "attempt", name: "code", label: "Code", kind: "text", autocomplete: "one-time-code", inputMode: "numeric",
		hint: "6 digits, valid for 10 minutes.", required: true, err: f.Errors["code"],
	}
}

func (f AttemptForm) passwordField() field {
	return field{
		form: "attempt", name: "password", label: "New password", kind: "password", autocomplete: "new-password",
		hint: passwordHint, required: true, minLength: minPassword,
		err: f.Errors["password"],
	}
}

// mistakes is the summary of a step that has one field.
func (f AttemptForm) mistakes(in field) []mistake {
	return append(mistakes([]field{in}), strays([]field{in}, f.Errors)...)
}
