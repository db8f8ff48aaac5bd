package identity_test

import (
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/usherauth/usher/identity"
	"github.com/usherauth/usher/wire"
)

func TestSignUpSignsIn(t *testing.T) {
	t.Parallel()
	v := newApp(t).visitor()
	a := v.signUp("Ada@Example.com")
	got := decode[wire.Response[wire.SignUp]](t, a.body)
	if got.Response.Status != wire.StatusComplete || got.Response.CreatedSessionID == "" || got.Response.CreatedUserID == "" {
		t.Errorf("sign-up = %+v, want it complete with ids", got.Response)
	}
	if got.Client == nil || got.Client.SignUp != nil || len(got.Client.Sessions) != 1 {
		t.Fatalf("client = %+v, want one session and no sign-up", got.Client)
	}
	s := got.Client.Sessions[0]
	if s.ID != string(got.Response.CreatedSessionID) || s.Status != wire.SessionActive || s.LastActiveToken == nil || s.LastActiveToken.JWT == "" {
		t.Errorf("session = %+v, want the created one, active, with a token", s)
	}
	if s.User.FirstName != "Ada" || s.User.EmailAddresses[0].EmailAddress != "Ada@Example.com" {
		t.Errorf("user = %+v, want Ada with the address as typed", s.User)
	}
	if st := s.User.EmailAddresses[0].Verification.Status; st != "unverified" {
		t.Errorf("verification = %q, want unverified", st)
	}
	if s.PublicUserData == nil || s.PublicUserData.Identifier != "Ada@Example.com" {
		t.Errorf("public_user_data = %+v, want the address as identifier", s.PublicUserData)
	}
}

func TestSignUpInTwoSteps(t *testing.T) {
	t.Parallel()
	v := newApp(t).visitor()
	a := v.post("/v1/client/sign_ups", "email_address", "ada@example.com")
	a.want(t, 200, "")
	first := decode[wire.Response[wire.SignUp]](t, a.body).Response
	if first.Status != wire.StatusMissingRequirements || len(first.MissingFields) != 1 || first.MissingFields[0] != "password" {
		t.Fatalf("first step = %+v, want password missing", first)
	}
	if c := v.client(); c.SignUp == nil || c.SignUp.ID != first.ID || len(c.Sessions) != 0 {
		t.Errorf("client = %+v, want the sign-up in progress", c)
	}
	v.get("/v1/client/sign_ups/"+first.ID).want(t, 200, "")

	other := v.app.visitor()
	other.post("/v1/client/sign_ups/"+first.ID+"?_method=PATCH", "password", password).want(t, 404, wire.CodeResourceNotFound)

	a = v.post("/v1/client/sign_ups/"+first.ID+"?_method=PATCH", "password", password, "first_name", "Ada")
	a.want(t, 200, "")
	if got := decode[wire.Response[wire.SignUp]](t, a.body).Response; got.Status != wire.StatusComplete || got.ID != first.ID {
		t.Errorf("second step = %+v, want the same sign-up complete", got)
	}
	if c := v.client(); len(c.Sessions) != 1 || c.SignUp != nil {
		t.Errorf("client = %+v, want one session", c)
	}
}

func TestSignUpRefuses(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	app.visitor().signUp("taken@example.com")
	long := make([]byte, 300)
	for i := range long {
		long[i] = 'n'
	}
	tests := []struct {
		name   string
		fields []string
		code   string
		param  string
	}{
		{"taken address", []string{"email_address", "taken@example.com", "password", password}, wire.CodeIdentifierExists, "email_address"},
		{"taken address in other case", []string{"email_address", " TAKEN@EXAMPLE.com ", "password", password}, wire.CodeIdentifierExists, "email_address"},
		{"malformed address", []string{"email_address", "ada@", "password", password}, wire.CodeParamFormatInvalid, "email_address"},
		{"short password", []string{"email_address", "a@example.com", "password", "short"}, wire.CodePasswordTooShort, "password"},
		{"common password", []string{"email_address", "a@example.com", "password", "Password1"}, wire.CodePasswordPwned, "password"},
		{"own address as password", []string{"email_address", "abcdefgh@example.com", "password", "ABCDEFGH@example.com"}, wire.CodePasswordNotStrong, "password"},
		{"own local part as password", []string{"email_address", "abcdwxyz@example.com", "password", "abcdwxyz"}, wire.CodePasswordNotStrong, "password"},
		{"name of two lines", []string{"email_address", "a@example.com", "password", password, "first_name", "A\nB"}, wire.CodeParamFormatInvalid, "first_name"},
		{"long name", []string{"email_address", "a@example.com", "password", password, "last_name", string(long)}, wire.CodeParamFormatInvalid, "last_name"},
		{"metadata that is no object", []string{"email_address", "a@example.com", "password", password, "unsafe_metadata", "[1]"}, wire.CodeParamFormatInvalid, "unsafe_metadata"},
		{"metadata that is no JSON", []string{"email_address", "a@example.com", "password", password, "unsafe_metadata", "{"}, wire.CodeParamFormatInvalid, "unsafe_metadata"},
		{"password twice", []string{"email_address", "a@example.com", "password", password, "password", password}, wire.CodeParamFormatInvalid, "password"},
		{"user name", []string{"email_address", "a@example.com", "password", password, "username", "ada"}, wire.CodeParamUnknown, "username"},
		{"phone number", []string{"email_address", "a@example.com", "password", password, "phone_number", "+15555550100"}, wire.CodeParamUnknown, "phone_number"},
		{"wallet", []string{"email_address", "a@example.com", "password", password, "web3_wallet", "0x0"}, wire.CodeParamUnknown, "web3_wallet"},
		{"transfer", []string{"transfer", "true"}, wire.CodeParamUnknown, "transfer"},
		{"another service", []string{"strategy", "oauth_google", "email_address", "a@example.com"}, wire.CodeParamUnknown, "strategy"},
		{"an unknown field", []string{"email_address", "a@example.com", "password", password, "colour", "blue"}, wire.CodeParamUnknown, "colour"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			v := app.visitor()
			a := v.post("/v1/client/sign_ups", tt.fields...)
			a.want(t, http.StatusUnprocessableEntity, tt.code)
			if got := a.param(t); got != tt.param {
				t.Errorf("param_name = %q, want %q", got, tt.param)
			}
			if len(a.Cookies()) != 0 {
				t.Errorf("a refused sign-up set cookies: %v", a.Cookies())
			}
		})
	}
}

func TestSignUpReportsEveryField(t *testing.T) {
	t.Parallel()
	a := newApp(t).visitor().post("/v1/client/sign_ups", "email_address", "x", "password", "short", "first_name", "\x01")
	a.want(t, 422, wire.CodeParamFormatInvalid)
	if got := decode[wire.Errors](t, a.body).Errors; len(got) != 3 {
		t.Errorf("errors = %+v, want three", got)
	}
}

func TestSignUpWhileSignedIn(t *testing.T) {
	t.Parallel()
	v := newApp(t).visitor()
	v.signUp("ada@example.com")
	v.post("/v1/client/sign_ups", "email_address", "b@example.com", "password", password).want(t, 400, wire.CodeSessionExists)
	v.post("/v1/client/sign_ins", "identifier", "ada@example.com", "password", password).want(t, 400, wire.CodeSessionExists)
}

func TestSignUpPasswordBeforeAddress(t *testing.T) {
	t.Parallel()
	v := newApp(t).visitor()
	a := v.post("/v1/client/sign_ups", "password", "abcdwxyz@example.com")
	a.want(t, 200, "")
	id := decode[wire.Response[wire.SignUp]](t, a.body).Response.ID
	a = v.post("/v1/client/sign_ups/"+id+"?_method=PATCH", "email_address", "abcdwxyz@example.com")
	a.want(t, 422, wire.CodePasswordNotStrong)
	v.post("/v1/client/sign_ups/"+id+"?_method=PATCH", "email_address", "other@example.com").want(t, 200, "")
}

// M09: roles, metadata of the server and verification are not the browser's to choose.
func TestM09_MassAssignment(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	v := app.visitor()
	fields := []string{"email_address", "ada@example.com", "password", password, "unsafe_metadata", `{"theme":"dark"}`}
	for name, value := range map[string]string{
		"public_metadata": `{"role":"admin"}`, "private_metadata": `{"a":1}`, "banned": "true",
		"id": "user_mine", "email_verified": "true", "role": "org:admin", "external_id": "x",
	} {
		a := v.post("/v1/client/sign_ups", append(slices.Clone(fields), name, value)...)
		a.want(t, 422, wire.CodeParamUnknown)
		if got := a.param(t); got != name {
			t.Errorf("param_name = %q, want %q", got, name)
		}
	}
	v.post("/v1/client/sign_ups", fields...).want(t, 200, "")
	v.post("/v1/me?_method=PATCH", "public_metadata", `{"role":"admin"}`, "private_metadata", `{"a":1}`,
		"external_id", "x", "first_name", "Ada").want(t, 200, "")
	id := v.client().Sessions[0].User.ID
	u := decode[wire.User](t, app.backend("GET", "/v1/users/"+id, "").body)
	if string(u.PublicMetadata) != "{}" || string(u.PrivateMetadata) != "{}" || u.ExternalID != "" || u.Banned || id == "user_mine" {
		t.Errorf("user = %+v, want nothing assigned but what browsers may", u)
	}
	if string(u.UnsafeMetadata) != `{"theme":"dark"}` || u.EmailAddresses[0].Verification.Status != "unverified" {
		t.Errorf("user = %+v, want unsafe metadata kept and the address unverified", u)
	}
}

// Of many sign-ups of one address at the same time exactly one succeeds, and nothing of
// the others remains.
func TestSignUpSameAddressInParallel(t *testing.T) {
	t.Parallel()
	app := newApp(t, func(c *identity.Config) { c.HashConcurrency = 4 })
	const n = 50
	codes := make([]int, n)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			v := app.visitor()
			codes[i] = v.post("/v1/client/sign_ups", "email_address", "ada@example.com", "password", password).StatusCode
		})
	}
	wg.Wait()
	count := map[int]int{}
	for _, c := range codes {
		count[c]++
	}
	if count[200] != 1 || count[422] != n-1 {
		t.Errorf("statuses = %v, want one 200 and %d 422", count, n-1)
	}
	if a := app.backend("GET", "/v1/users/count", ""); decode[wire.TotalCount](t, a.body).TotalCount != 1 {
		t.Errorf("count = %s, want 1", a.body)
	}
}

// What browsers say of themselves goes along to the account, and stops nobody.
func TestSignUpKeepsLocaleAndTimezone(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	for _, tt := range []struct{ locale, timezone, wantLocale, wantTimezone string }{
		{"de-CH", "Europe/Zurich", "de-CH", "Europe/Zurich"},
		{"", "", "", ""},
		{"<b>", "../../etc/passwd", "", ""},
	} {
		v := app.visitor()
		path, begun := v.beginSignUp("first_name", "Ada", "locale", tt.locale, "timezone", tt.timezone)
		if s := begun.Response; string(s.Locale) != tt.wantLocale || string(s.Timezone) != tt.wantTimezone {
			t.Errorf("sign-up from %q, %q has %q, %q", tt.locale, tt.timezone, s.Locale, s.Timezone)
		}
		address := "ada" + strings.ToLower(begun.Response.ID) + "@example.com"
		if s := v.patchSignUp(path, "email_address", address, "password", password); s.Status != wire.StatusComplete {
			t.Fatalf("sign-up = %+v", s)
		}
		if u := v.client().Sessions[0].User; string(u.Locale) != tt.wantLocale || string(u.Timezone) != tt.wantTimezone {
			t.Errorf("user from %q, %q has %q, %q", tt.locale, tt.timezone, u.Locale, u.Timezone)
		}
	}
}

// What browser clients send of themselves, and fields without a value, are no mistakes.
func TestSignUpTakesWhatBrowserClientsSend(t *testing.T) {
	t.Parallel()
	v := newApp(t).visitor()
	a := v.post("/v1/client/sign_ups", "email_address", "ada@example.com", "password", password, "strategy", "password",
		"locale", "en-GB", "timezone", "Europe/London", "captcha_token", "x", "captcha_widget_type", "smart", "captcha_error", "none",
		"captcha_action", "signup", "legal_accepted", "true", "unsafe_metadata", "{}", "phone_number", "", "transfer", "false")
	a.want(t, 200, "")
	if got := decode[wire.Response[wire.SignUp]](t, a.body).Response.Status; got != wire.StatusComplete {
		t.Errorf("status = %s", got)
	}
}

func TestSignUpNamesFieldsOfEveryStep(t *testing.T) {
	t.Parallel()
	v := newApp(t).visitor()
	path, _ := v.beginSignUp("email_address", "ada@example.com")
	a := v.post(path+"?_method=PATCH", "password", password, "phone_number", "1", "colour", "blue")
	a.want(t, 422, wire.CodeParamUnknown)
	if e := decode[wire.Errors](t, a.body).Errors; len(e) != 2 || e[0].Meta.ParamName != "colour" || e[1].Meta.ParamName != "phone_number" {
		t.Errorf("errors = %+v", e)
	}
	if got := v.patchSignUp(path, "password", password); got.Status != wire.StatusComplete {
		t.Errorf("status = %s", got.Status)
	}
}
