package identity_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/usherauth/usher/identity"
)

func hostedUsers(t *testing.T) string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", "hosted_users.csv"))
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// addressesOf are a user's, with v for verified and p for the primary one.
func addressesOf(u identity.User) (list []string) {
	for _, e := range u.Emails {
		mark := ""
		if e.Verified {
			mark += "v"
		}
		if e.ID == u.PrimaryEmailID {
			mark += "p"
		}
		list = append(list, e.Address+" "+mark)
	}
	return list
}

func TestImportOfAHostedInstancesUsers(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	got := a.take(hostedUsers(t), identity.ImportOptions{})
	if got.err != nil {
		t.Fatal(got.err)
	}
	if d := cmp.Diff(identity.ImportResult{
		Created: map[string]int64{"user": 6}, Refused: map[string]int64{"user": 3},
		Replaced: map[string]int64{}, Kept: map[string]int64{},
		LeftOut: map[string]int64{"phone numbers": 2, "passwords": 1, "user names": 1, "sign-in": 1},
	}, got.ImportResult); d != "" {
		t.Errorf("result: (-want +got)\n%s", d)
	}
	for i, want := range []string{
		"6 user_2totp true: an authenticator app", "9 org_2wrong true: ", "10  true: the row has 3 columns, not 13",
		"5 user_2none false: its user name", "7 user_2hasher false: its password was left out", "8 user_2phone false: it has no address",
	} {
		if !slices.ContainsFunc(got.notices, func(n string) bool { return strings.HasPrefix(n, want) }) {
			t.Errorf("no notice %d, %q, in %q", i, want, got.notices)
		}
	}
	for id, want := range map[string][]string{
		"user_2bcrypt":   {"ada@example.com vp", "ada@work.example v", "old.ada@example.com "},
		"user_2argon2id": {"grace@example.com vp"},
		"user_2none":     {"alan@example.com p"},
		"user_2phone":    nil,
	} {
		if list := addressesOf(a.stored(t, id)); !slices.Equal(list, want) {
			t.Errorf("addresses of %s: %q, want %q", id, list, want)
		}
	}
	if u := a.stored(t, "user_2argon2id"); u.Username != "grace.hopper" || u.LastName != "Hopper, Rear Admiral" || u.CreatedAt.IsZero() || u.PasswordAt.IsZero() {
		t.Errorf("user %+v", u)
	}
	if u := a.stored(t, "user_2hasher"); u.PasswordHash != "" || !u.PasswordAt.IsZero() {
		t.Errorf("a password that cannot be verified was kept: %q", u.PasswordHash)
	}
}

// I01: who was imported signs in with the old password, whose hash is then one of ours.
func TestI01_ImportedUsersSignInAndAreUpgraded(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	a.take(hostedUsers(t), identity.ImportOptions{})
	for id, address := range map[string]string{
		"user_2bcrypt": "ada@example.com", "user_2argon2id": "grace@example.com", "user_2argon2i": "joan@example.com",
	} {
		before := a.stored(t, id).PasswordHash
		a.visitor().post("/v1/client/sign_ins", "identifier", address, "password", "wrong horse").want(t, 422, "form_password_or_identifier_incorrect")
		if a.stored(t, id).PasswordHash != before {
			t.Errorf("%s: a wrong password changed the hash", id)
		}
		a.visitor().post("/v1/client/sign_ins", "identifier", address, "password", password).want(t, 200, "")
		after := a.stored(t, id).PasswordHash
		if after == before || !strings.HasPrefix(after, "$argon2id$v=19$m=1024,t=2,p=1$") {
			t.Errorf("%s: hash is %.40s", id, after)
		}
		a.visitor().post("/v1/client/sign_ins", "identifier", address, "password", password).want(t, 200, "")
	}
	a.visitor().post("/v1/client/sign_ins", "identifier", "edsger@example.com", "password", password).want(t, 422, "form_password_or_identifier_incorrect")
}

func TestImportOfUsersTakesSecondFactorsAwayOnlyWhenAsked(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	got := a.take(hostedUsers(t), identity.ImportOptions{DropSecondFactors: true})
	if got.err != nil || got.Created["user"] != 7 || got.LeftOut["second factors"] != 1 {
		t.Errorf("import: %+v", got)
	}
	if !slices.ContainsFunc(got.notices, func(n string) bool { return strings.HasPrefix(n, "6 user_2totp false: its authenticator app") }) {
		t.Errorf("notices %q", got.notices)
	}
}

// Importing the file again changes nothing; with Replace, what the file has no column for
// stays, and addresses keep their ids.
func TestImportOfUsersAgain(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	a.take(hostedUsers(t), identity.ImportOptions{})
	a.update(func(tx identity.Tx) error {
		ada, err1 := tx.User("user_2bcrypt")
		ada.FirstName, ada.Plan, ada.PublicMetadata, ada.PasswordHash = "Augusta", "pro", []byte(`{"a":1}`), identity.HashPassword("another password")
		alan, err2 := tx.User("user_2none")
		alan.PasswordHash = identity.HashPassword(password)
		return errors.Join(err1, err2, tx.PutUser(ada), tx.PutUser(alan))
	})
	before, alan := a.stored(t, "user_2bcrypt"), a.stored(t, "user_2none")
	if got := a.take(hostedUsers(t), identity.ImportOptions{}); got.Kept["user"] != 6 || len(got.Created)+len(got.LeftOut) > 0 {
		t.Errorf("again: %+v", got.ImportResult)
	}
	if d := cmp.Diff(before, a.stored(t, "user_2bcrypt")); d != "" {
		t.Errorf("it was changed: %s", d)
	}
	if got := a.take(hostedUsers(t), identity.ImportOptions{Replace: true}); got.Replaced["user"] != 6 || len(got.Created) > 0 {
		t.Errorf("replaced: %+v", got.ImportResult)
	}
	after := a.stored(t, "user_2bcrypt")
	if after.FirstName != "Ada" || after.Plan != "pro" || string(after.PublicMetadata) != `{"a":1}` || after.CreatedAt != before.CreatedAt {
		t.Errorf("user %+v", after)
	}
	if match, _ := identity.VerifyPassword(after.PasswordHash, password); !match {
		t.Error("the password is not the file's")
	}
	if d := cmp.Diff(before.Emails, after.Emails); d != "" || after.PrimaryEmailID != before.PrimaryEmailID {
		t.Errorf("addresses: (-before +after)\n%s", d)
	}
	if a.stored(t, "user_2none").PasswordHash != alan.PasswordHash {
		t.Error("a password that the file does not have was taken away")
	}
}

func TestImportOfUsersReadsOtherColumns(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	input := "\ufeffCREATED_AT, id ,primary_email_address,public_metadata,private_metadata,banned,external_id,shoe size\r\n" +
		"2021-02-03T04:05:06.789Z,user_1,ada@example.com,\"{\"\"a\"\": 1}\",,true,ext-1,39\r\n" +
		"1612325106789,user_2,GRACE@EXAMPLE.COM,,\"{\"\"b\"\":2}\",false,,\r\n" +
		"yesterday,user_3,,,,,,\r\n" +
		",user_4,,[1],,,,\r\n" +
		",user_5,,,,maybe,,\r\n" +
		",user_6,not an address,,,,,\r\n"
	got := a.take(input, identity.ImportOptions{})
	if got.err != nil || got.Created["user"] != 3 || got.Refused["user"] != 3 || got.LeftOut["column shoe size"] != 1 || got.LeftOut["addresses"] != 1 {
		t.Fatalf("import: %+v", got)
	}
	u, v := a.stored(t, "user_1"), a.stored(t, "user_2")
	if !u.CreatedAt.Equal(v.CreatedAt) || u.CreatedAt.UnixMilli() != 1612325106789 || !u.Banned || v.Banned || u.ExternalID != "ext-1" ||
		string(u.PublicMetadata) != `{"a":1}` || string(v.PrivateMetadata) != `{"b":2}` || v.Emails[0].Normalized != "grace@example.com" {
		t.Errorf("users %+v\n%+v", u, v)
	}
}
