package identity_test

import (
	"strings"
	"testing"

	"github.com/usherauth/usher/wire"
)

// V01: what operators keep about organizations, memberships and invitations never reaches a
// browser, and neither does the ticket of an invitation.
func TestV01_OrganizationsKeepTheirSecrets(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	ada, bob := app.member("ada"), app.member("bob")
	org := ada.found("Acme")
	path := "/v1/organizations/" + org.ID
	app.backend("PATCH", path+"/metadata", `{"private_metadata":{"hidden":"zebra"}}`).want(t, 200, "")
	app.backend("PATCH", path+"/memberships/"+ada.userID()+"/metadata", `{"private_metadata":{"hidden":"zebra"}}`).want(t, 200, "")
	invite := `{"email_address":"bob@example.com","role":"org:member","private_metadata":{"hidden":"zebra"}}`
	i := create[wire.OrganizationInvitation](app, path+"/invitations", invite)
	app.verify("bob@example.com")
	_, ticket, _ := strings.Cut(string(i.URL), "ticket=")
	for _, a := range []answer{
		ada.get("/v1/client"), ada.get("/v1/me"), ada.get(path), ada.get(path + "/memberships?paginated=true"), ada.get(path + "/invitations"),
		ada.get(path + "/invitations/pending"), ada.get("/v1/me/organization_memberships"), ada.activate(org.ID),
		ada.post(path+"?_method=PATCH", "name", "Acme Ltd"), ada.post(path+"/invitations", "email_address", "cleo@example.com", "role", "org:member"),
		bob.get("/v1/me/organization_invitations"), bob.accept(i.ID), bob.get("/v1/client"),
		ada.post(path+"/memberships/"+bob.userID()+"?_method=PATCH", "role", "org:admin"), ada.post(path + "?_method=DELETE"),
	} {
		if a.StatusCode != 200 || strings.Contains(a.body, "zebra") || strings.Contains(a.body, "private_metadata") || strings.Contains(a.body, ticket) {
			t.Errorf("answer = %d %s", a.StatusCode, a.body)
		}
	}
	if strings.Contains(app.logs.String(), ticket) || strings.Contains(app.logs.String(), "@example.com") {
		t.Error("the log has the ticket or an address")
	}
}
