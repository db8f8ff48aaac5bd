package identity_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/usherauth/usher/identity"
	"github.com/usherauth/usher/wire"
)

func TestBackendUpdatesAUser(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	u := app.user(t, map[string]any{
		"email_address": []string{"ada@example.com", "second@example.com", "third@example.com"}, "password": password,
		"email_address_identification_status": []string{"verified", "verified", "reserved"},
		"external_id":                         "x", "username": "ada", "first_name": "Ada",
	})
	path := "/v1/users/" + u.ID
	second, third := u.EmailAddresses[1].ID, u.EmailAddresses[2].ID
	a := app.backend("PATCH", path, `{"first_name":null,"last_name":"L","username":"","external_id":"y","locale":"de","timezone":"America/Argentina/Buenos_Aires","primary_email_address_id":"`+second+`",
		"create_organizations_limit":2,"delete_self_enabled":false,"profile_image_id":null,"notify_primary_email_address_changed":false}`)
	a.want(t, 200, "")
	got := decode[wire.User](t, a.body)
	if got.FirstName != "" || got.LastName != "L" || got.Username != "" || got.ExternalID != "y" || got.Locale != "de" || got.Timezone != "America/Argentina/Buenos_Aires" ||
		string(got.PrimaryEmailAddressID) != second || got.DeleteSelfEnabled || *got.CreateOrgsLimit != 2 {
		t.Errorf("user = %+v", got)
	}
	app.user(t, map[string]any{"external_id": "taken", "username": "taken", "skip_password_requirement": true, "skip_user_requirement": true})
	for _, tt := range []struct {
		name, body string
		status     int
		code       string
		param      string
	}{
		{"an address that is not verified", `{"primary_email_address_id":"` + third + `"}`, 422, wire.CodeVerificationNeeded, "primary_email_address_id"},
		{"somebody else's address", `{"primary_email_address_id":"idn_x"}`, 422, wire.CodeParamValueInvalid, "primary_email_address_id"},
		{"identifiers", `{"email_address":["new@example.com"]}`, 422, wire.CodeParamUnknown, "email_address"},
		{"metadata", `{"public_metadata":{}}`, 422, wire.CodeParamUnknown, "public_metadata"},
		{"external id taken", `{"external_id":"taken"}`, 422, wire.CodeIdentifierExists, "external_id"},
		{"user name taken", `{"username":"TAKEN"}`, 422, wire.CodeIdentifierExists, "username"},
		{"weak password", `{"password":"password123"}`, 422, wire.CodePasswordPwned, "password"},
		{"another address as password", `{"password":"second@example.com"}`, 422, wire.CodePasswordNotStrong, "password"},
		{"sessions without a password", `{"sign_out_of_other_sessions":true}`, 422, wire.CodeParamValueInvalid, "sign_out_of_other_sessions"},
		{"a time zone that is none", `{"timezone":"Europe/"}`, 422, wire.CodeParamFormatInvalid, "timezone"},
		{"a time zone of many letters", `{"timezone":"` + strings.Repeat("a", 65) + `"}`, 422, wire.CodeParamFormatInvalid, "timezone"},
		{"phone number", `{"primary_phone_number_id":"idn_x"}`, 501, wire.CodeNotImplemented, "primary_phone_number_id"},
		{"mail", `{"notify_primary_email_address_changed":true}`, 501, wire.CodeNotImplemented, "notify_primary_email_address_changed"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := app.backend("PATCH", path, tt.body)
			a.want(t, tt.status, tt.code)
			if got := a.param(t); got != tt.param {
				t.Errorf("param_name = %q, want %q", got, tt.param)
			}
		})
	}
	app.backend("PATCH", "/v1/users/user_x", `{"first_name":"A"}`).want(t, 404, wire.CodeResourceNotFound)
	kept := decode[wire.User](t, app.backend("PATCH", path, `{}`).body)
	gone := decode[wire.User](t, app.backend("PATCH", path, `{"locale":null,"timezone":null}`).body)
	if kept.Timezone != got.Timezone || kept.Locale != "de" || gone.Timezone != "" || gone.Locale != "" {
		t.Errorf("kept %q and %q, emptied %q and %q", kept.Locale, kept.Timezone, gone.Locale, gone.Timezone)
	}
}

// C06, as an operator does it: sessions go on unless they are to end.
func TestBackendSetsAPassword(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	u := app.person(t, "ada@example.com")
	v := app.visitor()
	v.enter("ada@example.com")
	path, token := "/v1/users/"+u.ID, "/v1/client/sessions/"+v.sessionID()+"/tokens"
	app.backend("PATCH", path, `{"password":"another long passphrase"}`).want(t, 200, "")
	v.post(token).want(t, 200, "")
	app.visitor().post("/v1/client/sign_ins", "identifier", "ada@example.com", "password", password).want(t, 422, wire.CodePasswordOrIdentifier)
	app.visitor().post("/v1/client/sign_ins", "identifier", "ada@example.com", "password", "another long passphrase").want(t, 200, "")
	app.backend("PATCH", path, `{"password_digest":"`+digests[5].digest+`","password_hasher":"md5","sign_out_of_other_sessions":true}`).want(t, 200, "")
	v.post(token).want(t, 401, wire.CodeSignedOut)
	app.visitor().enter("ada@example.com")
	got := app.events(identity.AuditQuery{UserID: u.ID, Types: []string{"password.changed", "session.revoked"}})
	slices.Sort(got) // they are of one instant
	if !slices.Equal(got, []string{"password.changed", "password.changed", "session.revoked", "session.revoked"}) {
		t.Errorf("events = %s", got)
	}
}

// Metadata is merged by PATCH and replaced by PUT; clients of older versions replace it with
// the user.
func TestBackendMetadata(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	u := app.user(t, map[string]any{
		"skip_user_requirement": true, "skip_password_requirement": true,
		"public_metadata": map[string]any{"a": map[string]any{"b": 1, "c": 2}, "n": 12345678901234567}, "unsafe_metadata": map[string]any{"u": 1},
	})
	path := "/v1/users/" + u.ID
	for _, tt := range []struct{ method, path, body, public, private, unsafe string }{
		{"PATCH", path + "/metadata", `{"public_metadata":{"a":{"b":null,"d":[1]}},"private_metadata":{"p":1}}`, `{"a":{"c":2,"d":[1]},"n":12345678901234567}`, `{"p":1}`, `{"u":1}`},
		{"PATCH", path + "/metadata", `{"public_metadata":null}`, `{"a":{"c":2,"d":[1]},"n":12345678901234567}`, `{"p":1}`, `{"u":1}`},
		{"PUT", path + "/metadata", `{"public_metadata":{"z":1}}`, `{"z":1}`, `{"p":1}`, `{"u":1}`},
		{"PUT", path + "/metadata", `{"private_metadata":null,"unsafe_metadata":{}}`, `{"z":1}`, `{}`, `{}`},
		{"PATCH", path + "?__clerk_api_version=2025-04-10", `{"public_metadata":{"old":1}}`, `{"old":1}`, `{}`, `{}`},
	} {
		a := app.backend(tt.method, tt.path, tt.body)
		a.want(t, 200, "")
		got := decode[wire.User](t, a.body)
		if string(got.PublicMetadata) != tt.public || string(got.PrivateMetadata) != tt.private || string(got.UnsafeMetadata) != tt.unsafe {
			t.Errorf("%s %s: %s %s %s, want %s %s %s", tt.method, tt.body, got.PublicMetadata, got.PrivateMetadata, got.UnsafeMetadata, tt.public, tt.private, tt.unsafe)
		}
	}
	for _, body := range []string{`{"public_metadata":[]}`, `{"private_metadata":"x"}`, `{"unsafe_metadata":7}`} {
		app.backend("PUT", path+"/metadata", body).want(t, 422, wire.CodeParamFormatInvalid)
		app.backend("PATCH", path+"/metadata", body).want(t, 422, wire.CodeParamFormatInvalid)
	}
	app.backend("PUT", path+"/metadata", `{"metadata":{}}`).want(t, 422, wire.CodeParamUnknown)
	app.backend("PUT", "/v1/users/user_x/metadata", `{}`).want(t, 404, wire.CodeResourceNotFound)
}
