package identity_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/usherauth/usher/identity"
	"github.com/usherauth/usher/wire"
)

// impersonator signs somebody in as the person with this id.
func (a *app) impersonator(userID string) *visitor {
	a.t.Helper()
	made := a.backend("POST", "/v1/actor_tokens", `{"user_id":"`+userID+`","actor":{"sub":"user_support"}}`)
	made.want(a.t, 200, "")
	v := a.visitor()
	v.ticket(decode[wire.Ticket](a.t, made.body).Token).want(a.t, 200, "")
	return v
}

func TestA5_ImpersonatorsChangeNothingThatNeedsThePerson(t *testing.T) {
	t.Parallel()
	for _, allowed := range []bool{false, true} {
		t.Run(map[bool]string{false: "by default", true: "allowed by the operator"}[allowed], func(t *testing.T) {
			t.Parallel()
			app, _ := newMailApp(t, func(c *identity.Config) { c.InsecureImpersonation = allowed })
			ada, bob := app.member("ada"), app.member("bob")
			org := ada.found("Acme")
			path := "/v1/organizations/" + org.ID
			app.backend("POST", path+"/memberships", `{"user_id":"`+bob.userID()+`","role":"org:admin"}`).want(t, 200, "")
			friend := app.person(t, "eve@example.com")
			a := ada.post(path+"/invitations", "email_address", "x@example.com", "role", "org:member")
			a.want(t, 200, "")
			invitation := decode[wire.Response[wire.OrganizationInvitation]](t, a.body).Response.ID
			v := app.impersonator(ada.userID())
			session, email := ada.sessionID(), ada.client().Sessions[0].User.EmailAddresses[0].ID

			for _, request := range [][]string{
				{path + "/memberships", "user_id", friend.ID, "role", "org:admin"},
				{path + "/memberships/" + bob.userID() + "?_method=PATCH", "role", "org:member"},
				{path + "/memberships/" + bob.userID() + "?_method=DELETE"},
				{path + "/invitations", "email_address", "y@example.com", "role", "org:member"},
				{path + "/invitations/bulk", "email_address", "z@example.com", "role", "org:member"},
				{path + "/invitations/" + invitation + "/revoke"},
				{"/v1/organizations", "name", "Mine"},
				{"/v1/me/sessions/" + session + "/revoke"},
				{"/v1/me/email_addresses", "email_address", "mine@example.com"},
				{"/v1/me/email_addresses/" + email + "/prepare_verification", "strategy", "email_code"},
				{"/v1/me/email_addresses/" + email + "/attempt_verification", "code", "123456"},
				{"/v1/me/email_addresses/" + email + "?_method=DELETE"},
				{"/v1/me/change_password", "current_password", password, "new_password", "another long passphrase"},
				{"/v1/me/remove_password", "current_password", password},
				{"/v1/me/organization_invitations/" + invitation + "/accept"},
				{"/v1/tickets/accept", "ticket", "none"},
				{"/v1/client/sessions/" + v.sessionID() + "/verify", "level", "first_factor"},
				{"/v1/me/organization_memberships/" + org.ID + "?_method=DELETE"},
				{path + "?_method=DELETE"},
				{"/v1/me?_method=DELETE"},
			} {
				a := v.post(request[0], request[1:]...)
				refused := a.StatusCode == 403 && strings.Contains(a.body, wire.CodeImpersonated)
				if refused == allowed {
					t.Errorf("%s: %d %s", request[0], a.StatusCode, a.body)
				}
				if a.StatusCode >= 500 {
					t.Errorf("%s: %d", request[0], a.StatusCode)
				}
			}
			if allowed {
				return
			}
			// What they look at, and what only looks different, is theirs to change.
			v.get("/v1/me").want(t, 200, "")
			v.get(path+"/memberships").want(t, 200, "")
			v.post("/v1/me?_method=PATCH", "first_name", "Augusta").want(t, 200, "")
			v.post(path+"?_method=PATCH", "name", "Acme Ltd").want(t, 200, "")
			v.post("/v1/client/sessions/"+v.sessionID()+"/touch", "active_organization_id", org.ID).want(t, 200, "")
			events := app.logged(identity.AuditQuery{})
			for _, kind := range []string{"user.updated", "organization.updated", "session.created", "user.impersonated"} {
				i := slices.IndexFunc(events, func(e identity.AuditEvent) bool { return e.Type == kind && e.ActorID == "user_support" })
				if i < 0 {
					t.Errorf("no %s by the impersonator in %+v", kind, events)
				} else if e := events[i]; e.UserID != ada.userID() && !strings.Contains(string(e.Data), `"impersonated_user_id":"`+ada.userID()+`"`) {
					t.Errorf("%s does not name the person: %+v", kind, e)
				}
			}
			// They end their own session, and the log says who did.
			v.post("/v1/me/sessions/"+v.sessionID()+"/revoke").want(t, 200, "")
			if ended := app.logged(identity.AuditQuery{Types: []string{"session.revoked"}}); len(ended) != 1 || ended[0].ActorID != "user_support" {
				t.Errorf("events = %+v", ended)
			}
			ada.get("/v1/me").want(t, 200, "")
		})
	}
}
