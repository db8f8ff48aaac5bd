package bench

import (
	"net/http/httptest"
	"net/url"
	"strings"
)

// crowdCalls are the usual calls. What looks at everybody is not among them, as it cannot
// cost the same for more people: a part of a name that few have, an order by something
// else than created_at.
var crowdCalls = []crowdCall{
	{"a user by id", func(d *crowdDesk, n int) *httptest.ResponseRecorder { return d.get("/v1/users/" + d.user(n)) }},
	{"a user by address", func(d *crowdDesk, n int) *httptest.ResponseRecorder {
		return d.get("/v1/users?email_address=" + url.QueryEscape(d.address(n)))
	}},
	{"the newest ten users", func(d *crowdDesk, _ int) *httptest.ResponseRecorder { return d.get("/v1/users") }},
	{"ten users by part of a name", func(d *crowdDesk, _ int) *httptest.ResponseRecorder { return d.get("/v1/users?query=ada") }},
	{"how many users", func(d *crowdDesk, _ int) *httptest.ResponseRecorder { return d.get("/v1/users/count") }},
	{"a session by id", func(d *crowdDesk, n int) *httptest.ResponseRecorder { return d.get("/v1/sessions/" + d.session(n)) }},
	{"a user's sessions", func(d *crowdDesk, n int) *httptest.ResponseRecorder {
		return d.get("/v1/sessions?user_id=" + d.user(n))
	}},
	{"a token by the Backend API", func(d *crowdDesk, n int) *httptest.ResponseRecorder {
		return d.backend("POST", "/v1/sessions/"+d.session(n)+"/tokens", "")
	}},
	{"an organization by id", func(d *crowdDesk, n int) *httptest.ResponseRecorder {
		return d.get("/v1/organizations/" + d.organization(n))
	}},
	{"the newest ten organizations", func(d *crowdDesk, _ int) *httptest.ResponseRecorder { return d.get("/v1/organizations") }},
	{"an organization's ten members", func(d *crowdDesk, n int) *httptest.ResponseRecorder {
		return d.get("/v1/organizations/" + d.organization(n) + "/memberships")
	}},
	{"a user's organizations", func(d *crowdDesk, n int) *httptest.ResponseRecorder {
		return d.get("/v1/users/" + d.user(n) + "/organization_memberships")
	}},
	{"a user's audit events", func(d *crowdDesk, n int) *httptest.ResponseRecorder {
		return d.get("/v1/audit_events?user_id=" + d.user(n))
	}},
	{"a user changed", func(d *crowdDesk, n int) *httptest.ResponseRecorder {
		return d.backend("PATCH", "/v1/users/"+d.user(n), `{"last_name":"Byron"}`)
	}},
	{"a user made and deleted", func(d *crowdDesk, _ int) *httptest.ResponseRecorder {
		made := d.backend("POST", "/v1/users", `{"email_address":["`+d.newAddress()+`"],"skip_password_requirement":true}`)
		_, rest, _ := strings.Cut(made.Body.String(), `"id":"user_`)
		id, _, _ := strings.Cut(rest, `"`)
		return d.backend("DELETE", "/v1/users/user_"+id, "")
	}},
	{"a token renewed", func(d *crowdDesk, n int) *httptest.ResponseRecorder {
		d.ahead.Add(1) // tokens of one second would be signed once
		return d.inBrowser(n, "tokens")
	}},
	{"a session touched", func(d *crowdDesk, n int) *httptest.ResponseRecorder { return d.inBrowser(n, "touch") }},
	{"a sign-in begun", func(d *crowdDesk, n int) *httptest.ResponseRecorder {
		return d.post("/v1/client/sign_ins", "", url.Values{"identifier": {d.address(n)}})
	}},
	{"a sign-up", func(d *crowdDesk, _ int) *httptest.ResponseRecorder { return d.signUp(d.newAddress()) }},
}

func (d *crowdDesk) get(path string) *httptest.ResponseRecorder { return d.backend("GET", path, "") }

// backend calls the Backend API.
func (d *crowdDesk) backend(method, path, body string) *httptest.ResponseRecorder {
	req := httptest.NewRequest(method, path, strings.NewReader(body))
	req.Header.Set("Authorization", "Bearer "+d.SecretKey().Reveal())
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	rec := httptest.NewRecorder()
	d.Backend().ServeHTTP(rec, req)
	return rec
}

// inBrowser calls what a session's page in one of the open browsers calls.
func (d *crowdDesk) inBrowser(n int, what string) *httptest.ResponseRecorder {
	b := d.browsers[n%len(d.browsers)]
	return d.post("/v1/client/sessions/"+b.session+"/"+what, b.cookie, nil)
}
