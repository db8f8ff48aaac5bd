package handlers_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/usherauth/usher/authtest"
)

const oneOrganization = `{"response":null,"client":{"last_active_session_id":"sess_1","sessions":[{"id":"sess_1","status":"active",
	"last_active_organization_id":"org_1","last_active_token":{"object":"token","jwt":"a.b.c"},"user":{"id":"user_1","organization_memberships":[
	{"role":"org:admin","role_name":"Admin","permissions":["org:sys_memberships:read","org:sys_memberships:manage"],
	"organization":{"id":"org_1","name":"Acme"}}]}}]}}`

// paths answers each path of the Frontend API by itself, and every other one with 500.
func paths(answers map[string]string) upstream {
	return func(r *http.Request) (*http.Response, error) {
		if body, ok := answers[strings.TrimPrefix(r.URL.Path, "/v1")]; ok {
			return response(200, body), nil
		}
		return response(500, `{}`), nil
	}
}

// organizations asks the page as somebody signed in; form is nil for a GET.
func organizations(t *testing.T, up upstream, form url.Values) *httptest.ResponseRecorder {
	t.Helper()
	ctx := authtest.Context(t, authtest.User("user_1"), authtest.Session("sess_1"))
	page := func(w http.ResponseWriter, r *http.Request) { newHandlers(t, up).Organizations(w, r.WithContext(ctx)) }
	if form != nil {
		return post(page, form)
	}
	rec := httptest.NewRecorder()
	page(rec, httptest.NewRequest(http.MethodGet, origin+"/organizations?done=leave", nil))
	return rec
}

func TestOrganizationsAreShownWithoutTheListsThatAreMissing(t *testing.T) {
	t.Parallel()
	rec := organizations(t, paths(map[string]string{"/client": oneOrganization}), nil)
	for _, want := range []string{"You have left the organization.", "Acme", "The list of members cannot be shown right now."} {
		if !strings.Contains(rec.Body.String(), want) {
			t.Errorf("no %q in\n%s", want, rec.Body)
		}
	}
	if rec.Code != 200 {
		t.Errorf("status %d", rec.Code)
	}
	rec = organizations(t, unreachable, nil)
	if rec.Code != 503 || !strings.Contains(rec.Body.String(), "cannot be reached right now") {
		t.Errorf("without an API: %d %s", rec.Code, rec.Body)
	}
}

func TestOrganizationsOfAnEndedSessionLeadToSignIn(t *testing.T) {
	t.Parallel()
	for name, up := range map[string]upstream{
		"no client":       answers(200, `{"response":null,"client":null}`),
		"another session": answers(200, strings.ReplaceAll(oneOrganization, "sess_1", "sess_2")),
		"refused":         answers(401, `{"errors":[{"code":"signed_out"}]}`),
	} {
		for _, form := range []url.Values{nil, {"action": {"switch"}}} {
			if name != "refused" && form != nil {
				continue // the API refuses a change of such a session
			}
			rec := organizations(t, up, form)
			lines := strings.Join(rec.Header()["Set-Cookie"], "\n")
			if rec.Code != 303 || !strings.Contains(rec.Header().Get("Location"), "organizations") || !strings.Contains(lines, "__session=; ") {
				t.Errorf("%s: %d to %q with\n%s", name, rec.Code, rec.Header().Get("Location"), lines)
			}
		}
	}
}

func TestAnOrganizationThatWasMadeIsKeptWhenItCannotBeActive(t *testing.T) {
	t.Parallel()
	made := map[string]string{"/organizations": `{"response":{"id":"org_1","name":"Acme"},"client":null}`}
	rec := organizations(t, paths(made), url.Values{"action": {"create"}, "name": {"Acme"}})
	if rec.Code != 303 || rec.Header().Get("Location") != "/organizations?done=create" || len(rec.Header()["Set-Cookie"]) > 0 {
		t.Errorf("%d to %q with %q", rec.Code, rec.Header().Get("Location"), rec.Header()["Set-Cookie"])
	}
	made["/client/sessions/sess_1/touch"] = strings.Replace(oneOrganization, "null", `{"id":"sess_1"}`, 1)
	rec = organizations(t, paths(made), url.Values{"action": {"create"}, "name": {"Acme"}})
	if lines := strings.Join(rec.Header()["Set-Cookie"], "\n"); rec.Code != 303 || !strings.Contains(lines, "__session=a.b.c; ") {
		t.Errorf("C06: %d with\n%s", rec.Code, lines)
	}
}

func TestRefusedOrganizationsKeepWhatWasTyped(t *testing.T) {
	t.Parallel()
	up := func(r *http.Request) (*http.Response, error) {
		if r.Method == http.MethodPost {
			return response(403, `{"errors":[{"code":"organization_membership_quota_exceeded","message":"UPSTREAM <b>"}]}`), nil
		}
		return paths(map[string]string{"/client": oneOrganization})(r)
	}
	rec := organizations(t, up, url.Values{"action": {"invite"}, "organization_id": {"org_1"}, "email_address": {"bob@example.com"}, "role": {"org:member"}})
	for _, want := range []string{"This organization is full.", `value="bob@example.com"`} {
		if rec.Code != 403 || !strings.Contains(rec.Body.String(), want) {
			t.Errorf("%d, no %q in\n%s", rec.Code, want, rec.Body)
		}
	}
	if strings.Contains(rec.Body.String(), "UPSTREAM") {
		t.Error("X04: the upstream's text is shown")
	}
}
