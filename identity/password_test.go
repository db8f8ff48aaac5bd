package identity_test

import (
	"context"
	"encoding/json"
	"os"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/usherauth/usher/identity"
	"github.com/usherauth/usher/wire"
)

const currentPrefix = "$argon2id$v=19$m=1024,t=2,p=1$" // see export_test.go

func readJSON[T any](t *testing.T, name string) (v T) {
	t.Helper()
	raw, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, &v); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return v
}

func readVectors[T any](t *testing.T, name string) []T {
	t.Helper()
	file := readJSON[struct{ Cases []T }](t, name)
	if len(file.Cases) == 0 {
		t.Fatalf("%s has no cases", name)
	}
	return file.Cases
}

func TestI01_ParametersAreUpgradedAtSignIn(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	app.visitor().signUp("ada@example.com")
	old := "$argon2id$v=19$m=8192,t=1,p=1$MDEyMzQ1Njc4OWFiY2RlZg$"
	tag := identity.Derive(password, []byte("0123456789abcdef"), 1, 8192, 1, 32)
	setHash(t, app, old+rawBase64(tag))
	app.visitor().post("/v1/client/sign_ins", "identifier", "ada@example.com", "password", password).want(t, 200, "")
	if h := userByEmail(t, app, "ada@example.com").PasswordHash; !strings.HasPrefix(h, currentPrefix) {
		t.Errorf("hash = %q, want current parameters", h)
	}
	app.visitor().post("/v1/client/sign_ins", "identifier", "ada@example.com", "password", password).want(t, 200, "")
}

func userByEmail(t *testing.T, app *app, address string) (u identity.User) {
	t.Helper()
	err := app.store.View(context.Background(), func(tx identity.Tx) (err error) {
		u, err = tx.UserByEmail(address)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func setHash(t *testing.T, app *app, hash string) {
	t.Helper()
	u := userByEmail(t, app, "ada@example.com")
	u.PasswordHash = hash
	if err := app.store.Update(context.Background(), func(tx identity.Tx) error { return tx.PutUser(u) }); err != nil {
		t.Fatal(err)
	}
}

// I06, I08, I10: the policy file, over the wire.
func TestI06_I08_I10_Policy(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	type rule struct {
		Password string
		Accept   any
		Note     string
	}
	for i, r := range readVectors[rule](t, "password_policy.json") {
		t.Run(r.Note, func(t *testing.T) {
			t.Parallel()
			address := "ada@example.com"
			if r.Accept == true {
				address = "ada" + decimal(i) + "@example.com"
			}
			v := app.visitor()
			a := v.post("/v1/client/sign_ups", "email_address", address, "password", r.Password)
			switch r.Accept {
			case true:
				a.want(t, 200, "")
				v.signOut()
				v.post("/v1/client/sign_ins", "identifier", address, "password", r.Password).want(t, 200, "")
			case false:
				if a.StatusCode != 422 || a.param(t) != "password" {
					t.Errorf("answer = %d %s, want 422 about the password", a.StatusCode, a.body)
				}
			default:
				if a.StatusCode != 200 && a.StatusCode != 422 {
					t.Errorf("answer = %d", a.StatusCode)
				}
			}
		})
	}
}

// I08: passwords that share their first 72 octets, or differ after a NUL, are different.
func TestI08_NoTruncation(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	long := strings.Repeat("a", 72)
	v := app.visitor()
	v.post("/v1/client/sign_ups", "email_address", "ada@example.com", "password", long+"BBBBBBB").want(t, 200, "")
	for _, other := range []string{long, long + "CCCCCCC", long + "BBBBBBB\x00", long + "BBBBBB"} {
		app.visitor().post("/v1/client/sign_ins", "identifier", "ada@example.com", "password", other).want(t, 422, wire.CodePasswordOrIdentifier)
	}
}

// I06: 256 characters fit, counted after normalization; 257 do not.
func TestI06_LongestPassword(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	nfd := strings.Repeat("e\u0308", 256)
	v := app.visitor()
	v.post("/v1/client/sign_ups", "email_address", "ada@example.com", "password", nfd).want(t, 200, "")
	v.signOut()
	v.post("/v1/client/sign_ins", "identifier", "ada@example.com", "password", strings.Repeat("\u00eb", 256)).want(t, 200, "")
	for _, p := range []string{strings.Repeat("e\u0308", 257), strings.Repeat("🔒", 257), strings.Repeat("x", 257), strings.Repeat("x", 2049)} {
		app.visitor().post("/v1/client/sign_ups", "email_address", "b@example.com", "password", p).want(t, 422, wire.CodePasswordTooLong)
	}
}

// I10: variants of common words and of the application's name.
func TestI10_Variants(t *testing.T) {
	t.Parallel()
	app := newApp(t, func(c *identity.Config) { c.ContextWords = []string{"Lovelace Ltd"} })
	for _, p := range []string{"PASSWORD", " password ", "password1", "Password123", "baseball!", "exampleapp", "EXAMPLEAPP2026", "lovelace ltd 1"} {
		a := app.visitor().post("/v1/client/sign_ups", "email_address", "ada@example.com", "password", p)
		a.want(t, 422, wire.CodePasswordPwned)
	}
}

// I11: NFC and NFD are one password.
func TestI11_OneNormalization(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	v := app.visitor()
	v.post("/v1/client/sign_ups", "email_address", "ada@example.com", "password", "zo\u00eb zo\u00eb zo\u00eb").want(t, 200, "")
	v.signOut()
	v.post("/v1/client/sign_ins", "identifier", "ada@example.com", "password", "zoe\u0308 zoe\u0308 zoe\u0308").want(t, 200, "")
}

func TestMinPasswordLength(t *testing.T) {
	t.Parallel()
	v := newApp(t, func(c *identity.Config) { c.MinPasswordLength = 15 }).visitor()
	v.post("/v1/client/sign_ups", "email_address", "ada@example.com", "password", "fourteen chars").want(t, 422, wire.CodePasswordTooShort)
	v.post("/v1/client/sign_ups", "email_address", "ada@example.com", "password", "fifteen chars!!").want(t, 200, "")
	env := decode[wire.Environment](t, v.get("/v1/environment").body)
	if got := env.UserSettings.PasswordSettings; got.MinLength != 15 || got.MaxLength != 256 {
		t.Errorf("password_settings = %+v", got)
	}
}

func FuzzNormalizePassword(f *testing.F) {
	for _, s := range []string{"", "correct horse", "zoe\u0308", "a\x00b", "\xff", "\x92\xf0password", "🔒🔒", "\u212a"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		once, ok := identity.NormalizePassword(s)
		if !ok {
			return
		}
		if twice, ok := identity.NormalizePassword(once); !ok || twice != once || !utf8.ValidString(once) {
			t.Errorf("normalizing %q gives %q, then %q %v", s, once, twice, ok)
		}
	})
}

// TestI11_InvalidUTF8IsNoPassword: bad octets would all be replaced by the same character,
// and many passwords would be one.
func TestI11_InvalidUTF8IsNoPassword(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"password\xff", "\x92\xf0password", "pass\xc0\xafword"} {
		if got, ok := identity.NormalizePassword(s); ok {
			t.Errorf("%q is accepted as %q", s, got)
		}
	}
}
