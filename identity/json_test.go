package identity_test

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/usherauth/usher/identity"
	"github.com/usherauth/usher/userclient"
	"github.com/usherauth/usher/wire"
)

// ambiguous are bags that readers disagree about or that some stores cannot keep.
var ambiguous = map[string]string{
	"a member twice":               `{"a":1,"a":2}`,
	"a member twice, once escaped": `{"a":1,"\u0061":2}`,
	"a member twice, deep inside":  `{"a":[{"b":{"c":1,"c":1}}]}`,
	"a lone surrogate":             `{"a":"\ud800"}`,
	"a lone low surrogate":         `{"a":"\udc00x"}`,
	"surrogates in reverse":        `{"a":"\udd1e\ud834"}`,
	"a surrogate in a name":        `{"\ud800":1}`,
	"a number without end":         `{"a":1e400}`,
	"a negative one":               `{"a":[-1.5E+9999]}`,
	"a number that becomes zero":   `{"a":123e-10000000}`,
	"NUL":                          `{"a":"x\u0000y"}`,
	"NUL in a name":                `{"\u0000":1}`,
	"deep nesting":                 `{"a":` + strings.Repeat("[", 40) + strings.Repeat("]", 40) + `}`,
	"very deep nesting":            `{"a":` + strings.Repeat(`{"a":`, 1500) + "1" + strings.Repeat("}", 1500) + `}`,
}

// users are what the client of the app reads over the protocol.
func (a *app) users(t *testing.T) userclient.Users {
	t.Helper()
	c, err := userclient.New(userclient.Config{
		SecretKey: a.SecretKey().Reveal(), APIURL: identity.BackendURL, Transport: a.Service.Transport(), Now: a.clock.Now,
	})
	if err != nil {
		t.Fatal(err)
	}
	return c.Users
}

func TestA1_AmbiguousBagsAreRefused(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	v := app.visitor()
	v.signUp("ada@example.com")
	u := decode[[]wire.User](t, app.backend("GET", "/v1/users", "").body)[0]
	org := decode[wire.Organization](t, app.backend("POST", "/v1/organizations", `{"name":"Acme","created_by":"`+u.ID+`"}`).body)
	template := decode[wire.JWTTemplate](t, app.backend("POST", "/v1/jwt_templates", `{"name":"t","claims":{"x":1}}`).body)
	for name, bag := range ambiguous {
		t.Run(name, func(t *testing.T) {
			refused := func(a answer) {
				t.Helper()
				a.want(t, 400, wire.CodeRequestBodyInvalid)
				if message := decode[wire.Errors](t, a.body).Errors[0].Message; !strings.Contains(message, " ") || !strings.HasSuffix(message, ".") {
					t.Errorf("message = %q", message)
				}
			}
			stranger := app.visitor()
			refused(stranger.post("/v1/client/sign_ups", "email_address", "bob@example.com", "password", password, "unsafe_metadata", bag))
			stranger.post("/v1/client/sign_ups", "email_address", "bob@example.com").want(t, 200, "")
			refused(stranger.post("/v1/client/sign_ups/"+stranger.client().SignUp.ID+"?_method=PATCH", "unsafe_metadata", bag))
			refused(v.post("/v1/me?_method=PATCH", "unsafe_metadata", bag))
			refused(v.post("/v1/me/metadata?_method=PATCH", "unsafe_metadata", bag))
			for _, request := range []struct{ method, path, body string }{
				{"POST", "/v1/users", `{"email_address":["c@example.com"],"public_metadata":%}`},
				{"PATCH", "/v1/users/" + u.ID + "/metadata", `{"private_metadata":%}`},
				{"PUT", "/v1/users/" + u.ID + "/metadata", `{"unsafe_metadata":%}`},
				{"POST", "/v1/organizations", `{"name":"x","private_metadata":%}`},
				{"PATCH", "/v1/organizations/" + org.ID, `{"public_metadata":%}`},
				{"PATCH", "/v1/organizations/" + org.ID + "/metadata", `{"public_metadata":%}`},
				{"PUT", "/v1/organizations/" + org.ID + "/metadata", `{"private_metadata":%}`},
				{"PATCH", "/v1/organizations/" + org.ID + "/memberships/" + u.ID + "/metadata", `{"public_metadata":%}`},
				{"POST", "/v1/organizations/" + org.ID + "/invitations", `{"email_address":"c@example.com","role":"org:member","public_metadata":%}`},
				{"POST", "/v1/organizations/" + org.ID + "/invitations", `{"email_address":"c@example.com","role":"org:member","private_metadata":%}`},
				{"POST", "/v1/organizations/" + org.ID + "/invitations/bulk", `[{"email_address":"c@example.com","role":"org:member","public_metadata":%}]`},
				{"POST", "/v1/invitations", `{"email_address":"c@example.com","public_metadata":%}`},
				{"POST", "/v1/invitations/bulk", `[{"email_address":"c@example.com","public_metadata":%}]`},
				{"POST", "/v1/jwt_templates", `{"name":"u","claims":%}`},
				{"PATCH", "/v1/jwt_templates/" + template.ID, `{"claims":%}`},
				{"POST", "/v1/actor_tokens", `{"user_id":"` + u.ID + `","actor":%}`},
			} {
				refused(app.backend(request.method, request.path, strings.ReplaceAll(request.body, "%", bag)))
			}
		})
	}
	// What is only unusual is stored as it came.
	fine := `{"a":{"a":[1e308,-0.0,12345678901234567890,"\ud834\udd1e","\\u0000","\\ud800"]},"A":null}`
	v.post("/v1/me?_method=PATCH", "unsafe_metadata", fine).want(t, 200, "")
	list, err := app.users(t).List(t.Context(), userclient.ListParams{})
	if err != nil || len(list) != 1 || string(list[0].UnsafeMetadata) != fine {
		t.Fatalf("users = %+v, %v", list, err)
	}
}

// TestA1_AnswersAreAsLongAsWhatIsStored: what fits into a bag is kept by a merge and does
// not grow in answers, so that a reader's limit can be worked out.
func TestA1_AnswersAreAsLongAsWhatIsStored(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	v := app.visitor()
	v.signUp("ada@example.com")
	u := decode[[]wire.User](t, app.backend("GET", "/v1/users", "").body)[0]
	bag := `{"a":"` + strings.Repeat("<>&", 2700) + `"}`
	for _, method := range []string{"PUT", "PATCH"} { // set, then merged
		a := app.backend(method, "/v1/users/"+u.ID+"/metadata", `{"public_metadata":`+bag+`,"private_metadata":`+bag+`,"unsafe_metadata":`+bag+`}`)
		if a.StatusCode != 200 || strings.Count(a.body, bag) != 3 {
			t.Errorf("%s: %d, %d octets, want the bags as they were sent", method, a.StatusCode, len(a.body))
		}
	}
}

// TestA1_BodiesHaveEachMemberOnce: of two values of one parameter, two readers may take
// different ones.
func TestA1_BodiesHaveEachMemberOnce(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	app.backend("POST", "/v1/users", `{"first_name":"a","first_name":"b"}`).want(t, 400, wire.CodeRequestBodyInvalid)
	app.backend("POST", "/v1/users", `{"first_name":"a","first\u005fname":"b"}`).want(t, 400, wire.CodeRequestBodyInvalid)
	app.backend("POST", "/v1/users", `{"first_name":"a","First_Name":"b"}`).want(t, 422, wire.CodeParamUnknown)
	app.backend("POST", "/v1/organizations", `{"name":"a","\u017flug":"b"}`).want(t, 422, wire.CodeParamUnknown)
	app.backend("POST", "/v1/users", `{"first_name":"\ud800"}`).want(t, 400, wire.CodeRequestBodyInvalid)
	app.backend("POST", "/v1/invitations/bulk", `[{"email_address":"a@example.com","EMAIL_ADDRESS":"b@example.com"}]`).want(t, 422, wire.CodeParamUnknown)
	if list := decode[[]wire.User](t, app.backend("GET", "/v1/users", "").body); len(list) != 0 {
		t.Errorf("users = %+v", list)
	}
}

// TestA1_RecordsAlreadyStoredAreReadable puts bags into the store that earlier versions
// accepted. Every list and record stays readable, also by strict clients, and can be
// changed, exported and imported.
func TestA1_RecordsAlreadyStoredAreReadable(t *testing.T) {
	t.Parallel()
	for name, bag := range ambiguous {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			app := newApp(t)
			v := app.visitor()
			v.signUp("ada@example.com")
			id := decode[[]wire.User](t, app.backend("GET", "/v1/users", "").body)[0].ID
			app.backend("POST", "/v1/organizations", `{"name":"Acme","created_by":"`+id+`"}`).want(t, 200, "")
			err := app.store.Update(t.Context(), func(tx identity.Tx) error {
				u, err := tx.User(id)
				if err != nil {
					return err
				}
				u.PublicMetadata, u.PrivateMetadata, u.UnsafeMetadata = json.RawMessage(bag), json.RawMessage(bag), json.RawMessage(bag)
				members, err := tx.Memberships(identity.MembershipQuery{UserIDs: []string{id}})
				if err != nil {
					return err
				}
				m := members[0]
				m.PublicMetadata, m.PrivateMetadata = u.PublicMetadata, u.PublicMetadata
				o, err := tx.Organization(m.OrgID)
				if err != nil {
					return err
				}
				o.PublicMetadata, o.PrivateMetadata = u.PublicMetadata, u.PublicMetadata
				if err := tx.PutMembership(m); err != nil {
					return err
				}
				if err := tx.PutOrganization(o); err != nil {
					return err
				}
				return tx.PutUser(u)
			})
			if err != nil {
				t.Fatal(err)
			}
			list, err := app.users(t).List(t.Context(), userclient.ListParams{})
			if err != nil || len(list) != 1 {
				t.Fatalf("users = %+v, %v", list, err)
			}
			if err := json.Unmarshal(list[0].UnsafeMetadata, new(map[string]any)); err != nil {
				t.Errorf("unsafe metadata = %s, %v", list[0].UnsafeMetadata, err)
			}
			for _, path := range []string{"/v1/organizations", "/v1/organization_memberships", "/v1/users/" + id} {
				app.backend("GET", path, "").want(t, 200, "")
			}
			app.backend("POST", "/v1/jwt_templates", `{"name":"all","claims":{"u":"{{user.public_metadata}}","org":"{{org.public_metadata}}"}}`).want(t, 200, "")
			v.post("/v1/client/sessions/"+v.sessionID()+"/tokens/all").want(t, 200, "")

			other := newApp(t)
			var exported strings.Builder
			if err := app.Export(t.Context(), &exported, identity.ExportOptions{}); err != nil {
				t.Fatal(err)
			}
			result, err := other.Import(t.Context(), strings.NewReader(exported.String()), identity.ImportOptions{})
			if err != nil || len(result.Refused) > 0 || result.Created["user"] != 1 {
				t.Errorf("import = %+v, %v", result, err)
			}

			v.post("/v1/me/metadata?_method=PATCH", "unsafe_metadata", `{"new":1}`).want(t, 200, "")
			app.backend("PATCH", "/v1/users/"+id+"/metadata", `{"public_metadata":{"new":1}}`).want(t, 200, "")
		})
	}
}

// TestA1_ImportsRefuseAmbiguousRecords: the record is refused with the reason, the rest is
// taken.
func TestA1_ImportsRefuseAmbiguousRecords(t *testing.T) {
	t.Parallel()
	for name, bag := range ambiguous {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			app := newApp(t)
			lines := `{"usher_export":1}` + "\n" +
				`{"user":{"id":"user_a","email_addresses":[],"unsafe_metadata":` + bag + `}}` + "\n" +
				`{"user":{"id":"user_b","email_addresses":[]}}` + "\n"
			var notices []identity.ImportNotice
			result, err := app.Import(t.Context(), strings.NewReader(lines), identity.ImportOptions{Notice: func(n identity.ImportNotice) { notices = append(notices, n) }})
			if err != nil || result.Created["user"] != 1 || len(notices) != 1 || notices[0].Line != 2 || !notices[0].Refused {
				t.Errorf("import = %+v, %v, %+v", result, err, notices)
			}
		})
	}
}

// TestA1_JSONSuite stores every document of the suite as metadata. Whatever is accepted is
// read by the client; what the suite rejects is refused.
func TestA1_JSONSuite(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("../userclient/testdata/parsing.json")
	if err != nil {
		t.Fatal(err)
	}
	app := newApp(t)
	v := app.visitor()
	v.signUp("ada@example.com")
	users := app.users(t)
	for _, c := range decode[[]struct {
		Name   string `json:"name"`
		Expect string `json:"expect"`
		Bytes  string `json:"bytes_base64"`
	}](t, string(raw)) {
		document, err := base64.StdEncoding.DecodeString(c.Bytes)
		if err != nil {
			t.Fatal(err)
		}
		for _, bag := range []string{string(document), `{"member":` + string(document) + `}`} {
			a := v.post("/v1/me?_method=PATCH", "unsafe_metadata", bag)
			if a.StatusCode != http.StatusOK && a.StatusCode != 400 && a.StatusCode != 422 && a.StatusCode != 413 {
				t.Errorf("%s: %d %s", c.Name, a.StatusCode, a.body)
			}
			if c.Expect == "reject" && bag != "" && a.StatusCode == http.StatusOK {
				t.Errorf("%s: %q was stored", c.Name, bag)
			}
			if list, err := users.List(t.Context(), userclient.ListParams{}); err != nil || len(list) != 1 {
				t.Fatalf("%s: after %q: %+v, %v", c.Name, bag, list, err)
			}
		}
	}
}
