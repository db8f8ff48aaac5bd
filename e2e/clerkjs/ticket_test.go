package clerkjs

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// TestTickets: what the app's server hands out lets people in.
func TestTickets(t *testing.T) {
	t.Parallel()
	w := newWalk(t)
	p := w.person()
	var org string
	w.step("somebody has an organization", func(t *testing.T) {
		p.load()
		p.signUp(ada)
		org = ask[string](p, `return (await Clerk.createOrganization({ name: "Analytical Engines", slug: "engines" })).id`)
	})
	w.step("the address of an invitation leads to sign-up, where its ticket makes a member", func(t *testing.T) {
		q := w.person()
		invited := answer[struct{ URL string }](t, w.backend(http.MethodPost, "/v1/organizations/"+org+"/invitations",
			`{"email_address":"grace@example.com","role":"org:member","redirect_url":`+js(w.origin+blank)+`}`))
		q.Open(strings.TrimPrefix(invited.URL, w.origin))
		there, err := url.Parse(q.Path())
		if err != nil || there.Path != blank || there.Query().Get("__clerk_status") != "sign_up" {
			t.Fatalf("%s leads to %s", invited.URL, q.Path())
		}
		q.run(`await Clerk.load()`)
		q.run(`
			const up = await Clerk.client.signUp.create({ strategy: "ticket", ticket: ` + js(there.Query().Get("__clerk_ticket")) + `,
				password: "` + grace.Password + `", firstName: "Grace", lastName: "Hopper" })
			await Clerk.setActive({ session: up.createdSessionId, organization: "engines" })`)
		q.wantUser(grace)
		if token := q.orgToken(t); token.O == nil || token.O.Role != "member" {
			t.Errorf("the token says %+v of the organization", token.O)
		}
		if status := ask[string](q, `return Clerk.user.primaryEmailAddress.verification.status`); status != "verified" {
			t.Errorf("the address is %s", status)
		}
	})
	w.step("a sign-in token lets somebody in, once", func(t *testing.T) {
		q := w.person()
		q.load()
		id := ask[string](p, `return Clerk.user.id`)
		token := answer[struct{ Token string }](t, w.backend(http.MethodPost, "/v1/sign_in_tokens", `{"user_id":`+js(id)+`}`)).Token
		q.run(`
			const attempt = await Clerk.client.signIn.create({ strategy: "ticket", ticket: ` + js(token) + ` })
			await Clerk.setActive({ session: attempt.createdSessionId })`)
		q.wantUser(ada)
		q.run(`await Clerk.signOut(() => {})`)
		q.refused(`await Clerk.client.signIn.create({ strategy: "ticket", ticket: `+js(token)+` })`, 400, "sign_in_token_already_used_code", "")
		q.wantSignedOut()
	})
	w.step("who acts as somebody is named in the token", func(t *testing.T) {
		q := w.person()
		q.load()
		id := ask[string](p, `return Clerk.user.id`)
		token := answer[struct{ Token string }](t, w.backend(http.MethodPost, "/v1/actor_tokens", `{"user_id":`+js(id)+`,"actor":{"sub":"user_support"},"expires_in_seconds":60}`)).Token
		q.run(`
			const attempt = await Clerk.client.signIn.create({ strategy: "ticket", ticket: ` + js(token) + ` })
			await Clerk.setActive({ session: attempt.createdSessionId })`)
		q.wantUser(ada)
		if actor := ask[string](q, `return Clerk.session.actor.sub`); actor != "user_support" {
			t.Errorf("the session's actor is %s", actor)
		}
		q.refusal(`await Clerk.user.delete()`, http.StatusForbidden)
	})
	w.step("a token from a template has what the template says", func(t *testing.T) {
		w.backend(http.MethodPost, "/v1/jwt_templates", `{"name":"hasura","claims":{"plan":"engine","email":"{{user.primary_email_address}}"},"lifetime":120}`)
		type fromTemplate struct{ Sub, Plan, Email string }
		got := decodeClaims[fromTemplate](t, p.token(t, `{ template: "hasura" }`))
		if want := (fromTemplate{ask[string](p, `return Clerk.user.id`), "engine", ada.Email}); got != want {
			t.Errorf("the token says %+v, want %+v", got, want)
		}
		mark := w.mark()
		p.token(t, `{ template: "hasura" }`)
		wantCalls(t, w.since(mark)) // it is kept
	})
}

// answer is what the Backend API has answered.
func answer[T any](t *testing.T, text string) (value T) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), &value); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return value
}
