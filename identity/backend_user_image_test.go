package identity_test

import (
	"strings"
	"testing"

	"github.com/usherauth/usher/identity"
	"github.com/usherauth/usher/wire"
)

func TestBackendProfileImage(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	u := app.person(t, "ada@example.com")
	path := "/v1/users/" + u.ID + "/profile_image"
	app.backend("DELETE", path, "").want(t, 404, wire.CodeImageNotFound)
	a := app.backendUpload("POST", path, encodePNG(t, sample(4, 4)))
	a.want(t, 200, "")
	first := decode[wire.User](t, a.body)
	if !first.HasImage || first.ImageURL == u.ImageURL || first.ImageURL == "" {
		t.Errorf("user = %s", a.body)
	}
	second := decode[wire.User](t, app.backendUpload("POST", path, encodePNG(t, sample(4, 4))).body)
	if second.ImageURL == first.ImageURL {
		t.Error("another picture has the same address")
	}
	if got := decode[wire.User](t, app.backend("DELETE", path, "").body); got.HasImage {
		t.Error("has_image = true after it was deleted")
	}
	app.backendUpload("POST", path, []byte("<svg/>")).want(t, 400, wire.CodeRequestBodyInvalid)
	app.backendUpload("POST", path, nil).want(t, 400, wire.CodeParamMissing)
	app.backend("POST", path, `{}`).want(t, 415, wire.CodeUnsupportedMediaType)
	app.backendUpload("POST", "/v1/users/user_x/profile_image", encodePNG(t, sample(4, 4))).want(t, 404, wire.CodeResourceNotFound)
}

// An address that somebody added and never proved does not keep an operator from giving it
// to somebody else.
func TestBackendTakesUnprovenAddresses(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	squatter := app.user(t, map[string]any{
		"email_address": []string{"eve@example.com", "ada@example.com"}, "email_address_identification_status": []string{"verified", "reserved"}, "password": password,
	})
	ada := app.person(t, "ada@example.com")
	if e := app.stored(t, squatter.ID).Emails; len(e) != 1 || e[0].Normalized != "eve@example.com" {
		t.Errorf("addresses = %+v, want the proven one", e)
	}
	app.backend("POST", "/v1/email_addresses", `{"user_id":"`+squatter.ID+`","email_address":"ada@example.com"}`).want(t, 422, wire.CodeIdentifierExists)
	app.backend("PUT", "/v1/users/"+squatter.ID+"/email_address", `{"email_address":"ada@example.com"}`).want(t, 422, wire.CodeIdentifierExists)
	if e := app.stored(t, ada.ID).Emails; len(e) != 1 || !e[0].Verified {
		t.Errorf("addresses = %+v", e)
	}
}

// Invitations are sent by mail where there is mail, unless that is not wanted.
func TestInvitationsAreMailed(t *testing.T) {
	t.Parallel()
	app, box := newMailApp(t)
	inv, ticket := app.invite(t, `{"email_address":"Ada@example.com"}`)
	m := box.next("invitation", "Ada@example.com")
	if !strings.Contains(m.Text.Reveal(), inv.URL) || strings.Contains(m.Subject, ticket) {
		t.Errorf("mail = %q %q", m.Subject, m.Text.Reveal())
	}
	app.invite(t, `{"email_address":"bob@example.com","notify":false}`)
	box.none(app)
	org := app.member("cleo").found("Acme")
	app.inviteTo(t, org.ID, "dora@example.com")
	box.next("invitation", "dora@example.com")
	if strings.Contains(app.logs.String(), ticket) || strings.Contains(identity.Mail.String(m), "Ada") {
		t.Error("the ticket is in the log, or the address in the mail's name")
	}
}
