package identity_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/usherauth/usher/identity"
	"github.com/usherauth/usher/wire"
)

// segment decodes one part of a token.
func segment(t *testing.T, jwt string, i int) map[string]any {
	t.Helper()
	raw, err := base64.RawURLEncoding.DecodeString(strings.Split(jwt, ".")[i])
	if err != nil {
		t.Fatal(err)
	}
	return decode[map[string]any](t, string(raw))
}

// Every kind of claim, as the published guide describes them: values keep their types
// unless there is other text around them, the first operand that is not null or false
// counts, and what does not exist is null.
func TestJWTTemplateClaims(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	u := app.user(t, map[string]any{
		"email_address": []string{"maria@example.com"}, "password": password, "first_name": "Maria", "last_name": "Doe", "external_id": "x7",
		"public_metadata":  map[string]any{"profile": map[string]any{"interests": []string{"reading"}}, "big": json.Number("12345678901234567890")},
		"unsafe_metadata":  map[string]any{"foo": map[string]any{"bar": 42}, "code": "{{user.id}}", "a": []string{"<b>"}},
		"private_metadata": map[string]any{"secret": "s3cret"},
	})
	s := decode[wire.Session](t, app.backend("POST", "/v1/sessions", `{"user_id":"`+u.ID+`"}`).body)
	for _, tt := range []struct{ claim, want string }{
		{`"https://my-site.com"`, `"https://my-site.com"`},
		{`{"bar":[1,2.50,3],"t":true,"n":null}`, `{"bar":[1,2.50,3],"n":null,"t":true}`},
		{`"{{user.id}}"`, `"` + u.ID + `"`},
		{`"{{ user.id }}"`, `"` + u.ID + `"`},
		{`"{{user.last_name}} {{user.first_name}}"`, `"Doe Maria"`},
		{`"{{user.username}} {{user.first_name}}!"`, `"null Maria!"`},
		{`"{{user.full_name}}"`, `"Maria Doe"`},
		{`"{{user.external_id}}"`, `"x7"`},
		{`"{{user.primary_email_address}}"`, `"maria@example.com"`},
		{`"{{user.email_verified}}"`, `true`},
		{`"{{user.primary_phone_number}}"`, `null`},
		{`"{{user.created_at}}"`, `1795435200`},
		{`"{{user.public_metadata.profile.interests}}"`, `["reading"]`},
		{`"{{user.public_metadata.big}}"`, `12345678901234567890`},
		{`"{{user.unsafe_metadata}}"`, `{"a":["\u003cb\u003e"],"code":"{{user.id}}","foo":{"bar":42}}`},
		{`"{{user.unsafe_metadata.a}}!"`, `"[\"\u003cb\u003e\"]!"`},
		{`"n={{user.unsafe_metadata.foo}}"`, `"n={\"bar\":42}"`},
		{`"{{user.i_dont_exist}}"`, `null`},
		{`"{{user.private_metadata}}"`, `null`},
		{`"{{user.private_metadata.secret}}"`, `null`},
		{`"{{org.id}}"`, `null`},
		{`"{{user.email_verified || user.phone_number_verified}}"`, `true`},
		{`"{{user.phone_number_verified || user.two_factor_enabled}}"`, `false`},
		{`"{{user.username || 'Awesome User'}}"`, `"Awesome User"`},
		{`"{{user.username || 'a || b }} c'}}"`, `"a || b }} c"`},
		{`"{{user.public_metadata.age || user.unsafe_metadata.age || 30 }}"`, `30`},
		{`"{{user.public_metadata.age || false}}"`, `false`},
		{`"{{user.username || null}}"`, `null`},
		{`"{{'it}}"`, `"{{'it}}"`},
		{`"{{"`, `"{{"`},
		{`"{{}}"`, `null`},
		{`"}} {{user.first_name}} {{"`, `"}} Maria {{"`},
		{`{"deep":[{"x":"{{user.first_name}}"}]}`, `{"deep":[{"x":"Maria"}]}`},
	} {
		t.Run(tt.claim, func(t *testing.T) {
			name := "t" + strings.Map(func(r rune) rune {
				if r >= 'a' && r <= 'z' {
					return r
				}
				return '_'
			}, tt.claim) + decimal(len(tt.want))
			app.backend("POST", "/v1/jwt_templates", `{"name":"`+name+`","claims":{"c":`+tt.claim+`}}`).want(t, 200, "")
			a := app.backend("POST", "/v1/sessions/"+s.ID+"/tokens/"+name, "")
			a.want(t, 200, "")
			body, err := base64.RawURLEncoding.DecodeString(strings.Split(decode[wire.Token](t, a.body).JWT, ".")[1])
			if err != nil {
				t.Fatal(err)
			}
			got := decode[struct {
				C json.RawMessage `json:"c"`
			}](t, string(body)).C
			if string(got) != tt.want {
				t.Errorf("claim = %s, want %s", got, tt.want)
			}
		})
	}
}

// J25: a token of a template has a category of its own, the default claims of the protocol,
// and none that only sessions have.
func TestJ25_TemplateTokensAreNoSessions(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	u := app.person(t, "ada@example.com")
	err := app.store.Update(t.Context(), func(tx identity.Tx) error {
		return errors.Join(
			tx.PutOrganization(identity.Organization{ID: "org_1", Name: "One", Slug: "one", PublicMetadata: []byte(`{"tier":3}`), PrivateMetadata: []byte(`{"k":1}`)}),
			tx.PutMembership(identity.Membership{ID: "orgmem_1", OrgID: "org_1", UserID: u.ID, Role: "org:admin", PublicMetadata: []byte(`{"m":1}`)}),
		)
	})
	if err != nil {
		t.Fatal(err)
	}
	s := decode[wire.Session](t, app.backend("POST", "/v1/sessions", `{"user_id":"`+u.ID+`","active_organization_id":"org_1"}`).body)
	app.backend("POST", "/v1/jwt_templates", `{"name":"other","lifetime":120,"allowed_clock_skew":7,"claims":{"aud":"https://other.example","org":"{{org.id}}",
		"role":"{{org.role}}","slug":"{{org.slug}}","tier":"{{org.public_metadata.tier}}","m":"{{org_membership.public_metadata.m}}","k":"{{org.private_metadata}}"}}`).want(t, 200, "")
	jwt := decode[wire.Token](t, app.backend("POST", "/v1/sessions/"+s.ID+"/tokens/other", "").body).JWT
	if head := segment(t, jwt, 0); head["cat"] != wire.CategoryTemplate || head["alg"] != "RS256" || head["typ"] != "JWT" {
		t.Errorf("header = %v", head)
	}
	now := float64(app.clock.Now().Unix())
	want := map[string]any{
		"aud": "https://other.example", "org": "org_1", "role": "org:admin", "slug": "one", "tier": 3.0, "m": 1.0, "k": nil,
		"azp": origin, "exp": now + 120, "iat": now, "iss": app.PublishableKey().Issuer(), "nbf": now - 7, "sub": u.ID,
	}
	got := segment(t, jwt, 1)
	if got["jti"] == "" || got["jti"] == nil {
		t.Error("no jti")
	}
	delete(got, "jti")
	if !equalJSON(t, got, want) {
		t.Errorf("claims = %v, want %v", got, want)
	}
	// The instance itself takes it for no session token.
	app.backend("POST", "/v1/sessions/"+s.ID+"/verify", `{"token":"`+jwt+`"}`).want(t, 422, wire.CodeParamValueInvalid)

	longer := decode[wire.Token](t, app.backend("POST", "/v1/sessions/"+s.ID+"/tokens/other", `{"expires_in_seconds":3600}`).body).JWT
	if got := segment(t, longer, 1)["exp"]; got != now+3600 {
		t.Errorf("exp = %v, want %v", got, now+3600)
	}
	app.backend("POST", "/v1/sessions/"+s.ID+"/tokens/other", `{"expires_in_seconds":29}`).want(t, 422, wire.CodeParamFormatInvalid)
	app.backend("POST", "/v1/sessions/"+s.ID+"/tokens/nothing", "").want(t, 404, wire.CodeResourceNotFound)
	app.backend("POST", "/v1/sessions/sess_x/tokens/other", "").want(t, 404, wire.CodeResourceNotFound)
	app.backend("POST", "/v1/sessions/"+s.ID+"/revoke", "").want(t, 200, "")
	app.backend("POST", "/v1/sessions/"+s.ID+"/tokens/other", "").want(t, 404, wire.CodeResourceNotFound)
}

func TestBrowsersGetTemplateTokens(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	app.person(t, "ada@example.com")
	v := app.visitor()
	v.enter("ada@example.com")
	path := "/v1/client/sessions/" + v.sessionID() + "/tokens/mine"
	v.post(path).want(t, 404, wire.CodeResourceNotFound)
	app.backend("POST", "/v1/jwt_templates", `{"name":"mine","claims":{"e":"{{user.primary_email_address}}"}}`).want(t, 200, "")
	a := v.post(path)
	a.want(t, 200, "")
	if got := segment(t, decode[wire.Token](t, a.body).JWT, 1); got["e"] != "ada@example.com" || got["sid"] != nil {
		t.Errorf("claims = %v", got)
	}
	app.visitor().post(path).want(t, 401, wire.CodeSignedOut)
	v.post("/v1/client/sessions/sess_x/tokens/mine").want(t, 404, wire.CodeResourceNotFound)
}

func TestBackendJWTTemplates(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	a := app.backend("POST", "/v1/jwt_templates", `{"name":"first","claims":{"a":1},"custom_signing_key":false,"signing_algorithm":"RS256","signing_key":null,"lifetime":null}`)
	a.want(t, 200, "")
	first := decode[wire.JWTTemplate](t, a.body)
	if first.Object != "jwt_template" || first.Lifetime != 60 || first.AllowedClockSkew != 5 || first.SigningAlgorithm != "RS256" || first.CustomSigningKey || string(first.Claims) != `{"a":1}` {
		t.Errorf("template = %s", a.body)
	}
	app.clock.Add(time.Second)
	app.backend("POST", "/v1/jwt_templates", `{"name":"second","claims":{}}`).want(t, 200, "")
	path := "/v1/jwt_templates/" + first.ID
	got := decode[wire.JWTTemplate](t, app.backend("PATCH", path, `{"lifetime":600,"claims":{"b":2}}`).body)
	if got.Name != "first" || got.Lifetime != 600 || got.AllowedClockSkew != 5 || string(got.Claims) != `{"b":2}` || got.UpdatedAt <= got.CreatedAt {
		t.Errorf("template = %+v", got)
	}
	if again := decode[wire.JWTTemplate](t, app.backend("GET", path, "").body); !equalJSON(t, again, got) {
		t.Errorf("read again: %+v", again)
	}
	app.backend("PATCH", path, `{"name":"first"}`).want(t, 200, "")
	app.backend("PATCH", path, `{"name":"second"}`).want(t, 422, wire.CodeIdentifierExists)
	if list := decode[[]wire.JWTTemplate](t, app.backend("GET", "/v1/jwt_templates", "").body); len(list) != 2 || list[0].Name != "second" {
		t.Errorf("templates = %+v", list)
	}
	if page := decode[wire.List[wire.JWTTemplate]](t, app.backend("GET", "/v1/jwt_templates?paginated=true&limit=1&offset=1", "").body); page.TotalCount != 2 || page.Data[0].ID != first.ID {
		t.Errorf("page = %+v", page)
	}
	if d := decode[wire.Deleted](t, app.backend("DELETE", path, "").body); !d.Deleted || d.ID != first.ID || d.Object != "jwt_template" {
		t.Errorf("deleted = %+v", d)
	}
	for _, method := range []string{"GET", "PATCH", "DELETE"} {
		app.backend(method, path, "").want(t, 404, wire.CodeResourceNotFound)
	}
}

func TestJWTTemplatesThatAreRefused(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	type row struct {
		body   string
		status int
		code   string
		param  string
	}
	rows := []row{
		{`{"claims":{}}`, 422, wire.CodeParamMissing, "name"},
		{`{"name":"a b","claims":{}}`, 422, wire.CodeParamFormatInvalid, "name"},
		{`{"name":"x"}`, 422, wire.CodeParamMissing, "claims"},
		{`{"name":"x","claims":null}`, 422, wire.CodeParamMissing, "claims"},
		{`{"name":"x","claims":"{}"}`, 422, wire.CodeParamFormatInvalid, "claims"},
		{`{"name":"x","claims":[]}`, 422, wire.CodeParamFormatInvalid, "claims"},
		{`{"name":"x","claims":{},"lifetime":29}`, 422, wire.CodeParamFormatInvalid, "lifetime"},
		{`{"name":"x","claims":{},"lifetime":315360001}`, 422, wire.CodeParamFormatInvalid, "lifetime"},
		{`{"name":"x","claims":{},"allowed_clock_skew":301}`, 422, wire.CodeParamFormatInvalid, "allowed_clock_skew"},
		{`{"name":"x","claims":{},"allowed_clock_skew":-1}`, 422, wire.CodeParamFormatInvalid, "allowed_clock_skew"},
		{`{"name":"x","claims":{},"algorithm":"RS256"}`, 422, wire.CodeParamUnknown, "algorithm"},
		{`{"name":"x","claims":{},"custom_signing_key":true}`, 501, wire.CodeNotImplemented, "custom_signing_key"},
		{`{"name":"x","claims":{},"signing_algorithm":"HS256"}`, 501, wire.CodeNotImplemented, "signing_algorithm"},
		{`{"name":"x","claims":{"a":"` + strings.Repeat("x", 9<<10) + `"}}`, 422, wire.CodeParamFormatInvalid, "claims"},
	}
	for _, name := range []string{"azp", "exp", "iat", "iss", "jti", "nbf", "sub", "sid", "v", "pla", "fea", "sts", "fva", "o", "act"} {
		rows = append(rows, row{`{"name":"x","claims":{"` + name + `":1}}`, 400, wire.CodeReservedClaim, "claims"})
	}
	for _, tt := range rows {
		a := app.backend("POST", "/v1/jwt_templates", tt.body)
		a.want(t, tt.status, tt.code)
		if got := a.param(t); got != tt.param {
			t.Errorf("%.60s: param_name = %q, want %q", tt.body, got, tt.param)
		}
	}
	if list := app.backend("GET", "/v1/jwt_templates", "").body; strings.TrimSpace(list) != "[]" {
		t.Errorf("templates = %s, want none", list)
	}
}

// Templates made at the same time are all kept, and one name is given once.
func TestJWTTemplatesUnderParallelWrites(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	var all sync.WaitGroup
	for i := range 20 {
		all.Go(func() { app.backend("POST", "/v1/jwt_templates", `{"name":"t`+decimal(i%10)+`","claims":{}}`) })
	}
	all.Wait()
	if list := decode[[]wire.JWTTemplate](t, app.backend("GET", "/v1/jwt_templates?limit=50", "").body); len(list) != 10 {
		t.Errorf("%d templates, want 10", len(list))
	}
}
