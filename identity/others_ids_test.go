package identity_test

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/usherauth/usher/wire"
)

// idKinds are whose ids the first wildcard of a route takes, by the beginning of its pattern.
// The address of a picture is for whoever has it, and templates are named by people.
var idKinds = []struct{ pattern, kind string }{
	{"/v1/client/sign_ins/", "sign-in"}, {"/v1/client/sign_ups/", "sign-up"}, {"/v1/client/sessions/", "session"}, {"/v1/me/sessions/", "session"},
	{"/v1/me/email_addresses/", "address"}, {"/v1/me/organization_memberships/", "organization"}, {"/v1/organizations/", "organization"},
	{"/v1/me/organization_invitations/", "invitation"},
}

var wildcards = regexp.MustCompile(`\{[^}]*\}`)

// strangersIDs are the ids of what somebody has.
func strangersIDs(t *testing.T, app *app, box *mailbox) map[string]string {
	t.Helper()
	ada := app.visitor()
	ada.signUp("ada@example.com")
	ada.verifyAddress(box)
	org := ada.found("Acme")
	a := ada.post("/v1/organizations/"+org.ID+"/invitations", "email_address", "bob@example.com", "role", "org:member")
	a.want(t, 200, "")
	box.next("invitation", "bob@example.com")
	other := app.visitor()
	_, signIn := other.begin("ada@example.com", "strategy", emailCode)
	box.code("ada@example.com")
	up := app.visitor().post("/v1/client/sign_ups", "password", password)
	user := ada.client().Sessions[0].User
	return map[string]string{
		"sign-in": signIn.ID, "sign-up": decode[wire.Response[wire.SignUp]](t, up.body).Response.ID, "session": ada.sessionID(),
		"address": user.EmailAddresses[0].ID, "organization": org.ID, "user": user.ID,
		"invitation": decode[wire.Response[wire.OrganizationInvitation]](t, a.body).Response.ID,
	}
}

// like is an id that nothing has.
func like(id string) string {
	prefix, rest, _ := strings.Cut(id, "_")
	return prefix + "_" + strings.Repeat("A", len(rest))
}

// seen is everything of an answer but what two answers never share.
func (a answer) seen(ids ...string) string {
	h := a.Header.Clone()
	for _, name := range []string{"Clerk-Trace-Id", "Date", "Set-Cookie"} {
		h.Del(name)
	}
	var lines []string
	for _, name := range slices.Sorted(maps.Keys(h)) {
		lines = append(lines, name+": "+strings.Join(h[name], ", "))
	}
	for _, c := range a.Cookies() {
		lines = append(lines, fmt.Sprint("Set-Cookie: ", c.Name, c.MaxAge, c.Path, c.HttpOnly, c.Value == ""))
	}
	return fmt.Sprint(a.StatusCode, "\n", strings.Join(lines, "\n"), "\n", replaceAll(scrub(a.body), ids...))
}

// M08, I03: the id of something that is somebody else's is answered, octet for octet, like
// one that nothing has, by every endpoint that takes one and to whoever asks.
func TestM08_I03_IDsOfOthersLookLikeNone(t *testing.T) {
	t.Parallel()
	app, box := newMailApp(t)
	ids := strangersIDs(t, app, box)
	eve, member := app.visitor(), app.visitor()
	eve.signUp("eve@example.com")
	eve.found("Eves")
	member.signUp("mia@example.com")
	own := member.found("Mias").ID
	fields := []string{
		"password", "no password", "code", "000000", "email_address", "new@example.com", "role", "org:admin", "name", "Name",
		"first_name", "Eve", "new_password", nextWords, "current_password", password,
	}
	frontend, _ := app.Tables()
	checked := 0
	for pattern, methods := range frontend {
		i := slices.IndexFunc(idKinds, func(k struct{ pattern, kind string }) bool { return strings.HasPrefix(pattern, k.pattern) })
		if i < 0 || !strings.Contains(pattern, "{") || strings.Contains(pattern, "{$}") {
			continue
		}
		for _, method := range methods {
			for who, v := range map[string]*visitor{"a stranger": app.visitor(), "somebody signed in": eve, "somebody with an organization": member} {
				for _, strategy := range []string{"", emailCode, resetCode, "password"} {
					send := func(id, user, invitation string) string {
						path := strings.NewReplacer("{id}", id, "{user}", user, "{invitation}", invitation).Replace(pattern)
						body := encode(append([]string{"strategy", strategy, "user_id", user, "email_address_id", id}, fields...))
						if method == http.MethodGet {
							body = ""
						}
						got := v.copy().send(method, wildcards.ReplaceAllString(path, "x"), formType, strings.NewReader(body))
						return got.seen(id, user, invitation)
					}
					kind := idKinds[i].kind
					theirs, none := send(ids[kind], ids["user"], ids["invitation"]), send(like(ids[kind]), like(ids["user"]), like(ids["invitation"]))
					if kind == "invitation" {
						theirs, none = send("", "", ids[kind]), send("", "", like(ids[kind]))
					}
					if theirs != none || strings.HasPrefix(theirs, "200") {
						t.Errorf("%s %s by %s:\n%s\nand for what does not exist:\n%s", method, pattern, who, theirs, none)
					}
					checked++
				}
			}
		}
	}
	if checked < 300 {
		t.Errorf("only %d pairs", checked)
	}
	// Within an organization of one's own, what belongs to another one.
	for _, target := range []string{
		"POST /v1/organizations/%s/invitations/{invitation}/revoke", "PATCH /v1/organizations/%s/memberships/{user}", "DELETE /v1/organizations/%s/memberships/{user}",
	} {
		method, path, _ := strings.Cut(fmt.Sprintf(target, own), " ")
		send := func(user, invitation string) string {
			path := strings.NewReplacer("{user}", user, "{invitation}", invitation).Replace(path)
			return member.copy().send(method, path, formType, strings.NewReader("role=org:admin")).seen(user, invitation)
		}
		if theirs, none := send(ids["user"], ids["invitation"]), send(like(ids["user"]), like(ids["invitation"])); theirs != none {
			t.Errorf("%s:\n%s\nand for what does not exist:\n%s", target, theirs, none)
		}
	}
}

// M08: ids that are sent as parameters tell no more than those in paths.
func TestM08_IDsOfOthersAsParameters(t *testing.T) {
	t.Parallel()
	app, box := newMailApp(t)
	ids := strangersIDs(t, app, box)
	eve := app.visitor()
	eve.signUp("eve@example.com")
	session := "/v1/client/sessions/" + eve.sessionID()
	reverify := session + "/verify"
	eve.post(reverify).want(t, 200, "")
	for _, c := range []struct{ kind, path, field string }{
		{"organization", session + "/touch", "active_organization_id"}, {"organization", session + "/tokens", "organization_id"},
		{"address", "/v1/me?_method=PATCH", "primary_email_address_id"}, {"address", reverify + "/prepare_first_factor", "email_address_id"},
	} {
		send := func(id string) string {
			got := eve.post(c.path, "strategy", emailCode, c.field, id)
			if strings.HasSuffix(c.path, "/tokens") {
				got.body = "" // a token, of what can be seen elsewhere
			}
			return got.seen(id)
		}
		if theirs, none := send(ids[c.kind]), send(like(ids[c.kind])); theirs != none {
			t.Errorf("%s of %s:\n%s\nand for what does not exist:\n%s", c.field, c.path, theirs, none)
		}
	}
	if got := claimsOf(t, decode[wire.Token](t, eve.post(session+"/tokens", "organization_id", ids["organization"]).body).JWT); got.Org != nil {
		t.Errorf("a token for somebody else's organization: %+v", got.Org)
	}
	for _, path := range []string{"/v1/me", "/v1/me/sessions/active", "/v1/client/touch?redirect_url=" + url.QueryEscape(origin+"/")} {
		join := "?"
		if strings.Contains(path, "?") {
			join = "&"
		}
		send := func(id string) string {
			return eve.copy().get(path + join + "_clerk_session_id=" + id + "&session_id=" + id).seen(id)
		}
		if theirs, none := send(ids["session"]), send(like(ids["session"])); theirs != none {
			t.Errorf("%s:\n%s\nand for what does not exist:\n%s", path, theirs, none)
		}
	}
}

// M08: without the secret key no endpoint of the Backend API says anything of what exists.
func TestM08_TheBackendTellsStrangersNothing(t *testing.T) {
	t.Parallel()
	app, box := newMailApp(t)
	ids := strangersIDs(t, app, box)
	_, backend := app.Tables()
	want := ""
	for pattern, methods := range backend {
		for _, method := range methods {
			for _, id := range append(slices.Collect(maps.Values(ids)), "x") {
				for _, key := range []string{"sk_test_x", app.SecretKey().Reveal() + "x", app.PublishableKey().String()} {
					got := app.backendAs("Bearer "+key, method, wildcards.ReplaceAllString(pattern, id), `{"user_id":"`+id+`"}`).seen()
					if want == "" {
						want = got
					}
					if got != want || !strings.HasPrefix(got, "401") {
						t.Errorf("%s %s with %s:\n%s\nwant\n%s", method, pattern, id, got, want)
					}
				}
			}
		}
	}
}
