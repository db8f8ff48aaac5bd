package identity_test

import (
	"testing"
	"time"

	"github.com/usherauth/usher/wire"
)

// C06: what a role allows is in the next token, and what a membership allowed is not in it
// once the membership has ended.
func TestC06_ActiveOrganization(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	ada, bob := app.member("ada"), app.member("bob")
	org, other := ada.found("Acme"), ada.found("Other")
	app.join(org.ID, bob.userID(), "org:member")

	a := bob.activate(org.ID)
	a.want(t, 200, "")
	got := decode[wire.Response[wire.Session]](t, a.body)
	if string(got.Response.LastActiveOrganizationID) != org.ID || len(got.Response.User.OrganizationMemberships) != 1 {
		t.Errorf("touch = %+v", got.Response)
	}
	if c := claimsOf(t, got.Response.LastActiveToken.JWT); c.Org == nil || c.Org.ID != org.ID || c.Org.Slg != "acme" || c.Org.Rol != "member" || c.Org.Per != "" {
		t.Errorf("claims = %+v", c.Org)
	}
	if c := bob.claims(); c.Org == nil || c.Org.ID != org.ID {
		t.Errorf("next token has %+v", c.Org)
	}
	if c := bob.claims("organization_id", ""); c.Org != nil {
		t.Errorf("a token for the personal account has %+v", c.Org)
	}
	if c := ada.claims("organization_id", other.ID); c.Org == nil || c.Org.ID != other.ID {
		t.Errorf("a token for a tab's own organization has %+v", c.Org)
	}
	if s := ada.client().Sessions[0]; s.LastActiveOrganizationID != "" {
		t.Errorf("asking for a token made %s active", s.LastActiveOrganizationID)
	}
	app.clock.Add(time.Second)
	ada.post("/v1/organizations/"+org.ID+"/memberships/"+bob.userID()+"?_method=PATCH", "role", "org:admin").want(t, 200, "")
	if c := bob.claims(); c.Org == nil || c.Org.Rol != "admin" {
		t.Errorf("after the promotion the token has %+v", c.Org)
	}
	app.clock.Add(time.Second)
	ada.post("/v1/organizations/"+org.ID+"/memberships/"+bob.userID()+"?_method=DELETE").want(t, 200, "")
	if c := bob.claims("organization_id", org.ID); c.Org != nil || c.Sub != bob.userID() {
		t.Errorf("after the removal the token has %+v", c.Org)
	}
	if s := bob.client().Sessions[0]; s.LastActiveOrganizationID != "" || len(s.User.OrganizationMemberships) != 0 {
		t.Errorf("session after the removal = %+v", s)
	}
	app.join(org.ID, bob.userID(), "org:member")
	if c := bob.claims(); c.Org != nil {
		t.Errorf("coming back made the organization active: %+v", c.Org)
	}
	bob.activate(org.ID).want(t, 200, "")
	bob.activate("").want(t, 200, "")
	if c := bob.claims(); c.Org != nil {
		t.Errorf("with no organization active the token has %+v", c.Org)
	}
}

// The handshake makes the organization active that the address is about.
func TestHandshakeFollowsTheAddress(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	ada, eve := app.member("ada"), app.member("eve")
	org := ada.found("Acme")
	target := "/v1/client/handshake?redirect_url=" + origin + "/orgs/acme&organization_id="
	for _, tt := range []struct{ name, want string }{{org.ID, org.ID}, {"", ""}, {"acme", org.ID}, {"nobody", org.ID}, {"org_none", org.ID}} {
		a := ada.get(target + tt.name)
		if a.StatusCode != 307 {
			t.Fatalf("handshake = %d %s", a.StatusCode, a.body)
		}
		got := ""
		if c := claimsOf(t, a.cookie("__session").Value); c.Org != nil {
			got = c.Org.ID
		}
		if got != tt.want || string(ada.client().Sessions[0].LastActiveOrganizationID) != tt.want {
			t.Errorf("organization_id=%s: token of %q, want %q", tt.name, got, tt.want)
		}
	}
	if c := claimsOf(t, eve.get(target+"acme").cookie("__session").Value); c.Org != nil {
		t.Errorf("a stranger's token has %+v", c.Org)
	}
}

func TestTouch(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	v := app.visitor()
	v.signUp("ada@example.com")
	id, uat := v.sessionID(), v.cookies["__client_uat"]
	app.clock.Add(10 * time.Second)
	a := v.post("/v1/client/sessions/"+id+"/touch", "active_organization_id", "", "intent", "focus")
	a.want(t, 200, "")
	got := decode[wire.Response[wire.Session]](t, a.body)
	if got.Response.LastActiveAt != app.clock.Now().UnixMilli() || got.Response.LastActiveToken == nil || string(got.Client.LastActiveSessionID) != id {
		t.Errorf("touch = %+v, want it active now with a token", got.Response)
	}
	if v.cookies["__client_uat"] != uat {
		t.Errorf("uat changed from %s to %s: tokens from before would be refused", uat, v.cookies["__client_uat"])
	}
	v.post("/v1/client/sessions/"+id+"/touch", "active_organization_id", "org_x").want(t, 404, wire.CodeOrganizationNotFound)
}
