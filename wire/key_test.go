package wire_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/usherauth/usher/wire"
)

// TestParsePublishableKey holds protocol reference 11.1.
func TestParsePublishableKey(t *testing.T) {
	t.Parallel()
	for key, want := range map[string]struct {
		host, suffix string
		live, ok     bool
	}{
		"pk_test_Y2xlcmsuZXhhbXBsZS5jb20k":         {"clerk.example.com", "l2OS3d9k", false, true},
		"pk_live_Y2xlcmsuZXhhbXBsZS5jb20k":         {"clerk.example.com", "naoXFJnI", true, true},
		"pk_live_MTI3LjAuMC4xOjMwMDAk":             {"127.0.0.1:3000", "", true, true},
		"pk_live_YXBwLmxvY2FsaG9zdDo4MDgwJA==":     {"app.localhost:8080", "", true, true},
		"pk_test_bG9jYWxob3N0OjMwMDAk":             {}, // no dot
		"pk_live_YS5iJGMk":                         {}, // a.b$c$
		"pk_live_YS5i":                             {}, // no $
		"pk_live_Y2xlcmsuZXhhbXBsZS5jb20k_x":       {},
		"pk_live_":                                 {},
		"pk_live_!!!!":                             {},
		"sk_live_Y2xlcmsuZXhhbXBsZS5jb20k":         {},
		"pk_live_Y2xlcmsuZXhhbXBsZS5jb20vcGF0aCQ=": {}, // clerk.example.com/path
		"": {},
	} {
		k, err := wire.ParsePublishableKey(key)
		if (err == nil) != want.ok {
			t.Errorf("%q: error %v, want accepted %v", key, err, want.ok)
			continue
		}
		if err != nil {
			continue
		}
		if k.Host() != want.host || k.Live() != want.live || k.String() != key || want.suffix != "" && k.Suffix() != want.suffix {
			t.Errorf("%q: host %q, live %v, suffix %q", key, k.Host(), k.Live(), k.Suffix())
		}
	}
}

func TestV06_ASecretKeyInItsPlaceIsNamed(t *testing.T) {
	t.Parallel()
	_, err := wire.ParsePublishableKey("sk_live_abcdef")
	if err == nil || !strings.Contains(err.Error(), "secret key") || strings.Contains(err.Error(), "abcdef") {
		t.Errorf("error %v", err)
	}
}

func TestNewPublishableKey(t *testing.T) {
	t.Parallel()
	k := wire.NewPublishableKey(true, "clerk.example.com")
	if k.String() != "pk_live_Y2xlcmsuZXhhbXBsZS5jb20k" || k.Issuer() != "https://clerk.example.com" {
		t.Errorf("key %s, issuer %s", k, k.Issuer())
	}
	again, err := wire.ParsePublishableKey(k.String())
	if err != nil || again != k {
		t.Errorf("%v, %v", again, err)
	}
}

func FuzzParsePublishableKey(f *testing.F) {
	f.Add("pk_live_Y2xlcmsuZXhhbXBsZS5jb20k")
	f.Fuzz(func(t *testing.T, s string) {
		k, err := wire.ParsePublishableKey(s)
		if err == nil && (k.String() != s || !strings.Contains(k.Host(), ".")) {
			t.Fatalf("%q parsed as %q", s, k.Host())
		}
	})
}

func TestNullString(t *testing.T) {
	t.Parallel()
	var u wire.User
	if err := json.Unmarshal([]byte(`{"first_name":null,"last_name":"Lovelace"}`), &u); err != nil {
		t.Fatal(err)
	}
	if u.FirstName != "" || u.LastName != "Lovelace" || u.FullName() != "Lovelace" {
		t.Errorf("user %+v", u)
	}
	out, err := json.Marshal(struct{ A, B wire.NullString }{B: `"`})
	if err != nil || string(out) != `{"A":null,"B":"\""}` {
		t.Errorf("%s, %v", out, err)
	}
}

func TestUserNames(t *testing.T) {
	t.Parallel()
	u := wire.User{
		ID: "user_1", FirstName: "Ada", LastName: "Lovelace", PrimaryEmailAddressID: "idn_2",
		EmailAddresses: []wire.EmailAddress{{ID: "idn_1", EmailAddress: "a@x"}, {ID: "idn_2", EmailAddress: "b@x"}},
	}
	if u.FullName() != "Ada Lovelace" || u.PrimaryEmail() != "b@x" || u.Public().Identifier != "b@x" {
		t.Errorf("%q %q %+v", u.FullName(), u.PrimaryEmail(), u.Public())
	}
	nobody := wire.User{Username: "ada"}
	if nobody.FullName() != "" || nobody.PrimaryEmail() != "" || nobody.Public().Identifier != "ada" {
		t.Errorf("%q %q %+v", nobody.FullName(), nobody.PrimaryEmail(), nobody.Public())
	}
}
