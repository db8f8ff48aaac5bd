package clerkjs

import (
	"net/http"
	"slices"
	"testing"
)

// TestAddresses: somebody's e-mail addresses, from the first to the end of the account.
func TestAddresses(t *testing.T) {
	t.Parallel()
	const second = "countess@example.com"
	w := newWalk(t)
	p := w.person()
	w.step("somebody signs up", func(t *testing.T) {
		p.load()
		p.signUp(ada)
	})
	w.step("createEmailAddress, and mistakes by field", func(t *testing.T) {
		p.refused(`await Clerk.user.createEmailAddress({ email: "not an address" })`, 422, "form_param_format_invalid", "email_address")
		p.refused(`await Clerk.user.createEmailAddress({ email: "ADA@example.com" })`, 422, "form_identifier_exists", "email_address")
		p.run(`await Clerk.user.createEmailAddress({ email: "` + second + `" })`)
		wantAddresses(t, p, "ada@example.com primary", "countess@example.com")
	})
	w.step("an address that was not proven cannot be the primary one", func(t *testing.T) {
		p.refusal(`await Clerk.user.update({ primaryEmailAddressId: `+address(second)+`.id })`, 422)
		wantAddresses(t, p, "ada@example.com primary", "countess@example.com")
	})
	w.step("prepareVerification and attemptVerification", func(t *testing.T) {
		code := p.code(t, second, `
			const e = await `+address(second)+`.prepareVerification({ strategy: "email_code" })
			if (e.verification.status !== "unverified") throw new Error(e.verification.status)`)
		p.refused(`await `+address(second)+`.attemptVerification({ code: "`+other(code)+`" })`, 422, "form_code_incorrect", "code")
		wantAddresses(t, p, "ada@example.com primary", "countess@example.com")
		p.run(`await ` + address(second) + `.attemptVerification({ code: "` + code + `" })`)
		wantAddresses(t, p, "ada@example.com primary", "countess@example.com verified")
	})
	w.step("the proven one becomes the primary one", func(t *testing.T) {
		p.run(`await Clerk.user.update({ primaryEmailAddressId: ` + address(second) + `.id })`)
		wantAddresses(t, p, "ada@example.com", "countess@example.com primary verified")
		p.load()
		wantAddresses(t, p, "ada@example.com", "countess@example.com primary verified")
	})
	w.step("destroy, but not of the primary one", func(t *testing.T) {
		p.refusal(`await `+address(second)+`.destroy()`, 400)
		p.run(`await ` + address("ada@example.com") + `.destroy(); await Clerk.user.reload()`)
		wantAddresses(t, p, "countess@example.com primary verified")
	})

	q := w.person()
	w.step("an address that was removed is free, and signs its former owner in no more", func(t *testing.T) {
		q.load()
		q.refused(`await Clerk.client.signIn.create({ identifier: "ada@example.com", password: "`+ada.Password+`" })`, 422, "form_password_or_identifier_incorrect", "password")
		q.signUp(person{"Another", "Ada", ada.Email, "poetical science for everybody"})
	})
	w.step("user.delete ends the account and every session of it", func(t *testing.T) {
		r := w.person()
		r.load()
		r.signIn(person{Email: second, Password: ada.Password})
		id := ask[string](p, `return Clerk.user.id`)
		p.run(`await Clerk.user.delete()`)
		p.load()
		p.wantSignedOut()
		r.endsAtTheNextToken(t)
		r.refused(`await Clerk.client.signIn.create({ identifier: "`+second+`", password: "`+ada.Password+`" })`, 422, "form_password_or_identifier_incorrect", "password")
		if status, _ := w.backendCall(http.MethodGet, "/v1/users/"+id, ""); status != http.StatusNotFound {
			t.Errorf("the Backend API answers %d for the account, want 404", status)
		}
	})
}

// address is a script for one of the person's addresses.
func address(email string) string {
	return `Clerk.user.emailAddresses.find((e) => e.emailAddress === "` + email + `")`
}

// wantAddresses compares the person's addresses, and what they are.
func wantAddresses(t *testing.T, p *page, want ...string) {
	t.Helper()
	got := ask[[]string](p, `
		await Clerk.user.reload()
		return Clerk.user.emailAddresses.map((e) => [e.emailAddress,
			...(e.id === Clerk.user.primaryEmailAddressId ? ["primary"] : []),
			...(e.verification.status === "verified" ? ["verified"] : [])].join(" ")).sort()`)
	if !slices.Equal(got, want) {
		t.Errorf("the addresses are %q, want %q", got, want)
	}
}
