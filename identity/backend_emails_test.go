package identity_test

import (
	"strings"
	"testing"

	"github.com/usherauth/usher/wire"
)

func TestBackendEmails(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	u := app.person(t, "ada@example.com")
	first := u.EmailAddresses[0].ID
	a := app.backend("POST", "/v1/email_addresses", `{"user_id":"`+u.ID+`","email_address":"Second@example.com"}`)
	a.want(t, 200, "")
	second := decode[wire.EmailAddress](t, a.body)
	if second.Object != "email_address" || second.EmailAddress != "Second@example.com" || second.Verification.Status != "unverified" || second.LinkedTo == nil {
		t.Errorf("address = %s", a.body)
	}
	user := func() wire.User { return decode[wire.User](t, app.backend("GET", "/v1/users/"+u.ID, "").body) }
	path := "/v1/email_addresses/" + second.ID
	app.backend("GET", path, "").want(t, 200, "")
	app.backend("PATCH", path, `{"primary":true}`).want(t, 422, wire.CodeVerificationNeeded)
	app.backend("PATCH", path, `{"verified":true,"primary":true}`).want(t, 200, "")
	if got := user(); string(got.PrimaryEmailAddressID) != second.ID {
		t.Errorf("primary = %s, want the second", got.PrimaryEmailAddressID)
	}
	app.backend("PATCH", path, `{"verified":false}`).want(t, 422, wire.CodeVerificationNeeded)
	app.backend("PATCH", "/v1/email_addresses/"+first, `{"verified":false}`).want(t, 200, "")
	app.backend("PATCH", path, `{}`).want(t, 200, "")
	app.backend("PATCH", path, `{"email_address":"x@example.com"}`).want(t, 422, wire.CodeParamUnknown)

	app.backend("POST", "/v1/email_addresses", `{"user_id":"`+u.ID+`","email_address":"third@example.com","verified":true,"primary":true}`).want(t, 200, "")
	third := string(user().PrimaryEmailAddressID)
	if third == second.ID {
		t.Error("the third address is not the primary one")
	}
	app.visitor().enter("third@example.com")
	if got := decode[wire.Deleted](t, app.backend("DELETE", "/v1/email_addresses/"+third, "").body); !got.Deleted || got.ID != third || got.Object != "email_address" {
		t.Errorf("deleted = %+v", got)
	}
	if got := user(); string(got.PrimaryEmailAddressID) != second.ID {
		t.Errorf("primary = %s, want the one that is verified", got.PrimaryEmailAddressID)
	}
	app.backend("DELETE", path, "").want(t, 200, "")
	app.backend("DELETE", "/v1/email_addresses/"+first, "").want(t, 400, wire.CodeLastIdentification)
	for _, id := range []string{third, second.ID, "idn_x"} {
		app.backend("GET", "/v1/email_addresses/"+id, "").want(t, 404, wire.CodeResourceNotFound)
		app.backend("PATCH", "/v1/email_addresses/"+id, `{"verified":true}`).want(t, 404, wire.CodeResourceNotFound)
		app.backend("DELETE", "/v1/email_addresses/"+id, "").want(t, 404, wire.CodeResourceNotFound)
	}
}

func TestBackendEmailsThatAreRefused(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	u := app.person(t, "ada@example.com")
	app.person(t, "taken@example.com")
	for _, tt := range []struct {
		body   string
		status int
		code   string
		param  string
	}{
		{`{"email_address":"x@example.com"}`, 422, wire.CodeParamMissing, "user_id"},
		{`{"user_id":"` + u.ID + `"}`, 422, wire.CodeParamMissing, "email_address"},
		{`{"user_id":"` + u.ID + `","email_address":"x"}`, 422, wire.CodeParamFormatInvalid, "email_address"},
		{`{"user_id":"` + u.ID + `","email_address":"x@example.com","verified":"yes"}`, 422, wire.CodeParamFormatInvalid, "verified"},
		{`{"user_id":"` + u.ID + `","email_address":"x@example.com","primary":true}`, 422, wire.CodeVerificationNeeded, "primary"},
		{`{"user_id":"` + u.ID + `","email_address":"TAKEN@example.com"}`, 422, wire.CodeIdentifierExists, "email_address"},
		{`{"user_id":"` + u.ID + `","email_address":"ada@example.com"}`, 422, wire.CodeIdentifierExists, "email_address"},
		{`{"user_id":"user_x","email_address":"x@example.com"}`, 404, wire.CodeResourceNotFound, ""},
	} {
		a := app.backend("POST", "/v1/email_addresses", tt.body)
		a.want(t, tt.status, tt.code)
		if got := a.param(t); got != tt.param {
			t.Errorf("%s: param_name = %q, want %q", tt.body, got, tt.param)
		}
	}
	if got := app.stored(t, u.ID).Emails; len(got) != 1 {
		t.Errorf("addresses = %+v, want the first alone", got)
	}
}

func TestBackendReplacesAllEmails(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	u := app.user(t, map[string]any{"email_address": []string{"ada@example.com", "b@example.com"}, "password": password})
	app.person(t, "taken@example.com")
	path := "/v1/users/" + u.ID + "/email_address"
	app.backend("PUT", path, `{"email_address":"taken@example.com"}`).want(t, 422, wire.CodeIdentifierExists)
	app.backend("PUT", path, `{"email_address":"nonsense"}`).want(t, 422, wire.CodeParamFormatInvalid)
	app.backend("PUT", path, `{}`).want(t, 422, wire.CodeParamMissing)
	app.backend("PUT", "/v1/users/user_x/email_address", `{"email_address":"c@example.com"}`).want(t, 404, wire.CodeResourceNotFound)
	for _, address := range []string{"b@example.com", "c@example.com"} {
		a := app.backend("PUT", path, `{"email_address":"`+address+`"}`)
		a.want(t, 200, "")
		if e := decode[wire.EmailAddress](t, a.body); e.EmailAddress != address || e.Verification.Status != "verified" {
			t.Errorf("address = %s", a.body)
		}
		if got := app.stored(t, u.ID); len(got.Emails) != 1 || got.PrimaryEmailID != got.Emails[0].ID {
			t.Errorf("user = %+v", got)
		}
	}
	app.person(t, "ada@example.com") // is free again
	if !strings.Contains(app.backend("GET", "/v1/users?email_address=b@example.com", "").body, "[]") {
		t.Error("an address that was replaced still finds somebody")
	}
}
