package identity_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/usherauth/usher/identity"
	"github.com/usherauth/usher/wire"
)

// people are accounts made by the operator, who has no limit.
func people(t *testing.T, app *app, n int) []string {
	t.Helper()
	var addresses []string
	for i := range n {
		address := "person" + decimal(i) + "@example.com"
		app.backend("POST", "/v1/users", `{"email_address":["`+address+`"],"password":"`+password+`"}`).want(t, 200, "")
		addresses = append(addresses, address)
	}
	return addresses
}

// Many people sign in behind one address, all at once and one after another, in one step
// and in two.
func TestD9_SuccessfulSignInsDoNotCount(t *testing.T) {
	t.Parallel()
	app := limitedApp(t)
	addresses := people(t, app, 40)
	inOneStep := func(address string) int {
		return app.visitor().post("/v1/client/sign_ins", "identifier", address, "password", password).StatusCode
	}
	for _, address := range addresses[:20] {
		if got := inOneStep(address); got != 200 {
			t.Fatalf("%s: %d", address, got)
		}
	}
	for _, address := range addresses[20:] {
		v := app.visitor()
		path, _ := v.begin(address)
		v.post(path+"/attempt_first_factor", "password", password).want(t, 200, "")
	}
	var wg sync.WaitGroup
	for _, address := range addresses {
		wg.Go(func() {
			if got := inOneStep(address); got != 200 {
				t.Errorf("%s, all at once: %d", address, got)
			}
		})
	}
	wg.Wait()
}

// Sign-ins with codes do not count either, nor do the codes that were asked for and used.
func TestD9_CodesThatAreUsedDoNotCount(t *testing.T) {
	t.Parallel()
	app, box := newMailApp(t, everyLimit)
	for n, address := range people(t, app, 20) {
		v := app.visitor()
		var path string
		if n%2 == 0 {
			path, _ = v.begin(address, "strategy", emailCode)
		} else {
			path, _ = v.begin(address)
			v.prepare(path, emailCode).want(t, 200, "")
		}
		v.attempt(path, emailCode, box.code(address)).want(t, 200, "")
	}
}

// Invited people sign up behind one address.
func TestD9_InvitedPeopleSignUpTogether(t *testing.T) {
	t.Parallel()
	app := limitedApp(t)
	for n := range 20 {
		address := "invited" + decimal(n) + "@example.com"
		a := app.backend("POST", "/v1/invitations", `{"email_address":"`+address+`"}`)
		a.want(t, 200, "")
		ticket := ticketOf(t, decode[wire.Invitation](t, a.body).URL)
		app.visitor().post("/v1/client/sign_ups", "strategy", "ticket", "ticket", ticket, "password", password).want(t, 200, "")
	}
}

// Guessing stays limited: a guesser's own sign-ins free nothing that guesses took, neither
// before nor in between nor in the attempt that a guess was made in.
func TestD9_GuessingStaysLimited(t *testing.T) {
	t.Parallel()
	app := limitedApp(t)
	addresses := people(t, app, 30)
	looked := 0
	for n := range 100 {
		app.visitor().post("/v1/client/sign_ins", "identifier", addresses[n%10], "password", password)
		if app.visitor().post("/v1/client/sign_ins", "identifier", "ada@example.com", "password", "a wrong password").StatusCode == 422 {
			looked++
		}
	}
	if looked != 5 {
		t.Errorf("%d guesses were looked at, want 5", looked)
	}
	app.clock.Add(10 * time.Second)
	looked = 0
	for n := range 5 {
		v := app.visitor()
		path, _ := v.begin(addresses[20+n])
		if v.post(path+"/attempt_first_factor", "password", "a wrong password").StatusCode == 422 {
			looked++
		}
		v.post(path+"/attempt_first_factor", "password", password)
	}
	if looked != 3 {
		t.Errorf("%d tries in begun attempts were looked at, want 3", looked)
	}
}

// All at once no more guesses are looked at than one after another.
func TestD9_GuessingAtOnceStaysLimited(t *testing.T) {
	t.Parallel()
	app := limitedApp(t)
	looked := parallel(200, func() bool {
		a := app.visitor().post("/v1/client/sign_ins", "identifier", "ada@example.com", "password", "a wrong password")
		if a.StatusCode != 422 {
			a.want(t, 429, wire.CodeTooManyRequests)
		}
		return a.StatusCode == 422
	})
	if looked != 5 {
		t.Errorf("%d guesses were looked at, want 5", looked)
	}
}

// One account that signs in all the time is no office.
func TestD9_OneAccountHasALimitOfSignIns(t *testing.T) {
	t.Parallel()
	app := limitedApp(t)
	address := people(t, app, 1)[0]
	in := 0
	for range 100 {
		if app.visitor().post("/v1/client/sign_ins", "identifier", address, "password", password).StatusCode == 200 {
			in++
		}
	}
	if in != 25 {
		t.Errorf("%d sign-ins of one account in no time, want 20 and the network's 5", in)
	}
}

func TestD9_TheLimitIsASetting(t *testing.T) {
	t.Parallel()
	for limit, want := range map[int]int{2: 2, 30: 30, -1: 50} {
		app := newApp(t, func(c *identity.Config) { c.Limits.Creations = limit })
		looked := 0
		for range 50 {
			if app.visitor().post("/v1/client/sign_ins", "identifier", "ada@example.com", "password", "a wrong password").StatusCode == 422 {
				looked++
			}
		}
		if looked != want {
			t.Errorf("limit %d: %d were looked at, want %d", limit, looked, want)
		}
	}
}

// A limit ends with its window, also when the clock was wrong.
func TestD9_LimitsEnd(t *testing.T) {
	t.Parallel()
	app := limitedApp(t)
	v := app.visitor()
	exhaust(t, v)
	app.clock.Add(9 * time.Second)
	if got := v.post("/v1/client/sign_ins", "identifier", "ada@example.com").Header.Get("Retry-After"); got != "1" {
		t.Errorf("Retry-After = %q a second before the end", got)
	}
	app.clock.Add(time.Second)
	exhaust(t, v)
	app.clock.Add(-24 * time.Hour)
	exhaust(t, v)
}

// What others begin does not reset the count of mails to an address that had too many.
func TestFloodsKeepCountsOfMail(t *testing.T) {
	t.Parallel()
	app := newApp(t, verifyEmail, func(c *identity.Config) {
		c.Limits.Unfinished = 100
		c.SendMail = func(context.Context, identity.Mail) error { return nil }
	})
	ask := func(address string) answer { return app.visitor().codeFor(address) }
	for range identity.MailsAtOnce {
		ask("ada@example.com").want(t, 200, "")
		app.DrainMail()
	}
	ask("ada@example.com").want(t, 429, wire.CodeVerificationTooMany)
	for n := range 300 {
		ask("p"+decimal(n)+"@example.com").want(t, 200, "")
		app.DrainMail()
	}
	ask("ada@example.com").want(t, 429, wire.CodeVerificationTooMany)
}
