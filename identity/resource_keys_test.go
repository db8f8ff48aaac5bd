package identity_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

// What browser clients read of each resource (protocol reference 8.5) is there, with null
// or an empty list rather than a gap, and nothing that the Backend API alone may see.
func TestFrontendResourcesAreComplete(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	v := app.visitor()
	type keys = map[string]json.RawMessage
	below := func(from keys, key string) keys {
		text := strings.TrimSuffix(strings.TrimPrefix(string(from[key]), "["), "]")
		return decode[keys](t, text)
	}
	client := func() keys { return below(decode[keys](t, v.get("/v1/client").body), "response") }
	wants := func(what string, have keys, names string) {
		t.Helper()
		for _, name := range strings.Fields(names) {
			if _, ok := have[name]; !ok {
				t.Errorf("a %s lacks %s", what, name)
			}
		}
		for name := range have {
			if slices.Contains([]string{"private_metadata", "scim", "password_hash"}, name) {
				t.Errorf("a %s has %s", what, name)
			}
		}
	}
	v.post("/v1/client/sign_ins", "identifier", "ada@example.com").want(t, 200, "")
	v.post("/v1/client/sign_ups", "email_address", "ada@example.com").want(t, 200, "")
	wants("sign-in", below(client(), "sign_in"), `object id status identifier supported_identifiers supported_first_factors supported_second_factors
		first_factor_verification second_factor_verification user_data created_session_id abandon_at`)
	wants("sign-up", below(client(), "sign_up"), `object id status required_fields optional_fields missing_fields unverified_fields verifications
		username email_address phone_number web3_wallet first_name last_name password_enabled has_password unsafe_metadata public_metadata
		external_id created_session_id created_user_id abandon_at legal_accepted_at custom_action locale`)
	v.signUp("ada@example.com")
	wants("client", client(), `object id sessions sign_in sign_up last_active_session_id last_authentication_strategy cookie_expires_at captcha_bypass
		created_at updated_at`)
	session := below(client(), "sessions")
	wants("session", session, `object id status expire_at abandon_at last_active_at last_active_token last_active_organization_id actor tasks user
		public_user_data factor_verification_age created_at updated_at`)
	wants("person in public", below(session, "public_user_data"), `first_name last_name image_url has_image identifier user_id`)
	user := below(session, "user")
	wants("user", user, `object id external_id primary_email_address_id primary_phone_number_id primary_web3_wallet_id username first_name last_name
		locale image_url has_image public_metadata unsafe_metadata email_addresses phone_numbers web3_wallets passkeys external_accounts
		saml_accounts enterprise_accounts organization_memberships password_enabled two_factor_enabled totp_enabled backup_code_enabled
		mfa_enabled_at mfa_disabled_at password_last_updated_at last_sign_in_at last_active_at delete_self_enabled
		create_organization_enabled create_organizations_limit legal_accepted_at created_at updated_at`)
	wants("address", below(user, "email_addresses"), `object id email_address reserved verification linked_to matches_sso_connection created_at updated_at`)
}
