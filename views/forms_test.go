package views_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/a-h/templ"
	"golang.org/x/net/html"

	"github.com/usherauth/usher/authctx"
	"github.com/usherauth/usher/views"
	"github.com/usherauth/usher/wire"
)

func forms() map[string]templ.Component {
	errs := map[string]string{
		"identifier": "is wrong", "password": "is wrong", "email_address": "is wrong",
		"first_name": "is wrong", "current_password": "is wrong", "new_password": "is wrong",
		"name": "is wrong", "role": "is wrong",
	}
	wrong := acme()
	wrong.EmailAddress, wrong.Error, wrong.Errors = "ada", "No.", errs
	return map[string]templ.Component{
		"sign-in":             views.SignIn(views.SignInForm{}),
		"sign-in with errors": views.SignIn(views.SignInForm{Identifier: "ada@example.test", Error: "No.", Errors: errs}),
		"sign-up":             views.SignUp(views.SignUpForm{}),
		"sign-up with errors": views.SignUp(views.SignUpForm{EmailAddress: "ada", Error: "No.", Errors: errs}),
		"invited sign-up":     views.SignUp(views.SignUpForm{Ticket: "t", Error: "No.", Errors: errs}),
		"invited, described":  views.SignUp(views.SignUpForm{Ticket: "t", EmailAddress: "ada@example.test", Organization: "Acme", Inviter: "Bob", Errors: errs}),
		"a link to claim":     views.Ticket(views.TicketForm{Ticket: "t", EmailAddress: "ada@example.test", Organization: "Acme", Unverified: true, Errors: errs}),
		"a link to sign in":   views.Ticket(views.TicketForm{Ticket: "t", EmailAddress: "ada@example.test"}),
		"a link of another":   views.Ticket(views.TicketForm{Ticket: "t", EmailAddress: "ada@example.test", Person: "Bob", ContinueURL: "/"}),
		"a link of their own": views.Ticket(views.TicketForm{Ticket: "t", EmailAddress: "ada@example.test", Person: "Ada", Mine: true, ContinueURL: "/"}),
		"a dead link":         views.Ticket(views.TicketForm{Error: "No.", ContinueURL: "/"}),
		"ask for a code":      views.AskForCode(views.SignInForm{Identifier: "ada@example.test", Error: "No.", Errors: errs}),
		"enter the code":      views.EnterCode(views.AttemptForm{SignUp: true, AttemptID: "sua_1", EmailAddress: "ada@example.test"}),
		"a wrong code":        views.EnterCode(views.AttemptForm{AttemptID: "sia_1", Error: "No.", Errors: map[string]string{"code": "is wrong"}}),
		"new password":        views.NewPassword(views.AttemptForm{AttemptID: "sia_1", Errors: errs}),
		"profile":             views.UserProfile(views.Profile{User: ada()}),
		"profile with errors": views.UserProfile(views.Profile{User: ada(), Error: "No.", Errors: errs}),

		"organizations":             views.UserOrganizations(acme()),
		"organizations with errors": views.UserOrganizations(wrong),
	}
}

// Every field that a person fills in has a label, a purpose a browser can tell, and no
// password in it; what describes it exists.
func TestFieldsAreLabelled(t *testing.T) {
	t.Parallel()
	for name, form := range forms() {
		root := parse(t, render(t, signedIn(t), form))
		seen := map[string]bool{}
		for _, n := range elements(root, "") {
			if id, ok := attr(n, "id"); ok && seen[id] {
				t.Errorf("%s: two elements with id %q", name, id)
			} else if ok {
				seen[id] = true
			}
		}
		for _, input := range elements(root, "input") {
			checkInput(t, name, root, input)
		}
	}
}

func checkInput(t *testing.T, form string, root, input *html.Node) {
	t.Helper()
	kind, _ := attr(input, "type")
	field, _ := attr(input, "name")
	if _, hidden := attr(input, "hidden"); hidden || kind == "hidden" || kind == "checkbox" {
		return
	}
	id, _ := attr(input, "id")
	if label := labelFor(root, id); label == nil || text(label) == "" {
		t.Errorf("%s: %s has no label", form, field)
	}
	if purpose, _ := attr(input, "autocomplete"); purpose == "" {
		t.Errorf("%s: %s has no autocomplete", form, field)
	}
	if _, set := attr(input, "value"); set && kind == "password" {
		t.Errorf("%s: %s is sent back", form, field)
	}
	describedBy, _ := attr(input, "aria-describedby")
	for _, ref := range strings.Fields(describedBy) {
		if byID(root, ref) == nil {
			t.Errorf("%s: %s is described by %q, which is nowhere", form, field, ref)
		}
	}
	invalid, _ := attr(input, "aria-invalid")
	if wrong := byID(root, id+"-error") != nil; wrong != (invalid == "true") || wrong && !strings.Contains(describedBy, id+"-error") {
		t.Errorf("%s: %s: error shown %v, aria-invalid %q, described by %q", form, field, wrong, invalid, describedBy)
	}
}

// I09: nothing keeps a password from being pasted, filled in by a manager, long, or of whatever
// characters, and nobody is asked for a hint.
func TestI09_PasswordFieldsTakeWhatIsChosen(t *testing.T) {
	t.Parallel()
	seen := 0
	for name, form := range map[string]templ.Component{
		"sign-in": views.SignIn(views.SignInForm{}), "sign-up": views.SignUp(views.SignUpForm{}),
		"profile": views.UserProfile(views.Profile{User: &wire.User{}}),
	} {
		for _, input := range elements(parse(t, render(t, signedOut(t), form)), "input") {
			if kind, _ := attr(input, "type"); kind != "password" {
				continue
			}
			seen++
			purpose, _ := attr(input, "autocomplete")
			if purpose != "current-password" && purpose != "new-password" {
				t.Errorf("%s: a password field has autocomplete %q", name, purpose)
			}
			for _, a := range input.Attr {
				if strings.HasPrefix(a.Key, "on") || slices.Contains([]string{"pattern", "maxlength", "readonly", "title"}, a.Key) {
					t.Errorf("%s: a password field has %s", name, a.Key)
				}
			}
		}
	}
	if seen < 4 {
		t.Errorf("only %d password fields", seen)
	}
}

func labelFor(root *html.Node, id string) *html.Node {
	for _, label := range elements(root, "label") {
		if target, _ := attr(label, "for"); target == id && id != "" {
			return label
		}
	}
	return nil
}

func TestFormsPostTheFieldsOfTheFrontendAPI(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		form   templ.Component
		action string
		want   map[string]string // field: autocomplete, "" for hidden ones
	}{
		{
			"sign-in", views.SignIn(views.SignInForm{RedirectURL: "/a"}), "/sign-in",
			map[string]string{"identifier": "username", "password": "current-password", "redirect_url": ""},
		},
		{
			"sign-up", views.SignUp(views.SignUpForm{RedirectURL: "/a"}), "/sign-up",
			map[string]string{
				"first_name": "given-name", "last_name": "family-name", "email_address": "username",
				"password": "new-password", "redirect_url": "",
			},
		},
		{
			"invited sign-up", views.SignUp(views.SignUpForm{Ticket: "t"}), "/sign-up",
			map[string]string{"first_name": "given-name", "last_name": "family-name", "password": "new-password", "ticket": ""},
		},
		{"sign-in with a ticket", views.SignIn(views.SignInForm{Ticket: "t", RedirectURL: "/a"}), "/sign-in", map[string]string{"ticket": "", "redirect_url": ""}},
		{
			"ask for a code", views.AskForCode(views.SignInForm{RedirectURL: "/a"}), "/sign-in",
			map[string]string{"identifier": "username", "redirect_url": ""},
		},
		{
			"new password", views.NewPassword(views.AttemptForm{AttemptID: "sia_1", EmailAddress: "ada@example.test"}), "/sign-in",
			map[string]string{"action": "", "attempt_id": "", "": "username", "password": "new-password", "sign_out_of_other_sessions": ""},
		},
		{"sign-out", views.SignOut(), "/sign-out", map[string]string{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			root := parse(t, render(t, signedOut(t), tt.form))
			form := elements(root, "form")[0]
			method, _ := attr(form, "method")
			if action, _ := attr(form, "action"); action != tt.action || method != "post" {
				t.Errorf("form is %s %s, want post %s", method, action, tt.action)
			}
			inputs := elements(root, "input")
			if len(inputs) != len(tt.want) {
				t.Errorf("%d fields, want %d", len(inputs), len(tt.want))
			}
			for _, input := range inputs {
				name, _ := attr(input, "name")
				want, known := tt.want[name]
				if got, _ := attr(input, "autocomplete"); !known || got != want {
					t.Errorf("field %q has autocomplete %q, want %q", name, got, want)
				}
			}
		})
	}
}

// The step of a code belongs to the page it came from, and its two forms to one attempt.
func TestCodeStepPostsToItsOwnPage(t *testing.T) {
	t.Parallel()
	for action, form := range map[string]views.AttemptForm{
		"/sign-up": {SignUp: true, AttemptID: "sua_1", RedirectURL: "/a"},
		"/sign-in": {AttemptID: "sia_1", RedirectURL: "/a"},
	} {
		root := parse(t, render(t, signedOut(t), views.EnterCode(form)))
		for i, want := range []string{"action=code attempt_id=" + form.AttemptID + " redirect_url=/a code=", "action=resend attempt_id=" + form.AttemptID + " redirect_url=/a"} {
			f := elements(root, "form")[i]
			var fields []string
			for _, input := range elements(f, "input") {
				name, _ := attr(input, "name")
				value, _ := attr(input, "value")
				fields = append(fields, name+"="+value)
			}
			if got, _ := attr(f, "action"); got != action || strings.Join(fields, " ") != want {
				t.Errorf("form %d posts %q to %s, want %q to %s", i, fields, got, want, action)
			}
		}
		if got, _ := attr(elements(root, "a")[0], "href"); got != action+"?redirect_url=%2Fa" {
			t.Errorf("start again leads to %q", got)
		}
	}
}

func TestNewPasswordsHaveALeastLength(t *testing.T) {
	t.Parallel()
	root := parse(t, render(t, signedIn(t), views.SignUp(views.SignUpForm{}), views.UserProfile(views.Profile{}), views.NewPassword(views.AttemptForm{}), views.SignIn(views.SignInForm{})))
	for id, want := range map[string]string{
		"sign-up-password": "8", "profile-new_password": "8", "attempt-password": "8",
		"profile-current_password": "", "sign-in-password": "", // what was right once stays enough to sign in
	} {
		if got, _ := attr(byID(root, id), "minlength"); got != want {
			t.Errorf("%s has minlength %q, want %q", id, got, want)
		}
	}
}

// The way back goes along to the other form when it is safe, and into the hidden field
// as data.
func TestR02_ReturnAddressNeverBecomesALink(t *testing.T) {
	t.Parallel()
	for target, want := range map[string]string{
		"/dashboard?a=b":            "/sign-up?redirect_url=%2Fdashboard%3Fa%3Db",
		"":                          "/sign-up",
		"javascript:alert(1)":       "/sign-up",
		"//evil.example/":           "/sign-up",
		"https://evil.example/":     "/sign-up",
		"\tjavascript:alert(1)":     "/sign-up",
		"data:text/html,<script>":   "/sign-up",
		"https://app.example.test/": "/sign-up?redirect_url=https%3A%2F%2Fapp.example.test%2F",
	} {
		root := parse(t, render(t, signedOut(t), views.SignIn(views.SignInForm{RedirectURL: target})))
		if got, _ := attr(elements(root, "a")[0], "href"); got != want {
			t.Errorf("with %q the link leads to %q, want %q", target, got, want)
		}
	}
}

// A hosted sign-in page is linked to; a password typed here is never posted to it.
func TestFormsPostToTheAppItself(t *testing.T) {
	t.Parallel()
	auth, err := authctx.New(authctx.Config{
		SecretKey: "sk_test_0000", SignInURL: "https://accounts.example.test/login?x=1", SignUpURL: "https://accounts.example.test",
	})
	if err != nil {
		t.Fatal(err)
	}
	var ctx context.Context
	auth.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { ctx = r.Context() })).
		ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil))
	root := parse(t, render(t, ctx, views.SignIn(views.SignInForm{}), views.SignUp(views.SignUpForm{})))
	for i, want := range []string{"/login", "/sign-up"} {
		if got, _ := attr(elements(root, "form")[i], "action"); got != want {
			t.Errorf("form %d posts to %q, want %q", i, got, want)
		}
	}
}

func TestSummaryLeadsToTheFields(t *testing.T) {
	t.Parallel()
	root := parse(t, render(t, signedOut(t), views.SignUp(views.SignUpForm{
		Error:  "Please look again.",
		Errors: map[string]string{"password": "is too short", "email_address": "is taken", "captcha_token": "is missing"},
	})))
	box := byID(root, "sign-up-errors")
	if box == nil {
		t.Fatal("no summary")
	}
	for name, want := range map[string]string{"role": "alert", "tabindex": "-1", "autofocus": ""} {
		if got, ok := attr(box, name); !ok || got != want {
			t.Errorf("summary has %s=%q", name, got)
		}
	}
	var order []string
	for _, item := range elements(box, "li") {
		order = append(order, strings.TrimSpace(text(item)))
	}
	want := "Email address: is taken|Password: is too short|is missing"
	if got := strings.Join(order, "|"); got != want {
		t.Errorf("summary lists %q, want %q", got, want)
	}
	for _, link := range elements(box, "a") {
		href, _ := attr(link, "href")
		if target := byID(root, strings.TrimPrefix(href, "#")); target == nil || target.Data != "input" {
			t.Errorf("summary leads to %q, which is no field", href)
		}
	}
	if clean := parse(t, render(t, signedOut(t), views.SignUp(views.SignUpForm{}))); byID(clean, "sign-up-errors") != nil {
		t.Error("a form without mistakes has a summary")
	}
}
