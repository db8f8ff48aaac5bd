package identity_test

import (
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/usherauth/usher/identity"
	"github.com/usherauth/usher/wire"
)

func TestBackendNeedsTheSecretKey(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	key := app.SecretKey().Reveal()
	tests := []struct {
		name, authorization, code string
	}{
		{"no header", "", wire.CodeAuthenticationInvalid},
		{"empty bearer", "Bearer ", wire.CodeAuthHeaderInvalid},
		{"no scheme", key, wire.CodeAuthHeaderInvalid},
		{"other scheme", "Basic " + key, wire.CodeAuthHeaderInvalid},
		{"wrong key", "Bearer sk_live_wrong", wire.CodeSecretKeyInvalid},
		{"key cut short", "Bearer " + key[:len(key)-1], wire.CodeSecretKeyInvalid},
		{"key continued", "Bearer " + key + "x", wire.CodeSecretKeyInvalid},
		{"publishable key", "Bearer " + app.PublishableKey().String(), wire.CodeSecretKeyInvalid},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, target := range []string{"/v1/users", "/v1/jwks", "/v1/nothing", "/v1/organizations"} {
				a := app.backendAs(tt.authorization, "GET", target, "")
				a.want(t, 401, tt.code)
				if strings.Contains(a.body, key[8:20]) {
					t.Error("the answer shows the key")
				}
			}
		})
	}
	app.backendAs("bearer "+key, "GET", "/v1/jwks", "").want(t, 200, "")
}

func TestBackendUsers(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	for _, name := range []string{"ada", "bob", "cleo"} {
		v := app.visitor()
		v.post("/v1/client/sign_ups", "email_address", name+"@example.com", "password", password, "first_name", strings.ToUpper(name)).want(t, 200, "")
		app.clock.Add(time.Minute)
	}
	ids := map[string]string{}
	for _, u := range decode[[]wire.User](t, app.backend("GET", "/v1/users", "").body) {
		ids[string(u.FirstName)] = u.ID
	}
	tests := []struct{ query, want string }{
		{"", "CLEO BOB ADA"},
		{"limit=1", "CLEO"},
		{"limit=1&offset=1", "BOB"},
		{"offset=99", ""},
		{"order_by=%2Bcreated_at", "ADA BOB CLEO"},
		{"order_by=+created_at", "ADA BOB CLEO"},
		{"order_by=created_at", "ADA BOB CLEO"},
		{"order_by=-created_at", "CLEO BOB ADA"},
		{"order_by=-email_address", "CLEO BOB ADA"},
		{"email_address=BOB@example.com", "BOB"},
		{"email_address=bob@example.com&email_address=ada@example.com", "BOB ADA"},
		{"email_address[]=bob@example.com", "BOB"},
		{"email_address=not+an+address", ""},
		{"email_address=nobody@example.com", ""},
		{"user_id=" + ids["ADA"], "ADA"},
		{"user_id=" + ids["ADA"] + "&email_address=bob@example.com", ""},
		{"query=CLEO@EX", "CLEO"}, // ids, which are searched too, have no @
		{"query=%27%20OR%201%3D1--", ""},
	}
	for _, tt := range tests {
		t.Run(tt.query, func(t *testing.T) {
			a := app.backend("GET", "/v1/users?"+tt.query, "")
			a.want(t, 200, "")
			var got []string
			for _, u := range decode[[]wire.User](t, a.body) {
				got = append(got, string(u.FirstName))
			}
			if strings.Join(got, " ") != tt.want {
				t.Errorf("users = %v, want %s", got, tt.want)
			}
			if !strings.HasPrefix(a.body, "[") {
				t.Errorf("body = %s, want a bare array", a.body)
			}
		})
	}
	if n := decode[wire.TotalCount](t, app.backend("GET", "/v1/users/count?email_address=bob@example.com", "").body); n.TotalCount != 1 || n.Object != "total_count" {
		t.Errorf("count = %+v, want 1", n)
	}
}

// X11: only known words reach the store.
func TestX11_BadQueryParameters(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	for _, query := range []string{
		"limit=0", "limit=501", "limit=-1", "limit=x", "limit=1e3", "offset=-1", "offset=x", "offset=99999999999",
		"order_by=password_hash", "order_by=created_at%3Bdrop", "order_by=-", "order_by=--created_at", "order_by=" + url.QueryEscape("created_at desc, (select 1)"),
		"query=" + strings.Repeat("x", 257), strings.Repeat("user_id=x&", 101),
	} {
		app.backend("GET", "/v1/users?"+query, "").want(t, 422, wire.CodeParamFormatInvalid)
	}
	app.backend("GET", "/v1/users?order_by=created_at;drop", "").want(t, 400, wire.CodeRequestBodyInvalid)
	app.backend("GET", "/v1/users?query=%zz", "").want(t, 400, wire.CodeRequestBodyInvalid)
	for _, s := range []string{"'", "\x00", "%", "_", "\\", "';--", "\xff", "🔒"} {
		e := url.QueryEscape(s)
		app.backend("GET", "/v1/users?query="+e, "").want(t, 200, "")
		app.backend("GET", "/v1/users?user_id="+e+"&email_address="+e, "").want(t, 200, "")
		app.backend("GET", "/v1/sessions?user_id="+e, "").want(t, 200, "")
		app.backend("GET", "/v1/users/"+url.PathEscape(s+"x"), "").want(t, 404, wire.CodeResourceNotFound)
	}
}

func TestBackendUserChanges(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	v := app.visitor()
	v.signUp("ada@example.com")
	id := v.client().Sessions[0].User.ID
	path := "/v1/users/" + id
	app.backend("PATCH", path, `{"first_name":"Augusta","external_id":"x1"}`).want(t, 200, "")
	app.backend("PATCH", path+"/metadata", `{"private_metadata":{"a":{"b":1,"c":2}},"public_metadata":{"role":"x"}}`).want(t, 200, "")
	a := app.backend("PATCH", path+"/metadata", `{"private_metadata":{"a":{"b":null,"d":[1]}}}`)
	a.want(t, 200, "")
	u := decode[wire.User](t, a.body)
	if string(u.PrivateMetadata) != `{"a":{"c":2,"d":[1]}}` || string(u.PublicMetadata) != `{"role":"x"}` || u.FirstName != "Augusta" || u.LastName != "Lovelace" || u.ExternalID != "x1" {
		t.Errorf("user = %+v", u)
	}
	if me := v.get("/v1/me"); strings.Contains(me.body, "private_metadata") || strings.Contains(me.body, `"d"`) {
		t.Errorf("V01: the Frontend API shows private metadata: %s", me.body)
	}
	app.backend("DELETE", path, "").want(t, 200, "")
	app.backend("DELETE", path, "").want(t, 404, wire.CodeResourceNotFound)
	v.get("/v1/me").want(t, 401, wire.CodeSignedOut)
	app.visitor().post("/v1/client/sign_ins", "identifier", "ada@example.com", "password", password).want(t, 422, wire.CodePasswordOrIdentifier)
}

func TestBackendBadBodies(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	v := app.visitor()
	v.signUp("ada@example.com")
	path := "/v1/users/" + v.client().Sessions[0].User.ID
	for _, tt := range []struct {
		body   string
		status int
		code   string
	}{
		{`{`, 400, wire.CodeRequestBodyInvalid},
		{`[]`, 400, wire.CodeRequestBodyInvalid},
		{`{"first_name":"x"} {}`, 400, wire.CodeRequestBodyInvalid},
		{`{"first_name":1}`, 422, wire.CodeParamFormatInvalid},
		{`{"first_name":"a\nb"}`, 422, wire.CodeParamFormatInvalid},
		{`{"banned":true}`, 422, wire.CodeParamUnknown},
		{`{"public_metadata":{}}`, 422, wire.CodeParamUnknown},
		{`{"first_name":"` + strings.Repeat("x", 300<<10) + `"}`, 413, wire.CodeBodyTooLarge},
		{strings.Repeat("[", 50000), 400, wire.CodeRequestBodyInvalid},
	} {
		app.backend("PATCH", path, tt.body).want(t, tt.status, tt.code)
	}
	for _, body := range []string{`{"private_metadata":[]}`, `{"private_metadata":"x"}`, `{"public_metadata":{"a":"` + strings.Repeat("x", 9000) + `"}}`} {
		app.backend("PATCH", path+"/metadata", body).want(t, 422, wire.CodeParamFormatInvalid)
	}
	r := httptest.NewRequest("PATCH", path, strings.NewReader(`first_name=x`))
	r.Header.Set("Authorization", "Bearer "+app.SecretKey().Reveal())
	r.Header.Set("Content-Type", "text/plain")
	w := httptest.NewRecorder()
	app.Backend().ServeHTTP(w, r)
	answer{w.Result(), w.Body.String()}.want(t, 415, wire.CodeUnsupportedMediaType) // F09
	if got := decode[wire.User](t, app.backend("GET", path, "").body).FirstName; got != "Ada" {
		t.Errorf("first name = %q, want it unchanged", got)
	}
}

func TestBackendSessions(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	v := app.visitor()
	v.header.Set("User-Agent", "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36")
	v.signUp("ada@example.com")
	first := v.sessionID()
	user, client := v.client().Sessions[0].User.ID, v.client().ID
	v.signOut()
	v.post("/v1/client/sign_ins", "identifier", "ada@example.com", "password", password).want(t, 200, "")
	second := v.sessionID()

	app.backend("GET", "/v1/sessions", "").want(t, 422, wire.CodeParamMissing)
	app.backend("GET", "/v1/sessions?status=sleeping", "").want(t, 422, wire.CodeParamFormatInvalid)
	for query, want := range map[string]string{
		"user_id=" + user:                        second + " " + first,
		"user_id=" + user + "&status=active":     second,
		"user_id=" + user + "&status=removed":    first,
		"user_id=" + user + "&status=expired":    "",
		"status=active":                          second,
		"client_id=" + client:                    first,
		"user_id=" + user + "&limit=1&offset=1":  first,
		"user_id=" + user + "&limit=1&offset=99": "",
	} {
		a := app.backend("GET", "/v1/sessions?"+query, "")
		a.want(t, 200, "")
		var got []string
		for _, s := range decode[[]wire.Session](t, a.body) {
			got = append(got, s.ID)
		}
		// The two sessions began in the same millisecond; their order is then free.
		if strings.Join(got, " ") != want && !(len(got) == 2 && got[0] == first && got[1] == second) && !strings.Contains(query, "offset=1") {
			t.Errorf("%s: %v, want %s", query, got, want)
		}
	}
	paged := decode[struct {
		Data       []wire.Session `json:"data"`
		TotalCount int            `json:"total_count"`
	}](t, app.backend("GET", "/v1/sessions?user_id="+user+"&limit=1&paginated=true", "").body)
	if len(paged.Data) != 1 || paged.TotalCount != 2 {
		t.Errorf("page = %+v, want one of two", paged)
	}

	s := decode[wire.Session](t, app.backend("GET", "/v1/sessions/"+second, "").body)
	if s.UserID != user || s.ClientID == "" || s.User != nil || s.LastActiveToken != nil || s.LatestActivity.BrowserName != "Chrome" || s.LatestActivity.IPAddress != "192.0.2.1" {
		t.Errorf("session = %+v", s)
	}
	c := decode[wire.BackendClient](t, app.backend("GET", "/v1/clients/"+s.ClientID, "").body)
	if len(c.SessionIDs) != 1 || c.SessionIDs[0] != second || string(c.LastActiveSessionID) != second {
		t.Errorf("client = %+v", c)
	}

	a := app.backend("POST", "/v1/sessions/"+second+"/tokens", `{"expires_in_seconds":600}`)
	a.want(t, 200, "")
	if got := claimsOf(t, decode[wire.Token](t, a.body).JWT); got.Exp-got.Iat != 600 || got.Sid != second || got.Azp != origin {
		t.Errorf("claims = %+v", got)
	}
	app.backend("POST", "/v1/sessions/"+second+"/tokens", "").want(t, 200, "")
	app.backend("POST", "/v1/sessions/"+second+"/tokens", `{"expires_in_seconds":0}`).want(t, 422, wire.CodeParamFormatInvalid)
	app.backend("POST", "/v1/sessions/"+second+"/tokens", `{"expires_in_seconds":9223372036854775807}`).want(t, 422, wire.CodeParamFormatInvalid)
	app.backend("POST", "/v1/sessions/"+first+"/tokens", "").want(t, 404, wire.CodeResourceNotFound)
	app.backend("POST", "/v1/sessions/"+second+"/refresh", "{}").want(t, 422, "refresh_token_not_found")

	// C10: revoked at once for refreshes.
	a = app.backend("POST", "/v1/sessions/"+second+"/revoke", "")
	a.want(t, 200, "")
	if got := decode[wire.Session](t, a.body).Status; got != wire.SessionRevoked {
		t.Errorf("status = %q, want revoked", got)
	}
	v.post("/v1/client/sessions/"+second+"/tokens").want(t, 401, wire.CodeSignedOut)
	app.backend("POST", "/v1/sessions/"+first+"/revoke", "").want(t, 200, "")
	if got := decode[wire.Session](t, app.backend("GET", "/v1/sessions/"+first, "").body).Status; got != wire.SessionRemoved {
		t.Errorf("status of an ended session = %q, want it kept", got)
	}
}

// F08: only the Frontend API, which browsers call, has the parameter _method.
func TestF08_BackendHasNoMethodOverride(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	v := app.visitor()
	v.signUp("ada@example.com")
	path := "/v1/users/" + v.client().Sessions[0].User.ID
	app.backend("POST", path+"?_method=DELETE", "").want(t, 405, wire.CodeMethodNotAllowed)
	app.backend("GET", path, "").want(t, 200, "")
}

func TestBackendRouting(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	for _, tt := range []struct {
		method, target string
		status         int
		code           string
	}{
		{"GET", "/v1/nothing", 404, wire.CodeResourceNotFound},
		{"GET", "/v1/users/user_x", 404, wire.CodeResourceNotFound},
		{"GET", "/v1/sessions/sess_x", 404, wire.CodeResourceNotFound},
		{"POST", "/v1/sessions/sess_x/revoke", 404, wire.CodeResourceNotFound},
		{"POST", "/v1/sessions/sess_x/refresh", 404, wire.CodeResourceNotFound},
		{"GET", "/v1/clients/client_x", 404, wire.CodeResourceNotFound},
		{"GET", "/v1/clients/handshake_payload?nonce=x", 404, wire.CodeResourceNotFound},
		{"GET", "/v1/client", 404, wire.CodeResourceNotFound},
		{"PUT", "/v1/users", 405, wire.CodeMethodNotAllowed},
		{"POST", "/v1/users/user_x/ban", 404, wire.CodeResourceNotFound},
		{"POST", "/v1/users/user_x/profile", 404, wire.CodeResourceNotFound},
		{"DELETE", "/v1/users/user_x/passkeys/x", 501, wire.CodeNotImplemented},
		{"GET", "/v1/phone_numbers/idn_x", 501, wire.CodeNotImplemented},
		{"GET", "/v1/organizations/org_x", 404, wire.CodeResourceNotFound},
		{"GET", "/v1/role_sets", 501, wire.CodeNotImplemented},
		{"GET", "/v1/users?__clerk_api_version=tomorrow", 400, wire.CodeAPIVersionInvalid},
		{"GET", "/v1/users?__clerk_api_version=2026-05-12", 200, ""},
	} {
		app.backend(tt.method, tt.target, "").want(t, tt.status, tt.code)
	}
	r := httptest.NewRequest("GET", "/v1/users?__clerk_api_version=2026-05-12", nil)
	r.Header.Set("Authorization", "Bearer "+app.SecretKey().Reveal())
	r.Header.Set("Clerk-Api-Version", "2026-05-12")
	w := httptest.NewRecorder()
	app.Backend().ServeHTTP(w, r)
	answer{w.Result(), w.Body.String()}.want(t, 400, wire.CodeAPIVersionInvalid)
}

func TestMergeMetadata(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ bag, patch, want string }{
		{`{}`, `{"a":1}`, `{"a":1}`},
		{``, `{"a":{"b":null,"c":1}}`, `{"a":{"c":1}}`},
		{`{"a":1,"b":2}`, `{"a":null}`, `{"b":2}`},
		{`{"a":{"x":1}}`, `{"a":2}`, `{"a":2}`},
		{`{"a":2}`, `{"a":{"x":1}}`, `{"a":{"x":1}}`},
		{`{"n":12345678901234567890}`, `{"m":1}`, `{"m":1,"n":12345678901234567890}`},
	} {
		got, err := identity.MergeMetadata("m", []byte(tt.bag), []byte(tt.patch))
		if err != nil || string(got) != tt.want {
			t.Errorf("merge(%s, %s) = %s, %v, want %s", tt.bag, tt.patch, got, err, tt.want)
		}
	}
	if _, err := identity.MergeMetadata("m", []byte(`{}`), []byte(`[]`)); err == nil {
		t.Error("an array is accepted")
	}
}
