package identity

import (
	"encoding/json"
	"net/http"

	"github.com/usherauth/usher/wire"
)

// openToImpersonators are the changes that somebody who acts as the person may make: what
// the profile and the organization look like. Everything else that is sent in the person's
// name, a route that is added later included, needs the person: memberships, invitations,
// other sessions, credentials, and creating or deleting an organization or the account.
var openToImpersonators = map[string]bool{
	"PATCH /v1/me":                       true, // another primary address needs the person: [call.requireFresh]
	"PATCH /v1/me/metadata":              true,
	"POST /v1/me/profile_image":          true,
	"DELETE /v1/me/profile_image":        true,
	"POST /v1/me/sessions/{id}/revoke":   true, // their own: [revokeMySession]
	"PATCH /v1/organizations/{id}":       true,
	"PUT /v1/organizations/{id}/logo":    true,
	"DELETE /v1/organizations/{id}/logo": true,
}

// mayAct refuses a change that s must not make because somebody acts as its person in it.
func (c *call) mayAct(s Session) error {
	if c.method == http.MethodGet || c.method == http.MethodHead || openToImpersonators[c.method+" "+c.r.Pattern] {
		return nil
	}
	return c.notImpersonated(s)
}

// notImpersonated refuses what only the person may do (M13).
func (c *call) notImpersonated(s Session) error {
	if len(s.Actor) == 0 || c.cfg.InsecureImpersonation {
		return nil
	}
	return refuse(http.StatusForbidden, wire.CodeImpersonated, "You are signed in as somebody else. Only they can do this.")
}

// byActor is e with the impersonator as the one who did it, if e says that the person of s
// did it and somebody acts as them. The person is named in its data.
func byActor(s Session, e AuditEvent) AuditEvent {
	if len(s.Actor) == 0 || e.ActorID != s.UserID {
		return e
	}
	data := map[string]string{}
	if len(e.Data) > 0 && json.Unmarshal(e.Data, &data) != nil {
		return e // cannot happen: details are objects of strings
	}
	data["impersonated_user_id"] = s.UserID
	e.ActorID = actorID(s.Actor)
	e.Data, _ = json.Marshal(data) // cannot fail for strings
	return e
}
