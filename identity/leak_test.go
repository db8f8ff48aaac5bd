package identity_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"strings"
	"testing"

	"github.com/usherauth/usher/identity"
	"github.com/usherauth/usher/wire"
)

// targets are all endpoints of the Frontend API with something in each {…}.
var targets = []string{
	"GET /.well-known/jwks.json", "GET /v1/environment", "PATCH /v1/environment",
	"GET /v1/client", "PUT /v1/client", "POST /v1/client", "DELETE /v1/client",
	"GET /v1/client/handshake", "POST /v1/client/sign_ups", "GET /v1/client/sign_ups/%s", "PATCH /v1/client/sign_ups/%s",
	"POST /v1/client/sign_ins", "GET /v1/client/sign_ins/%s", "POST /v1/client/sign_ins/%s/attempt_first_factor",
	"DELETE /v1/client/sessions", "POST /v1/client/sessions/%s/touch", "POST /v1/client/sessions/%s/tokens",
	"POST /v1/client/sessions/%s/tokens/%s", "POST /v1/client/sessions/%s/end", "POST /v1/client/sessions/%s/remove",
	"GET /v1/me", "PATCH /v1/me", "PATCH /v1/me/metadata", "POST /v1/me/change_password", "GET /v1/me/sessions/active",
	"GET /v1/me/sessions",
	"POST /v1/me/sessions/%s/revoke", "POST /v1/me/totp", "GET /v1/nothing",
	"POST /v1/organizations", "GET /v1/organizations/%s", "PATCH /v1/organizations/%s", "DELETE /v1/organizations/%s",
	"GET /v1/organizations/%s/memberships", "POST /v1/organizations/%s/memberships", "PATCH /v1/organizations/%s/memberships/%s",
	"DELETE /v1/organizations/%s/memberships/%s", "GET /v1/organizations/%s/invitations", "POST /v1/organizations/%s/invitations",
	"POST /v1/organizations/%s/invitations/bulk", "GET /v1/organizations/%s/invitations/pending", "POST /v1/organizations/%s/invitations/%s/revoke",
	"GET /v1/organizations/%s/roles", "GET /v1/organizations/%s/domains", "POST /v1/organizations/%s/domains", "DELETE /v1/organizations/%s/domains/%s",
	"GET /v1/organizations/%s/membership_requests", "POST /v1/organizations/%s/membership_requests/%s/accept",
	"GET /v1/me/organization_memberships", "DELETE /v1/me/organization_memberships/%s", "GET /v1/me/organization_invitations",
	"POST /v1/me/organization_invitations/%s/accept", "GET /v1/me/organization_suggestions", "GET /v1/tickets/accept",
	"GET /v1/client/touch", "POST /v1/client/sign_ins/%s/prepare_first_factor", "POST /v1/client/sign_ins/%s/reset_password",
	"POST /v1/client/sign_ups/%s/prepare_verification", "POST /v1/client/sign_ups/%s/attempt_verification",
	"POST /v1/client/sessions/%s/verify", "POST /v1/client/sessions/%s/verify/prepare_first_factor",
	"POST /v1/client/sessions/%s/verify/attempt_first_factor", "POST /v1/me/remove_password",
	"POST /v1/me/profile_image", "DELETE /v1/me/profile_image", "GET /v1/images/%s", "GET /v1/images/default/%s",
	"GET /v1/me/email_addresses", "POST /v1/me/email_addresses/", "GET /v1/me/email_addresses/%s", "DELETE /v1/me/email_addresses/%s",
	"POST /v1/me/email_addresses/%s/prepare_verification", "POST /v1/me/email_addresses/%s/attempt_verification",
}

var backendTargets = []string{
	"GET /v1/jwks", "GET /v1/users", "GET /v1/users/count", "GET /v1/users/%s", "PATCH /v1/users/%s", "DELETE /v1/users/%s",
	"PATCH /v1/users/%s/metadata", "GET /v1/sessions", "GET /v1/sessions/%s", "POST /v1/sessions/%s/revoke",
	"POST /v1/sessions/%s/tokens", "POST /v1/sessions/%s/refresh", "GET /v1/clients/%s", "GET /v1/nothing",
	"GET /v1/organizations", "POST /v1/organizations", "GET /v1/organizations/%s", "PATCH /v1/organizations/%s", "DELETE /v1/organizations/%s",
	"PATCH /v1/organizations/%s/metadata", "PUT /v1/organizations/%s/metadata", "GET /v1/organizations/%s/memberships",
	"POST /v1/organizations/%s/memberships", "PATCH /v1/organizations/%s/memberships/%s", "DELETE /v1/organizations/%s/memberships/%s",
	"PATCH /v1/organizations/%s/memberships/%s/metadata", "GET /v1/organization_memberships", "GET /v1/users/%s/organization_memberships",
	"GET /v1/organizations/%s/invitations", "POST /v1/organizations/%s/invitations", "POST /v1/organizations/%s/invitations/bulk",
	"GET /v1/organizations/%s/invitations/%s", "POST /v1/organizations/%s/invitations/%s/revoke", "GET /v1/organization_invitations",
	"GET /v1/users/%s/organization_invitations", "GET /v1/organization_roles", "POST /v1/organization_roles", "GET /v1/organization_roles/%s",
	"PATCH /v1/organization_roles/%s", "DELETE /v1/organization_roles/%s", "POST /v1/organization_roles/%s/permissions/%s",
	"DELETE /v1/organization_roles/%s/permissions/%s", "GET /v1/organization_permissions", "POST /v1/organization_permissions",
	"GET /v1/organization_permissions/%s", "PATCH /v1/organization_permissions/%s", "DELETE /v1/organization_permissions/%s",
	"POST /v1/users", "POST /v1/users/ban", "POST /v1/users/unban", "PUT /v1/users/%s/metadata", "POST /v1/users/%s/ban", "POST /v1/users/%s/unban",
	"POST /v1/users/%s/lock", "POST /v1/users/%s/unlock", "POST /v1/users/%s/verify_password", "POST /v1/users/%s/verify_totp",
	"POST /v1/users/%s/remove_password", "POST /v1/users/%s/password/set_compromised", "POST /v1/users/%s/password/unset_compromised",
	"PUT /v1/users/%s/email_address", "DELETE /v1/users/%s/mfa", "GET /v1/users/%s/oauth_access_tokens/%s", "POST /v1/email_addresses",
	"GET /v1/email_addresses/%s", "PATCH /v1/email_addresses/%s", "DELETE /v1/email_addresses/%s", "POST /v1/sessions", "POST /v1/sessions/%s/verify",
	"POST /v1/sessions/%s/tokens/%s", "GET /v1/clients", "POST /v1/clients/verify", "GET /v1/clients/handshake_payload", "GET /v1/invitations",
	"POST /v1/invitations", "POST /v1/invitations/bulk", "POST /v1/invitations/%s/revoke", "POST /v1/sign_in_tokens", "POST /v1/sign_in_tokens/%s/revoke",
	"POST /v1/actor_tokens", "POST /v1/actor_tokens/%s/revoke", "POST /v1/testing_tokens", "GET /v1/jwt_templates", "POST /v1/jwt_templates",
	"GET /v1/jwt_templates/%s", "PATCH /v1/jwt_templates/%s", "DELETE /v1/jwt_templates/%s", "GET /v1/instance", "PATCH /v1/instance",
	"PATCH /v1/instance/restrictions",
}

// internals are words of source, stores and stacks; none has a place in an answer.
var internals = regexp.MustCompile(`(?i)\.go:|\bsql|goroutine|panic|runtime|stack|memstore|/var/lib|json:|net/http|strconv|identity:|usher\.db`)

// V03: whatever is wrong with a request, or with the store, the answer is an envelope
// without a trace of the inside, and never a 500 for the caller's mistake.
func TestV03_BrokenInputShowsNothing(t *testing.T) {
	t.Parallel()
	var spy *spyStore
	app, _ := newMailApp(t, func(c *identity.Config) { spy = &spyStore{Store: c.Store}; c.Store = spy })
	inputs := []struct{ contentType, body string }{
		{"", ""},
		{formType, "email_address=%00&password=%00&identifier=%00&unsafe_metadata=%7B"},
		{formType, "email_address[]=a&password[x]=b&identifier=a@b&first_name[]=1"},
		{formType, "strategy=email_code&code=%00&email_address_id=%00&level=%00&current_password=x&new_password=%ff"},
		{formType, "%zz"}, {formType, strings.Repeat("x", 70<<10)}, {formType, strings.Repeat("&", 70000)},
		{"application/json", `{"first_name":{"a":[}`}, {"application/json", `null`}, {"application/json", `{"expires_in_seconds":"x","first_name":[]}`},
		{"multipart/form-data; boundary=x", "--x\r\n"}, {"\x00", "\x00\xff"},
	}
	ids := []string{"x", "%00", "%ff", "..%2f..%2fetc", "'%20OR%201=1--", strings.Repeat("A", 4000)}
	check := func(what string, a answer) {
		t.Helper()
		if a.StatusCode == 500 {
			t.Errorf("%s: 500", what)
		}
		if m := internals.FindString(a.body); m != "" && !strings.Contains(what, m) {
			t.Errorf("%s: the answer shows %q: %.200s", what, m, a.body)
		}
		if a.StatusCode >= 400 && a.body != "" {
			e := decode[wire.Errors](t, a.body)
			if len(e.Errors) == 0 || e.TraceID == "" {
				t.Errorf("%s: no envelope: %s", what, a.body)
			}
		}
	}
	run := func() {
		signedIn := app.visitor()
		if spy.fail.Load() == nil {
			signedIn.signUp("u" + decimal(int(spy.updates.Load())) + "@example.com")
		}
		for i, in := range inputs {
			id := ids[i%len(ids)]
			for _, v := range []*visitor{app.visitor(), signedIn.copy()} {
				v.cookies["__session"] = "x"
				for _, target := range targets {
					method, path, _ := strings.Cut(target, " ")
					path = strings.ReplaceAll(path, "%s", id)
					check(target, v.copy().send(method, path+"?limit=x&_clerk_session_id=%00", in.contentType, strings.NewReader(in.body)))
				}
			}
			for _, target := range backendTargets {
				method, path, _ := strings.Cut(target, " ")
				check(target, app.backend(method, strings.ReplaceAll(path, "%s", id)+"?limit=%00&order_by=%27", in.body))
			}
		}
	}
	run()
	spy.breakWith(errors.New("sqlite: disk I/O error at store.go:12 in /var/lib/usher.db"))
	run()
}

// V02: no format and no encoder shows a secret.
func TestV02_SecretsAreRedacted(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	secret := app.SecretKey()
	encoded, err := json.Marshal(map[string]any{"key": secret, "service": app.Service.String()})
	if err != nil {
		t.Fatal(err)
	}
	var text, structured strings.Builder
	slog.New(slog.NewTextHandler(&text, nil)).Info("x", "key", secret, "service", app.Service, "group", []any{secret})
	slog.New(slog.NewJSONHandler(&structured, nil)).Info("x", "key", secret, "service", app.Service, "group", []any{secret})
	type holder struct {
		Public  wire.Secret
		private wire.Secret
	}
	h := holder{secret, secret}
	shown := []string{string(encoded), text.String(), structured.String(), secret.String(), fmt.Sprint(errors.New(secret.String()))}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		shown = append(shown, fmt.Sprintf(verb, secret), fmt.Sprintf(verb, &secret), fmt.Sprintf(verb, h), fmt.Sprintf(verb, &h),
			fmt.Sprintf(verb, app.Service), fmt.Sprintf(verb, *app), fmt.Sprintf(verb, []any{secret, app.Service}))
	}
	hidden := secret.Reveal()[len("sk_live_"):]
	for _, s := range shown {
		if strings.Contains(s, hidden) || strings.Contains(s, fmt.Sprintf("%x", hidden)) {
			t.Errorf("the secret key is in %.80q…", s)
		}
	}
	if !strings.Contains(text.String(), "[redacted]") || (wire.Secret{}).Reveal() != "" {
		t.Errorf("log = %s", text.String())
	}
}

// V02: the log of a full run holds no password, cookie, token, key, hash or address.
func TestV02_LogsHoldNoSecrets(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	v := app.visitor()
	v.header.Set("Clerk-Secret-Key", app.SecretKey().Reveal())
	secrets := []string{password, "not the password", "another horse entirely", app.SecretKey().Reveal(), "ada@example.com", "192.0.2.1:4000"}
	v.signUp("ada@example.com")
	id := v.sessionID()
	secrets = append(secrets, v.token(id), v.cookies["__client"], userByEmail(t, app, "ada@example.com").PasswordHash)
	v.get(handshakeTo(origin + "/secret-path"))
	v.post("/v1/me/change_password", "current_password", password, "new_password", "another horse entirely").want(t, 200, "")
	v.post("/v1/me?_method=PATCH", "first_name", "\x01Ada")
	v.signOut()
	app.visitor().post("/v1/client/sign_ins", "identifier", "ada@example.com", "password", "not the password")
	v.post("/v1/client/sign_ins", "identifier", "ada@example.com", "password", "another horse entirely").want(t, 200, "")
	secrets = append(secrets, v.token(v.sessionID()), v.cookies["__client"])
	app.backendAs("Bearer sk_live_almost", "GET", "/v1/users", "")
	app.backend("POST", "/v1/sessions/"+v.sessionID()+"/revoke", "")
	logs := app.logs.String()
	for _, s := range append(secrets, "sk_live_", "secret-path", "Lovelace", "$argon2id") {
		if strings.Contains(logs, s) {
			t.Errorf("the log holds %q", s)
		}
	}
	for _, event := range []string{"user.created", "session.created", "session.removed", "password.changed", "password.refused", "session.revoked"} {
		if !strings.Contains(logs, `"event":"`+event) {
			t.Errorf("the log lacks %q", event)
		}
	}
	if !strings.Contains(logs, `"msg":"request refused`) {
		t.Error("the log lacks refused requests")
	}
}

// V01: what a browser sees has no private metadata and no hash, at any depth.
func TestV01_FrontendHasNoPrivateData(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	v := app.visitor()
	v.signUp("ada@example.com")
	user := v.client().Sessions[0].User.ID
	app.backend("PATCH", "/v1/users/"+user+"/metadata", `{"private_metadata":{"hidden":"zebra"}}`).want(t, 200, "")
	id := v.sessionID()
	for _, a := range []answer{
		v.get("/v1/client"), v.get("/v1/me"), v.get("/v1/me/sessions/active"), v.get("/v1/me/sessions"), v.post("/v1/client/sessions/" + id + "/touch"),
		v.post("/v1/me?_method=PATCH", "first_name", "A"), v.post("/v1/client/sessions/" + id + "/end"),
	} {
		if a.StatusCode != 200 || strings.Contains(a.body, "zebra") || strings.Contains(a.body, "private_metadata") || strings.Contains(a.body, "argon2id") {
			t.Errorf("answer = %d %s", a.StatusCode, a.body)
		}
	}
	if a := app.backend("GET", "/v1/users/"+user, ""); !strings.Contains(a.body, "zebra") || strings.Contains(a.body, "argon2id") {
		t.Errorf("Backend API: %s", a.body)
	}
}

// H01: every answer of either API but the public key set stays out of caches.
func TestH01_AnswersAreNotCached(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	v := app.visitor()
	v.signUp("ada@example.com")
	all := []answer{app.backend("GET", "/v1/users", ""), app.backend("GET", "/v1/nothing", ""), app.backendAs("", "GET", "/v1/users", "")}
	for _, target := range targets[1:] {
		method, path, _ := strings.Cut(target, " ")
		all = append(all, v.copy().send(method, strings.ReplaceAll(path, "%s", "x"), "", nil))
	}
	all = append(all, v.get(handshakeTo(origin+"/")))
	for _, a := range all {
		if a.Header.Get("Cache-Control") != "private, no-store" || !varies(a.Header, "Cookie") || !varies(a.Header, "Authorization") {
			t.Errorf("%d: Cache-Control %q, Vary %q", a.StatusCode, a.Header.Get("Cache-Control"), a.Header["Vary"])
		}
	}
}
