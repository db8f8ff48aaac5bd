package clerkjs

import (
	"slices"
	"testing"
)

// TestCodes: new people prove their address, and codes by mail sign in, reset passwords and
// say again who somebody is.
func TestCodes(t *testing.T) {
	t.Parallel()
	w := newWalk(t, "-verify-email")
	p := w.person()
	w.step("a sign-up waits for its address to be proven, over a reload", func(t *testing.T) {
		p.load()
		p.run(`await Clerk.client.signUp.create({ emailAddress: "ada@example.com", password: "engines weave algebraic patterns", firstName: "Ada", lastName: "Lovelace" })`)
		waiting := attempt{Status: "missing_requirements", Email: ada.Email, First: "Ada", Last: "Lovelace", Unverified: []string{"email_address"}}
		wantSignUp(t, p, waiting)
		p.wantSignedOut()
		p.load()
		wantSignUp(t, p, waiting)
	})
	w.step("the code that was mailed finishes it, and no other does", func(t *testing.T) { proveSignUp(t, p) })
	w.step("an address is proven before the rest is known", func(t *testing.T) { proveFirst(t, w.person()) })
	w.step("sign-in with a code by mail", func(t *testing.T) { signInByCode(t, p) })
	w.step("a forgotten password is replaced, and ends other sessions", func(t *testing.T) { resetPassword(t, p, w.person()) })
	w.step("who somebody is can be proven again", func(t *testing.T) { reverify(t, p) })
	w.step("a password is removed, and another one set", func(t *testing.T) { removePassword(t, p) })
}

func proveSignUp(t *testing.T, p *page) {
	code := p.code(t, ada.Email, `
		const up = await Clerk.client.signUp.prepareEmailAddressVerification({ strategy: "email_code" })
		const { status, strategy, nextAction } = up.verifications.emailAddress
		if (status !== "unverified" || strategy !== "email_code" || nextAction !== "needs_attempt") throw new Error([status, strategy, nextAction].join())`)
	p.refused(`await Clerk.client.signUp.prepareEmailAddressVerification({ strategy: "email_code" })`, 429, "verification_code_too_many_requests", "")
	p.refused(`await Clerk.client.signUp.attemptEmailAddressVerification({ code: "`+other(code)+`" })`, 422, "form_code_incorrect", "code")
	p.wantSignedOut()
	p.run(`
		const up = await Clerk.client.signUp.attemptEmailAddressVerification({ code: "` + code + `" })
		if (up.status !== "complete" || up.verifications.emailAddress.status !== "verified") throw new Error(up.status)
		await Clerk.setActive({ session: up.createdSessionId })`)
	p.wantUser(ada)
	if status := ask[string](p, `return Clerk.user.primaryEmailAddress.verification.status`); status != "verified" {
		t.Errorf("the address is %s", status)
	}
}

func proveFirst(t *testing.T, q *page) {
	q.load()
	q.run(`await Clerk.client.signUp.create({ emailAddress: "grace@example.com" })`)
	code := q.code(t, grace.Email, `await Clerk.client.signUp.prepareVerification({ strategy: "email_code" })`)
	q.run(`await Clerk.client.signUp.attemptVerification({ strategy: "email_code", code: "` + code + `" })`)
	wantSignUp(t, q, attempt{Status: "missing_requirements", Email: grace.Email, Missing: []string{"password"}})
	q.run(`
		const up = await Clerk.client.signUp.update({ password: "` + grace.Password + `", firstName: "Grace", lastName: "Hopper" })
		await Clerk.setActive({ session: up.createdSessionId })`)
	q.wantUser(grace)
}

func signInByCode(t *testing.T, p *page) {
	p.run(`await Clerk.signOut(() => {})`)
	p.run(`await Clerk.client.signIn.create({ identifier: "ada@example.com" })`)
	factors := ask[attempt](p, tellSignIn).FirstFactors
	if want := []string{"password", "email_code", "reset_password_email_code"}; !slices.Equal(factors, want) {
		t.Errorf("the first factors are %q, want %q", factors, want)
	}
	code := p.code(t, ada.Email, prepareFactor("email_code"))
	p.refused(`await Clerk.client.signIn.attemptFirstFactor({ strategy: "email_code", code: "`+other(code)+`" })`, 422, "form_code_incorrect", "code")
	p.run(`
		const attempt = await Clerk.client.signIn.attemptFirstFactor({ strategy: "email_code", code: "` + code + `" })
		await Clerk.setActive({ session: attempt.createdSessionId })`)
	p.wantUser(ada)
}

// prepareFactor prepares a first factor of a sign-in by its strategy.
func prepareFactor(strategy string) string {
	return `
		const { emailAddressId } = Clerk.client.signIn.supportedFirstFactors.find((f) => f.strategy === "` + strategy + `")
		await Clerk.client.signIn.prepareFirstFactor({ strategy: "` + strategy + `", emailAddressId })`
}

func resetPassword(t *testing.T, p, q *page) {
	q.load()
	q.run(`await Clerk.client.signIn.create({ identifier: "ada@example.com" })`)
	code := q.code(t, ada.Email, prepareFactor("reset_password_email_code"))
	got := ask[[]string](q, `
		const attempt = await Clerk.client.signIn.attemptFirstFactor({ strategy: "reset_password_email_code", code: "`+code+`" })
		const between = attempt.status
		const done = await attempt.resetPassword({ password: "bernoulli numbers by machine", signOutOfOtherSessions: true })
		await Clerk.setActive({ session: done.createdSessionId })
		return [between, done.status]`)
	if want := []string{"needs_new_password", "complete"}; !slices.Equal(got, want) {
		t.Errorf("the sign-in was %q, want %q", got, want)
	}
	q.wantUser(ada)
	p.endsAtTheNextToken(t)
	p.refused(`await Clerk.client.signIn.create({ identifier: "ada@example.com", password: "`+ada.Password+`" })`, 422, "form_password_or_identifier_incorrect", "password")
	p.signIn(person{Email: ada.Email, Password: "bernoulli numbers by machine"})
	p.wantUser(ada)
}

// reverify proves again who somebody is, with the password and with a code.
func reverify(t *testing.T, p *page) {
	begun := ask[[]string](p, `
		const v = await Clerk.session.startVerification({ level: "first_factor" })
		return [v.status, ...v.supportedFirstFactors.map((f) => f.strategy).sort()]`)
	if want := []string{"needs_first_factor", "email_code", "password"}; !slices.Equal(begun, want) {
		t.Errorf("begun with %q, want %q", begun, want)
	}
	p.refused(`await Clerk.session.attemptFirstFactorVerification({ strategy: "password", password: "not the password" })`, 422, "form_password_incorrect", "password")
	done := ask[string](p, `return (await Clerk.session.attemptFirstFactorVerification({ strategy: "password", password: "bernoulli numbers by machine" })).status`)
	if done != "complete" {
		t.Errorf("with the password it is %s", done)
	}
	code := p.code(t, ada.Email, `
		const v = await Clerk.session.startVerification({ level: "first_factor" })
		const { emailAddressId } = v.supportedFirstFactors.find((f) => f.strategy === "email_code")
		await Clerk.session.prepareFirstFactorVerification({ strategy: "email_code", emailAddressId })`)
	done = ask[string](p, `return (await Clerk.session.attemptFirstFactorVerification({ strategy: "email_code", code: "`+code+`" })).status`)
	if done != "complete" {
		t.Errorf("with a code it is %s", done)
	}
	if age := ask[[]int](p, `return Clerk.session.factorVerificationAge`); len(age) != 2 || age[0] != 0 {
		t.Errorf("the ages of the factors are %v", age)
	}
}

func removePassword(t *testing.T, p *page) {
	p.refused(`await Clerk.user.removePassword({ currentPassword: "not the password" })`, 422, "form_password_incorrect", "current_password")
	got := ask[[]bool](p, `
		await Clerk.user.removePassword({ currentPassword: "bernoulli numbers by machine" })
		const without = Clerk.user.passwordEnabled
		await Clerk.user.updatePassword({ newPassword: "`+ada.Password+`" })
		return [without, Clerk.user.passwordEnabled]`)
	if want := []bool{false, true}; !slices.Equal(got, want) {
		t.Errorf("has a password: %v, want %v", got, want)
	}
}
