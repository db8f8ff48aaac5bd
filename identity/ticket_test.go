package identity_test

import (
	"bytes"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/usherauth/usher/identity"
	"github.com/usherauth/usher/wire"
)

func (v *visitor) ticket(ticket string) answer {
	v.t.Helper()
	return v.post("/v1/client/sign_ins", "strategy", "ticket", "ticket", ticket)
}

func TestSignInTokens(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	u := app.person(t, "ada@example.com")
	a := app.backend("POST", "/v1/sign_in_tokens", `{"user_id":"`+u.ID+`","expires_in_seconds":60}`)
	a.want(t, 200, "")
	ticket := decode[wire.Ticket](t, a.body)
	if ticket.Object != "sign_in_token" || ticket.Status != "pending" || ticket.UserID != u.ID || ticket.Token == "" || ticket.Actor != nil {
		t.Errorf("ticket = %s", a.body)
	}
	if got := app.follow(t, ticket.URL); got != origin+"/sign-in?__clerk_status=sign_in&__clerk_ticket="+ticket.Token {
		t.Errorf("the address leads to %q", got)
	}
	v := app.visitor()
	got := v.ticket(ticket.Token)
	got.want(t, 200, "")
	in := decode[wire.Response[wire.SignIn]](t, got.body)
	if in.Response.Status != wire.StatusComplete || in.Client == nil || in.Client.Sessions[0].ID != string(in.Response.CreatedSessionID) || in.Client.Sessions[0].LastActiveToken == nil {
		t.Errorf("sign-in = %s", got.body)
	}
	if string(v.client().Sessions[0].Actor) != "null" {
		t.Error("the session has an actor")
	}
	v.post("/v1/client/sessions/"+v.sessionID()+"/tokens").want(t, 200, "")
	v.ticket(ticket.Token).want(t, 400, wire.CodeSessionExists)
	app.visitor().ticket(ticket.Token).want(t, 400, "sign_in_token_already_used_code")
	app.backend("POST", "/v1/sign_in_tokens/"+ticket.ID+"/revoke", "").want(t, 400, "sign_in_token_cannot_be_revoked_code")

	make := func() wire.Ticket {
		return decode[wire.Ticket](t, app.backend("POST", "/v1/sign_in_tokens", `{"user_id":"`+u.ID+`","expires_in_seconds":60}`).body)
	}
	revoked := make()
	back := app.backend("POST", "/v1/sign_in_tokens/"+revoked.ID+"/revoke", "")
	back.want(t, 200, "")
	if r := decode[wire.Ticket](t, back.body); r.Status != "revoked" || strings.Contains(back.body, revoked.Token) {
		t.Errorf("revoked = %s", back.body)
	}
	app.visitor().ticket(revoked.Token).want(t, 400, "sign_in_token_revoked_code")
	app.backend("POST", "/v1/sign_in_tokens/"+revoked.ID+"/revoke", "").want(t, 400, "sign_in_token_cannot_be_revoked_code")
	expired := make()
	app.clock.Add(time.Minute)
	app.visitor().ticket(expired.Token).want(t, 400, wire.CodeTicketExpired)
	for _, bad := range []string{"x", ticket.ID, ticket.Token[1:], strings.ToLower(ticket.Token)} {
		app.visitor().ticket(bad).want(t, 400, wire.CodeTicketInvalid)
	}
	app.visitor().post("/v1/client/sign_ins", "strategy", "ticket").want(t, 422, wire.CodeParamMissing)
	app.visitor().post("/v1/client/sign_ups", "strategy", "ticket", "ticket", make().Token).want(t, 400, "sign_in_token_not_in_sign_in_code")
	app.backend("POST", "/v1/sign_in_tokens/sit_x/revoke", "").want(t, 404, wire.CodeResourceNotFound)
	app.backend("POST", "/v1/actor_tokens/"+make().ID+"/revoke", "").want(t, 404, wire.CodeResourceNotFound)
	for body, code := range map[string]string{
		`{}`: wire.CodeParamMissing, `{"user_id":"` + u.ID + `","expires_in_seconds":0}`: wire.CodeParamFormatInvalid,
		`{"user_id":"` + u.ID + `","expires_in_seconds":"1"}`: wire.CodeParamFormatInvalid, `{"user_id":"` + u.ID + `","token":"x"}`: wire.CodeParamUnknown,
	} {
		app.backend("POST", "/v1/sign_in_tokens", body).want(t, 422, code)
	}
	app.backend("POST", "/v1/sign_in_tokens", `{"user_id":"user_x"}`).want(t, 404, wire.CodeResourceNotFound)
	app.backend("POST", "/v1/sign_in_tokens", `{"user_id":"`+u.ID+`","org_id":"org_x"}`).want(t, 404, wire.CodeOrganizationNotFound)
}

// V02: only the hash of a ticket is kept, and nothing is logged of it.
func TestV02_TicketsAreKeptAsHashes(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	u := app.person(t, "ada@example.com")
	ticket := decode[wire.Ticket](t, app.backend("POST", "/v1/sign_in_tokens", `{"user_id":"`+u.ID+`"}`).body)
	invited := decode[wire.Invitation](t, app.backend("POST", "/v1/invitations", `{"email_address":"bob@example.com"}`).body)
	secrets := []string{ticket.Token, ticketOf(t, invited.URL)}
	err := app.store.View(t.Context(), func(tx identity.Tx) error {
		for _, id := range []string{ticket.ID, invited.ID} {
			g, err := tx.Grant(id)
			if err != nil {
				return err
			}
			for _, s := range secrets {
				if bytes.Contains(g.SecretHash, []byte(s)) || bytes.Contains(g.Data, []byte(s)) || len(g.SecretHash) != 32 {
					t.Errorf("grant = %+v", g)
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	app.visitor().ticket(ticket.Token).want(t, 200, "")
	app.visitor().ticket(ticket.Token)
	for _, s := range secrets {
		if strings.Contains(app.logs.String(), s) {
			t.Error("a ticket is in the log")
		}
	}
}

func ticketOf(t *testing.T, address string) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil || u.Query().Get("ticket") == "" || !strings.HasPrefix(address, origin+"/__clerk/v1/tickets/accept?") {
		t.Fatalf("address without ticket: %q %v", address, err)
	}
	return u.Query().Get("ticket")
}

// follow opens a ticket's address and returns where it leads.
func (a *app) follow(t *testing.T, address string) string {
	t.Helper()
	got := a.visitor().get("/v1/tickets/accept?ticket=" + ticketOf(t, address))
	if got.StatusCode != 307 || got.Header.Get("Referrer-Policy") != "no-referrer" {
		t.Errorf("answer = %d %v", got.StatusCode, got.Header)
	}
	return got.Header.Get("Location")
}

// I16: of two browsers that show one ticket at the same time, one is signed in.
func TestI16_TicketsAreUsedOnce(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	u := app.person(t, "ada@example.com")
	for run := range 100 {
		ticket := decode[wire.Ticket](t, app.backend("POST", "/v1/sign_in_tokens", `{"user_id":"`+u.ID+`"}`).body)
		if ok := atOnce(func(i int) int { return app.visitor().ticket(ticket.Token).StatusCode }); ok != 1 {
			t.Fatalf("run %d: %d browsers were signed in, want 1", run, ok)
		}
	}
}

// atOnce counts how often f answers 200 in two goroutines.
func atOnce(f func(i int) int) (ok int) {
	var all sync.WaitGroup
	var status [2]int
	for i := range status {
		all.Go(func() { status[i] = f(i) })
	}
	all.Wait()
	for _, s := range status {
		if s == 200 {
			ok++
		}
	}
	return ok
}

// M13: an actor token opens a session of the person that names the actor, ends soon, and
// can do nothing that only the person may do.
func TestM13_ActorTokensImpersonate(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	u := app.person(t, "ada@example.com")
	app.visitor().enter("ada@example.com")
	before := app.stored(t, u.ID)
	app.clock.Add(time.Hour)
	a := app.backend("POST", "/v1/actor_tokens", `{"user_id":"`+u.ID+`","actor":{"sub":"user_support","reason":"call 7"},"session_max_duration_in_seconds":600}`)
	a.want(t, 200, "")
	ticket := decode[wire.Ticket](t, a.body)
	if ticket.Object != "actor_token" || string(ticket.Actor) != `{"sub":"user_support","reason":"call 7"}` {
		t.Errorf("ticket = %s", a.body)
	}
	v := app.visitor()
	v.ticket(ticket.Token).want(t, 200, "")
	s := v.client().Sessions[0]
	if string(s.Actor) != `{"sub":"user_support","reason":"call 7"}` || s.ExpireAt != app.clock.Now().Add(10*time.Minute).UnixMilli() || s.AbandonAt > s.ExpireAt {
		t.Errorf("session = %+v", s)
	}
	token := decode[wire.Token](t, v.post("/v1/client/sessions/"+s.ID+"/tokens").body)
	if got := claimsOf(t, token.JWT); string(got.Act) != `{"sub":"user_support","reason":"call 7"}` || got.Sub != u.ID {
		t.Errorf("claims = %+v", got)
	}
	v.post("/v1/me/change_password", "current_password", password, "new_password", "another long passphrase").want(t, 403, wire.CodeImpersonated)
	if after := app.stored(t, u.ID); !after.LastSignInAt.Equal(before.LastSignInAt) || after.PasswordHash != before.PasswordHash {
		t.Errorf("user = %+v, want it as it was", after)
	}
	if got := app.events(identity.AuditQuery{UserID: u.ID, Types: []string{"user.impersonated", "actor_token.accepted"}}); len(got) != 2 {
		t.Errorf("events = %v", got)
	}
	app.visitor().ticket(ticket.Token).want(t, 400, "actor_token_already_used_code")
	app.clock.Add(10 * time.Minute)
	v.post("/v1/client/sessions/"+s.ID+"/tokens").want(t, 401, wire.CodeSignedOut)

	for body, code := range map[string]string{
		`{"user_id":"` + u.ID + `"}`:                                                               wire.CodeParamMissing,
		`{"actor":{"sub":"user_support"}}`:                                                         wire.CodeParamMissing,
		`{"user_id":"` + u.ID + `","actor":{}}`:                                                    wire.CodeParamFormatInvalid,
		`{"user_id":"` + u.ID + `","actor":"x"}`:                                                   wire.CodeParamFormatInvalid,
		`{"user_id":"` + u.ID + `","actor":{"sub":7}}`:                                             wire.CodeParamFormatInvalid,
		`{"user_id":"` + u.ID + `","actor":null}`:                                                  wire.CodeParamMissing,
		`{"user_id":"` + u.ID + `","actor":{"sub":"` + strings.Repeat("x", 2000) + `"}}`:           wire.CodeParamFormatInvalid,
		`{"user_id":"` + u.ID + `","actor":{"sub":"x"},"session_max_duration_in_seconds":-1}`:      wire.CodeParamFormatInvalid,
		`{"user_id":"` + u.ID + `","actor":{"sub":"x"},"expires_in_seconds":99999999999999999999}`: wire.CodeParamFormatInvalid,
	} {
		app.backend("POST", "/v1/actor_tokens", body).want(t, 422, code)
	}
	unused := decode[wire.Ticket](t, app.backend("POST", "/v1/actor_tokens", `{"user_id":"`+u.ID+`","actor":{"sub":"user_support"}}`).body)
	app.backend("POST", "/v1/actor_tokens/"+unused.ID+"/revoke", "").want(t, 200, "")
	app.visitor().ticket(unused.Token).want(t, 400, "actor_token_revoked_code")
	app.visitor().post("/v1/client/sign_ups", "strategy", "ticket", "ticket", unused.Token).want(t, 400, "actor_token_not_in_sign_in_code")
}

// M13: who acts is read from an actor as verifiers of the token read it, so that the audit log
// and the token name the same person, and what they could not read opens no session.
func TestM13_AnActorIsReadInOneWay(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	u := app.person(t, "ada@example.com")
	for _, actor := range []string{
		`{"sub":"user_a","sub":"user_b"}`, `{"sub":"\ud800"}`,
		`{"sub":"user_a","more":{"x":1,"x":2}}`, `{"sub":"user_a","more":` + strings.Repeat("[", 100) + strings.Repeat("]", 100) + `}`,
	} {
		app.backend("POST", "/v1/actor_tokens", `{"user_id":"`+u.ID+`","actor":`+actor+`}`).want(t, 400, wire.CodeRequestBodyInvalid)
	}
	for _, actor := range []string{`{"SUB":"user_eve"}`, `{"ſub":"user_eve"}`, `{"sub":""}`} {
		app.backend("POST", "/v1/actor_tokens", `{"user_id":"`+u.ID+`","actor":`+actor+`}`).want(t, 422, wire.CodeParamFormatInvalid)
	}
	a := app.backend("POST", "/v1/actor_tokens", `{"user_id":"`+u.ID+`","actor":{"sub":"user_support","Sub":"user_eve"}}`)
	v := app.visitor()
	v.ticket(decode[wire.Ticket](t, a.body).Token).want(t, 200, "")
	id := v.sessionID()
	app.backend("POST", "/v1/sessions/"+id+"/verify", `{"token":"`+v.token(id)+`"}`).want(t, 200, "")
	events := decode[[]wire.AuditEvent](t, app.backend("GET", "/v1/audit_events?type=user.impersonated", "").body)
	if len(events) != 1 || events[0].ActorID != "user_support" {
		t.Errorf("events = %+v, want one of user_support", events)
	}
}
