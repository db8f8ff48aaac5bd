package identity_test

import (
	"slices"
	"strings"
	"testing"

	"golang.org/x/crypto/argon2"
	"golang.org/x/crypto/bcrypt"

	"github.com/usherauth/usher/identity"
	"github.com/usherauth/usher/wire"
)

const csvHead = "id,primary_email_address,verified_email_addresses,unverified_email_addresses,password_digest,password_hasher\n"

func bcryptOf(t *testing.T, password string) string {
	t.Helper()
	digest, err := bcrypt.GenerateFromPassword([]byte(password), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	return string(digest)
}

// TestA16_OneRuleForUnprovenAddresses: where people prove their address, a password alone
// opens no account whose address was never proven, wherever the account came from.
func TestA16_OneRuleForUnprovenAddresses(t *testing.T) {
	t.Parallel()
	app, box := newMailApp(t, func(c *identity.Config) { c.VerifyEmailAtSignUp = true })
	got := app.take(csvHead+"user_a,ada@example.com,,ada@example.com,"+bcryptOf(t, password)+",bcrypt\n"+
		"user_b,bob@example.com,bob@example.com,,"+bcryptOf(t, password)+",bcrypt\n", identity.ImportOptions{})
	if got.err != nil || got.Created["user"] != 2 || got.LeftOut["verified addresses"] != 1 || len(got.notices) != 1 || !strings.Contains(got.notices[0], "signs in with a code") {
		t.Errorf("import: %+v", got)
	}
	app.backend("POST", "/v1/users", `{"email_address":["cyd@example.com"],"password":"`+password+`"}`).want(t, 200, "")
	cyd := userByEmail(t, app, "cyd@example.com")
	app.backend("PATCH", "/v1/email_addresses/"+cyd.Emails[0].ID, `{"verified":false}`).want(t, 200, "")

	for _, address := range []string{"ada@example.com", "cyd@example.com"} {
		signIn := func(p string) answer {
			return app.visitor().post("/v1/client/sign_ins", "identifier", address, "password", p)
		}
		signIn("not the password").want(t, 422, wire.CodePasswordOrIdentifier)
		signIn(password).want(t, 422, wire.CodeAddressUnverified)
		v := app.visitor()
		v.post("/v1/client/sign_ins", "identifier", address).want(t, 200, "")
		v.post("/v1/client/sign_ins/"+v.client().SignIn.ID+"/attempt_first_factor", "strategy", "password", "password", password).
			want(t, 422, wire.CodeAddressUnverified)
	}
	app.visitor().enter("bob@example.com")

	// The code is the proof, and the account is its reader's.
	v := app.visitor()
	v.post("/v1/client/sign_ins", "identifier", "ada@example.com", "strategy", "email_code").want(t, 200, "")
	v.post("/v1/client/sign_ins/"+v.client().SignIn.ID+"/attempt_first_factor", "strategy", "email_code", "code", box.code("ada@example.com")).want(t, 200, "")
	if u := app.stored(t, "user_a"); !u.Emails[0].Verified {
		t.Errorf("after the code: %+v", u)
	}

	// Without the rule, an address that nobody proved signs in, as after a sign-up.
	open := newApp(t)
	open.take(csvHead+"user_a,ada@example.com,,ada@example.com,"+bcryptOf(t, password)+",bcrypt\n", identity.ImportOptions{})
	open.visitor().enter("ada@example.com")
}

// TestD3_UnverifiedWins: addresses are compared in normal form, and what the lists
// disagree about is not verified.
func TestD3_UnverifiedWins(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	rows := []struct{ cells, want string }{
		{"Ada@Example.com,,ada@example.com", "Ada@Example.com p"},
		{"Ada@Example.com,ada@example.com,ADA@EXAMPLE.COM", "Ada@Example.com p"},
		{"ada2@example.com,Ada2@Example.com,", "ada2@example.com vp"},
		{"ada3@b\u00fccher.example,,ada3@xn--bcher-kva.example", "ada3@b\u00fccher.example p"},
		{"ada4@example.com,b4@example.com|B4@Example.com,b4@example.COM", "ada4@example.com p/b4@example.com "},
		{"ada5@example.com,,", "ada5@example.com p"},
	}
	input := "id,primary_email_address,verified_email_addresses,unverified_email_addresses\n"
	for i, row := range rows {
		input += "user_" + decimal(i) + "," + row.cells + "\n"
	}
	if got := app.take(strings.Replace(input, "user_1,Ada@Example.com,ada@example.com,ADA@EXAMPLE.COM", "user_1,Eve@Example.com,eve@example.com,EVE@EXAMPLE.COM", 1),
		identity.ImportOptions{}); got.err != nil || got.Created["user"] != int64(len(rows)) {
		t.Fatalf("import: %+v", got)
	}
	rows[1].want = "Eve@Example.com p"
	for i, row := range rows {
		if list := addressesOf(app.stored(t, "user_"+decimal(i))); !slices.Equal(list, strings.Split(row.want, "/")) {
			t.Errorf("%s: %q", row.cells, list)
		}
	}
	// A file without such a column says nothing about it: its addresses are the operator's word.
	plain := newApp(t)
	plain.take("id,primary_email_address\nuser_a,ada@example.com\n", identity.ImportOptions{})
	if list := addressesOf(plain.stored(t, "user_a")); !slices.Equal(list, []string{"ada@example.com vp"}) {
		t.Errorf("addresses: %q", list)
	}
}

// TestD1_ForeignDigestsAreOfOctetsAsTyped: systems that never normalized passwords hashed
// the octets that came.
func TestD1_ForeignDigestsAreOfOctetsAsTyped(t *testing.T) {
	t.Parallel()
	app, _ := newMailApp(t)
	for i, p := range []struct{ typed, other string }{
		{"cafe\u0301-passwort-9", "caf\u00e9-passwort-9"},
		{"mon\u00a0mot de passe", "mon mot de passe"},
		{"\u30d1\u3000\u30b9\u30ef\u30fc\u30c9 123", "\u30d1 \u30b9\u30ef\u30fc\u30c9 123"},
	} {
		for j, digest := range []struct{ hasher, digest string }{
			{"bcrypt", bcryptOf(t, p.typed)}, {"bcrypt", bcryptOf(t, p.other)},
			{"argon2id", phc("argon2id", 19*1024, 2, argon2.IDKey([]byte(p.typed), []byte("saltsaltsaltsalt"), 2, 19*1024, 1, 32))},
			{"argon2i", phc("argon2i", 1024, 2, argon2.Key([]byte(p.typed), []byte("saltsaltsaltsalt"), 2, 1024, 1, 32))},
		} {
			address := "user" + decimal(i) + decimal(j) + "@example.com"
			u := app.user(t, map[string]any{"email_address": []string{address}, "password_digest": digest.digest, "password_hasher": digest.hasher})
			signIn := func(password string) answer {
				return app.visitor().post("/v1/client/sign_ins", "identifier", address, "password", password)
			}
			signIn(p.typed+"x").want(t, 422, wire.CodePasswordOrIdentifier)
			signIn(p.typed).want(t, 200, "")
			hash := app.stored(t, u.ID).PasswordHash
			if match, outdated := identity.VerifyPassword(hash, p.other); !match || outdated || !strings.HasPrefix(hash, "$argon2id$") {
				t.Errorf("%s of %q: afterwards %.40q, match %t, outdated %t", digest.hasher, p.typed, hash, match, outdated)
			}
			signIn(p.other).want(t, 200, "")
			signIn(p.typed).want(t, 200, "")
		}
	}
}

func TestD1_EveryDoorComparesAlike(t *testing.T) {
	t.Parallel()
	app, _ := newMailApp(t)
	const typed = "cafe\u0301-passwort-9"
	made := func(name string) (wire.User, *visitor) {
		u := app.user(t, map[string]any{"email_address": []string{name + "@example.com"}, "password_digest": bcryptOf(t, typed), "password_hasher": "bcrypt"})
		token := decode[wire.Ticket](t, app.backend("POST", "/v1/sign_in_tokens", `{"user_id":"`+u.ID+`"}`).body)
		v := app.visitor()
		v.ticket(token.Token).want(t, 200, "")
		return u, v
	}
	u, _ := made("verify")
	app.backend("POST", "/v1/users/"+u.ID+"/verify_password", `{"password":"wrong"}`).want(t, 422, wire.CodeIncorrectPassword)
	app.backend("POST", "/v1/users/"+u.ID+"/verify_password", `{"password":"cafe\u0301-passwort-9"}`).want(t, 200, "")
	_, v := made("change")
	v.post("/v1/me/change_password", "current_password", typed, "new_password", "another long passphrase").want(t, 200, "")
	_, v = made("same")
	v.post("/v1/me/change_password", "current_password", typed, "new_password", "caf\u00e9-passwort-9").want(t, 422, wire.CodePasswordUnchanged)
	_, v = made("remove")
	v.post("/v1/me/remove_password", "current_password", typed).want(t, 200, "")
	_, v = made("again")
	session := v.sessionID()
	v.post("/v1/client/sessions/"+session+"/verify", "level", "first_factor").want(t, 200, "")
	v.post("/v1/client/sessions/"+session+"/verify/attempt_first_factor", "strategy", "password", "password", typed).want(t, 200, "")

	// A password without a normal form was never one of ours, but may be another system's.
	odd := "tab\tand\u200bmore"
	w := app.user(t, map[string]any{"email_address": []string{"odd@example.com"}, "password_digest": bcryptOf(t, odd), "password_hasher": "bcrypt"})
	before := app.stored(t, w.ID).PasswordHash
	app.visitor().post("/v1/client/sign_ins", "identifier", "odd@example.com", "password", odd).want(t, 200, "")
	if after := app.stored(t, w.ID).PasswordHash; after != before {
		t.Errorf("the digest became %q", after)
	}
	app.visitor().post("/v1/client/sign_ins", "identifier", "odd@example.com", "password", "tabandmore").want(t, 422, wire.CodePasswordOrIdentifier)
}

func phc(variant string, memory, time int, tag []byte) string {
	return "$" + variant + "$v=19$m=" + decimal(memory) + ",t=" + decimal(time) + ",p=1$" + rawBase64([]byte("saltsaltsaltsalt")) + "$" + rawBase64(tag)
}
