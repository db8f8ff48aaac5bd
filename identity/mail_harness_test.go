package identity_test

import (
	"context"
	"testing"
	"time"

	"github.com/usherauth/usher/identity"
	"github.com/usherauth/usher/wire"
)

// mailbox gets everybody's mail.
type mailbox struct {
	t  *testing.T
	ch chan identity.Mail
}

func (b *mailbox) send(_ context.Context, m identity.Mail) error {
	b.ch <- m
	return nil
}

// newMailApp is a service with mail.
func newMailApp(t *testing.T, change ...func(*identity.Config)) (*app, *mailbox) {
	t.Helper()
	box := &mailbox{t, make(chan identity.Mail, 256)}
	return newApp(t, append(change, func(c *identity.Config) { c.SendMail = box.send })...), box
}

func verifyEmail(c *identity.Config)  { c.VerifyEmailAtSignUp = true }
func hideAccounts(c *identity.Config) { c.VerifyEmailAtSignUp, c.HideAccounts = true, true }

// next is the next mail, which must come.
func (b *mailbox) next(kind, to string) identity.Mail {
	b.t.Helper()
	select {
	case m := <-b.ch:
		if m.Kind != kind || m.To != to {
			b.t.Fatalf("mail is %s to %s, want %s to %s", m.Kind, m.To, kind, to)
		}
		return m
	case <-time.After(10 * time.Second):
		b.t.Fatalf("no mail %s to %s", kind, to)
		return identity.Mail{}
	}
}

// code is the code in the next mail to an address.
func (b *mailbox) code(to string) string {
	b.t.Helper()
	return b.next("verification_code", to).Code.Reveal()
}

func (b *mailbox) resetCode(to string) string {
	b.t.Helper()
	return b.next("reset_password_code", to).Code.Reveal()
}

// none means that nothing more was sent.
func (b *mailbox) none(app *app) {
	b.t.Helper()
	app.DrainMail()
	if len(b.ch) > 0 {
		m := <-b.ch
		b.t.Fatalf("unexpected mail: %s to %s", m.Kind, m.To)
	}
}

// other is a six-digit code that is not this one.
func other(code string) string {
	if code == "000000" {
		return "000001"
	}
	return "000000"
}

// begin begins a sign-in and returns the path of the attempt.
func (v *visitor) begin(address string, fields ...string) (path string, a wire.SignIn) {
	v.t.Helper()
	answer := v.post("/v1/client/sign_ins", append([]string{"identifier", address}, fields...)...)
	answer.want(v.t, 200, "")
	a = decode[wire.Response[wire.SignIn]](v.t, answer.body).Response
	return "/v1/client/sign_ins/" + a.ID, a
}

func (v *visitor) prepare(path, strategy string) answer {
	v.t.Helper()
	return v.post(path+"/prepare_first_factor", "strategy", strategy)
}

func (v *visitor) attempt(path, strategy, code string, more ...string) answer {
	v.t.Helper()
	return v.post(path+"/attempt_first_factor", append([]string{"strategy", strategy, "code", code}, more...)...)
}

// verifyAddress proves the signed-in visitor's first address.
func (v *visitor) verifyAddress(box *mailbox) {
	v.t.Helper()
	e := v.client().Sessions[0].User.EmailAddresses[0]
	path := "/v1/me/email_addresses/" + e.ID
	v.post(path+"/prepare_verification", "strategy", "email_code").want(v.t, 200, "")
	v.post(path+"/attempt_verification", "code", box.code(e.EmailAddress)).want(v.t, 200, "")
}
