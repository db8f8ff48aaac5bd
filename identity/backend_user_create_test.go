package identity_test

import (
	"strings"
	"sync"
	"testing"

	"github.com/usherauth/usher/wire"
)

func TestBackendCreatesAUser(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	a := app.backend("POST", "/v1/users", `{
		"external_id":"ext-1","first_name":"Ada","last_name":"Lovelace","locale":"en-GB","username":"Ada.L",
		"email_address":["Ada@Example.com","second@example.com"],"email_address_identification_status":["verified","reserved"],
		"password":"`+password+`","public_metadata":{"a":1},"private_metadata":{"b":2},"unsafe_metadata":{"c":3},
		"delete_self_enabled":false,"create_organization_enabled":false,"create_organizations_limit":3,
		"legal_accepted_at":"2020-01-02T03:04:05.678Z","created_at":"2019-01-02T03:04:05+01:00","skip_legal_checks":true,
		"bypass_client_trust":true,"phone_number":[],"web3_wallet":null,"totp_secret":null,"backup_codes":[],"banned":false,"locked":false}`)
	a.want(t, 200, "")
	u := decode[wire.User](t, a.body)
	if u.ExternalID != "ext-1" || u.FirstName != "Ada" || u.LastName != "Lovelace" || u.Locale != "en-GB" || u.Username != "ada.l" {
		t.Errorf("names = %+v", u)
	}
	if len(u.EmailAddresses) != 2 || u.PrimaryEmail() != "Ada@Example.com" || u.EmailAddresses[0].Verification.Status != "verified" || u.EmailAddresses[1].Verification.Status != "unverified" {
		t.Errorf("addresses = %+v", u.EmailAddresses)
	}
	if string(u.PublicMetadata) != `{"a":1}` || string(u.PrivateMetadata) != `{"b":2}` || string(u.UnsafeMetadata) != `{"c":3}` {
		t.Errorf("metadata = %s %s %s", u.PublicMetadata, u.PrivateMetadata, u.UnsafeMetadata)
	}
	if u.DeleteSelfEnabled || u.CreateOrgEnabled || u.CreateOrgsLimit == nil || *u.CreateOrgsLimit != 3 {
		t.Errorf("rights = %+v", u)
	}
	if u.LegalAcceptedAt == nil || *u.LegalAcceptedAt != 1577934245678 || u.CreatedAt != 1546394645000 || !u.PasswordEnabled || u.PasswordLastUpdatedAt == nil {
		t.Errorf("times = %+v", u)
	}
	app.visitor().enter("ada@example.com")
	if again := app.backend("GET", "/v1/users/"+u.ID, "").body; !strings.Contains(again, `"external_id":"ext-1"`) {
		t.Errorf("read again: %s", again)
	}
}

// Every field that a user can be created with is refused when it is wrong, by name.
func TestBackendRefusesWrongUsers(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	app.user(t, map[string]any{"email_address": []string{"taken@example.com"}, "external_id": "taken", "username": "taken", "skip_password_requirement": true})
	ok := `"email_address":["ada@example.com"],"password":"` + password + `"`
	for _, tt := range []struct {
		name, body string
		status     int
		code       string
		param      string
	}{
		{"nothing", `{}`, 422, wire.CodeDataMissing, "email_address"},
		{"no body", ``, 422, wire.CodeDataMissing, "email_address"},
		{"null", `null`, 422, wire.CodeDataMissing, "email_address"},
		{"no password", `{"email_address":["ada@example.com"]}`, 422, wire.CodeDataMissing, "password"},
		{"no address", `{"password":"` + password + `"}`, 422, wire.CodeDataMissing, "email_address"},
		{"not JSON", `{`, 400, wire.CodeRequestBodyInvalid, ""},
		{"a list", `[]`, 400, wire.CodeRequestBodyInvalid, ""},
		{"unknown field", `{` + ok + `,"role":"admin"}`, 422, wire.CodeParamUnknown, "role"},
		{"address of the wrong type", `{"email_address":"ada@example.com","password":"x"}`, 422, wire.CodeParamFormatInvalid, "email_address"},
		{"name of the wrong type", `{` + ok + `,"first_name":7}`, 422, wire.CodeParamFormatInvalid, "first_name"},
		{"bad address", `{"email_address":["ada"],"password":"` + password + `"}`, 422, wire.CodeParamFormatInvalid, "email_address"},
		{"address twice", `{"email_address":["a@example.com","A@example.com"],"password":"` + password + `"}`, 422, wire.CodeIdentifierExists, "email_address"},
		{"address taken", `{"email_address":["TAKEN@example.com"],"password":"` + password + `"}`, 422, wire.CodeIdentifierExists, "email_address"},
		{"external id taken", `{` + ok + `,"external_id":"taken"}`, 422, wire.CodeIdentifierExists, "external_id"},
		{"user name taken in other case", `{` + ok + `,"username":"Taken"}`, 422, wire.CodeIdentifierExists, "username"},
		{"user name with a blank", `{` + ok + `,"username":"a b"}`, 422, wire.CodeParamFormatInvalid, "username"},
		{"status of an address", `{` + ok + `,"email_address_identification_status":["maybe"]}`, 422, wire.CodeParamValueInvalid, "email_address_identification_status"},
		{"control character in a name", `{` + ok + `,"last_name":"a\u0000b"}`, 422, wire.CodeParamFormatInvalid, "last_name"},
		{"long name", `{` + ok + `,"first_name":"` + strings.Repeat("x", 257) + `"}`, 422, wire.CodeParamFormatInvalid, "first_name"},
		{"locale", `{` + ok + `,"locale":"<b>"}`, 422, wire.CodeParamFormatInvalid, "locale"},
		{"metadata that is a list", `{` + ok + `,"public_metadata":[]}`, 422, wire.CodeParamFormatInvalid, "public_metadata"},
		{"metadata of 9 kB", `{` + ok + `,"private_metadata":{"a":"` + strings.Repeat("x", 9<<10) + `"}}`, 422, wire.CodeParamFormatInvalid, "private_metadata"},
		{"negative limit", `{` + ok + `,"create_organizations_limit":-1}`, 422, wire.CodeParamFormatInvalid, "create_organizations_limit"},
		{"time without date", `{` + ok + `,"created_at":"yesterday"}`, 422, wire.CodeParamFormatInvalid, "created_at"},
		{"time as a number", `{` + ok + `,"legal_accepted_at":1577934245678}`, 422, wire.CodeParamFormatInvalid, "legal_accepted_at"},
		{"short password", `{"email_address":["ada@example.com"],"password":"short"}`, 422, wire.CodePasswordTooShort, "password"},
		{"common password", `{"email_address":["ada@example.com"],"password":"password123"}`, 422, wire.CodePasswordPwned, "password"},
		{"address as password", `{"email_address":["ada.lovelace@example.com"],"password":"ada.lovelace"}`, 422, wire.CodePasswordNotStrong, "password"},
		{"password too long even without checks", `{"email_address":["ada@example.com"],"password":"` + strings.Repeat("x", 257) + `","skip_password_checks":true}`, 422, wire.CodeParamFormatInvalid, "password"},
		{"phone number", `{` + ok + `,"phone_number":["+15555550100"]}`, 501, wire.CodeNotImplemented, "phone_number"},
		{"wallet", `{` + ok + `,"web3_wallet":["0x1"]}`, 501, wire.CodeNotImplemented, "web3_wallet"},
		{"authenticator app", `{` + ok + `,"totp_secret":"AAAA"}`, 501, wire.CodeNotImplemented, "totp_secret"},
		{"backup codes", `{` + ok + `,"backup_codes":["1"]}`, 501, wire.CodeNotImplemented, "backup_codes"},
		{"too large", `{"first_name":"` + strings.Repeat("x", 300<<10) + `"}`, 413, wire.CodeBodyTooLarge, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := app.backend("POST", "/v1/users", tt.body)
			a.want(t, tt.status, tt.code)
			if got := a.param(t); got != tt.param {
				t.Errorf("param_name = %q, want %q: %s", got, tt.param, a.body)
			}
		})
	}
	if n := app.backend("GET", "/v1/users/count", "").body; !strings.Contains(n, `"total_count":1`) {
		t.Errorf("count = %s, want the one that was there", n)
	}
	several := app.backend("POST", "/v1/users", `{"email_address":["nobody"],"username":"?","external_id":"`+strings.Repeat("x", 300)+`"}`)
	if e := decode[wire.Errors](t, several.body).Errors; len(e) != 4 {
		t.Errorf("errors = %+v, want all four", e)
	}
}

// With and without the requirements that an instance makes.
func TestBackendCreatesUsersWithoutWhatIsUsuallyNeeded(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	bare := app.user(t, map[string]any{"skip_password_requirement": true, "skip_user_requirement": true, "username": "robot"})
	if bare.PasswordEnabled || len(bare.EmailAddresses) != 0 || bare.PrimaryEmailAddressID != "" {
		t.Errorf("user = %+v", bare)
	}
	app.user(t, map[string]any{"email_address": []string{"ada@example.com"}, "password": "password123", "skip_password_checks": true})
	app.visitor().post("/v1/client/sign_ins", "identifier", "ada@example.com", "password", "password123").want(t, 200, "")
	app.user(t, map[string]any{"email_address": []string{"banned@example.com"}, "password": password, "banned": true})
	app.visitor().post("/v1/client/sign_ins", "identifier", "banned@example.com", "password", password).want(t, 403, wire.CodeUserBanned)
	locked := app.user(t, map[string]any{"email_address": []string{"locked@example.com"}, "password": password, "locked": true})
	if !locked.Locked || locked.LockoutExpiresInSeconds == nil || *locked.LockoutExpiresInSeconds != 3600 {
		t.Errorf("locked = %+v", locked)
	}
	app.visitor().post("/v1/client/sign_ins", "identifier", "locked@example.com", "password", password).want(t, 422, wire.CodePasswordOrIdentifier)
}

// Of many who claim one identifier at the same time, one gets it.
func TestUniqueIdentifiersUnderParallelCreation(t *testing.T) {
	t.Parallel()
	for _, fields := range []map[string]any{
		{"email_address": []string{"ada@example.com"}, "skip_password_requirement": true},
		{"external_id": "one", "skip_password_requirement": true, "skip_user_requirement": true},
		{"username": "one", "skip_password_requirement": true, "skip_user_requirement": true},
	} {
		app := newApp(t)
		body := encodeJSON(t, fields)
		var made, refused int
		var mu sync.Mutex
		var all sync.WaitGroup
		for range 16 {
			all.Go(func() {
				a := app.backend("POST", "/v1/users", body)
				mu.Lock()
				defer mu.Unlock()
				switch a.StatusCode {
				case 200:
					made++
				case 422:
					refused++
				}
			})
		}
		all.Wait()
		if made != 1 || refused != 15 {
			t.Errorf("%s: %d made, %d refused, want 1 and 15", body, made, refused)
		}
	}
}
