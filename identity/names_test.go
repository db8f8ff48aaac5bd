package identity_test

import (
	"strings"
	"testing"

	"github.com/usherauth/usher/identity"
	"github.com/usherauth/usher/wire"
)

// A name that nobody would see is refused wherever somebody can set one; none at all, and
// names in every script, are taken.
func TestC7_NamesShowSomething(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	ada := app.member("ada")
	org := ada.found("Acme")
	id := ada.userID()
	for _, name := range []string{"   ", "\u200f", "\u202e\u202c", "\u00a0", "\u3164", "\u2800", "\u200b"} {
		for _, param := range []string{"first_name", "last_name"} {
			a := app.visitor().post("/v1/client/sign_ups", "email_address", "x@example.com", "password", password, param, name)
			a.want(t, 422, wire.CodeParamFormatInvalid)
			if a.param(t) != param {
				t.Errorf("%+q: about %s", name, a.param(t))
			}
			ada.post("/v1/me?_method=PATCH", param, name).want(t, 422, wire.CodeParamFormatInvalid)
			app.backend("PATCH", "/v1/users/"+id, `{"`+param+`":"`+name+`"}`).want(t, 422, wire.CodeParamFormatInvalid)
			app.backend("POST", "/v1/users", `{"email_address":["y@example.com"],"skip_password_requirement":true,"`+param+`":"`+name+`"}`).want(t, 422, wire.CodeParamFormatInvalid)
		}
		ada.post("/v1/organizations", "name", name).want(t, 422, wire.CodeParamMissing)
		ada.post("/v1/organizations/"+org.ID+"?_method=PATCH", "name", name).want(t, 422, wire.CodeParamMissing)
	}
	for _, name := range []string{"", "אדה", "李", "é", "\u202eeve"} {
		ada.post("/v1/me?_method=PATCH", "first_name", name).want(t, 200, "")
		if got := app.stored(t, id); got.FirstName != name {
			t.Errorf("stored %+q, want %+q", got.FirstName, name)
		}
	}
}

// Other systems keep blanks where there is no name: their people are imported without one.
func TestC7_ImportedBlanksAreNoName(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	err := app.store.Update(t.Context(), func(tx identity.Tx) error {
		return tx.PutUser(identity.User{ID: "user_OLD", FirstName: " \u200f", LastName: "Lovelace", CreatedAt: app.clock.Now(), UpdatedAt: app.clock.Now()})
	})
	if err != nil {
		t.Fatal(err)
	}
	other := newApp(t)
	var b strings.Builder
	if err := app.Export(t.Context(), &b, identity.ExportOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := other.Import(t.Context(), strings.NewReader(b.String()), identity.ImportOptions{}); err != nil {
		t.Fatal(err)
	}
	if u := other.stored(t, "user_OLD"); u.FirstName != "" || u.LastName != "Lovelace" {
		t.Errorf("imported %+q %+q", u.FirstName, u.LastName)
	}
}
