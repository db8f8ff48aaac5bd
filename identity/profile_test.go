package identity_test

import (
	"testing"

	"github.com/usherauth/usher/wire"
)

// A name is one line of text in any script, kept as it was typed, and what is refused
// changes nothing.
func TestNamesAreOneLine(t *testing.T) {
	t.Parallel()
	v := newApp(t).visitor()
	v.signUp("ada@example.com")
	for _, name := range []string{"a\nb", "a\x00", "\x7f", "a\u0085b", "a\u2028b", "a\u2029b", "\t"} {
		v.post("/v1/me?_method=PATCH", "first_name", name).want(t, 422, wire.CodeParamFormatInvalid)
		v.post("/v1/organizations", "name", "Acme"+name).want(t, 422, wire.CodeParamFormatInvalid)
	}
	if got := v.client().Sessions[0].User.FirstName; got != "Ada" {
		t.Errorf("first name = %q after refusals", got)
	}
	for _, name := range []string{"Ελένη", "李小龍", "أمل", "Zoe\u0308", "👩🏽‍💻", "O'Brien-Søn", "\u202eadA"} {
		v.post("/v1/me?_method=PATCH", "first_name", name).want(t, 200, "")
		if got := v.client().Sessions[0].User.FirstName; string(got) != name {
			t.Errorf("first name = %q, want %q as it was typed", got, name)
		}
		v.found(name)
	}
	for _, name := range []string{"", " ", "\u00a0", "\u200b", "\u2060\ufeff", "\u0301", "\u3000"} {
		v.post("/v1/organizations", "name", name).want(t, 422, wire.CodeParamMissing)
	}
}
