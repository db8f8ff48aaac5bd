package clerkjs

import (
	"net/http"
	"slices"
	"testing"

	"github.com/usherauth/usher/e2e/internal/drive"
)

func TestAccount(t *testing.T) {
	t.Parallel()
	w := newWalk(t)
	p := w.person()
	w.step("somebody signs up", func(t *testing.T) {
		p.load()
		p.signUp(ada)
	})
	w.step("user.update changes names, and the next page knows them", func(t *testing.T) {
		p.run(`await Clerk.user.update({ firstName: "Augusta Ada", lastName: "King" })`)
		renamed := person{First: "Augusta Ada", Last: "King", Email: ada.Email}
		p.wantUser(renamed)
		p.load()
		p.wantUser(renamed)
		p.run(`await Clerk.user.update({ firstName: "Ada", lastName: "Lovelace" })`)
	})
	w.step("a name that cannot be is refused by field", func(t *testing.T) {
		p.refused(`await Clerk.user.update({ firstName: "x".repeat(300) })`, 422, "form_param_format_invalid", "first_name")
		p.wantUser(ada)
	})
	w.step("unsafe metadata is replaced by update, and merged by updateMetadata", func(t *testing.T) { unsafeMetadata(t, p) })
	w.step("a profile that was changed by the app's server comes with a reload", func(t *testing.T) {
		id := ask[string](p, `return Clerk.user.id`)
		w.backend(http.MethodPatch, "/v1/users/"+id+"/metadata", `{"public_metadata":{"plan":"engine"},"private_metadata":{"debts":3}}`)
		got := ask[[]any](p, `await Clerk.user.reload(); return [Clerk.user.publicMetadata.plan, Clerk.user.privateMetadata ?? null]`)
		if want := []any{"engine", nil}; !slices.Equal(got, want) {
			t.Errorf("public and private metadata are %v, want %v", got, want)
		}
	})

	w.step("what the instance does not have says so", func(t *testing.T) {
		for _, script := range []string{
			`await Clerk.user.createTOTP()`,
			`await Clerk.user.createBackupCode()`,
			`await Clerk.user.createPhoneNumber({ phoneNumber: "+15555550100" })`,
			`await Clerk.user.createExternalAccount({ strategy: "oauth_github" })`,
		} {
			p.refused(script, http.StatusNotImplemented, "not_implemented", "")
		}
	})

	q := w.person()
	w.step("sessions are listed with where they are", func(t *testing.T) {
		q.load()
		q.signIn(ada)
		listSessions(t, p, q)
	})
	w.step("a session of another browser is revoked here and ends there", func(t *testing.T) {
		revokeOther(t, p, q)
	})
	w.step("a password change wants the old one, and a good new one", func(t *testing.T) {
		p.refused(`await Clerk.user.updatePassword({ currentPassword: "not the password", newPassword: "bernoulli numbers by machine" })`,
			422, "form_password_incorrect", "current_password")
		p.refused(`await Clerk.user.updatePassword({ currentPassword: "`+ada.Password+`", newPassword: "password" })`,
			422, "form_password_pwned", "new_password")
	})
	changed := person{ada.First, ada.Last, ada.Email, "bernoulli numbers by machine"}
	w.step("a password change signs the other sessions out", func(t *testing.T) {
		q.signIn(ada)
		p.run(`
			const user = await Clerk.user.updatePassword({ currentPassword: "` + ada.Password + `", newPassword: "` + changed.Password + `", signOutOfOtherSessions: true })
			if (!user.passwordEnabled) throw new Error("no password")`)
		p.wantUser(ada)
		p.run(`await Clerk.session.getToken({ skipCache: true })`)
		q.endsAtTheNextToken(t)
		q.refused(`await Clerk.client.signIn.create({ identifier: "`+ada.Email+`", password: "`+ada.Password+`" })`, 422, "form_password_or_identifier_incorrect", "password")
		q.signIn(changed)
	})
	w.step("or leaves them signed in", func(t *testing.T) {
		p.run(`await Clerk.user.updatePassword({ currentPassword: "` + changed.Password + `", newPassword: "` + ada.Password + `", signOutOfOtherSessions: false })`)
		q.run(`await Clerk.session.getToken({ skipCache: true })`)
		q.wantUser(ada)
	})
}

func unsafeMetadata(t *testing.T, p *page) {
	got := ask[string](p, `
		await Clerk.user.update({ unsafeMetadata: { theme: "dark", cards: { punched: 3, lost: 1 } } })
		return JSON.stringify(Clerk.user.unsafeMetadata)`)
	if want := `{"cards":{"lost":1,"punched":3},"theme":"dark"}`; got != want {
		t.Errorf("update says %s, want %s", got, want)
	}
	got = ask[string](p, `
		await Clerk.user.updateMetadata({ unsafeMetadata: { theme: null, cards: { punched: 4 } } })
		return JSON.stringify(Clerk.user.unsafeMetadata)`)
	if want := `{"cards":{"lost":1,"punched":4}}`; got != want {
		t.Errorf("updateMetadata says %s, want %s", got, want)
	}
}

func listSessions(t *testing.T, p, q *page) {
	type place struct {
		ID, Status, Browser, Address string
		Mobile                       bool
	}
	const list = `return (await Clerk.user.getSessions()).map((s) => ({
		ID: s.id, Status: s.status, Browser: s.latestActivity.browserName, Address: s.latestActivity.ipAddress, Mobile: s.latestActivity.isMobile,
	}))`
	places := ask[[]place](p, list)
	for _, id := range []string{ask[string](p, `return Clerk.session.id`), ask[string](q, `return Clerk.session.id`)} {
		i := slices.IndexFunc(places, func(s place) bool { return s.ID == id })
		if i < 0 || places[i].Status != "active" || places[i].Browser == "" || places[i].Address == "" || places[i].Mobile {
			t.Errorf("%s is not listed as it is: %+v", id, places)
		}
	}
	if len(places) != 2 {
		t.Errorf("%d sessions are listed, want 2", len(places))
	}
}

func revokeOther(t *testing.T, p, q *page) {
	got := ask[string](p, `
		const there = (await Clerk.user.getSessions()).find((s) => s.id !== Clerk.session.id)
		return (await there.revoke()).status`)
	if got != "revoked" {
		t.Errorf("the session is %s, want revoked", got)
	}
	q.endsAtTheNextToken(t)
	p.wantUser(ada)
}

// endsAtTheNextToken fails unless the client learns, when it asks for a token, that its
// session has ended.
func (p *page) endsAtTheNextToken(t *testing.T) {
	t.Helper()
	p.refused(`await Clerk.session.getToken({ skipCache: true })`, http.StatusUnauthorized, "signed_out", "")
	drive.Eventually(t, follows, "the client is signed out", func() bool { return ask[bool](p, `return !Clerk.session`) })
	p.wantSignedOut()
}
