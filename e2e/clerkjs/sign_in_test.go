package clerkjs

import (
	"testing"
)

func TestSignIn(t *testing.T) {
	t.Parallel()
	w := newWalk(t)
	owner := w.person()
	w.step("somebody has an account", func(t *testing.T) {
		owner.load()
		owner.signUp(ada)
	})
	w.step("who is signed in cannot sign in again", func(t *testing.T) {
		owner.refused(`await Clerk.client.signIn.create({ identifier: "ada@example.com", password: "engines weave algebraic patterns" })`, 400, "session_exists", "")
		owner.wantUser(ada)
	})

	p := w.person()
	w.step("a wrong password and an unknown address are one and the same", func(t *testing.T) {
		p.load()
		const code, param = "form_password_or_identifier_incorrect", "password"
		p.refused(`await Clerk.client.signIn.create({ identifier: "ada@example.com", password: "not the password" })`, 422, code, param)
		p.refused(`await Clerk.client.signIn.create({ identifier: "nobody@example.com", password: "not the password" })`, 422, code, param)
		p.refused(`await Clerk.client.signIn.create({ identifier: "not an address", password: "not the password" })`, 422, "form_param_format_invalid", "identifier")
		p.refused(`await Clerk.client.signIn.create({ identifier: "" })`, 422, "form_param_missing", "identifier")
		p.wantSignedOut()
	})
	w.step("in one step", func(t *testing.T) {
		mark := w.mark()
		got := ask[[]string](p, `
			const attempt = await Clerk.client.signIn.create({ identifier: "ada@example.com", password: "engines weave algebraic patterns" })
			await Clerk.setActive({ session: attempt.createdSessionId })
			return [attempt.status, attempt.createdSessionId, Clerk.session.id, Clerk.client.lastAuthenticationStrategy]`)
		if got[0] != "complete" || got[1] != got[2] || got[1] == "" {
			t.Errorf("status, session made and session now: %q", got)
		}
		if got[3] != "password" {
			t.Errorf("last authentication strategy: %q", got[3])
		}
		p.wantUser(ada)
		wantCalls(t, w.since(mark), "POST /client/sign_ins", "POST /client/sessions/"+got[1]+"/touch")
	})
	w.step("out, and in again in two steps", func(t *testing.T) {
		p.run(`await Clerk.signOut(() => {})`)
		p.wantSignedOut()
		signInByStages(t, p)
	})

	q := w.person()
	w.step("the address alone says nothing of whether it is somebody's", func(t *testing.T) {
		q.load()
		unknown := ask[attempt](q, `await Clerk.client.signIn.create({ identifier: "nobody@example.com" });`+tellSignIn)
		known := ask[attempt](q, `await Clerk.client.signIn.create({ identifier: "ada@example.com" });`+tellSignIn)
		unknown.ID, known.ID, unknown.Identifier, known.Identifier = "", "", "", ""
		if js(unknown) != js(known) {
			t.Errorf("an unknown address is answered with %+v, a known one with %+v", unknown, known)
		}
	})
	w.step("with the client's newer calls", func(t *testing.T) { signInByNewerCalls(t, q) })
	w.step("too many tries are told when to come back", func(t *testing.T) {
		w.oneAddress.Store(true)
		defer w.oneAddress.Store(false)
		r := w.person()
		r.load()
		for range 5 {
			r.run(`await Clerk.client.signIn.create({ identifier: "ada@example.com" })`)
		}
		r.refused(`
			try { await Clerk.client.signIn.create({ identifier: "ada@example.com" }) }
			catch (e) { if (!(e.retryAfter > 0)) throw new Error("no retryAfter: " + e.retryAfter); throw e }`, 429, "too_many_requests", "")
	})
}

const tellSignIn = `
	const attempt = Clerk.client.signIn
	return {
		ID: attempt.id ?? "", Status: attempt.status ?? "", Session: attempt.createdSessionId ?? "", Identifier: attempt.identifier ?? "",
		FirstFactors: (attempt.supportedFirstFactors ?? []).map((f) => f.strategy), FirstStatus: attempt.firstFactorVerification.status ?? "",
	}`

func signInByStages(t *testing.T, p *page) {
	p.run(`await Clerk.client.signIn.create({ identifier: "ada@example.com" })`)
	got := ask[attempt](p, tellSignIn)
	if got.Status != "needs_first_factor" || got.Identifier != ada.Email || js(got.FirstFactors) != `["password","email_code","reset_password_email_code"]` {
		t.Errorf("with an address alone the sign-in is %+v", got)
	}
	p.load() // the attempt is the browser's, not the page's
	if again := ask[attempt](p, tellSignIn); js(again) != js(got) {
		t.Errorf("over a reload the sign-in has become %+v, was %+v", again, got)
	}
	p.refused(`await Clerk.client.signIn.attemptFirstFactor({ strategy: "password", password: "not the password" })`, 422, "form_password_or_identifier_incorrect", "password")
	if again := ask[attempt](p, tellSignIn); js(again) != js(got) {
		t.Errorf("after a wrong password the sign-in is %+v, was %+v", again, got)
	}
	p.run(`
		const attempt = await Clerk.client.signIn.attemptFirstFactor({ strategy: "password", password: "engines weave algebraic patterns" })
		if (attempt.status !== "complete") throw new Error(attempt.status)
		await Clerk.setActive({ session: attempt.createdSessionId })`)
	p.wantUser(ada)
	if left := ask[attempt](p, tellSignIn); left.ID != "" {
		t.Errorf("a sign-in is still in progress: %+v", left)
	}
}

// signInByNewerCalls uses the calls that newer hooks are made of. They return errors
// instead of throwing them.
func signInByNewerCalls(t *testing.T, p *page) {
	type result struct{ Wrong, Code, Param, Status, Finished string }
	mark := p.walk.mark()
	got := ask[result](p, `
		const attempt = Clerk.client.signIn.__internal_future
		const wrong = await attempt.password({ identifier: "ada@example.com", password: "not the password" })
		const [error] = wrong.error.errors
		await attempt.password({ identifier: "ada@example.com", password: "engines weave algebraic patterns" })
		const status = attempt.status
		const done = await attempt.finalize()
		return { Code: error.code, Param: error.meta.paramName, Status: status, Finished: done.error?.message ?? "" }`)
	if want := (result{Code: "form_password_or_identifier_incorrect", Param: "password", Status: "complete"}); got != want {
		t.Errorf("the newer calls say %+v, want %+v", got, want)
	}
	p.expect(mark, 422)
	p.wantUser(ada)
}
