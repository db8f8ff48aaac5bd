package identity_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/usherauth/usher/identity"
	"github.com/usherauth/usher/identity/memstore"
	"github.com/usherauth/usher/wire"
)

// slowMail takes its time for each mail and keeps the addresses.
type slowMail struct {
	each time.Duration
	mu   sync.Mutex
	sent []string
}

func (s *slowMail) send(ctx context.Context, m identity.Mail) error {
	select {
	case <-time.After(s.each):
	case <-ctx.Done():
		return ctx.Err()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sent = append(s.sent, m.To)
	return nil
}

func (a *app) inviteToSignUp(n int) answer {
	a.t.Helper()
	return a.backend("POST", "/v1/invitations", `{"email_address":"p`+decimal(n)+`@example.com"}`)
}

// What was answered 200 is sent, also when the service ends right after.
func TestC5_MailIsSentBeforeTheServiceEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		mail := &slowMail{each: 500 * time.Millisecond}
		app := newApp(t, func(c *identity.Config) { c.SendMail = mail.send })
		for n := range 80 {
			app.inviteToSignUp(n).want(t, 200, "")
		}
		began := time.Now()
		_ = app.Close()
		if took := time.Since(began); len(mail.sent) != 80 || took > 20*time.Second {
			t.Errorf("%d mails of 80 were sent in %v", len(mail.sent), took)
		}
		if strings.Contains(app.logs.String(), "given up") {
			t.Error(app.logs.String())
		}
	})
}

// A mail server that hangs, or is too slow, does not hold up the end, and what is given up is
// counted in the log.
func TestC5_WhatIsGivenUpIsLogged(t *testing.T) {
	t.Parallel()
	for each, most := range map[time.Duration]time.Duration{time.Hour: 6 * time.Second, 2 * time.Second: 21 * time.Second} {
		synctest.Test(t, func(t *testing.T) {
			mail := &slowMail{each: each}
			app := newApp(t, func(c *identity.Config) { c.SendMail = mail.send })
			for n := range 80 {
				app.inviteToSignUp(n).want(t, 200, "")
			}
			began := time.Now()
			_ = app.Close()
			if took := time.Since(began); took > most {
				t.Errorf("%v a mail: Close took %v, want at most %v", each, took, most)
			}
			logs := app.logs.String()
			inFlight := strings.Count(logs, `"msg":"mail not sent"`)
			want := `"count":` + decimal(80-len(mail.sent)-inFlight)
			if !strings.Contains(logs, `"msg":"mail given up: the service ends","kind":"invitation",`+want) {
				t.Errorf("%v a mail, %d sent, %d in flight: the log lacks %s:\n%s", each, len(mail.sent), inFlight, want, logs)
			}
			app.inviteToSignUp(1000).want(t, 503, wire.CodeUnavailable) // nobody would send it
		})
	}
}

// Where there is no room, invitations are refused before anything is stored, whoever makes them
// and however many at once.
func TestC5_NothingAcknowledgedIsDropped(t *testing.T) {
	t.Parallel()
	hold := make(chan struct{})
	mail := &slowMail{}
	app := newApp(t, func(c *identity.Config) {
		c.SendMail = func(ctx context.Context, m identity.Mail) error { <-hold; return mail.send(ctx, m) }
	})
	ada := app.visitor()
	ada.signUp("ada@example.com")
	org := ada.found("Acme").ID
	var promised atomic.Int64
	var wg sync.WaitGroup
	for n := range 400 {
		wg.Go(func() {
			body := `[{"email_address":"p` + decimal(n) + `@example.com"},{"email_address":"q` + decimal(n) + `@example.com"}]`
			var a answer
			var mails int64
			switch n % 3 {
			case 0:
				a, mails = app.inviteToSignUp(n), 1
			case 1:
				a, mails = app.backend("POST", "/v1/invitations/bulk", body), 2
			default:
				role := `","role":"org:member"}`
				a = app.backend("POST", "/v1/organizations/"+org+"/invitations/bulk",
					`[{"email_address":"p`+decimal(n)+`@example.com`+role+`,{"email_address":"q`+decimal(n)+`@example.com`+role+`]`)
				mails = 2
			}
			switch a.StatusCode {
			case 200:
				promised.Add(mails)
			case 503:
				if a.Header.Get("Retry-After") == "" {
					t.Error("503 without Retry-After")
				}
			default:
				a.want(t, 200, "")
			}
		})
	}
	wg.Wait()
	if n := promised.Load(); n < 150 || n > 256 {
		t.Errorf("%d mails were promised", n)
	}
	ada.post("/v1/organizations/"+org+"/invitations/bulk", "email_address", "x@example.com", "email_address", "y@example.com",
		"email_address", "z@example.com", "role", "org:member").want(t, 503, wire.CodeUnavailable)
	// Codes have room beside invitations.
	app.visitor().post("/v1/client/sign_ins", "identifier", "ada@example.com", "strategy", emailCode).want(t, 200, "")
	stored := decode[wire.List[wire.OrganizationInvitation]](t, app.backend("GET", "/v1/organizations/"+org+"/invitations?limit=500", "").body).TotalCount
	stored += decode[wire.List[wire.Invitation]](t, app.backend("GET", "/v1/invitations?limit=500&paginated=true", "").body).TotalCount
	if stored != promised.Load() {
		t.Errorf("%d invitations are stored, %d were promised", stored, promised.Load())
	}
	close(hold)
	app.DrainMail()
	if n := int64(len(mail.sent)); n != promised.Load()+1 {
		t.Errorf("%d mails were sent, %d promised", n, promised.Load()+1)
	}
	app.inviteToSignUp(5000).want(t, 200, "")
}

// A password is not changed when its owner could not be told, and places that were not used
// are free again.
func TestC5_NoticesHaveAPlaceToo(t *testing.T) {
	t.Parallel()
	hold := make(chan struct{})
	app := newApp(t, func(c *identity.Config) {
		c.SendMail = func(ctx context.Context, _ identity.Mail) error {
			select {
			case <-hold:
			case <-ctx.Done():
			}
			return nil
		}
	})
	app.backend("POST", "/v1/users", `{"email_address":["ada@example.com"],"password":"`+password+`"}`).want(t, 200, "")
	v := app.visitor()
	v.signIn("ada@example.com")
	w := app.visitor()
	for range 300 { // refused, each after its place was taken
		w.post("/v1/me/change_password", "current_password", password, "new_password", nextWords).want(t, 401, wire.CodeSignedOut)
	}
	for n := range 256 {
		app.visitor().post("/v1/client/sign_ins", "identifier", "p"+decimal(n)+"@example.com", "strategy", emailCode).want(t, 200, "")
		app.DrainMail()
	}
	app.backend("POST", "/v1/users", `{"email_address":["bob@example.com"],"password":"`+password+`"}`).want(t, 200, "")
	old, next := password, nextWords
	for n := 0; ; n++ {
		if a := v.post("/v1/me/change_password", "current_password", old, "new_password", next); a.StatusCode == 503 {
			break
		}
		old, next = next, old
		if n > 256 {
			t.Fatal("mail is not bounded")
		}
	}
	v.post("/v1/me/change_password", "current_password", old, "new_password", next).want(t, 503, wire.CodeUnavailable)
	close(hold)
	app.DrainMail()
	v.post("/v1/me/change_password", "current_password", old, "new_password", next).want(t, 200, "")
}

// A14: a code is the same work for an address with an account and one without, up to what is
// queued; the mail is written after the answer.
func TestA14_CodesAreTheSameWorkForEverybody(t *testing.T) {
	t.Parallel()
	store := &countingStore{Store: memstore.New()}
	hold := make(chan struct{})
	var sent atomic.Int64
	app := newApp(t, hideAccounts, func(c *identity.Config) {
		c.Store = store
		c.SendMail = func(ctx context.Context, _ identity.Mail) error {
			select {
			case <-hold:
			case <-ctx.Done():
			}
			sent.Add(1)
			return nil
		}
	})
	app.backend("POST", "/v1/users", `{"email_address":["ada@example.com"],"password":"`+password+`"}`).want(t, 200, "")
	app.visitor().post("/v1/client/sign_ins", "identifier", "ada@example.com", "password", "not the password")
	ask := func(address string, send func(v *visitor, address string) answer) (calls int) {
		v := app.visitor()
		store.calls = 0
		if a := send(v, address); a.StatusCode != http.StatusOK {
			a.want(t, 200, "")
		}
		return store.calls
	}
	for name, send := range map[string]func(*visitor, string) answer{
		"sign-in": func(v *visitor, a string) answer {
			return v.post("/v1/client/sign_ins", "identifier", a, "strategy", emailCode)
		},
		"reset": func(v *visitor, a string) answer {
			return v.post("/v1/client/sign_ins", "identifier", a, "strategy", resetCode)
		},
		"second request": func(v *visitor, a string) answer { path, _ := v.begin(a); return v.prepare(path, emailCode) },
		"sign-up": func(v *visitor, a string) answer {
			path, _ := v.beginSignUp("email_address", a)
			return v.post(path+"/prepare_verification", "strategy", emailCode)
		},
	} {
		app.clock.Add(time.Hour)
		known, unknown := ask("ada@example.com", send), ask("nobody@example.com", send)
		if unknown < known || unknown > known+1 { // a miss costs nearly nothing
			t.Errorf("%s: %d calls for a known address, %d for an unknown one", name, known, unknown)
		}
	}
	close(hold)
	app.DrainMail()
	if n := sent.Load(); n != 5 { // the sign-up of nobody too
		t.Errorf("%d mails, want 5", n)
	}
}

// deadMail refuses one domain and sends the rest.
type deadMail struct {
	slowMail
	tries int
}

func (d *deadMail) send(ctx context.Context, m identity.Mail) error {
	if strings.HasSuffix(m.To, "@dead.test") {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.tries++
		return errors.New("550 no such domain")
	}
	return d.slowMail.send(ctx, m)
}

func (v *visitor) codeFor(address string) answer {
	path, _ := v.beginSignUp("email_address", address)
	return v.post(path+"/prepare_verification", "strategy", emailCode)
}

// Mail that cannot be sent waits for its next try outside of the workers.
func TestUndeliverableMailDelaysNobody(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		mail := &deadMail{}
		app := newApp(t, verifyEmail, func(c *identity.Config) { c.SendMail = mail.send })
		for n := range 40 {
			app.visitor().codeFor("p"+decimal(n)+"@dead.test").want(t, 200, "")
		}
		app.visitor().codeFor("ada@example.com").want(t, 200, "")
		time.Sleep(100 * time.Millisecond)
		synctest.Wait()
		if len(mail.sent) != 1 {
			t.Errorf("after 100 ms %d mails arrived, want the one that can", len(mail.sent))
		}
		time.Sleep(10 * time.Second)
		synctest.Wait()
		if mail.tries != 120 || !strings.Contains(app.logs.String(), `"msg":"mail not sent"`) {
			t.Errorf("%d tries of 40 mails, want 3 each, and the log tells:\n%s", mail.tries, app.logs.String())
		}
		_ = app.Close()
	})
}

// At the end of the Service, mail that waits for its next try gets it.
func TestC5_MailIsTriedAgainBeforeTheServiceEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		mail := &slowMail{}
		failed := make(map[string]bool)
		app := newApp(t, verifyEmail, func(c *identity.Config) {
			c.SendMail = func(ctx context.Context, m identity.Mail) error {
				mail.mu.Lock()
				first := !failed[m.To]
				failed[m.To] = true
				mail.mu.Unlock()
				if first {
					return errors.New("451 try again later")
				}
				return mail.send(ctx, m)
			}
		})
		for n := range 40 {
			app.visitor().codeFor("p"+decimal(n)+"@example.com").want(t, 200, "")
		}
		time.Sleep(time.Second)
		_ = app.Close()
		if len(mail.sent) != 40 || strings.Contains(app.logs.String(), "given up") {
			t.Errorf("%d mails of 40 were sent:\n%s", len(mail.sent), app.logs.String())
		}
	})
}

// One network does not fill the outbox, and those who change their password have places of
// their own.
func TestOneNetworkDoesNotFillTheOutbox(t *testing.T) {
	t.Parallel()
	hold := make(chan struct{})
	defer close(hold)
	app := newApp(t, verifyEmail, func(c *identity.Config) {
		c.SendMail = func(ctx context.Context, _ identity.Mail) error {
			select {
			case <-hold:
			case <-ctx.Done():
			}
			return nil
		}
	})
	app.backend("POST", "/v1/users", `{"email_address":["ada@example.com"],"password":"`+password+`"}`).want(t, 200, "")
	ada := app.visitor()
	ada.signIn("ada@example.com")
	sent := 0
	for sent < 300 && app.visitor().codeFor("p"+decimal(sent)+"@example.com").StatusCode == 200 {
		sent++
	}
	if sent != 128 {
		t.Errorf("one network has %d places, want 128 of 256", sent)
	}
	app.visitor().from(7).codeFor("bob@example.com").want(t, 200, "")
	ada.post("/v1/me/change_password", "current_password", password, "new_password", nextWords).want(t, 200, "")
}
