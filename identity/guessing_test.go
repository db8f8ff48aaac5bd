package identity_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/usherauth/usher/identity"
	"github.com/usherauth/usher/identity/memstore"
	"github.com/usherauth/usher/wire"
)

// everyLimit counts requests as a running instance does.
func everyLimit(c *identity.Config) { c.Limits = identity.Limits{} }

// from makes the visitor one of many networks.
func (v *visitor) from(n int) *visitor {
	v.remote = "198.51." + decimal(n/250) + "." + decimal(n%250+1) + ":4000"
	return v
}

// I04: a thousand networks that try one account have ten tries before it rests, however they
// spell the address and whatever headers they send, and one network that tries a thousand
// accounts is told to wait.
func TestI04_GuessingIsLimited(t *testing.T) {
	t.Parallel()
	app := limitedApp(t)
	app.visitor().signUp("ada@example.com")
	spellings := []string{"ada@example.com", "ADA@EXAMPLE.COM", " ada@example.com ", "\uff41da@example.com", "ada@\uff45xample.com"}
	for n := range 1000 {
		v := app.visitor().from(n)
		v.post("/v1/client/sign_ins", "identifier", spellings[n%len(spellings)], "password", "a wrong password").want(t, 422, wire.CodePasswordOrIdentifier)
	}
	if u := userByEmail(t, app, "ada@example.com"); u.FailedAttempts != 10 || !u.LockedUntil.Equal(app.clock.Now().Add(time.Minute)) {
		t.Errorf("after a thousand tries %d were counted, locked until %v", u.FailedAttempts, u.LockedUntil)
	}
	app.visitor().from(2000).post("/v1/client/sign_ins", "identifier", "ada@example.com", "password", password).want(t, 422, wire.CodePasswordOrIdentifier)

	through := 0
	for n := range 1000 {
		v := app.visitor().from(3000)
		v.header.Set("X-Forwarded-For", "192.0.2."+decimal(n%250))
		v.header.Set("User-Agent", decimal(n))
		a := v.post("/v1/client/sign_ins", "identifier", "user"+decimal(n)+"@example.com", "password", password)
		if a.StatusCode != 429 {
			through++
		} else if a.Header.Get("Retry-After") == "" {
			t.Fatal("429 without Retry-After")
		}
	}
	if through > 20 { // five in ten seconds; a slow machine takes a few times ten seconds
		t.Errorf("%d of 1000 tries by one network were looked at", through)
	}
}

// I04: whoever never stops has at most a hundred tries in a row, and one an hour from then on.
func TestI04_AtMostAHundredTriesInARow(t *testing.T) {
	t.Parallel()
	var at time.Duration
	failures := 0
	for ; at < 30*24*time.Hour; failures++ {
		at += identity.LockAfter(failures + 1)
		if failures == 99 && at < 4*time.Hour {
			t.Errorf("the first hundred tries take %v", at)
		}
	}
	if failures > 100+30*24 {
		t.Errorf("%d tries in thirty days", failures)
	}
}

// I04, I15: so do those who guess codes: ten an hour are sent for an address, with five tries
// each, from however many attempts and networks.
func TestI04_I15_GuessingCodesIsLimited(t *testing.T) {
	t.Parallel()
	app, box := newMailApp(t, everyLimit)
	go func() {
		for range box.ch {
			continue
		}
	}()
	v := app.visitor()
	v.signUp("ada@example.com")
	looked := 0
	for n := range 300 {
		v := app.visitor().from(n)
		a := v.post("/v1/client/sign_ins", "identifier", "ada@example.com", "strategy", []string{emailCode, resetCode}[n%2])
		if a.StatusCode != 200 {
			a.want(t, 429, wire.CodeVerificationTooMany)
			continue
		}
		path := "/v1/client/sign_ins/" + decode[wire.Response[wire.SignIn]](t, a.body).Response.ID
		for try := range 10 {
			got := v.copy().from(1000+10*n+try).attempt(path, []string{emailCode, resetCode}[n%2], "000000")
			if got.StatusCode == 422 || got.StatusCode == 400 && strings.Contains(got.body, wire.CodeVerificationFailed) && try < identity.CodeTries {
				looked++
			}
		}
	}
	if looked != 50 { // of a million
		t.Errorf("%d codes were looked at in an hour, want 50", looked)
	}
}

// I26: making accounts is limited by network, begun ones and finished ones alike.
func TestI26_SignUpsAreLimited(t *testing.T) {
	t.Parallel()
	app := limitedApp(t)
	for n := range 100 {
		app.visitor().from(1).post("/v1/client/sign_ups", "email_address", "u"+decimal(n)+"@example.com", "password", password)
	}
	if n := decode[wire.TotalCount](t, app.backend("GET", "/v1/users/count", "").body).TotalCount; n == 0 || n > 20 {
		t.Errorf("%d accounts by one network at once", n)
	}
	a := app.visitor().from(1).post("/v1/client/sign_ups", "email_address", "last@example.com")
	a.want(t, 429, wire.CodeTooManyRequests)
	app.visitor().from(2).post("/v1/client/sign_ups", "email_address", "last@example.com", "password", password).want(t, 200, "")
}

// I09: passwords need no mixture of characters, and stay good for as long as they are kept.
func TestI09_NoCompositionAndNoRotation(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	for n, chosen := range []string{"tjqpzvhwlkmx", "84029173659", "VXQWPLKMZB", "\u4eca\u65e5\u306f\u96e8\u3060\u306d\u672c\u5f53", "    a    b    ", "\U0001f98a\U0001f40c\U0001f9ca\U0001f3bb\U0001f6f6\U0001fa81\U0001f9ed\U0001f433", strings.Repeat("long ", 50)} {
		address := "user" + decimal(n) + "@example.com"
		app.visitor().post("/v1/client/sign_ups", "email_address", address, "password", chosen).want(t, 200, "")
		defer func() {
			app.visitor().post("/v1/client/sign_ins", "identifier", address, "password", chosen).want(t, 200, "")
		}()
	}
	app.clock.Add(20 * 365 * 24 * time.Hour)
	settings := decode[wire.Environment](t, app.visitor().get("/v1/environment").body).UserSettings.PasswordSettings
	if settings.RequireSpecialChar || settings.RequireNumbers || settings.RequireUppercase || settings.RequireLowercase {
		t.Errorf("clients are told of composition rules: %+v", settings)
	}
}

// I25: a new instance has nobody in it and secrets of its own, and no code is right that was
// not sent.
func TestI25_NothingIsThereByDefault(t *testing.T) {
	t.Parallel()
	var secrets []string
	for range 2 {
		store := memstore.New()
		svc, err := identity.New(t.Context(), identity.Config{Store: store, PublicOrigin: origin, PurgeInterval: -1})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = svc.Close() })
		err = store.View(t.Context(), func(tx identity.Tx) error {
			users, err1 := tx.CountUsers(identity.UserQuery{})
			orgs, err2 := tx.CountOrganizations(identity.OrganizationQuery{})
			cookies, err3 := tx.Setting("cookie_keys")
			keys, err4 := tx.SigningKeys()
			if users+orgs != 0 || len(keys) != 1 {
				t.Errorf("%d users, %d organizations and %d keys in a new instance", users, orgs, len(keys))
			}
			secrets = append(secrets, svc.SecretKey().Reveal(), string(cookies), string(keys[0].PKCS8))
			return errors.Join(err1, err2, err3, err4)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	slices.Sort(secrets)
	if len(slices.Compact(secrets)) != 6 {
		t.Error("two instances share a secret")
	}
	app, box := newMailApp(t)
	v := app.visitor()
	v.signUp("ada+clerk_test@example.com") // addresses and codes of hosted test instances
	w := app.visitor()
	path, _ := w.begin("ada+clerk_test@example.com", "strategy", emailCode)
	if code := box.code("ada+clerk_test@example.com"); code != "424242" {
		w.attempt(path, emailCode, "424242").want(t, 422, wire.CodeCodeIncorrect)
	}
}
