package identity_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/usherauth/usher/identity"
	"github.com/usherauth/usher/wire"
)

// V02: a mail shows its kind and nothing else, however it is printed or logged.
func TestV02_MailShowsNoAddressAndNoCode(t *testing.T) {
	t.Parallel()
	m := identity.Mail{
		Kind: "verification_code", To: "ada@example.com", Subject: "Your code",
		Text: wire.NewSecret("it is 314159"), Code: wire.NewSecret("314159"),
	}
	var text, structured strings.Builder
	slog.New(slog.NewTextHandler(&text, nil)).Info("x", "mail", m, "pointer", &m)
	slog.New(slog.NewJSONHandler(&structured, nil)).Info("x", "mail", m, "list", []any{m})
	encoded, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	shown := []string{text.String(), structured.String(), m.String()}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
		shown = append(shown, fmt.Sprintf(verb, m), fmt.Sprintf(verb, &m), fmt.Sprintf(verb, []identity.Mail{m}))
	}
	for _, s := range shown {
		if strings.Contains(s, "ada@example.com") && !strings.Contains(s, `"list"`) || strings.Contains(s, "314159") {
			t.Errorf("shown: %s", s)
		}
	}
	if strings.Contains(string(encoded), "314159") {
		t.Errorf("encoded: %s", encoded)
	}
}

// L20: a mail server that fails changes no answer; the mail is tried again, and given up
// after the third time. The log tells the error without the address.
func TestL20_MailIsTriedAgain(t *testing.T) {
	t.Parallel()
	var tries atomic.Int64
	done := make(chan struct{})
	app := newApp(t, func(c *identity.Config) {
		c.SendMail = func(_ context.Context, m identity.Mail) error {
			switch tries.Add(1) {
			case 1:
				return errors.New("550 no such mailbox <" + m.To + ">, code " + m.Code.Reveal())
			case 2:
				panic("a bug")
			case 3:
				return errors.New("still not for " + m.To)
			}
			close(done)
			return nil
		}
	})
	app.MailPause(time.Millisecond)
	v := app.visitor()
	v.signUp("ada@example.com")
	e := v.client().Sessions[0].User.EmailAddresses[0]
	path := addresses + "/" + e.ID + "/prepare_verification"
	v.post(path, "strategy", emailCode).want(t, 200, "")
	app.DrainMail()
	if n := tries.Load(); n != 3 {
		t.Errorf("%d tries, want 3", n)
	}
	app.clock.Add(identity.CodeCoolDown)
	v.post(path, "strategy", emailCode).want(t, 200, "")
	select {
	case <-done:
	case <-time.After(10 * time.Second):
		t.Fatal("the next mail was not sent")
	}
	logs := app.logs.String()
	if strings.Contains(logs, "ada@example.com") || !strings.Contains(logs, "still not for [address]") {
		t.Errorf("log = %s", logs)
	}
}

// Mail that piles up because its server hangs is bounded, and says so before anything is
// changed, to those without an account too. Close does not wait for it.
func TestMailIsBounded(t *testing.T) {
	t.Parallel()
	app := newApp(t, verifyEmail, func(c *identity.Config) {
		c.SendMail = func(ctx context.Context, _ identity.Mail) error { <-ctx.Done(); return ctx.Err() }
	})
	v := app.visitor()
	sent := 0
	for i := range 300 {
		v.from(i / 100)
		path, _ := v.beginSignUp("email_address", "p"+decimal(i)+"@example.com")
		a := v.post(path+"/prepare_verification", "strategy", emailCode)
		if a.StatusCode == 503 {
			if s := decode[wire.Response[wire.SignUp]](t, v.get(path).body).Response; s.Verifications["email_address"].NextAction != "needs_prepare" {
				t.Errorf("refused, and yet prepared: %+v", s.Verifications["email_address"])
			}
			break
		}
		a.want(t, 200, "")
		sent++
	}
	if sent != 256 {
		t.Errorf("%d mails wait, want 256", sent)
	}
	app.visitor().post("/v1/client/sign_ins", "identifier", "nobody@example.com", "strategy", emailCode).want(t, 503, wire.CodeUnavailable)
	closed := make(chan struct{})
	go func() { _ = app.Close(); close(closed) }()
	select {
	case <-closed:
	case <-time.After(10 * time.Second):
		t.Fatal("Close waits for mail")
	}
}

func TestConfigOfMail(t *testing.T) {
	t.Parallel()
	send := func(context.Context, identity.Mail) error { return nil }
	for name, c := range map[string]struct {
		cfg  identity.Config
		want string
	}{
		"codes without mail":               {identity.Config{VerifyEmailAtSignUp: true}, "VerifyEmailAtSignUp needs SendMail"},
		"hidden accounts without a proof":  {identity.Config{HideAccounts: true, SendMail: send}, "HideAccounts needs VerifyEmailAtSignUp"},
		"hidden accounts and all it needs": {identity.Config{HideAccounts: true, VerifyEmailAtSignUp: true, SendMail: send}, "Store is missing"},
	} {
		_, err := identity.New(t.Context(), c.cfg)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}
