package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"testing"

	"github.com/clerk/clerk-sdk-go/v2"
	"github.com/clerk/clerk-sdk-go/v2/actortoken"
	"github.com/clerk/clerk-sdk-go/v2/client"
	"github.com/clerk/clerk-sdk-go/v2/emailaddress"
	"github.com/clerk/clerk-sdk-go/v2/instancesettings"
	"github.com/clerk/clerk-sdk-go/v2/invitation"
	"github.com/clerk/clerk-sdk-go/v2/jwks"
	"github.com/clerk/clerk-sdk-go/v2/jwt"
	"github.com/clerk/clerk-sdk-go/v2/jwttemplate"
	"github.com/clerk/clerk-sdk-go/v2/session"
	"github.com/clerk/clerk-sdk-go/v2/signintoken"
	"github.com/clerk/clerk-sdk-go/v2/testingtoken"
	"github.com/clerk/clerk-sdk-go/v2/user"
)

// goSDK is the published Go SDK, connected by the lines that the keys command prints.
type goSDK struct {
	*server
	config *clerk.ClientConfig
	users  *user.Client
	ada    *clerk.User
}

// The published Go SDK, which counts on an older version of the API, does the same.
func TestThePublishedGoSDKUsesTheBackendAPI(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	keys := s.Keys()
	g := &goSDK{server: s, config: &clerk.ClientConfig{BackendConfig: clerk.BackendConfig{
		URL: clerk.String(keys["CLERK_API_URL"] + "/v1"), Key: clerk.String(keys["CLERK_SECRET_KEY"]),
	}}}
	g.users = user.NewClient(g.config)
	t.Run("users", g.testUsers)
	if g.ada == nil {
		t.FailNow()
	}
	t.Run("passwords, bans and locks", g.testPasswords)
	t.Run("addresses", g.testAddresses)
	t.Run("sessions and clients", g.testSessions)
	t.Run("tickets", g.testTickets)
	t.Run("invitations", g.testInvitations)
	t.Run("JWT templates", g.testTemplates)
	t.Run("the instance", g.testInstance)
	t.Run("deletion", func(t *testing.T) {
		gone, err := g.users.Delete(t.Context(), g.ada.ID)
		must(t, err)
		equal(t, "deleted", gone.Deleted, true)
		_, err = g.users.Get(t.Context(), g.ada.ID)
		refusedBy(t, err, http.StatusNotFound, "resource_not_found")
	})
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func equal[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s = %v, want %v", what, got, want)
	}
}

// refusedBy checks that the SDK understood a refusal.
func refusedBy(t *testing.T, err error, status int, code string) {
	t.Helper()
	var refusal *clerk.APIErrorResponse
	if !errors.As(err, &refusal) || len(refusal.Errors) == 0 {
		t.Fatalf("error = %v, want a refusal", err)
	}
	if refusal.HTTPStatusCode != status || refusal.Errors[0].Code != code || refusal.TraceID == "" || refusal.Response.TraceID != refusal.TraceID {
		t.Errorf("refusal = %d %s %q, want %d %s", refusal.HTTPStatusCode, refusal.Errors[0].Code, refusal.TraceID, status, code)
	}
}

func raw(s string) *json.RawMessage { return clerk.JSONRawMessage(json.RawMessage(s)) }

func (g *goSDK) testUsers(t *testing.T) {
	ctx := t.Context()
	made, err := g.users.Create(ctx, &user.CreateParams{
		EmailAddresses: &[]string{"ada@example.com"}, Password: &ada.Password, FirstName: clerk.String("Ada"),
		ExternalID: clerk.String("ext-ada"), PublicMetadata: raw(`{"a":{"b":1}}`), CreatedAt: clerk.String("2019-01-02T03:04:05Z"),
	})
	must(t, err)
	g.ada = made
	equal(t, "first name", *made.FirstName, "Ada")
	equal(t, "created at", made.CreatedAt, 1546398245000)
	equal(t, "verification", made.EmailAddresses[0].Verification.Status, "verified")
	_, err = g.users.Create(ctx, &user.CreateParams{EmailAddresses: &[]string{"ADA@example.com"}, Password: &ada.Password})
	refusedBy(t, err, http.StatusUnprocessableEntity, "form_identifier_exists")
	_, err = g.users.Create(ctx, &user.CreateParams{TOTPSecret: clerk.String("AAAA"), SkipPasswordRequirement: clerk.Bool(true)})
	refusedBy(t, err, http.StatusNotImplemented, "not_implemented")

	got, err := g.users.Get(ctx, made.ID)
	must(t, err)
	equal(t, "read again", got.ID, made.ID)
	for _, params := range []*user.ListParams{
		{UserIDs: []string{made.ID}}, {EmailAddresses: []string{"ada@example.com"}}, {ExternalIDs: []string{"ext-ada"}}, {Query: clerk.String("ADA")},
		{NameQuery: clerk.String("ada")}, {EmailAddressQuery: clerk.String("ada@")}, {Banned: clerk.Bool(false)}, {OrderBy: clerk.String("-last_sign_in_at")},
		{CreatedAtBefore: clerk.Int64(1546398245001)}, {OrganizationIDs: []string{"-org_none"}},
	} {
		list, err := g.users.List(ctx, params)
		must(t, err)
		if list.TotalCount != 1 || len(list.Users) != 1 || list.Users[0].ID != made.ID {
			t.Errorf("%+v: %d users of %d, want Ada", params, len(list.Users), list.TotalCount)
		}
	}
	none, err := g.users.List(ctx, &user.ListParams{PhoneNumbers: []string{"+15555550100"}})
	must(t, err)
	equal(t, "users with a phone", none.TotalCount, 0)

	// This version of the SDK replaces metadata together with the user.
	got, err = g.users.Update(ctx, made.ID, &user.UpdateParams{LastName: clerk.String("Lovelace"), PublicMetadata: raw(`{"c":1}`)})
	must(t, err)
	equal(t, "last name", *got.LastName, "Lovelace")
	equal(t, "metadata", string(got.PublicMetadata), `{"c":1}`)
	got, err = g.users.UpdateMetadata(ctx, made.ID, &user.UpdateMetadataParams{PublicMetadata: raw(`{"c":null,"d":2}`), PrivateMetadata: raw(`{"p":1}`)})
	must(t, err)
	equal(t, "metadata", string(got.PublicMetadata)+string(got.PrivateMetadata), `{"d":2}{"p":1}`)
}

func (g *goSDK) testPasswords(t *testing.T) {
	ctx := t.Context()
	right, err := g.users.VerifyPassword(ctx, &user.VerifyPasswordParams{UserID: g.ada.ID, Password: ada.Password})
	must(t, err)
	equal(t, "verified", right.Verified, true)
	_, err = g.users.VerifyPassword(ctx, &user.VerifyPasswordParams{UserID: g.ada.ID, Password: "not the password at all"})
	refusedBy(t, err, http.StatusUnprocessableEntity, "incorrect_password")
	for name, call := range map[string]func(context.Context, string) (*clerk.User, error){"ban": g.users.Ban, "lock": g.users.Lock} {
		got, err := call(ctx, g.ada.ID)
		must(t, err)
		equal(t, name, map[string]bool{"ban": got.Banned, "lock": got.Locked}[name], true)
	}
	for name, call := range map[string]func(context.Context, string) (*clerk.User, error){"unban": g.users.Unban, "unlock": g.users.Unlock} {
		got, err := call(ctx, g.ada.ID)
		must(t, err)
		equal(t, name, map[string]bool{"unban": got.Banned, "unlock": got.Locked}[name], false)
	}
	mfa, err := g.users.DeleteMFA(ctx, &user.DeleteMFAParams{ID: g.ada.ID})
	must(t, err)
	equal(t, "user of the factors", mfa.UserID, g.ada.ID)
	tokens, err := g.users.ListOAuthAccessTokens(ctx, &user.ListOAuthAccessTokensParams{ID: g.ada.ID, Provider: "oauth_google"})
	must(t, err)
	equal(t, "tokens", tokens.TotalCount, 0)
}

func (g *goSDK) testAddresses(t *testing.T) {
	ctx, addresses := t.Context(), emailaddress.NewClient(g.config)
	e, err := addresses.Create(ctx, &emailaddress.CreateParams{UserID: &g.ada.ID, EmailAddress: clerk.String("second@example.com")})
	must(t, err)
	equal(t, "verification", e.Verification.Status, "unverified")
	e, err = addresses.Update(ctx, e.ID, &emailaddress.UpdateParams{Verified: clerk.Bool(true), Primary: clerk.Bool(true)})
	must(t, err)
	equal(t, "verification", e.Verification.Status, "verified")
	e, err = addresses.Get(ctx, e.ID)
	must(t, err)
	gone, err := addresses.Delete(ctx, e.ID)
	must(t, err)
	equal(t, "deleted", gone.Deleted, true)
	_, err = addresses.Get(ctx, e.ID)
	refusedBy(t, err, http.StatusNotFound, "resource_not_found")
}

func (g *goSDK) testSessions(t *testing.T) {
	ctx, sessions := t.Context(), session.NewClient(g.config)
	s, err := sessions.Create(ctx, &session.CreateParams{UserID: g.ada.ID})
	must(t, err)
	list, err := sessions.List(ctx, &session.ListParams{UserID: &g.ada.ID, Status: clerk.String("active")})
	must(t, err)
	equal(t, "sessions", list.TotalCount, 1)
	token, err := sessions.CreateToken(ctx, &session.CreateTokenParams{ID: s.ID})
	must(t, err)
	claims, err := jwt.Verify(ctx, &jwt.VerifyParams{Token: token.JWT, JWKSClient: jwks.NewClient(g.config)})
	must(t, err)
	equal(t, "subject", claims.Subject, g.ada.ID)

	clients := client.NewClient(g.config)
	c, err := clients.Get(ctx, s.ClientID)
	must(t, err)
	equal(t, "session of the client", c.SessionIDs[0], s.ID)
	v := g.visitor()
	v.signUp(grace)
	c, err = clients.Verify(ctx, &client.VerifyParams{Token: clerk.String(v.clientCookie())})
	must(t, err)
	equal(t, "sessions of the browser", len(c.Sessions), 1)
	_, err = clients.Verify(ctx, &client.VerifyParams{Token: clerk.String("nonsense")})
	refusedBy(t, err, http.StatusBadRequest, "cookie_invalid")

	s, err = sessions.Revoke(ctx, &session.RevokeParams{ID: s.ID})
	must(t, err)
	equal(t, "status", s.Status, "revoked")
	_, err = sessions.CreateToken(ctx, &session.CreateTokenParams{ID: s.ID})
	refusedBy(t, err, http.StatusNotFound, "resource_not_found")
}

func (g *goSDK) testTickets(t *testing.T) {
	ctx := t.Context()
	in := signintoken.NewClient(g.config)
	ticket, err := in.Create(ctx, &signintoken.CreateParams{UserID: &g.ada.ID, ExpiresInSeconds: clerk.Int64(60)})
	must(t, err)
	if ticket.Token == "" || ticket.URL == nil || ticket.Status != "pending" {
		t.Errorf("ticket = %+v", ticket)
	}
	ticket, err = in.Revoke(ctx, ticket.ID)
	must(t, err)
	equal(t, "status", ticket.Status, "revoked")
	_, err = in.Revoke(ctx, ticket.ID)
	refusedBy(t, err, http.StatusBadRequest, "sign_in_token_cannot_be_revoked_code")

	act := actortoken.NewClient(g.config)
	actor, err := act.Create(ctx, &actortoken.CreateParams{UserID: &g.ada.ID, Actor: json.RawMessage(`{"sub":"user_support"}`)})
	must(t, err)
	equal(t, "actor", string(actor.Actor), `{"sub":"user_support"}`)
	actor, err = act.Revoke(ctx, actor.ID)
	must(t, err)
	equal(t, "status", actor.Status, "revoked")
}

func (g *goSDK) testInvitations(t *testing.T) {
	ctx, invitations := t.Context(), invitation.NewClient(g.config)
	inv, err := invitations.Create(ctx, &invitation.CreateParams{EmailAddress: "invited@example.com", PublicMetadata: raw(`{"a":1}`), ExpiresInDays: clerk.Int64(3)})
	must(t, err)
	u, err := url.Parse(inv.URL)
	if err != nil || u.Query().Get("ticket") == "" || inv.ExpiresAt == nil {
		t.Errorf("invitation = %+v", inv)
	}
	_, err = invitations.Create(ctx, &invitation.CreateParams{EmailAddress: "invited@example.com"})
	refusedBy(t, err, http.StatusBadRequest, "duplicate_record")
	bulk, err := invitations.BulkCreate(ctx, &invitation.BulkCreateParams{Invitations: []*invitation.CreateParams{{EmailAddress: "b1@example.com"}, {EmailAddress: "b2@example.com"}}})
	must(t, err)
	equal(t, "invitations at once", len(bulk.Invitations), 2)
	inv, err = invitations.Revoke(ctx, inv.ID)
	must(t, err)
	equal(t, "revoked", inv.Revoked, true)
	list, err := invitations.List(ctx, &invitation.ListParams{Statuses: []string{"pending"}})
	must(t, err)
	equal(t, "pending", list.TotalCount, 2)
}

func (g *goSDK) testTemplates(t *testing.T) {
	ctx, templates := t.Context(), jwttemplate.NewClient(g.config)
	tpl, err := templates.Create(ctx, &jwttemplate.CreateParams{Name: clerk.String("other"), Claims: json.RawMessage(`{"mail":"{{user.primary_email_address}}"}`)})
	must(t, err)
	equal(t, "lifetime", tpl.Lifetime, 60)
	sessions := session.NewClient(g.config)
	s, err := sessions.Create(ctx, &session.CreateParams{UserID: g.ada.ID})
	must(t, err)
	token, err := sessions.CreateToken(ctx, &session.CreateTokenParams{ID: s.ID, TemplateName: "other"})
	must(t, err)
	claims, err := jwt.Decode(ctx, &jwt.DecodeParams{Token: token.JWT})
	must(t, err)
	equal(t, "mail", claims.Extra["mail"], any("ada@example.com"))
	tpl, err = templates.Update(ctx, tpl.ID, &jwttemplate.UpdateParams{Lifetime: clerk.Int64(600)})
	must(t, err)
	equal(t, "lifetime", tpl.Lifetime, 600)
	_, err = templates.Get(ctx, tpl.ID)
	must(t, err)
	list, err := templates.List(ctx, &jwttemplate.ListParams{})
	must(t, err)
	equal(t, "templates", list.TotalCount, 1)
	_, err = templates.Delete(ctx, tpl.ID)
	must(t, err)
	_, err = templates.Get(ctx, tpl.ID)
	refusedBy(t, err, http.StatusNotFound, "resource_not_found")
}

func (g *goSDK) testInstance(t *testing.T) {
	ctx := t.Context()
	set, err := jwks.NewClient(g.config).Get(ctx, &jwks.GetParams{})
	must(t, err)
	equal(t, "keys", len(set.Keys), 1)
	token, err := testingtoken.NewClient(g.config).Create(ctx)
	must(t, err)
	if token.Token == "" || token.ExpiresAt == 0 {
		t.Errorf("testing token = %+v", token)
	}
	settings := instancesettings.NewClient(g.config)
	must(t, settings.Update(ctx, &instancesettings.UpdateParams{HIBP: clerk.Bool(false)}))
	refusedBy(t, settings.Update(ctx, &instancesettings.UpdateParams{TestMode: clerk.Bool(true)}), http.StatusNotImplemented, "not_implemented")
	_, err = settings.UpdateRestrictions(ctx, &instancesettings.UpdateRestrictionsParams{Allowlist: clerk.Bool(false)})
	must(t, err)
}
