package identity_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/usherauth/usher/wire"
)

// A body is one JSON value in UTF-8, or nothing is done: what is kept as it came, such as
// metadata, would come out again as no JSON (RFC 8259 §8.1).
func TestBackendBodiesAreOneJSONValue(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	ada := app.member("ada")
	org := ada.found("Acme")
	user := ada.userID()
	for _, c := range []struct{ method, path, body string }{
		{"PATCH", "/v1/users/" + user + "/metadata", "{\"public_metadata\":{\"a\":\"\xff\"}}"},
		{"PUT", "/v1/users/" + user + "/metadata", "{\"unsafe_metadata\":{\"\xc0\xaf\":1}}"},
		{"PATCH", "/v1/organizations/" + org.ID, "{\"public_metadata\":{\"a\":\"\xed\xa0\x80\"}}"},
		{"POST", "/v1/actor_tokens", "{\"user_id\":\"" + user + "\",\"actor\":{\"sub\":\"\xff\"}}"},
		{"POST", "/v1/jwt_templates", "{\"name\":\"t\",\"claims\":{\"a\":\"\xff\"}}"},
		{"PATCH", "/v1/users/" + user, "{\"first_name\":\"\xff\"}"},
		{"PATCH", "/v1/users/" + user, `{"first_name":"Eve"}{"first_name":"Eve"}`},
		{"PATCH", "/v1/users/" + user, `{"first_name":"Eve"}}`},
		{"PATCH", "/v1/users/" + user, `{"first_name":"Eve"}]`},
		{"PATCH", "/v1/users/" + user, "{\"first_name\":\"Eve\"}\x00"},
		{"PATCH", "/v1/users/" + user, "\xef\xbb\xbf" + `{"first_name":"Eve"}`},
		{"PATCH", "/v1/users/" + user, strings.Repeat(`{"a":`, 20000)},
	} {
		app.backend(c.method, c.path, c.body).want(t, 400, wire.CodeRequestBodyInvalid)
	}
	for _, path := range []string{"/v1/users/" + user, "/v1/organizations/" + org.ID, "/v1/jwt_templates"} {
		if a := app.backend("GET", path, ""); a.StatusCode != 200 || !utf8.ValidString(a.body) || strings.Contains(a.body, "Eve") {
			t.Errorf("%s = %d %.300q", path, a.StatusCode, a.body)
		}
	}
	app.backend("PATCH", "/v1/users/"+user, `{"first_name":"Grace"}`+" \r\n\t").want(t, 200, "")
}

// S02: more than 256 kB of JSON is not even parsed, and a wrong type is told from wrong JSON.
func TestS02_BackendBodiesAreBounded(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	user := app.member("ada").userID()
	long := `{"first_name":"` + strings.Repeat("x", 256<<10) + `"}`
	app.backend("PATCH", "/v1/users/"+user, long).want(t, 413, wire.CodeBodyTooLarge)
	app.backend("PATCH", "/v1/users/"+user, long[:256<<10]).want(t, 400, wire.CodeRequestBodyInvalid)
	for _, body := range []string{`{"first_name":5}`, `{"first_name":[]}`, `{"delete_self_enabled":"yes"}`, `{"backup_codes":[1]}`, `{"create_organizations_limit":1e400}`} {
		a := app.backend("PATCH", "/v1/users/"+user, body)
		a.want(t, 422, wire.CodeParamFormatInvalid)
		if name := a.param(t); !strings.Contains(body, `"`+name+`"`) {
			t.Errorf("%s: param_name = %q", body, name)
		}
	}
}
