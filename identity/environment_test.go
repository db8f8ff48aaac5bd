package identity_test

import (
	"encoding/json"
	"reflect"
	"slices"
	"testing"

	"github.com/usherauth/usher/identity"
	"github.com/usherauth/usher/wire"
)

// Every key that browser clients read is there, with null or an empty list rather than a gap.
func TestEnvironmentIsComplete(t *testing.T) {
	t.Parallel()
	app, _ := newMailApp(t, verifyEmail)
	a := app.visitor().get("/v1/environment")
	a.want(t, 200, "")
	top := decode[map[string]json.RawMessage](t, a.body)
	for key, below := range map[string][]string{
		"auth_config":           {"object", "id", "single_session_mode", "reverification", "session_minter", "claimed_at", "preferred_channels", "native_settings"},
		"display_config":        {"instance_environment_type", "sign_in_url", "sign_up_url", "after_sign_in_url", "after_sign_out_one_url", "captcha_public_key", "captcha_widget_type", "theme", "branded"},
		"user_settings":         {"attributes", "social", "sign_in", "sign_up", "password_settings", "actions", "attack_protection", "passkey_settings", "username_settings", "enterprise_sso", "restrictions"},
		"organization_settings": {"enabled", "force_organization_selection"},
		"commerce_settings":     {"billing"},
		"api_keys_settings":     {"user_api_keys_enabled", "orgs_api_keys_enabled"},
		"protect_config":        {"id"},
		"fraud_settings":        {"native"},
	} {
		got := decode[map[string]json.RawMessage](t, string(top[key]))
		for _, k := range below {
			if _, ok := got[k]; !ok {
				t.Errorf("%s lacks %s", key, k)
			}
		}
	}
	for _, key := range []string{"maintenance_mode", "client_debug_mode", "partitioned_cookies"} {
		if string(top[key]) != "false" {
			t.Errorf("%s = %s", key, top[key])
		}
	}
	env := decode[wire.Environment](t, a.body)
	if env.AuthConfig.Reverification {
		t.Error("reverification is true, which takes the present password out of the form for a new one")
	}
	if role := env.OrganizationSettings.Domains.DefaultRole; role != "org:member" {
		t.Errorf("default_role = %q; invitations have no role at first", role)
	}
	if c := env.UserSettings.SignUp["captcha_enabled"]; c != false || env.DisplayConfig.CaptchaPublicKey != "" {
		t.Errorf("captcha = %v", c)
	}
	names := []string{}
	for name, attribute := range env.UserSettings.Attributes {
		names = append(names, name)
		if attribute.Name != name || attribute.FirstFactors == nil || attribute.SecondFactors == nil || attribute.Verifications == nil {
			t.Errorf("%s = %+v", name, attribute)
		}
	}
	slices.Sort(names)
	want := []string{"authenticator_app", "backup_code", "email_address", "first_name", "last_name", "passkey", "password", "phone_number", "ticket", "username", "web3_wallet"}
	if !reflect.DeepEqual(names, want) {
		t.Errorf("attributes = %v", names)
	}
	if e := env.UserSettings.Attributes["email_address"]; !reflect.DeepEqual(e.FirstFactors, []string{"email_code"}) || !e.VerifyAtSignUp {
		t.Errorf("email_address = %+v", e)
	}
}

// The pages to sign in on are told by their whole addresses, as scripts of other origins need
// them. Each app has the page that follows on its own.
func TestPagesOfTheEnvironmentAreAbsolute(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ signIn, signUp, wantIn, wantUp string }{
		{"", "", origin + "/sign-in", origin + "/sign-up"},
		{"/in?a=1", "up", origin + "/in?a=1", origin + "/up"},
		{"https://accounts.example.com/in", "", "https://accounts.example.com/in", origin + "/sign-up"},
	} {
		app := newApp(t, func(c *identity.Config) { c.SignInURL, c.SignUpURL = tt.signIn, tt.signUp })
		d := decode[wire.Environment](t, app.visitor().get("/v1/environment").body).DisplayConfig
		if d.SignInURL != tt.wantIn || d.SignUpURL != tt.wantUp {
			t.Errorf("%q and %q: %s and %s", tt.signIn, tt.signUp, d.SignInURL, d.SignUpURL)
		}
		for _, after := range []string{
			d.AfterSignInURL, d.AfterSignUpURL, d.AfterSignOutAllURL, d.AfterSignOutOneURL,
			d.AfterSwitchSessionURL, d.AfterCreateOrganizationURL, d.AfterLeaveOrganizationURL,
		} {
			if after != "/" {
				t.Errorf("after something: %s", after)
			}
		}
	}
}
