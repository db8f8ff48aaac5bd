package identity_test

import (
	"strings"
	"testing"

	"github.com/usherauth/usher/identity"
	"github.com/usherauth/usher/wire"
)

// typedCodes are ways in which people type a code.
func typedCodes(code string) []string {
	shift := func(zero rune) string {
		return strings.Map(func(r rune) rune { return zero + r - '0' }, code)
	}
	return []string{
		code[:3] + "-" + code[3:], code[:3] + " " + code[3:], code + ".", "\t" + code + "\u00a0", code[:3] + "\u2011" + code[3:],
		shift('\uff10'), shift('\u0660'), shift('\u06f0'), shift('\u0966'), "\u200b" + code + "\u200b", "Code: " + code,
	}
}

// A code is the digits of what was typed, in every place that takes one.
func TestC6_CodesAsPeopleTypeThem(t *testing.T) {
	t.Parallel()
	app, box := newMailApp(t, verifyEmail)
	app.person(t, "ada@example.com")
	for i := range typedCodes("123456") {
		v := app.visitor()
		path, _ := v.begin("ada@example.com")
		v.prepare(path, emailCode).want(t, 200, "")
		typed := typedCodes(box.code("ada@example.com"))[i]
		if a := v.attempt(path, emailCode, typed); a.StatusCode != 200 {
			t.Errorf("sign-in with %+q: %d %s", typed, a.StatusCode, a.body)
		}
		v = app.visitor()
		address := "new" + decimal(i) + "@example.com"
		up, _ := v.beginSignUp("email_address", address, "password", password)
		v.post(up+"/prepare_verification", "strategy", emailCode).want(t, 200, "")
		typed = typedCodes(box.code(address))[i]
		if a := v.post(up+"/attempt_verification", "strategy", emailCode, "code", typed); a.StatusCode != 200 {
			t.Errorf("sign-up with %+q: %d %s", typed, a.StatusCode, a.body)
		}
	}
}

// What cannot be a code is refused as such and costs no try, for an address of nobody's too.
func TestC6_AMalformedCodeCostsNoTry(t *testing.T) {
	t.Parallel()
	app, box := newMailApp(t)
	member(t, app, box, "ada@example.com")
	for _, address := range []string{"ada@example.com", "nobody@example.com"} {
		v := app.visitor()
		path, _ := v.begin(address)
		v.prepare(path, emailCode).want(t, 200, "")
		for range 2 * identity.CodeTries {
			for _, typed := range []string{"12345", "1234567", "abcdef", "-", "O17851", "\u00bd\u00bd\u00bd\u00bd\u00bd\u00bd"} {
				a := v.attempt(path, emailCode, typed)
				a.want(t, 422, wire.CodeParamFormatInvalid)
				if a.param(t) != "code" {
					t.Errorf("%q: about %q", typed, a.param(t))
				}
			}
		}
		if address == "ada@example.com" {
			v.attempt(path, emailCode, box.code(address)).want(t, 200, "")
			continue
		}
		for range identity.CodeTries - 1 {
			v.attempt(path, emailCode, "000000").want(t, 422, wire.CodeCodeIncorrect)
		}
		v.attempt(path, emailCode, "000000").want(t, 400, wire.CodeVerificationFailed)
	}
}
