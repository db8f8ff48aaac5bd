package identity_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/usherauth/usher/identity"
	"github.com/usherauth/usher/wire"
)

// endpoints are the methods and patterns of an API, with %s for each id, in order.
func endpoints(table map[string][]string) (all []string) {
	for pattern, methods := range table {
		for _, method := range methods {
			all = append(all, method+" "+wildcards.ReplaceAllString(strings.ReplaceAll(pattern, "{$}", ""), "%s"))
		}
	}
	slices.Sort(all)
	return append(all, "GET /v1/nothing")
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
	frontend, backend := app.Tables()
	run := func() {
		signedIn := app.visitor()
		if spy.fail.Load() == nil {
			signedIn.signUp("u" + decimal(int(spy.updates.Load())) + "@example.com")
		}
		for i, in := range inputs {
			id := ids[i%len(ids)]
			for _, v := range []*visitor{app.visitor(), signedIn.copy()} {
				v.cookies["__session"] = "x"
				for _, target := range endpoints(frontend) {
					method, path, _ := strings.Cut(target, " ")
					path = strings.ReplaceAll(path, "%s", id)
					check(target, v.copy().send(method, path+"?limit=x&_clerk_session_id=%00", in.contentType, strings.NewReader(in.body)))
				}
			}
			for _, target := range endpoints(backend) {
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
	secrets = append(secrets, v.token(id), v.cookies[clientName()], userByEmail(t, app, "ada@example.com").PasswordHash)
	v.get(handshakeTo(origin + "/secret-path"))
	v.post("/v1/me/change_password", "current_password", password, "new_password", "another horse entirely").want(t, 200, "")
	v.post("/v1/me?_method=PATCH", "first_name", "\x01Ada")
	v.signOut()
	app.visitor().post("/v1/client/sign_ins", "identifier", "ada@example.com", "password", "not the password")
	v.post("/v1/client/sign_ins", "identifier", "ada@example.com", "password", "another horse entirely").want(t, 200, "")
	secrets = append(secrets, v.token(v.sessionID()), v.cookies[clientName()])
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
	frontend, _ := app.Tables()
	for _, target := range endpoints(frontend) {
		method, path, _ := strings.Cut(target, " ")
		if path == "/.well-known/jwks.json" {
			continue
		}
		all = append(all, v.copy().send(method, strings.ReplaceAll(path, "%s", "x"), "", nil))
	}
	all = append(all, v.get(handshakeTo(origin+"/")))
	for _, a := range all {
		if a.Header.Get("Cache-Control") != "private, no-store" || !varies(a.Header, "Cookie") || !varies(a.Header, "Authorization") {
			t.Errorf("%d: Cache-Control %q, Vary %q", a.StatusCode, a.Header.Get("Cache-Control"), a.Header["Vary"])
		}
	}
}
