package clerkjs

import (
	"slices"
	"testing"
)

// attempt is what the client says of a sign-up or a sign-in.
type attempt struct {
	ID, Status, Session    string
	Missing, Unverified    []string
	Required, Optional     []string
	Email, First, Last     string
	HasPassword            bool
	Identifier             string
	FirstFactors           []string
	FirstStatus, NewStatus string
}

const tellSignUp = `
	const up = Clerk.client.signUp
	return {
		ID: up.id, Status: up.status, Session: up.createdSessionId ?? "", Missing: up.missingFields, Unverified: up.unverifiedFields,
		Required: up.requiredFields, Optional: up.optionalFields, Email: up.emailAddress ?? "", First: up.firstName ?? "", Last: up.lastName ?? "",
		HasPassword: up.hasPassword,
	}`

func TestSignUp(t *testing.T) {
	t.Parallel()
	w := newWalk(t)
	p := w.person()
	w.step("a stranger's client loads", func(t *testing.T) {
		p.load()
		wantCalls(t, w.since(0), "GET /client", "GET /environment")
		p.wantSignedOut()
		got := ask[[]any](p, `return [Clerk.loaded, Clerk.status, Clerk.instanceType, Clerk.proxyUrl]`)
		if want := []any{true, "ready", "production", w.origin + frontendAPI}; !slices.Equal(got, want) {
			t.Errorf("loaded, status, instance type and proxy are %v, want %v", got, want)
		}
	})
	w.step("the environment says what people need and where the pages are", wantEnvironment(p))
	w.step("mistakes are reported by field", func(t *testing.T) {
		p.refused(`await Clerk.client.signUp.create({ emailAddress: "not an address" })`, 422, "form_param_format_invalid", "email_address")
		p.refused(`await Clerk.client.signUp.create({ emailAddress: "ada@example.com", password: "short" })`, 422, "form_password_length_too_short", "password")
		if got := p.refusal(`await Clerk.client.signUp.create({ emailAddress: "@", password: "short" })`, 422); len(got.Errors) != 2 {
			t.Errorf("two mistakes are answered with %v, want one error for each", got)
		}
	})
	w.step("in one step, and the session is there at once", func(t *testing.T) { signUpAtOnce(t, p) })
	w.step("who has signed up stays signed in over a reload", func(t *testing.T) {
		p.load()
		p.wantUser(ada)
		wantSignUp(t, p, attempt{}) // nothing is left of the attempt
	})

	q := w.person()
	w.step("a taken address is refused", func(t *testing.T) {
		q.load()
		q.refused(`await Clerk.client.signUp.create({ emailAddress: "ADA@example.com", password: "engines weave algebraic patterns" })`, 422, "form_identifier_exists", "email_address")
		q.wantSignedOut()
	})
	w.step("by stages: the client is told what is missing, over a reload, until nothing is", func(t *testing.T) { signUpByStages(t, q) })
}

func signUpAtOnce(t *testing.T, p *page) {
	mark := p.walk.mark()
	p.run(`await Clerk.client.signUp.create({ emailAddress: "ada@example.com", password: "engines weave algebraic patterns",
		firstName: "Ada", lastName: "Lovelace", unsafeMetadata: { engine: { parts: 25000 } } })`)
	got := ask[[]any](p, `
		const [session] = Clerk.client.sessions
		return [Clerk.client.sessions.length, session.status, session.user.firstName, session.user.unsafeMetadata.engine.parts, !!session.lastActiveToken, Clerk.session?.id ?? null]`)
	if want := []any{1.0, "active", "Ada", 25000.0, true, nil}; !slices.Equal(got, want) {
		t.Errorf("after the sign-up the client says %v, want %v", got, want)
	}
	p.run(`await Clerk.setActive({ session: Clerk.client.sessions[0].id })`)
	p.wantUser(ada)
	token := readClaims(t, p.token(t, ""))
	if id := ask[string](p, `return Clerk.session.id`); token.Session != id || token.Azp != p.Origin || token.Version != 2 {
		t.Errorf("the token says %+v, want session %s of %s", token, id, p.Origin)
	}
	calls := p.walk.since(mark)
	wantCalls(t, calls, "POST /client/sign_ups", "POST /client/sessions/"+token.Session+"/touch")
	if calls[0].Form.Get("unsafe_metadata") == "" || calls[0].Form.Get("first_name") != "Ada" {
		t.Errorf("the client sent %v", calls[0].Form)
	}
}

func signUpByStages(t *testing.T, p *page) {
	p.run(`await Clerk.client.signUp.create({ firstName: "Grace", lastName: "Hopper" })`)
	want := attempt{Status: "missing_requirements", First: "Grace", Last: "Hopper", Missing: []string{"email_address", "password"}}
	wantSignUp(t, p, want)
	p.load() // the attempt is the browser's, not the page's
	wantSignUp(t, p, want)
	p.run(`await Clerk.client.signUp.update({ emailAddress: "grace@example.com" })`)
	want.Email, want.Missing = grace.Email, []string{"password"}
	wantSignUp(t, p, want)
	p.refused(`await Clerk.client.signUp.update({ password: "grace@example.com" })`, 422, "form_password_not_strong_enough", "password")
	wantSignUp(t, p, want)
	p.run(`
		const up = await Clerk.client.signUp.update({ password: "` + grace.Password + `" })
		if (up.status !== "complete" || !up.createdUserId) throw new Error(up.status)
		await Clerk.setActive({ session: up.createdSessionId })`)
	p.wantUser(grace)
}

// wantSignUp compares the sign-up in progress; a want without a status is none.
func wantSignUp(t *testing.T, p *page, want attempt) {
	t.Helper()
	got := ask[attempt](p, tellSignUp)
	if want.Status == "" {
		if got.ID != "" || got.Status != "" {
			t.Errorf("a sign-up is in progress: %+v", got)
		}
		return
	}
	if got.ID == "" || got.Status != want.Status || got.First != want.First || got.Last != want.Last || got.Email != want.Email ||
		!slices.Equal(got.Missing, want.Missing) || len(got.Unverified) != len(want.Unverified) {
		t.Errorf("the sign-up is %+v, want %+v", got, want)
	}
	if !slices.Contains(got.Required, "email_address") || !slices.Contains(got.Required, "password") {
		t.Errorf("%v are required, want the address and the password", got.Required)
	}
}

func wantEnvironment(p *page) func(*testing.T) {
	return func(t *testing.T) {
		type environment struct {
			SignInURL, SignUpURL string
			Address, Password    bool
			MinLength            int
			Captcha              bool
		}
		got := ask[environment](p, `
			const e = Clerk.__internal_environment
			return {
				SignInURL: e.displayConfig.signInUrl, SignUpURL: e.displayConfig.signUpUrl, Captcha: e.userSettings.signUp.captcha_enabled,
				Address: e.userSettings.attributes.email_address.required, Password: e.userSettings.attributes.password.required,
				MinLength: e.userSettings.passwordSettings.min_length,
			}`)
		if want := (environment{p.walk.origin + "/sign-in", p.walk.origin + "/sign-up", true, true, 8, false}); got != want {
			t.Errorf("the environment says %+v, want %+v", got, want)
		}
	}
}

// wantCalls compares calls by name, in any order.
func wantCalls(t *testing.T, calls []call, want ...string) {
	t.Helper()
	var got []string
	for _, c := range calls {
		got = append(got, c.name())
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("the client asked %v, want %v", got, want)
	}
}
